"""An agreed goal holds once both have agreed, until both agree on another version or one ends it."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.agreed import MEASURED, Agreed, AgreedError, Outdated, Side, Terms, parse
from analytics.measures import measure
from privacy.canonical import digest
from privacy.fields import SHARED_FIELDS

ANA, GUS, BEN = "a" * 32, "b" * 32, "c" * 32
TODAY = dt.date(2026, 11, 19)
DAY = dt.timedelta(days=1)
TERMS = Terms("Two quiet hours", "focus_time", 90, 180, "Cases wait", "Less overtime", TODAY, TODAY + 90 * DAY)
PROPOSED = Agreed().proposed(Side.MANAGER, ANA, TERMS, TODAY)
HOLDS = PROPOSED.answered(Side.EMPLOYEE, ANA, 1, 1, True, TODAY)


def test_nothing_holds_before_both_have_agreed() -> None:
    assert PROPOSED.goals[0].holds_on(TODAY) is None
    assert HOLDS.goals[0].holds_on(TODAY) is not None
    assert PROPOSED.answered(Side.EMPLOYEE, ANA, 1, 1, False, TODAY).goals[0].holds_on(TODAY) is None


def test_what_holds_goes_on_while_a_change_waits_and_after_it_was_declined() -> None:
    change = replace(TERMS, high=240)

    waiting = HOLDS.proposed(Side.EMPLOYEE, ANA, change, TODAY, number=1, seen=1)
    declined = waiting.answered(Side.MANAGER, ANA, 1, 2, False, TODAY)
    agreed = waiting.answered(Side.MANAGER, ANA, 1, 2, True, TODAY)

    held = [each.goals[0].holds_on(TODAY) for each in (waiting, declined, agreed)]
    assert [each.number for each in held if each] == [1, 1, 2]


def test_a_version_holds_from_its_day_on_and_ends_when_either_ends_it() -> None:
    later = Agreed().proposed(Side.MANAGER, ANA, replace(TERMS, begins=TODAY + DAY), TODAY)
    later = later.answered(Side.EMPLOYEE, ANA, 1, 1, True, TODAY)

    assert later.goals[0].state(TODAY) == "ahead"
    assert later.goals[0].state(TODAY + DAY) == "holds"
    for side in Side:
        assert HOLDS.finished(side, ANA, 1, TODAY).goals[0].state(TODAY) == "ended"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: PROPOSED.answered(Side.MANAGER, ANA, 1, 1, True, TODAY), id="to one's own proposal"),
        pytest.param(lambda: HOLDS.answered(Side.EMPLOYEE, ANA, 1, 1, False, TODAY), id="a second time"),
        pytest.param(lambda: PROPOSED.answered(Side.EMPLOYEE, ANA, 1, 2, True, TODAY), id="to what was not seen"),
        pytest.param(lambda: HOLDS.proposed(Side.MANAGER, ANA, TERMS, TODAY, 1, 0), id="a change of what was not seen"),
        pytest.param(
            lambda: HOLDS.finished(Side.MANAGER, ANA, 1, TODAY).finished(Side.EMPLOYEE, ANA, 1, TODAY),
            id="its end",
        ),
    ],
)
def test_nobody_answers(call: Any) -> None:
    with pytest.raises(Outdated):
        call()


def test_a_manager_is_shown_what_is_between_them_and_nothing_of_another() -> None:
    both = HOLDS.proposed(Side.MANAGER, GUS, replace(TERMS, text="Something else"), TODAY)

    shown = both.payload(BEN, ANA)

    assert [each["number"] for each in shown["goals"]] == [1]
    assert "Something else" not in str(shown)
    with pytest.raises(LookupError):
        both.finished(Side.MANAGER, ANA, 2, TODAY)


def test_measures_are_of_what_managers_may_see_and_not_how_long_somebody_was_there() -> None:
    assert MEASURED == ("focus_time", "focus_blocks", "longest_focus")
    assert all(measure(name).fields <= SHARED_FIELDS for name in MEASURED)


def test_the_digest_of_equal_words_differs_with_the_salt_so_that_nobody_can_try_words() -> None:
    first, second = parse(HOLDS.dump()), parse(HOLDS.dump())

    assert replace(first, salt="") == replace(second, salt="") == HOLDS
    assert digest(first.payload(BEN, ANA)) != digest(second.payload(BEN, ANA))


STEPS = st.lists(
    st.tuples(st.sampled_from(["propose", "change", "agree", "decline", "end"]), st.sampled_from(Side)), max_size=12
)


@settings(max_examples=100)
@given(STEPS)
def test_whatever_happens_what_is_sealed_is_what_is_read_and_both_agreed_to_what_holds(
    steps: list[tuple[str, Side]],
) -> None:
    found, last = Agreed(), {}
    for what, side in steps:
        seen = len(found.goals[-1].versions) if found.goals else 0
        number = found.goals[-1].number if found.goals else 1
        try:
            if what in ("propose", "change"):
                found = found.proposed(side, ANA, TERMS, TODAY, *((number, seen) if what == "change" else ()))
                last[found.goals[-1].number, len(found.goals[-1].versions)] = side
            elif what == "end":
                found = found.finished(side, ANA, number, TODAY)
            else:
                found = found.answered(side, ANA, number, seen, what == "agree", TODAY)
                assert last[number, seen] is side.other
        except (AgreedError, LookupError):
            continue

    assert replace(parse(found.dump()), salt="") == found
    for goal in found.goals:
        held = goal.holds_on(TODAY)
        assert held is None or (held.agreed and goal.ended is None)


@pytest.mark.parametrize(
    "value",
    [
        b"{",
        b"[]",
        b'{"goals":[]}',
        b'{"goals":[{"number":1}],"salt":"00"}',
        b'{"goals":[{"number":1,"manager":"a","versions":[]}],"salt":"00"}',
    ],
)
def test_a_value_that_is_none_is_refused(value: bytes) -> None:
    with pytest.raises(AgreedError, match="no value of agreed goals"):
        parse(value)
