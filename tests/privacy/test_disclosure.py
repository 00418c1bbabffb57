"""The gate: policy, then log, then keys; nothing without an entry."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy import decisions
from privacy.disclosure import Gate, LogUnavailable, NotPermitted, NotYet, Refused
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.log_entries import Draft
from privacy.one_to_ones import Met
from privacy.period import Period, iso_week
from privacy.policy import POLICY, Purpose, Relation, permitted
from tests.privacy.gates import (
    CLOSED,
    DAY,
    ONE,
    RUNNING,
    AnyDirectory,
    FakeDirectory,
    MemoryLog,
    MemoryVault,
    one_to_one,
    own,
)

TODAY = Period.day(dt.date(2026, 11, 19))


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

    def relations(self, viewer: str | None, subject: str, period: Period) -> dict[Relation, dt.date | None]:
        return {Relation.OPERATIONS: None}


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
    gate: Gate, directory: FakeDirectory, clock: Clock, now: dt.datetime, opens: bool
) -> None:
    directory.met, clock.now = [Met(now.date(), True)], now

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
    directory.met, clock.now = [Met(now.date(), True)], now

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


@given(
    st.frozensets(st.sampled_from([Relation.MANAGER, Relation.COMPLIANCE, Relation.OPERATIONS])),
    st.sampled_from(Purpose),
    st.frozensets(st.sampled_from(Field)),
    st.sampled_from(Tier),
    st.sampled_from([CLOSED, RUNNING, DAY, TODAY]),
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
        assert fields <= permitted({Relation.SELF}, Purpose.OWN_REVIEW, tier)
        assert (tier, period, purpose) == {
            decisions.AGREED: (Tier.SUMMARY, TODAY, Purpose.TARGET_SETTING),
            decisions.SHEETS: (Tier.SUMMARY, TODAY, Purpose.ONE_TO_ONE),
        }.get(fields, (Tier.WEEK, CLOSED, Purpose.ONE_TO_ONE))
        assert fields <= SHARED_FIELDS or fields in (decisions.AGREED, decisions.SHEETS)
    assert len(log.drafts) == 1


def agreed(gate: Gate, period: Period = TODAY, **changed: Any) -> Any:
    asked = {"purpose": Purpose.TARGET_SETTING, "tier": Tier.SUMMARY, "period": period}
    return gate.disclose(**{"viewer": ANA, "subject": BEN, "fields": decisions.AGREED, **asked, **changed})


def test_a_manager_reads_what_both_agreed_on_as_it_stands_and_is_logged(gate: Gate, log: MemoryLog) -> None:
    agreed(gate)

    assert log.drafts == [
        Draft(ANA, BEN, Relation.MANAGER, decisions.AGREED, Purpose.TARGET_SETTING, TODAY, "disclosed", chain="others")
    ]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"period": Period.day(dt.date(2026, 11, 18))}, id="as it stood yesterday"),
        pytest.param({"period": Period.day(dt.date(2026, 11, 20))}, id="tomorrow"),
        pytest.param({"period": RUNNING}, id="a week"),
        pytest.param({"tier": Tier.WEEK}, id="as a week's figure"),
        pytest.param({"purpose": Purpose.ONE_TO_ONE}, id="another purpose"),
        pytest.param({"fields": decisions.AGREED | {Field.FOCUS}}, id="with figures"),
        pytest.param({"fields": {Field.GOALS}}, id="own goals"),
        pytest.param({"viewer": DAN}, id="somebody else"),
    ],
)
def test_nothing_else_opens_what_both_agreed_on(
    gate: Gate, vault: MemoryVault, log: MemoryLog, changed: dict[str, Any]
) -> None:
    with pytest.raises(NotPermitted):
        agreed(gate, **changed)

    assert vault.opened == []
    assert [each.outcome for each in log.drafts] == ["refused"]


def test_an_agreement_without_agreed_goals_closes_them_to_the_manager(
    vault: MemoryVault, log: MemoryLog, directory: FakeDirectory, clock: Clock
) -> None:
    rules = tuple(rule for rule in POLICY if rule.purpose is not Purpose.TARGET_SETTING)
    gate = Gate(vault, log, directory, clock, rules_since=lambda _moment: rules)  # type: ignore[arg-type]

    with pytest.raises(NotPermitted):
        agreed(gate)

    assert vault.opened == []
