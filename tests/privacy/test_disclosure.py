"""The gate: policy, then log, then keys; nothing without an entry."""

import datetime as dt
import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert

from privacy import decisions
from privacy.access_log import AccessLog, Filter, open_signer
from privacy.disclosure import Disclosed, Gate, LogUnavailable, NotPermitted, NotYet, Refused
from privacy.fields import SHARED_FIELDS, Field, KeyClass, Tier
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyRing
from privacy.log_entries import Appended, Draft, Entry
from privacy.log_seals import LogSeals
from privacy.period import Period, iso_week
from privacy.policy import Purpose, Relation, permitted
from privacy.seal import FieldKey
from privacy.stores import Stores, writing
from privacy.vault import Row, Subject, Vault

BERLIN = ZoneInfo("Europe/Berlin")
CLOSED = iso_week("2026-W46")  # Monday 9 to Sunday 15 November; the clock stands at Thursday 19 November
RUNNING = iso_week("2026-W47")
DAY = Period.day(CLOSED.first)
ONE = frozenset({Field.ACTIVE_TIME})


class FakeDirectory:
    """Ana manages Ben, who has read the notice. Cleo reviews. Dan is nobody's anything; jobs run for everybody."""

    def __init__(self) -> None:
        self.unaware: set[str] = set()
        self.tellings: dict[tuple[str, str], decisions.Telling] = {}
        self.former: dict[ZoneInfo, dt.date] = {}
        self.reviewing = dt.date(2026, 9, 1)

    def relations(self, viewer: str | None, subject: str, period: Period) -> frozenset[Relation]:
        if viewer is None:
            return frozenset({Relation.OPERATIONS})
        found = {(ANA, BEN): Relation.MANAGER, (CLEO, BEN): Relation.COMPLIANCE}.get((viewer, subject))
        return frozenset({Relation.SELF} if viewer == subject else {found} if found else ())

    def told(self, viewer: str, subject: str) -> decisions.Telling | None:
        return self.tellings.get((viewer, subject))

    def zone(self, subject: str) -> ZoneInfo:
        return BERLIN

    def zones(self, subject: str, since: dt.date) -> tuple[ZoneInfo, ...]:
        return self.zone(subject), *(zone for zone, until in self.former.items() if until >= since)

    def acknowledged(self, subject: str) -> bool:
        return subject not in self.unaware

    def is_reviewer(self, viewer: str) -> bool:
        return viewer == CLEO

    def reviewer_since(self, viewer: str) -> dt.date | None:
        return self.reviewing if viewer == CLEO else None


class MemoryLog:
    """A log in a list, which may be full."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.full = False

    def append(self, draft: Draft) -> Appended:
        if self.full:
            raise OSError("no space left on device")
        self.drafts.append(draft)
        return Appended(len(self.drafts) - 1)


class MemoryVault:
    """A vault that remembers what was opened, and what the log said by then."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.opened: list[tuple[str, frozenset[Field], Tier, Period]] = []

    def _open(self, subject: str, fields: frozenset[Field], tier: Tier, period: Period) -> dict[Any, bytes]:
        assert self.log.drafts[-1].outcome == "disclosed", "opened before it was logged"
        self.opened.append((subject, fields, tier, period))
        return {(period.first, field): b"1800" for field in fields}

    @property
    def keys(self) -> "MemoryVault":
        return self

    def derive(self, *place: object) -> bytes:
        return b"\x5a" * 16


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def vault(log: MemoryLog) -> MemoryVault:
    return MemoryVault(log)


@pytest.fixture
def gate(vault: MemoryVault, log: MemoryLog, directory: FakeDirectory, clock: Clock) -> Gate:
    return Gate(vault, log, directory, clock)  # type: ignore[arg-type]


def one_to_one(gate: Gate, week: Period = CLOSED, **changed: Any) -> Disclosed:
    asked = {"viewer": ANA, "subject": BEN, "fields": SHARED_FIELDS, "purpose": Purpose.ONE_TO_ONE, "period": week}
    return gate.disclose(**{**asked, "tier": Tier.WEEK, **changed})


def own(gate: Gate, fields: frozenset[Field] = ONE, period: Period = DAY, **more: Any) -> Disclosed:
    return gate.disclose(BEN, BEN, fields, Purpose.OWN_REVIEW, period, **more)


def test_manager_sees_the_shared_totals_of_a_closed_week(gate: Gate, log: MemoryLog) -> None:
    disclosed = one_to_one(gate)

    assert disclosed.values.keys() == {(CLOSED.first, field) for field in SHARED_FIELDS}
    assert disclosed.salt == "5a" * 16
    assert log.drafts == [
        Draft(ANA, BEN, Relation.MANAGER, SHARED_FIELDS, Purpose.ONE_TO_ONE, CLOSED, "disclosed", chain="others")
    ]


def test_employee_sees_any_field_of_the_running_week(gate: Gate, log: MemoryLog) -> None:
    disclosed = own(gate, frozenset(Field), RUNNING, session="s")

    assert disclosed.entry == 0
    assert disclosed.salt == ""
    assert log.drafts == [
        Draft(
            BEN, BEN, Relation.SELF, frozenset(Field), Purpose.OWN_REVIEW, None, "disclosed", chain="self", session="s"
        )
    ]


def test_jobs_open_under_an_entry_of_their_own(gate: Gate, log: MemoryLog) -> None:
    gate.disclose(None, BEN, set(Field), Purpose.OPERATIONS, DAY, tier=Tier.DAY)

    assert (log.drafts[0].viewer, log.drafts[0].relation, log.drafts[0].chain) == (None, "operations", "others")


class Operator(FakeDirectory):
    """A directory that calls a person a job."""

    def relations(self, viewer: str | None, subject: str, period: Period) -> frozenset[Relation]:
        return frozenset({Relation.OPERATIONS})


def test_a_job_opens_parts_of_the_period_that_was_logged_and_no_day_more(
    gate: Gate, log: MemoryLog, vault: MemoryVault
) -> None:
    opening = gate.begin(None, BEN, ONE, Purpose.OPERATIONS, CLOSED)

    opening.part(DAY)
    with pytest.raises(ValueError, match="reaches out of"):
        opening.part(RUNNING)

    assert [(draft.outcome, draft.period) for draft in log.drafts] == [("disclosed", CLOSED)]
    assert [period for *_, period in vault.opened] == [DAY]


def test_what_jobs_may_open_is_shown_to_no_person(vault: MemoryVault, log: MemoryLog, clock: Clock) -> None:
    gate = Gate(vault, log, Operator(), clock)  # type: ignore[arg-type]

    with pytest.raises(NotPermitted):
        gate.disclose(DAN, BEN, ONE, Purpose.OPERATIONS, DAY)


REFUSALS = [
    pytest.param({"fields": {Field.APPS}}, decisions.NOT_PERMITTED, id="field not shared"),
    pytest.param(
        {"fields": SHARED_FIELDS | {Field.APPS}}, decisions.NOT_PERMITTED, id="one field of several not shared"
    ),
    pytest.param({"fields": ()}, decisions.NOT_PERMITTED, id="no field at all"),
    pytest.param({"purpose": Purpose.OWN_REVIEW}, decisions.NOT_PERMITTED, id="purpose of another relation"),
    pytest.param({"purpose": Purpose.OPERATIONS}, decisions.NOT_PERMITTED, id="purpose of jobs"),
    pytest.param({"tier": Tier.SUMMARY}, decisions.NOT_PERMITTED, id="days instead of the week"),
    pytest.param({"tier": Tier.DAY}, decisions.NOT_PERMITTED, id="events"),
    pytest.param({"viewer": CLEO}, decisions.NOT_PERMITTED, id="reviewer of the log"),
    pytest.param({"viewer": CLEO, "purpose": Purpose.COMPLIANCE_REVIEW}, decisions.NOT_PERMITTED, id="to review"),
    pytest.param({"viewer": DAN}, decisions.NOT_PERMITTED, id="no relation"),
    pytest.param({"viewer": BEN, "subject": ANA}, decisions.NOT_PERMITTED, id="upwards"),
    pytest.param({"viewer": None}, decisions.NOT_PERMITTED, id="a job in a manager's name"),
    pytest.param({"period": Period(CLOSED.first, CLOSED.last)}, decisions.NOT_A_WEEK, id="six days"),
    pytest.param({"period": Period(CLOSED.last, dt.date(2026, 11, 22))}, decisions.NOT_A_WEEK, id="from a Sunday"),
    pytest.param({"period": Period(dt.date(2026, 11, 2), CLOSED.end)}, decisions.NOT_A_WEEK, id="two weeks"),
    pytest.param({"period": RUNNING}, decisions.NOT_YET, id="running week"),
    pytest.param({"period": iso_week("2027-W01")}, decisions.NOT_YET, id="coming week"),
    pytest.param({"period": iso_week("2026-W38")}, decisions.TOO_OLD, id="nine weeks back"),
]


@pytest.mark.parametrize(("changed", "reason"), REFUSALS)
def test_refusal_is_logged_and_opens_nothing(
    gate: Gate, log: MemoryLog, vault: MemoryVault, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        one_to_one(gate, **changed)

    assert refused.value.decision.reason == reason
    assert isinstance(refused.value, NotYet) == (reason in (decisions.NOT_YET, decisions.TOO_OLD))
    assert [d.outcome for d in log.drafts] == ["refused"]
    assert refused.value.entry == 0
    assert vault.opened == []


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param(dt.datetime(2026, 11, 17, 22, 59, 59, tzinfo=dt.UTC), False, id="a second before the grace ends"),
        pytest.param(dt.datetime(2026, 11, 17, 23, 0, tzinfo=dt.UTC), True, id="48 hours after Sunday's end in Berlin"),
        pytest.param(dt.datetime(2027, 1, 10, 22, 59, tzinfo=dt.UTC), True, id="last moment of the eighth week"),
        pytest.param(dt.datetime(2027, 1, 10, 23, 0, tzinfo=dt.UTC), False, id="the ninth week begins"),
    ],
)
def test_week_opens_after_its_grace_and_closes_after_eight_weeks(
    gate: Gate, clock: Clock, now: dt.datetime, opens: bool
) -> None:
    clock.now = now

    assert gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, CLOSED, Tier.WEEK).permitted is opens


def test_grace_is_counted_from_the_day_start(
    vault: MemoryVault, log: MemoryLog, directory: FakeDirectory, clock: Clock
) -> None:
    gate = Gate(vault, log, directory, clock, day_start=dt.time(4))  # type: ignore[arg-type]
    clock.now = dt.datetime(2026, 11, 18, 2, 59, tzinfo=dt.UTC)

    with pytest.raises(NotYet, match=r"from 18 November 2026, 04:00 on"):
        one_to_one(gate)


KIRITIMATI, NIUE = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")  # UTC+14, UTC-11


@pytest.mark.parametrize(
    ("former", "until", "now", "opens"),
    [
        pytest.param(NIUE, CLOSED.last, dt.datetime(2026, 11, 18, 10, 59, tzinfo=dt.UTC), False, id="a former grace"),
        pytest.param(NIUE, CLOSED.last, dt.datetime(2026, 11, 18, 11, 0, tzinfo=dt.UTC), True, id="both are over"),
        pytest.param(NIUE, CLOSED.first, dt.datetime(2026, 11, 18, 10, 59, tzinfo=dt.UTC), False, id="on the Monday"),
        pytest.param(
            NIUE, dt.date(2026, 11, 8), dt.datetime(2026, 11, 17, 23, 0, tzinfo=dt.UTC), True, id="in the week before"
        ),
        pytest.param(
            KIRITIMATI, CLOSED.last, dt.datetime(2026, 11, 17, 22, 59, tzinfo=dt.UTC), False, id="a former one is over"
        ),
        pytest.param(
            KIRITIMATI, CLOSED.last, dt.datetime(2027, 1, 10, 9, 59, tzinfo=dt.UTC), True, id="the eighth week on both"
        ),
        pytest.param(
            KIRITIMATI, CLOSED.last, dt.datetime(2027, 1, 10, 10, 0, tzinfo=dt.UTC), False, id="the ninth week on one"
        ),
    ],
)
def test_a_change_of_the_zone_opens_a_week_no_earlier_and_no_longer(
    gate: Gate, directory: FakeDirectory, clock: Clock, former: ZoneInfo, until: dt.date, now: dt.datetime, opens: bool
) -> None:
    directory.former[former] = until
    clock.now = now

    assert gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, CLOSED, Tier.WEEK).permitted is opens


def test_nothing_is_shown_about_who_has_not_read_the_notice(
    gate: Gate, directory: FakeDirectory, vault: MemoryVault
) -> None:
    directory.unaware.add(BEN)

    for ask in (one_to_one, own):
        with pytest.raises(NotPermitted) as refused:
            ask(gate)
        assert refused.value.decision.reason == decisions.NOT_ACKNOWLEDGED
    assert vault.opened == []
    assert gate.disclose(None, BEN, ONE, Purpose.OPERATIONS, DAY).values


TOLD = decisions.Telling("Ben", dt.date(2026, 11, 13))
REACH = "You can read the log from 20 November 2026 on, the day on which you became a reviewer."
BEFORE = "You may open weeks that began after Ben was told that you manage the team (13 November 2026)."


@pytest.mark.parametrize(
    ("changed", "told", "reason"),
    [
        pytest.param({}, TOLD, decisions.NOT_TOLD, id="the week in which it was told"),
        pytest.param({"period": iso_week("2026-W40")}, TOLD, decisions.NOT_TOLD, id="an earlier week"),
        pytest.param({"period": RUNNING}, TOLD, decisions.NOT_PERMITTED, id="a later week: it must be something else"),
        pytest.param({}, None, decisions.NOT_PERMITTED, id="nobody was told"),
        pytest.param({"fields": {Field.APPS}}, TOLD, decisions.NOT_PERMITTED, id="a field of no manager"),
        pytest.param({"fields": ()}, TOLD, decisions.NOT_PERMITTED, id="no field"),
        pytest.param({"purpose": Purpose.TEAM_RHYTHM}, TOLD, decisions.NOT_PERMITTED, id="a purpose of no rule"),
        pytest.param({"tier": Tier.SUMMARY}, TOLD, decisions.NOT_PERMITTED, id="days"),
    ],
)
def test_a_manager_learns_that_a_week_began_before_it_was_told_and_sees_nothing(
    vault: MemoryVault, log: MemoryLog, clock: Clock, changed: dict[str, Any], told: Any, reason: str
) -> None:
    directory = AnyDirectory(frozenset())
    directory.tellings = {} if told is None else {(ANA, BEN): told}

    with pytest.raises(NotPermitted) as refused:
        one_to_one(Gate(vault, log, directory, clock), **changed)  # type: ignore[arg-type]

    assert refused.value.decision.reason == reason
    assert (refused.value.decision.sentence == BEFORE) == (reason == decisions.NOT_TOLD)
    assert [(draft.outcome, draft.relation) for draft in log.drafts] == [("refused", "none")]
    assert vault.opened == []


def test_nothing_is_opened_when_the_log_is_full(gate: Gate, log: MemoryLog, vault: MemoryVault) -> None:
    log.full = True

    for ask in (one_to_one, own):
        with pytest.raises(LogUnavailable):
            ask(gate)
    with pytest.raises(LogUnavailable):
        one_to_one(gate, viewer=DAN)

    assert vault.opened == []


def test_receipt_names_the_digest_of_what_is_shown(gate: Gate, log: MemoryLog) -> None:
    disclosed = one_to_one(gate)

    entry = gate.receipt(disclosed, "sha256:" + "0" * 64)

    assert entry == disclosed.entry + 1
    assert (log.drafts[1].outcome, log.drafts[1].digest) == ("shown", "sha256:" + "0" * 64)
    assert (log.drafts[1].viewer, log.drafts[1].period, log.drafts[1].chain) == (ANA, CLOSED, "others")


def test_receipt_fails_with_the_log_and_is_not_needed_for_own_reads(gate: Gate, log: MemoryLog) -> None:
    theirs, mine = one_to_one(gate), own(gate)
    log.full = True

    with pytest.raises(LogUnavailable):
        gate.receipt(theirs, "sha256:" + "0" * 64)
    assert gate.receipt(mine, "sha256:" + "0" * 64) == mine.entry


def test_deciding_writes_and_opens_nothing(gate: Gate, log: MemoryLog, vault: MemoryVault) -> None:
    assert gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, RUNNING, Tier.WEEK).reason == decisions.NOT_YET

    assert log.drafts == []
    assert vault.opened == []


class AnyDirectory(FakeDirectory):
    """A directory in which somebody is whatever the test says."""

    def __init__(self, given: frozenset[Relation]) -> None:
        super().__init__()
        self.given = given

    def relations(self, viewer: str | None, subject: str, period: Period) -> frozenset[Relation]:
        return self.given


@given(
    st.frozensets(st.sampled_from([Relation.MANAGER, Relation.COMPLIANCE, Relation.OPERATIONS])),
    st.sampled_from(Purpose),
    st.frozensets(st.sampled_from(Field)),
    st.sampled_from(Tier),
    st.sampled_from([CLOSED, RUNNING, DAY]),
)
@settings(max_examples=300, deadline=None)
def test_nobody_sees_what_the_employee_does_not(
    relations: frozenset[Relation], purpose: Purpose, fields: frozenset[Field], tier: Tier, period: Period
) -> None:
    log = MemoryLog()
    vault = MemoryVault(log)
    gate = Gate(vault, log, AnyDirectory(relations), Clock())  # type: ignore[arg-type]

    try:
        gate.disclose(ANA, BEN, fields, purpose, period, tier=tier)
    except Refused:
        assert vault.opened == []
    else:
        assert fields <= permitted({Relation.SELF}, Purpose.OWN_REVIEW, tier) & SHARED_FIELDS
        assert (tier, period, purpose) == (Tier.WEEK, CLOSED, Purpose.ONE_TO_ONE)
    assert len(log.drafts) == 1


# With the real log and the real vault


def real_gate(stores: Stores, tmp_path: Path, directory: FakeDirectory, clock: Clock) -> Gate:
    """A gate with nothing fake but the directory; Ben has all fields of each day of the closed week, and its totals."""
    keys = KeyRing(stores.keys, FileKeyProvider(tmp_path / "kek").create())
    vault = Vault(stores.data, keys)
    days = [Row(f, Tier.SUMMARY, d, 0, b"1800") for f, d in itertools.product(Field, CLOSED.days())]
    with writing(stores.data) as connection:
        connection.execute(insert(Subject), [{"id": s, "created_day": CLOSED.first} for s in (ANA, BEN, CLEO, DAN)])
        vault.put(connection, BEN, [*days, *(Row(f, Tier.WEEK, CLOSED.first, 0, b"9000") for f in SHARED_FIELDS)])
    log = AccessLog(stores.log, keys, open_signer(keys, "sameview/test-00000000"), clock)
    return Gate(vault, log, directory, clock)


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
    assert len(opened) == len(looks) + 1  # and Dan's change, which says only when opened that nothing was read
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
