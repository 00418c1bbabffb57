"""Who is what, compared with the real log on both engines: what the portal wrote agrees, what others wrote does not."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from log_book import open_log
from sqlalchemy import delete, exists, insert, select, update

from auth.accounting import Accounting
from auth.devices import Devices
from auth.directory import Directory
from auth.invitations import Invitations, Kind
from auth.journal import Journal
from auth.models import Announcement, Management, Membership, PersonalToken, RoleGrant, Told
from auth.notices import Kind as Announced
from auth.passwords import PasswordHasher
from auth.people import People
from auth.permissions import Role
from auth.sessions import Sessions
from auth.stamps import Stamps
from auth.tokens import Scope, Tokens, new_token
from privacy.access_log import AccessLog
from privacy.log_entries import Chain
from privacy.period import Period
from privacy.policy import POLICY_VERSION
from privacy.stamp_key import stamp_key
from privacy.stores import Stores
from tests.auth.conftest import STAMPS

GOOD = "seven quiet lamps on tin"


@dataclass
class Agency:
    """Ana manages Ben, Cleo reviews; each has done what people do."""

    stores: Stores
    log: AccessLog
    people: People
    clock: Any
    ids: dict[str, str]

    def problems(self, *erased: str) -> list[str]:
        ledger = self.log.verify().ledger
        assert ledger is not None
        with self.stores.data.connect() as connection:
            return list(Accounting(connection, ledger, STAMPS, self.clock(), erased).problems())

    def announced(self, subject: str, entry: int) -> bool:
        here = (Announcement.subject_id == subject, Announcement.entry == entry)
        with self.stores.data.connect() as connection:
            return bool(connection.scalar(select(exists().where(*here))))

    def write(self, statement: Any) -> None:
        with self.stores.data.begin() as connection:
            assert connection.execute(statement).rowcount != 0  # -1 for an INSERT on PostgreSQL


@pytest.fixture
def agency(stores: Stores, tmp_path, clock, hasher: PasswordHasher) -> Agency:
    log = open_log(stores, tmp_path, clock)
    journal = Journal(log, clock)
    people = People(stores.data, journal, clock, STAMPS)
    ids = {}
    with people.changing(None) as changes:
        for name in ("ana", "ben", "cleo"):
            ids[name] = changes.create(f"{name}@example.org", name.capitalize(), "Europe/Vienna")
            changes.acknowledge(ids[name], POLICY_VERSION)
        team = changes.team("Claims")
        changes.join(ids["ben"], team)
        changes.appoint(ids["ana"], team)
        changes.grant(ids["cleo"], Role.REVIEWER)
    invitations = Invitations(stores.data, journal, hasher, clock, STAMPS)
    invitations.accept(invitations.issue(ids["ben"], Kind.INVITATION), GOOD, "192.0.2.1")
    invitations.issue(ids["ana"], Kind.INVITATION)
    Sessions(stores.data, clock, STAMPS).start(ids["ben"])
    tokens = Tokens(stores.data, journal, clock, STAMPS)
    tokens.issue(ids["ben"], "script", {Scope.READ})
    with stores.data.begin() as connection:
        tokens.give_device(connection, ids["ana"], new_token(), "my desk", "pc-17")
    return Agency(stores, log, people, clock, ids)


def test_what_the_portal_wrote_agrees_with_the_log(agency: Agency) -> None:
    assert agency.problems() == []

    agency.people.dismiss(agency.ids["ana"], "claims")
    agency.people.leave(agency.ids["ben"], dt.date(2026, 11, 25))
    agency.people.revoke(agency.ids["cleo"], Role.REVIEWER)

    assert agency.problems() == []


FORGERIES = [
    pytest.param(update(Told).values(day=dt.date(2026, 1, 1)), "no entry of the log told it", id="told earlier"),
    pytest.param(update(Told).values(stamp=bytes(32)), "not written by the portal", id="without a stamp"),
    pytest.param(update(Management).values(since=dt.date(2026, 1, 1)), "begins on 2026-01-01", id="manages earlier"),
    pytest.param(update(Membership).values(since=dt.date(2026, 1, 1)), "begins on 2026-01-01", id="member earlier"),
    pytest.param(update(RoleGrant).values(role="operator"), "no entry of the log made it so", id="another role"),
    pytest.param(update(PersonalToken).values(scopes="ingest read"), "not written by the portal", id="more scopes"),
    pytest.param(update(PersonalToken).values(name="mine"), "is shown otherwise", id="another name"),
    pytest.param(update(PersonalToken).values(host=None), "is shown otherwise", id="a device hidden among tokens"),
    pytest.param(delete(Announcement).where(Announcement.kind == "appointed"), "is missing", id="hidden"),
]


@pytest.mark.parametrize(("statement", "reason"), FORGERIES)
def test_what_somebody_else_wrote_is_named(agency: Agency, statement: Any, reason: str) -> None:
    agency.write(statement)

    assert any(reason in each for each in agency.problems())


def test_a_device_renamed_and_taken_off_by_its_owner_agrees_and_brought_back_it_is_named(agency: Agency) -> None:
    devices = Devices(agency.stores.data, Journal(agency.log, agency.clock), agency.clock)
    (device,) = devices.of(agency.ids["ana"])
    devices.rename(agency.ids["ana"], device.id, "at home")
    assert agency.problems() == []
    devices.revoke(agency.ids["ana"], device.id)
    assert agency.problems() == []

    agency.write(update(PersonalToken).values(revoked_on=None))

    (problem,) = agency.problems()
    assert problem.startswith(f"token {device.id} of {agency.ids['ana']}: entry ")
    assert problem.endswith("of the log revoked it")


def test_an_appointment_undone_and_then_undone_again_is_named(agency: Agency) -> None:
    agency.people.dismiss(agency.ids["ana"], "claims")

    agency.write(update(Management).values(until=None))

    assert len(agency.problems()) == 2


def forged(entry: int, subject: str, kind: Announced, **parameters: str) -> Any:
    """Make an announcement up that points at an entry."""
    day = dt.date(2026, 11, 19)
    return insert(Announcement).values(
        subject_id=subject, entry=entry, day=day, kind=kind, parameters={"by": "", **parameters}, seen=True
    )


def test_an_announcement_on_an_entry_that_was_erased_with_a_person_confirms_nothing(agency: Agency) -> None:
    """Gus was erased after Ana's dismissal: his emptied entries are newer, and say nothing about her."""
    with agency.people.changing(None) as changes:
        changes.dismiss(agency.ids["ana"], "claims")
        gus = changes.create("gus@example.org", "Gus", "Europe/Vienna")
    rows = agency.log.erase(gus).rows
    with agency.people.changing(None) as changes:
        changes.erase(gus)
    assert agency.problems(gus) == []
    since = dt.date(2026, 11, 19).isoformat()

    agency.write(update(Management).values(until=None))
    agency.write(forged(rows[-1], agency.ids["ana"], Announced.APPOINTED, team="claims", since=since))

    named = agency.problems(gus)
    assert f"announcement {rows[-1]} to {agency.ids['ana']}: the log has no such entry about this person" in named
    assert any("of the log ended it" in each for each in named)


def test_rights_whose_entries_expired_stand_and_are_counted(agency: Agency) -> None:
    expire(agency)

    ledger = agency.log.verify().ledger
    assert ledger is not None
    with agency.stores.data.connect() as connection:
        accounting = Accounting(connection, ledger, STAMPS, agency.clock())
        assert list(accounting.problems()) == []
    assert set(accounting.uncompared) == set(agency.ids.values())


def test_what_the_log_still_says_counts_for_more_than_an_announcement_on_an_entry_that_expired(agency: Agency) -> None:
    rows = expire(agency)
    agency.people.dismiss(agency.ids["ana"], "claims")
    since = dt.date(2026, 11, 19).isoformat()
    free = next(row for row in reversed(rows) if not agency.announced(agency.ids["ana"], row))

    agency.write(update(Management).values(until=None))
    agency.write(forged(free, agency.ids["ana"], Announced.APPOINTED, team="claims", since=since))

    assert any("management of claims" in each and "of the log ended it" in each for each in agency.problems())


def test_an_announcement_to_somebody_of_whom_nothing_expired_is_named_on_an_entry_that_expired(agency: Agency) -> None:
    rows = expire(agency)
    with agency.people.changing(None) as changes:
        dan = changes.create("dan@example.org", "Dan", "Europe/Vienna")

    agency.write(forged(rows[0], dan, Announced.ROLE_GRANTED, role="reviewer", since="2026-11-19"))

    assert f"announcement {rows[0]} to {dan}: the log has no such entry about this person" in agency.problems()


@pytest.mark.parametrize("values", [{"kind": "no such kind"}, {"parameters": ["words"]}], ids=repr)
def test_an_announcement_that_is_none_is_named(agency: Agency, values: dict[str, Any]) -> None:
    expire(agency)

    agency.write(update(Announcement).values(**values))

    assert any("the portal says nothing of this kind" in each for each in agency.problems())


def expire(agency: Agency) -> tuple[int, ...]:
    """Let every entry about a person expire, as retention does after years, and return their numbers."""
    agency.clock.advance(days=1)
    before, first = agency.clock().date(), dt.date(2026, 1, 1)
    agency.log.expire([Chain.OTHERS, Chain.SELF], before, ["access_log"], Period(first, before))
    ledger = agency.log.verify().ledger
    assert ledger is not None
    return tuple(sorted(ledger.expired))


def test_whoever_has_no_key_of_the_key_store_makes_no_stamp(stores: Stores, tmp_path, clock) -> None:
    """The same rows under another installation's key give nothing: not a manager, not a role."""
    log = open_log(stores, tmp_path, clock)
    keys = log._seals._keys
    people = People(stores.data, Journal(log, clock), clock, Stamps(stamp_key(keys)))
    with people.changing(None) as changes:
        ana = changes.create("ana@example.org", "Ana", "Europe/Vienna")
        changes.appoint(ana, changes.team("Claims"))
        changes.grant(ana, Role.REVIEWER)

    assert Directory(stores.data, clock, Stamps(stamp_key(keys))).roles(ana) == {Role.MANAGER, Role.REVIEWER}
    assert Directory(stores.data, clock, STAMPS).roles(ana) == frozenset()


def test_a_manager_who_has_a_manager_is_told_of_two_one_to_ones_of_the_same_number(agency: Agency) -> None:
    """Numbers are by person: what is said to Ana about Ben's first one-to-one is not about her own first."""
    ana, ben, cleo = (agency.ids[name] for name in ("ana", "ben", "cleo"))
    day = agency.clock().date() + dt.timedelta(days=7)
    with agency.people.changing(None) as changes:
        leads = changes.team("Leads")
        changes.join(ana, leads)
        changes.appoint(cleo, leads)
    with agency.people.changing(cleo) as changes:
        changes.propose_meeting(ana, cleo, day, cleo)
    with agency.people.changing(ana) as changes:
        changes.propose_meeting(ben, ana, day, ana)

    assert agency.problems() == []
