"""Working time and the grid of times: what may be kept of when something was."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import versioned

from privacy.capture_policy import PolicyBroken, read
from privacy.policy_parts import ANYTIME, Schedule
from privacy.working_time import Part, Windows, coarse_parts, kept_parts, on_grid

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
MINUTE = 60_000_000
OFFICE = '[[schedule]]\nname = "office"\nmonday = ["08:00-12:00", "13:00-18:00"]\nsunday = ["22:00-06:00"]\n'


def schedule(text: str = OFFICE) -> Schedule:
    return read(versioned("coaching") + text).schedule()


def at(local: str, zone: ZoneInfo = BERLIN) -> int:
    """Microseconds of a local time in the week of Monday, 16 November 2026, or of any full date."""
    moment = dt.datetime.fromisoformat(local if len(local) > 5 else f"2026-11-16T{local}").replace(tzinfo=zone)
    return int(moment.timestamp()) * 1_000_000


def part(begin: str, end: str) -> Part:
    return at(begin), at(end) - at(begin)


WINDOWS = Windows(schedule(), BERLIN)


@pytest.mark.parametrize(
    ("event", "left"),
    [
        (part("09:00", "10:00"), (part("09:00", "10:00"),)),
        (part("07:00", "08:30"), (part("08:00", "08:30"),)),
        (part("11:00", "14:00"), (part("11:00", "12:00"), part("13:00", "14:00"))),
        (part("12:00", "13:00"), ()),
        (part("18:00", "18:30"), ()),
        (part("05:30", "07:00"), (part("05:30", "06:00"),)),  # Sunday's night ends on Monday
        (part("2026-11-15T21:00", "05:30"), (part("2026-11-15T22:00", "05:30"),)),
        (part("2026-11-17T09:00", "2026-11-17T10:00"), ()),
        (part("12:00", "12:00"), (part("12:00", "12:00"),)),
        (part("12:30", "12:30"), ()),
        ((at("10:00"), -MINUTE), ((at("10:00"), -MINUTE),)),
        ((at("13:00"), -90 * MINUTE), ()),
    ],
)
def test_only_what_lies_in_the_agreed_hours_is_kept(event: Part, left: tuple[Part, ...]) -> None:
    assert kept_parts(*event, WINDOWS) == left


def test_a_day_on_which_the_clock_changes_has_the_hours_that_it_has() -> None:
    night = Windows(schedule('[[schedule]]\nname = "night"\nsunday = ["00:00-06:00"]\n'), BERLIN)
    whole = (at("2026-10-25T00:00"), 86_400_000_000)

    assert [duration // MINUTE for _, duration in kept_parts(*whole, night)] == [7 * 60]
    assert [d // MINUTE for _, d in kept_parts(at("2026-03-29T00:00"), 86_400_000_000, night)] == [5 * 60]


def test_hours_hold_on_the_clock_of_the_person() -> None:
    nine = at("09:00", KATHMANDU)

    assert kept_parts(nine, MINUTE, Windows(schedule(), KATHMANDU)) == ((nine, MINUTE),)
    assert kept_parts(nine, 3 * 60 * MINUTE, WINDOWS) == ((nine, 105 * MINUTE),)  # 04:15 in Berlin, until 06:00


def test_without_agreed_hours_any_time_is_working_time() -> None:
    always = Windows(ANYTIME, BERLIN)

    assert always.always
    assert kept_parts(1, 10**15, always) == ((1, 10**15),)


def test_the_first_working_time_holds_for_everybody_whose_team_has_no_other() -> None:
    field = '[[schedule]]\nname = "field"\nteams = ["Field"]\nanytime = true\n'
    policy = read(versioned("coaching") + OFFICE + field)

    assert policy.schedule().name == policy.schedule("unknown").name == "office"
    assert policy.schedule_of(["Claims", "Field"]) is policy.schedule("field")
    assert policy.schedule_of(["Claims"]).name == "office"


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ('[[schedule]]\nname = "b"\nmonday = ["08:00-09:00"]\n', "each other one names its teams"),
        ('[[schedule]]\nname = "office"\nteams = ["A"]\nmonday = ["08:00-09:00"]\n', "two working times are called"),
        ('[[schedule]]\nname = "b"\nteams = ["A"]\nanytime = true\n' * 2, "two working times are called"),
        (
            "".join(f'[[schedule]]\nname = "{name}"\nteams = ["A"]\nanytime = true\n' for name in "bc"),
            "'A' has another working time already",
        ),
    ],
)
def test_whose_a_working_time_is_is_never_in_doubt(added: str, told: str) -> None:
    with pytest.raises(PolicyBroken, match=told):
        read(versioned("coaching") + OFFICE + added)


def test_hours_between_two_marks_of_the_grid_are_refused() -> None:
    text = versioned("coaching", grid_seconds="grid_seconds = 900") + OFFICE.replace("08:00", "08:05")

    with pytest.raises(PolicyBroken, match="between two marks of the grid of 900 seconds"):
        read(text)


def test_times_far_from_any_watcher_are_outside() -> None:
    assert kept_parts(-(10**17), MINUTE, WINDOWS) == kept_parts(10**18, MINUTE, WINDOWS) == ()


SECOND = 1_000_000
FIRST, LAST = (at(f"2026-{day}T00:00") // SECOND for day in ("10-20", "11-20"))
TIMES = st.integers(FIRST, LAST).map(lambda seconds: seconds * SECOND)
LENGTHS = (st.integers(0, 3 * 86_400) | st.integers(-3600, -1)).map(lambda seconds: seconds * SECOND)
GRIDS = st.sampled_from([0, 60, 300, 900])
ZONES = st.sampled_from([BERLIN, KATHMANDU, ZoneInfo("America/St_Johns")]).map(lambda zone: Windows(schedule(), zone))


@given(TIMES, LENGTHS, ZONES, GRIDS)
def test_what_was_made_coarse_once_stays_as_it_is(start: int, length: int, windows: Windows, grid: int) -> None:
    for left in coarse_parts(start, length, windows, grid):
        assert coarse_parts(*left, windows, grid) == (left,)


@given(TIMES, LENGTHS.filter(lambda length: length >= 0), ZONES)
def test_nothing_is_kept_that_was_not_there_and_every_minute_in_the_hours_is(
    start: int, length: int, windows: Windows
) -> None:
    parts = kept_parts(start, length, windows)

    assert all(start <= first and first + left <= start + length for first, left in parts)
    assert all(a + b < c for (a, b), (c, _) in pairwise(parts))
    for moment in range(start, start + length, 613 * MINUTE):
        local = dt.datetime.fromtimestamp(moment / 1e6, tz=windows.zone)
        minute = local.hour * 60 + local.minute
        days = windows.schedule.days or ()
        inside = any(low <= minute < high for low, high in days[local.weekday()])
        assert inside == any(first <= moment < first + left for first, left in parts)


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=20).map(sorted), GRIDS)
def test_on_the_grid_what_followed_upon_one_another_still_does(seconds: list[int], grid: int) -> None:
    edges = [second * 1_000_000 for second in seconds]
    moved = [on_grid(a, b - a, grid) for a, b in pairwise(edges)]

    assert all(a + b == c for (a, b), (c, _) in pairwise(moved))
    assert abs(sum(b for _, b in moved) - (edges[-1] - edges[0])) <= grid * 1_000_000
