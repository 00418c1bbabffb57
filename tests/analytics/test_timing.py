"""Many times at once are cut and moved exactly as one by one."""

from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from policies import versioned

from analytics.timing import CUT, GONE, MOVED, timed, timed_again
from privacy.capture_policy import read
from privacy.policy_parts import ANYTIME
from privacy.working_time import Windows, coarse_parts

SECOND = 1_000_000
HOURS = '[[schedule]]\nname = "office"\nmonday = ["08:00-12:00", "13:00-18:00"]\nsunday = ["22:00-06:00"]\n'
SHIFTS = [
    Windows(schedule, ZoneInfo(zone))
    for schedule in (read(versioned("coaching") + HOURS).schedule(), ANYTIME)
    for zone in ("Europe/Berlin", "Asia/Kathmandu")
]
FIRST = 1_792_900_000 // 900 * 900  # in the week in which summer time ends
TIMES = st.integers(0, 800_000) | st.integers(0, 900).map(lambda quarter: quarter * 900)
LENGTHS = st.integers(0, 100_000) | st.sampled_from([0, 0, 900, 3600, 86_400, -60, -7200])
EVENTS = st.lists(st.tuples(TIMES, LENGTHS), min_size=1, max_size=30)


@given(EVENTS, st.sampled_from(SHIFTS), st.sampled_from([0, 60, 900]))
def test_all_at_once_is_the_same_as_one_by_one(events: list[tuple[int, int]], windows: Windows, grid: int) -> None:
    start = np.array([(FIRST + begin) * SECOND for begin, _ in events])
    duration = np.array([length * SECOND for _, length in events])

    found = timed(start, duration, windows, grid)

    for place in range(len(events)):
        own = found.event == place
        kept = own & (found.flags & GONE == 0)
        times = zip(found.start_us[kept].tolist(), found.duration_us[kept].tolist(), strict=True)
        assert tuple(times) == coarse_parts(int(start[place]), int(duration[place]), windows, grid)
        assert own.sum() == max(kept.sum(), 1)  # what is gone is still counted, once


@given(EVENTS, st.sampled_from(SHIFTS), st.sampled_from([0, 60, 900]))
def test_what_was_done_is_said_and_not_done_twice(events: list[tuple[int, int]], windows: Windows, grid: int) -> None:
    start = np.array([(FIRST + begin) * SECOND for begin, _ in events])
    duration = np.array([length * SECOND for _, length in events])

    once = timed(start, duration, windows, grid)
    twice = timed_again(once, windows, grid)

    assert all((a == b).all() for a, b in zip(once, twice, strict=True))
    whole = once.flags == 0
    assert (once.start_us[whole] == start[once.event[whole]]).all()
    assert (once.duration_us[whole] == duration[once.event[whole]]).all()
    assert set(np.unique(once.flags).tolist()) <= {0, CUT, MOVED, CUT | MOVED, GONE}
