"""A week of a person opens to their manager on the sheet of a one-to-one that both agreed to, and nowhere else."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from cast import ANA, BEN
from conftest import Clock
from hypothesis import given
from hypothesis import strategies as st

from privacy import decisions
from privacy.disclosure import Gate, NotPermitted
from privacy.fields import SHARED_FIELDS, Tier
from privacy.one_to_ones import Met, Sheet, opening, sheets, working_days_from
from privacy.period import Period, iso_week, week_of
from privacy.policy import Purpose
from tests.privacy.gates import CLOSED, FakeDirectory, MemoryLog, MemoryVault, one_to_one

days = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
KIRITIMATI, NIUE = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")  # UTC+14, UTC-11


def opens(gate: Gate, week: Period = CLOSED) -> bool:
    return gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, week, Tier.WEEK).permitted


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("met", "first", "last"),
    [
        pytest.param("11-19", "11-16", "11-24", id="on a Thursday"),
        pytest.param("11-20", "11-17", "11-25", id="on a Friday"),
        pytest.param("11-16", "11-11", "11-19", id="on a Monday"),
        pytest.param("11-21", "11-18", "11-25", id="on a Saturday"),
        pytest.param("11-22", "11-18", "11-25", id="on a Sunday"),
        pytest.param("10-26", "10-21", "10-29", id="after the night in which the clocks change"),
    ],
)
def test_a_sheet_is_open_from_three_working_days_before_to_three_after(met: str, first: str, last: str) -> None:
    assert (opening(day(met)).first, opening(day(met)).last) == (day(first), day(last))


@given(day=days, count=st.integers(-9, 9).filter(bool))
def test_working_days_are_counted_from_the_next_one(day: dt.date, count: int) -> None:
    there = working_days_from(day, count)

    between = [day + dt.timedelta(days=n) for n in range(min(0, (there - day).days), max(0, (there - day).days) + 1)]
    assert there.weekday() < 5
    assert sum(each.weekday() < 5 and each != day for each in between) == abs(count)


@given(st.lists(st.tuples(days, st.booleans()), max_size=8))
def test_a_sheet_begins_with_the_week_of_the_meeting_before(
    drawn: list[tuple[dt.date, bool]],
) -> None:
    met = [Met(*each) for each in drawn]

    found = sheets(met)

    assert [each.day for each in found] == sorted({each.day for each in met if each.stands})
    for sheet in found:
        earlier = [each.day for each in met if each.day < sheet.day]
        assert sheet.before == max(earlier, default=None)
        if earlier:
            assert sheet.holds(week_of(max(earlier)))
            assert not sheet.holds(week_of(max(earlier) - dt.timedelta(days=7)))


def test_without_a_one_to_one_nothing_opens_and_the_refusal_is_logged(
    gate: Gate, directory: FakeDirectory, log: MemoryLog, vault: MemoryVault
) -> None:
    directory.met = []

    with pytest.raises(NotPermitted) as refused:
        one_to_one(gate)

    assert (refused.value.decision.reason, refused.value.decision.sentence) == (
        decisions.NO_SHEET,
        decisions.NOTHING_AGREED,
    )
    assert [draft.outcome for draft in log.drafts] == ["refused"]
    assert vault.opened == []


def test_rows_that_the_portal_did_not_write_open_nothing(gate: Gate, directory: FakeDirectory) -> None:
    directory.met = None

    assert gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, CLOSED, Tier.WEEK).reason == decisions.NOT_GENUINE


def test_an_agreement_that_the_key_store_does_not_know_opens_nothing(gate: Gate, directory: FakeDirectory) -> None:
    directory.met = [Met(day("11-20"), False)]

    assert not opens(gate)


@pytest.mark.parametrize(
    ("now", "opened"),
    [
        pytest.param(dt.datetime(2026, 11, 17, 22, 59, tzinfo=dt.UTC), False, id="the evening before"),
        pytest.param(dt.datetime(2026, 11, 17, 23, 0, tzinfo=dt.UTC), True, id="the first minute"),
        pytest.param(dt.datetime(2026, 11, 26, 22, 59, tzinfo=dt.UTC), True, id="the last minute"),
        pytest.param(dt.datetime(2026, 11, 26, 23, 0, tzinfo=dt.UTC), False, id="the morning after"),
    ],
)
def test_a_sheet_opens_and_closes_at_midnight_on_the_employees_clock(
    gate: Gate, directory: FakeDirectory, clock: Clock, now: dt.datetime, opened: bool
) -> None:
    directory.met, clock.now = [Met(day("11-23"), True)], now  # a Monday; the clock is Berlin's

    assert opens(gate) is opened


@pytest.mark.parametrize(
    ("former", "now", "opened"),
    [
        pytest.param(KIRITIMATI, dt.datetime(2026, 11, 26, 9, 59, tzinfo=dt.UTC), True, id="open on both clocks"),
        pytest.param(KIRITIMATI, dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC), False, id="over on a former clock"),
        pytest.param(NIUE, dt.datetime(2026, 11, 18, 10, 59, tzinfo=dt.UTC), False, id="not yet on a former clock"),
        pytest.param(NIUE, dt.datetime(2026, 11, 18, 11, 0, tzinfo=dt.UTC), True, id="begun on both"),
    ],
)
def test_a_change_of_the_zone_opens_a_sheet_no_earlier_and_no_longer(
    gate: Gate, directory: FakeDirectory, clock: Clock, former: ZoneInfo, now: dt.datetime, opened: bool
) -> None:
    directory.former[former] = day("11-20")
    directory.met, clock.now = [Met(day("11-23"), True)], now

    assert opens(gate) is opened


def test_on_a_sheet_are_the_weeks_since_the_last_one_with_its_own(gate: Gate, directory: FakeDirectory) -> None:
    directory.met = [Met(day("11-04"), True), Met(day("11-20"), True)]  # a Wednesday of week 45

    assert [opens(gate, iso_week(f"2026-W{number}")) for number in (43, 44, 45, 46)] == [False, False, True, True]
    earlier = gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, iso_week("2026-W44"), Tier.WEEK)
    assert "before the last one-to-one (4 November 2026)" in earlier.sentence


def test_an_agreement_missing_in_the_key_store_opens_no_more_weeks_on_the_next_sheet(
    gate: Gate, directory: FakeDirectory
) -> None:
    directory.met = [Met(day("11-04"), False), Met(day("11-20"), True)]

    assert not opens(gate, iso_week("2026-W44"))


def test_meetings_of_every_day_open_no_week_twice_as_far_back(gate: Gate, directory: FakeDirectory) -> None:
    every = [day("11-02") + dt.timedelta(days=n) for n in range(30)]
    directory.met = [Met(each, True) for each in every]

    weeks = [iso_week(f"2026-W{number}") for number in range(39, 48)]
    assert [week.first for week in weeks if opens(gate, week)] == [iso_week("2026-W46").first]


def test_a_refusal_says_when_the_next_sheet_opens(gate: Gate, directory: FakeDirectory) -> None:
    directory.met = [Met(day("12-03"), True)]

    said = gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, CLOSED, Tier.WEEK).sentence

    assert said.endswith("the next is on 3 December 2026, and its sheet opens on 30 November 2026.")


def test_no_other_sheet_helps_a_week_that_has_not_closed(gate: Gate) -> None:
    refused = gate.decide(ANA, BEN, SHARED_FIELDS, Purpose.ONE_TO_ONE, iso_week("2026-W47"), Tier.WEEK)

    assert refused.reason == decisions.NOT_YET


@given(st.lists(days, min_size=1, max_size=6), days)
def test_more_meetings_never_open_an_earlier_week_on_a_sheet(met: list[dt.date], added: dt.date) -> None:
    def since(found: list[Sheet]) -> dict[dt.date, dt.date]:
        return {each.day: each.since for each in found}

    before, after = (since(sheets([Met(each, True) for each in of])) for of in (met, [*met, added]))

    assert all(after[each] >= first for each, first in before.items())
    assert set(itertools.chain(before, [added])) == set(after)
