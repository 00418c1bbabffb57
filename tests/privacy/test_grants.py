"""A grant opens for the one whom it names, until the day that it names, and leaves nothing when it ends."""

import datetime as dt
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, func, insert, select, update

from privacy.canonical import canonical, digest_of
from privacy.disclosure import Gate, LogUnavailable, NotPermitted
from privacy.fields import Field, KeyClass
from privacy.grants import LONGEST_DAYS, Grant, Granted, Grants
from privacy.key_store import WrappedKey
from privacy.keys import KeyGone, KeyRing
from privacy.log_entries import Chain, Entry
from privacy.period import iso_week
from privacy.policy import Purpose
from privacy.seal import SealBroken
from privacy.stores import Stores, writing
from privacy.vault import Subject
from tests.privacy.gates import FakeDirectory, real_gate

TODAY = dt.date(2026, 11, 19)
PAYLOAD = canonical({"fields": {"apps": {"EXCEL.EXE": 3600}}, "salt": "5a" * 16})


def wish(subject: str = BEN, viewer: str = ANA, given: dt.date = TODAY, days: int = 14) -> Grant:
    return Grant(
        subject=subject,
        number=0,
        viewer=viewer,
        purpose=Purpose.ONE_TO_ONE,
        fields=frozenset({Field.APPS, Field.RECOVERY}),
        period=iso_week("2026-W46"),
        given_on=given,
        expires_on=given + dt.timedelta(days=days),
        digest=digest_of(PAYLOAD),
    )


@pytest.fixture
def gate(stores: Stores, tmp_path: Path, directory: FakeDirectory, clock: Clock) -> Gate:
    return real_gate(stores, tmp_path, directory, clock)


@pytest.fixture
def grants(gate: Gate) -> Grants:
    return gate._rooms.grants


def give(grants: Grants, wished: Grant | None = None) -> Grant:
    with writing(grants.engine) as connection:
        return grants.give(connection, wished or wish(), PAYLOAD)


def end(grants: Grants, grant: Grant) -> bool:
    with writing(grants.engine) as connection:
        return grants.end(connection, grant)


def said(gate: Gate) -> list[Entry]:
    return [each for each in gate._log.of_subject(BEN) if each.chain is Chain.OTHERS]


def granted_keys(stores: Stores, subject: str = BEN) -> int:
    own = (WrappedKey.subject_id == subject, WrappedKey.key_class == KeyClass.GRANTED)
    with stores.keys.connect() as connection:
        return connection.scalar(select(func.count()).select_from(WrappedKey).where(*own)) or 0


def test_the_viewer_opens_what_was_granted_and_the_log_says_so_before_and_after(gate: Gate, grants: Grants) -> None:
    grant = give(grants)

    opened = gate.open_grant(ANA, BEN, grant.number)

    assert (opened.payload, opened.grant) == (PAYLOAD, grant)
    read, receipt = said(gate)
    assert (read.index, read.outcome, read.relation) == (opened.entry, "disclosed", "grantee")
    assert (read.viewer, read.fields, read.purpose) == (ANA, ("apps", "recovery"), "one_to_one")
    assert (receipt.outcome, receipt.digest, receipt.viewer) == ("shown", digest_of(PAYLOAD), ANA)


def test_nobody_but_the_viewer_opens_it_and_the_attempt_is_in_the_persons_log(gate: Gate, grants: Grants) -> None:
    grant = give(grants)

    for viewer in (CLEO, DAN, BEN):
        with pytest.raises(NotPermitted):
            gate.open_grant(viewer, BEN, grant.number)

    assert [(e.outcome, e.viewer, e.fields) for e in said(gate)] == [
        ("refused", viewer, ("granted",)) for viewer in (CLEO, DAN, BEN)
    ]


def test_a_number_that_no_store_holds_is_no_grant_and_no_conversation(gate: Gate, grants: Grants) -> None:
    give(grants)

    for number in (0, 2**31, 10**30):
        with pytest.raises(NotPermitted):
            gate.open_grant(ANA, BEN, number)
        with pytest.raises(NotPermitted):
            gate.open_thread(ANA, BEN, number)


def test_the_persons_own_look_is_in_their_own_chain(gate: Gate, grants: Grants) -> None:
    grant = give(grants)

    opened = gate.open_own_grant(BEN, grant.number, "session")

    assert opened is not None
    assert opened.payload == PAYLOAD
    assert said(gate) == []


def test_it_ends_with_its_last_day_on_the_persons_clock(gate: Gate, grants: Grants, clock: Clock) -> None:
    grant = give(grants, wish(days=1))  # until the 20th in Berlin

    clock.now = dt.datetime(2026, 11, 20, 22, 59, tzinfo=dt.UTC)
    gate.open_grant(ANA, BEN, grant.number)
    clock.now = dt.datetime(2026, 11, 20, 23, 0, tzinfo=dt.UTC)

    with pytest.raises(NotPermitted, match="time is over"):
        gate.open_grant(ANA, BEN, grant.number)
    assert said(gate)[-1].outcome == "refused"
    assert said(gate)[-1].fields == ("apps", "recovery")


def test_ending_it_destroys_the_one_key_at_once(gate: Gate, grants: Grants, stores: Stores) -> None:
    first, second = give(grants), give(grants)
    with stores.data.connect() as connection:
        row = connection.execute(select(Granted.__table__).where(Granted.number == first.number)).one()._asdict()

    assert end(grants, first)
    assert not end(grants, first)

    with pytest.raises(NotPermitted):
        gate.open_grant(ANA, BEN, first.number)
    assert granted_keys(stores) == 1
    assert gate.open_grant(ANA, BEN, second.number).payload == PAYLOAD
    with writing(stores.data) as connection:  # from a backup of the data: the row is genuine, and opens nothing
        connection.execute(insert(Granted), [row])
    with pytest.raises(KeyGone):
        gate.open_grant(ANA, BEN, first.number)


def test_nothing_opens_when_the_log_cannot_be_written(gate: Gate, grants: Grants, monkeypatch: Any) -> None:
    grant, opened = give(grants), []
    monkeypatch.setattr(gate._log, "append", lambda _: (_ for _ in ()).throw(OSError("no space left on device")))
    monkeypatch.setattr(Grants, "_open", lambda *_: opened.append(1))

    with pytest.raises(LogUnavailable):
        gate.open_grant(ANA, BEN, grant.number)

    assert opened == []


def test_nothing_of_somebody_who_has_not_read_the_notice(gate: Gate, grants: Grants, directory: FakeDirectory) -> None:
    grant = give(grants)
    directory.unaware.add(BEN)

    with pytest.raises(NotPermitted, match="acknowledged"):
        gate.open_grant(ANA, BEN, grant.number)


CHANGES: dict[str, Any] = {
    "viewer_id": DAN,
    "purpose": "target_setting",
    "fields": "active_time apps recovery",
    "first_day": dt.date(2026, 11, 2),
    "end_day": dt.date(2026, 11, 23),
    "given_on": dt.date(2026, 11, 12),
    "expires_on": dt.date(2026, 12, 30),
    "digest": "sha256:" + "0" * 64,
}


def test_a_row_of_which_any_column_was_changed_is_no_grant(gate: Gate, grants: Grants, stores: Stores) -> None:
    grant = give(grants)
    for name, value in CHANGES.items():
        with writing(stores.data) as connection:
            was = connection.scalar(select(Granted.__table__.c[name]))
            connection.execute(update(Granted).values({name: value}))

        assert grants.of(BEN) == grants.to(ANA) == grants.to(DAN) == [], name
        for viewer in (ANA, DAN):
            with pytest.raises(NotPermitted):
                gate.open_grant(viewer, BEN, grant.number)
        with writing(stores.data) as connection:
            connection.execute(update(Granted).values({name: was}))
    assert gate.open_grant(ANA, BEN, grant.number).payload == PAYLOAD


def test_with_the_stamps_key_alone_a_changed_row_does_not_open_either(
    gate: Gate, grants: Grants, stores: Stores
) -> None:
    """The seal is bound to every column: whoever could stamp, but has no key of the grant, gains nothing."""
    grant = give(grants)
    with writing(stores.data) as connection:
        genuine = connection.execute(select(Granted.__table__)).one()._asdict()
    for name, value in CHANGES.items():
        with writing(stores.data) as connection:
            connection.execute(delete(Granted))
            connection.execute(insert(Granted), [grants._stamps.stamped(Granted, **genuine | {name: value})])

        with pytest.raises(SealBroken):
            gate.open_grant(DAN if name == "viewer_id" else ANA, BEN, grant.number)


@pytest.mark.parametrize(
    "changes",
    [
        {"viewer": BEN},
        {"fields": frozenset()},
        {"fields": frozenset({Field.TITLES})},
        {"fields": frozenset({Field.APPS, Field.GOALS})},
        {"purpose": Purpose.OWN_REVIEW},
        {"purpose": Purpose.COMPLIANCE_REVIEW},
        {"expires_on": TODAY - dt.timedelta(days=1)},
        {"expires_on": TODAY + dt.timedelta(days=LONGEST_DAYS + 1)},
    ],
    ids=["to oneself", "nothing", "texts", "goals", "own review", "compliance", "past", "too long"],
)
def test_what_is_no_grant_cannot_be_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"grant"):
        replace(wish(), **changes)


def test_erasing_either_side_leaves_no_row_and_no_key(grants: Grants, stores: Stores) -> None:
    for wished in (wish(), wish(subject=CLEO, viewer=BEN), wish(subject=CLEO, viewer=ANA)):
        give(grants, wished)

    with writing(stores.data) as connection:
        grants.drop(connection, BEN)

    assert [each.viewer for each in grants.everything()] == [ANA]
    assert (granted_keys(stores), granted_keys(stores, CLEO)) == (0, 1)


class Sharing(RuleBasedStateMachine):
    """Grants are given, ended, expire, are prolonged and put back in the database, and people are erased."""

    gate: Gate
    keys: KeyRing
    clock: Clock

    @initialize()
    def people(self) -> None:
        self.viewers = [uuid.uuid4().hex for _ in range(2)]
        self.subject = uuid.uuid4().hex
        self.erased = False
        self.in_force: dict[int, tuple[str, dt.date]] = {}
        self.known: list[Grant] = []
        self.copies: dict[int, dict[str, Any]] = {}
        with writing(self.grants.engine) as connection:
            rows = [{"id": each, "created_day": TODAY} for each in (*self.viewers, self.subject)]
            connection.execute(insert(Subject), rows)

    @property
    def grants(self) -> Grants:
        return self.gate._rooms.grants

    @property
    def today(self) -> dt.date:
        return self.gate.today(self.subject)

    @rule(who=st.integers(0, 1), days=st.integers(0, 5))
    def give(self, who: int, days: int) -> None:
        if not self.erased:
            grant = give(self.grants, wish(self.subject, self.viewers[who], self.today, days))
            self.in_force[grant.number] = grant.viewer, grant.expires_on
            self.known.append(grant)
            self.copies[grant.number] = self.row(grant)

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        if self.known:
            grant = data.draw(st.sampled_from(self.known))
            end(self.grants, grant)
            self.in_force.pop(grant.number, None)

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        self.clock.advance(days=days)

    @rule()
    def night(self) -> None:
        for grant in self.grants.of(self.subject):
            if grant.expires_on < self.today:
                end(self.grants, grant)

    @rule(data=st.data())
    def prolong_in_the_database(self, data: st.DataObject) -> None:
        if self.known:
            grant = data.draw(st.sampled_from(self.known))
            with writing(self.grants.engine) as connection:
                longer = {"expires_on": grant.expires_on + dt.timedelta(days=30)}
                changed = connection.execute(update(Granted).where(Granted.number == grant.number).values(longer))
            if changed.rowcount:
                self.in_force.pop(grant.number, None)

    @rule(data=st.data())
    def put_back_in_the_database(self, data: st.DataObject) -> None:
        if self.known:
            grant = data.draw(st.sampled_from(self.known))
            with writing(self.grants.engine) as connection:
                connection.execute(delete(Granted).where(Granted.number == grant.number))
                connection.execute(insert(Granted), [self.copies[grant.number]])
            if granted_key(self.keys, grant):  # it was only changed, not ended
                self.in_force[grant.number] = grant.viewer, grant.expires_on

    @rule()
    def erase(self) -> None:
        with writing(self.grants.engine) as connection:
            self.grants.drop(connection, self.subject)
        self.in_force, self.erased = {}, True

    @invariant()
    def a_viewer_opens_what_is_in_force_and_nothing_else(self) -> None:
        for grant in self.known:
            for viewer in self.viewers:
                expected = self.in_force.get(grant.number, ("", TODAY))
                assert self.opens(viewer, grant) == (viewer == expected[0] and self.today <= expected[1])

    def opens(self, viewer: str, grant: Grant) -> bool:
        try:
            return self.gate.open_grant(viewer, self.subject, grant.number).payload == PAYLOAD
        except (KeyGone, NotPermitted):
            return False

    def row(self, grant: Grant) -> dict[str, Any]:
        with self.grants.engine.connect() as connection:
            found = connection.execute(select(Granted.__table__).where(Granted.number == grant.number)).one()
        return dict(found._mapping)


def granted_key(keys: KeyRing, grant: Grant) -> bool:
    own = (WrappedKey.subject_id == grant.subject, WrappedKey.epoch == grant.number)
    with keys.engine.connect() as connection:
        return connection.execute(select(WrappedKey.epoch).where(*own)).first() is not None


def test_whatever_happens_a_viewer_never_opens_what_is_not_in_force(
    sqlite_stores: Stores, tmp_path: Path, clock: Clock
) -> None:
    gate = real_gate(sqlite_stores, tmp_path, FakeDirectory(), clock)

    class Machine(Sharing):
        pass

    Machine.gate, Machine.keys, Machine.clock = gate, gate._vault.keys, clock
    run_state_machine_as_test(Machine, settings=settings(max_examples=12, stateful_step_count=10, deadline=None))
