"""A new manager listens first: so long as the policy says, the gate opens nothing of a person to them."""

import datetime as dt
from dataclasses import replace
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from cast import ANA, BEN
from conftest import Clock
from policies import versioned

from privacy import decisions
from privacy.capture_policy import read
from privacy.decisions import AGREED, SHEETS
from privacy.disclosure import Gate, NotYet
from privacy.fields import SHARED_FIELDS, Tier
from privacy.period import Period
from privacy.policy import POLICY, Purpose, Relation, Rule
from privacy.policy_in_force import InForce
from tests.privacy.gates import CLOSED, FakeDirectory, MemoryLog, MemoryVault, one_to_one, own

TODAY = dt.date(2026, 11, 19)
LISTENING = tuple(replace(rule, listen_weeks=2) for rule in POLICY)


def gate_with(
    clock: Clock, told: dt.date | None, rules: tuple[Rule, ...] = LISTENING, directory: FakeDirectory | None = None
) -> tuple[Gate, MemoryLog, MemoryVault]:
    log = MemoryLog()
    vault, directory = MemoryVault(log), directory or FakeDirectory()
    if told is not None:
        directory.tellings[ANA, BEN] = decisions.Telling("Ben", told)
    return Gate(vault, log, directory, clock, rules_since=lambda _: rules), log, vault  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "opens"),
    [
        pytest.param(TODAY - dt.timedelta(days=14), True, id="two weeks ago"),
        pytest.param(TODAY - dt.timedelta(days=13), False, id="a day less"),
        pytest.param(TODAY, False, id="today"),
        pytest.param(None, False, id="dismissed this moment"),
    ],
)
def test_nothing_of_a_person_opens_before_the_weeks_of_listening_are_over(
    clock: Clock, told: dt.date | None, opens: bool
) -> None:
    gate, log, vault = gate_with(clock, told)

    if opens:
        assert one_to_one(gate).values
    else:
        with pytest.raises(NotYet, match="Listening comes first") as refused:
            one_to_one(gate)
        assert refused.value.decision.reason == decisions.LISTENING
        assert [(draft.outcome, draft.relation) for draft in log.drafts] == [("refused", Relation.MANAGER)]
        assert vault.opened == []


def test_a_decision_asks_nothing_twice(clock: Clock) -> None:
    """Every sheet decides about eight weeks, and two answers to one question may be of two moments."""
    real = FakeDirectory()
    real.tellings[ANA, BEN] = decisions.Telling("Ben", TODAY - dt.timedelta(days=14))
    directory = Mock(wraps=real)
    gate, *_ = gate_with(clock, None, directory=directory)

    assert gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, CLOSED, Tier.WEEK).permitted
    asked = [name for name, *_ in directory.method_calls]
    assert sorted(asked) == ["acknowledged", "clocks", "one_to_ones", "relations", "zone"]


def test_what_both_agreed_on_waits_as_well(clock: Clock) -> None:
    asked = (ANA, BEN, AGREED, Purpose.TARGET_SETTING, Period.day(TODAY), Tier.SUMMARY)

    new, _, _ = gate_with(clock, TODAY - dt.timedelta(days=13))
    old, _, _ = gate_with(clock, TODAY - dt.timedelta(days=14))

    assert new.decide(*asked).reason == decisions.LISTENING
    assert old.decide(*asked).permitted


def test_the_sheets_of_one_to_ones_are_where_a_new_manager_listens(clock: Clock) -> None:
    asked = (ANA, BEN, SHEETS, Purpose.ONE_TO_ONE, Period.day(TODAY), Tier.SUMMARY)

    assert gate_with(clock, TODAY - dt.timedelta(days=1))[0].decide(*asked).permitted


def test_people_read_their_own_meanwhile_and_without_the_line_nobody_waits(clock: Clock) -> None:
    assert own(gate_with(clock, TODAY)[0]).values
    assert one_to_one(gate_with(clock, TODAY, POLICY)[0]).values


def test_the_day_is_over_on_every_clock_that_the_person_has_had(clock: Clock) -> None:
    directory = FakeDirectory()
    directory.former[ZoneInfo("Pacific/Niue")] = CLOSED.last  # where it is still the 18th
    gate, _, _ = gate_with(clock, TODAY - dt.timedelta(days=14), directory=directory)

    with pytest.raises(NotYet, match="Listening"):
        one_to_one(gate)


def test_of_several_policies_since_a_week_began_the_longest_time_counts() -> None:
    def weeks(*texts: str) -> int:
        held = InForce(tuple(map(read, texts)))
        rules = held.rules_since(held.policies[0].effective)
        return max(rule.listen_weeks for rule in rules if rule.relation is Relation.MANAGER)

    two = versioned("coaching")
    none = two.replace("listen_weeks = 2", "listen_weeks = 0").replace("version = 1", "version = 2")
    unwritten = "".join(line for line in none.splitlines(True) if not line.startswith("listen_weeks"))

    assert (weeks(two), weeks(none), weeks(unwritten)) == (2, 0, 0)
    assert weeks(two, none.replace("2026-11-16", "2026-11-17")) == 2
