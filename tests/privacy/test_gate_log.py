"""The gate over the real log and the real vault: who looked is found by whom it concerns."""

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from sqlalchemy import event

from privacy.access_log import Filter
from privacy.disclosure import Gate, LogUnavailable, NotPermitted
from privacy.fields import SHARED_FIELDS, Field, KeyClass, Tier
from privacy.keys import KeyRing
from privacy.log_entries import Draft, Entry
from privacy.log_seals import LogSeals
from privacy.policy import Purpose
from privacy.seal import FieldKey
from privacy.stores import Stores
from tests.privacy.gates import (
    CLOSED,
    DAY,
    ONE,
    FakeDirectory,
    one_to_one,
    own,
    real_gate,
)

REACH = "You can read the log from 20 November 2026 on, the day on which you became a reviewer."


@pytest.fixture
def system(stores: Stores, tmp_path: Path, directory: FakeDirectory, clock: Clock) -> Gate:
    return real_gate(stores, tmp_path, directory, clock)


def described(entries: list[Entry]) -> list[tuple[str | None, str, str, str]]:
    return [(e.viewer, e.relation, e.outcome, e.chain.value) for e in entries]


def test_employee_sees_who_looked_and_who_was_refused(system: Gate) -> None:
    disclosed = one_to_one(system)
    system.receipt(disclosed, "sha256:" + "0" * 64)
    with pytest.raises(NotPermitted):
        one_to_one(system, viewer=DAN)

    entries = system.own_log(BEN, "session")

    assert described(entries) == [
        (ANA, "manager", "disclosed", "others"),
        (ANA, "manager", "shown", "others"),
        (DAN, "none", "refused", "others"),
        (BEN, "self", "disclosed", "self"),
    ]
    assert entries[0].index == disclosed.entry
    assert entries[0].period == CLOSED
    assert entries[1].digest == "sha256:" + "0" * 64


def test_own_reads_of_a_session_and_day_share_an_entry(system: Gate, clock: Clock) -> None:
    first = own(system, session="s").entry

    assert own(system, session="s", period=CLOSED).entry == first
    assert own(system, frozenset({Field.FOCUS}), session="s").entry != first
    assert own(system, session="t").entry != first
    clock.advance(days=1)
    assert own(system, session="s").entry != first


def test_salt_is_the_same_for_employee_and_manager_and_is_the_weeks_own(system: Gate) -> None:
    theirs, mine = one_to_one(system), own(system, SHARED_FIELDS, CLOSED, tier=Tier.WEEK, session="s")

    assert theirs.salt == mine.salt
    assert len(bytes.fromhex(theirs.salt)) == 16
    keys = system._vault.keys
    assert theirs.salt == keys.derive(BEN, KeyClass.SHARED, 2026 * 12 + 10, b"sameview/v1/digest/2026-W46", 16).hex()


def test_reviewer_reads_the_log_under_an_entry_and_never_own_reads(system: Gate) -> None:
    one_to_one(system)
    own(system, session="s")

    reviewed = system.review(CLEO, Filter(subject=BEN, chains=["others", "self", "organisation"]))

    assert described(list(reviewed.page.entries)) == [
        (CLEO, "compliance", "disclosed", "others"),
        (ANA, "manager", "disclosed", "others"),
    ]
    assert reviewed.entry == reviewed.page.entries[0].index


def test_employee_sees_that_the_log_was_reviewed(system: Gate) -> None:
    by_person, of_all = system.review(CLEO, Filter(subject=BEN)).entry, system.review(CLEO, Filter()).entry
    about_dan = system.review(CLEO, Filter(subject=DAN)).entry

    seen = {e.index: e for e in system.own_log(BEN, "s")}

    assert {by_person, of_all} <= seen.keys()
    assert about_dan not in seen
    assert {seen[i].viewer for i in (by_person, of_all)} == {CLEO}
    assert seen[of_all].digest is not None


def test_newest_looks_are_those_of_other_people_and_nothing_else_is_opened(
    system: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_to_one(system)
    own(system, session="s")
    system.disclose(None, BEN, ONE, Purpose.OPERATIONS, DAY)
    system.record(Draft(None, BEN, "operations", ("active_time",), "operations", None, "imported"))
    system.record(Draft(DAN, BEN, "operations", (), "operations", None, "member-added"))
    with pytest.raises(NotPermitted):
        one_to_one(system, viewer=DAN)
    system.record(
        Draft(DAN, None, "operations", ("active_time",), "team_rhythm", None, "released", chain="organisation")
    )
    system.review(CLEO, Filter())
    by_others = [e for e in system.own_log(BEN, "s") if e.viewer in (ANA, CLEO, DAN) and e.fields]
    real, opened = LogSeals.open_entry, []
    monkeypatch.setattr(LogSeals, "open_entry", lambda *given: (opened.append(given[2].index), real(*given))[1])

    looks = system.own_looks(BEN, "t", 6)

    assert looks == by_others
    assert described(looks) == [
        (ANA, "manager", "disclosed", "others"),
        (DAN, "none", "refused", "others"),
        (CLEO, "compliance", "disclosed", "organisation"),
    ]
    assert (
        len(opened) == len(looks) + 2
    )  # and what Dan changed and released, which says only when opened that it was so
    assert system.own_looks(BEN, "t", 2) == by_others[-2:]
    assert system.own_log(BEN, "t")[-1].fields == ("access_log",)  # the look at the looks is logged


def test_one_entry_is_read_under_an_entry_and_an_own_read_stays_closed(system: Gate) -> None:
    theirs, mine = one_to_one(system).entry, own(system, session="s").entry

    found, entry = system.review_entry(CLEO, theirs)

    assert found is not None
    assert (found.viewer, found.subject) == (ANA, BEN)
    assert entry == mine + 1
    with pytest.raises(LookupError):
        system.review_entry(CLEO, mine)


def test_a_reviewer_reads_no_entry_of_before_the_day_of_the_appointment(
    system: Gate, directory: FakeDirectory, clock: Clock
) -> None:
    earlier = one_to_one(system).entry
    clock.advance(days=1)
    directory.reviewing = clock().date()
    later = one_to_one(system).entry

    reviewed = system.review(CLEO, Filter(first_day=dt.date(2026, 1, 1)))
    asked = system.review(CLEO, Filter(end_day=clock().date()))

    assert [e.index for e in reviewed.page.entries] == [reviewed.entry, later]
    assert asked.page.entries == ()
    assert reviewed.sentence == REACH
    assert system.review_entry(CLEO, later)[0] is not None
    with pytest.raises(NotPermitted, match=REACH) as refused:
        system.review_entry(CLEO, earlier)
    last = system.review(CLEO, Filter(outcome="refused")).page.entries[0]
    assert (last.index, last.viewer, last.purpose) == (refused.value.entry, CLEO, Purpose.COMPLIANCE_REVIEW)


def test_the_reach_of_a_reviewer_closes_no_own_entry(system: Gate, directory: FakeDirectory, clock: Clock) -> None:
    earlier = one_to_one(system).entry
    reviewed = system.review(CLEO, Filter()).entry
    clock.advance(days=1)
    directory.reviewing = clock().date()

    assert {earlier, reviewed} <= {e.index for e in system.own_log(BEN, "s")}


@pytest.mark.parametrize("viewer", [ANA, BEN, DAN])
def test_only_reviewers_review_and_attempts_are_logged(system: Gate, viewer: str) -> None:
    with pytest.raises(NotPermitted) as about_ben:
        system.review(viewer, Filter(subject=BEN))
    with pytest.raises(NotPermitted):
        system.review_entry(viewer, 0)

    refused = [e for e in system.own_log(BEN, "s") if e.outcome == "refused"]
    assert [e.index for e in refused] == [about_ben.value.entry, about_ben.value.entry + 1]
    assert {(e.viewer, e.relation, e.purpose) for e in refused} == {(viewer, "none", "compliance_review")}


def test_persons_take_proofs_of_their_own_entries_only(system: Gate) -> None:
    theirs = one_to_one(system).entry
    foreign = own_of(system, DAN)

    bundle = system.own_proofs(BEN, "s", [theirs])

    (proved,) = bundle["inclusion"]
    assert proved["index"] == theirs
    assert proved["payload"] is not None
    with pytest.raises(LookupError, match=f"entry {foreign}"):
        system.own_proofs(BEN, "s", [theirs, foreign])


def own_of(gate: Gate, person: str) -> int:
    return gate.disclose(person, person, ONE, Purpose.OWN_REVIEW, DAY, session="s").entry


@pytest.fixture
def uses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The field keys that the vault asked for from here on."""
    asked: list[str] = []
    real = KeyRing.field_key

    def watched(
        self: KeyRing, subject: str, key_class: KeyClass, epoch: int, name: str, create: bool = False
    ) -> FieldKey:
        if name in set(Field):
            asked.append(name)
        return real(self, subject, key_class, epoch, name, create)

    monkeypatch.setattr(KeyRing, "field_key", watched)
    return asked


def test_keys_of_just_the_asked_fields_are_used(system: Gate, uses: list[str]) -> None:
    uses.clear()

    own(system, ONE, CLOSED, session="s")

    assert set(uses) == ONE


def locked(file: Path) -> sqlite3.Connection:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


@pytest.mark.parametrize(
    ("pragma", "spoil"),
    [
        pytest.param("busy_timeout=20", locked, id="locked by another process"),
        pytest.param("max_page_count=1", lambda file: None, id="disk full"),
        pytest.param("query_only=ON", lambda file: None, id="read-only"),
    ],
)
def test_nothing_new_is_opened_while_the_logs_file_cannot_be_written(
    sqlite_stores: Stores,
    tmp_path: Path,
    directory: FakeDirectory,
    clock: Clock,
    uses: list[str],
    pragma: str,
    spoil: Callable[[Path], sqlite3.Connection | None],
) -> None:
    system = real_gate(sqlite_stores, tmp_path, directory, clock)
    logged = own(system, session="s").entry
    sqlite_stores.log.dispose()
    event.listen(sqlite_stores.log, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}").close())
    other = spoil(tmp_path / "data" / "log.db")
    uses.clear()

    for session in map(str, range(40)):  # a full disk takes a few entries before it is full
        try:
            own(system, session=session)
        except LogUnavailable:
            break
        uses.clear()

    assert uses == []
    for ask in (own, one_to_one):
        with pytest.raises(LogUnavailable):
            ask(system)
    assert uses == []
    assert own(system, session="s").entry == logged  # the read that has its entry already
    if other is not None:
        other.close()
