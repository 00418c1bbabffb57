"""Heartbeats merge as ActivityWatch merges them: compared with aw-core itself."""

import datetime as dt
from typing import Any

import pytest
from aw_core.models import Event
from aw_transform.heartbeats import heartbeat_merge, heartbeat_reduce
from hypothesis import given
from hypothesis import strategies as st

from analytics.heartbeats import Beat, merge, pulse_us, reduced

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NINE = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)
DATA: list[dict[str, Any]] = [{"app": "a"}, {"app": "b"}, {"app": 1}, {"app": True}, {"app": 1.0}, {}]

PULSES = st.sampled_from([0.0, 1.0, 0.001, 2.5, -1.0, 1e-7, 59.9999995]) | st.floats(-5, 100)
BEATS = st.builds(
    lambda ms, us, data: Beat((NINE - EPOCH) // dt.timedelta(microseconds=1) + ms * 1000, us, data),
    st.integers(-3_000, 10_000),
    st.sampled_from([0, 0, 1, 999, 1_000_000, 2_500_000, -1, -2_000_000]) | st.integers(-5_000_000, 5_000_000),
    st.sampled_from(DATA),
)


def theirs(beat: Beat) -> Event:
    return Event(
        timestamp=EPOCH + dt.timedelta(microseconds=beat.start_us),
        duration=dt.timedelta(microseconds=beat.duration_us),
        data=beat.data,
    )


def ours(event: Event) -> Beat:
    microsecond = dt.timedelta(microseconds=1)
    return Beat((event.timestamp - EPOCH) // microsecond, event.duration // microsecond, event.data)


@given(BEATS, BEATS, PULSES)
def test_two_events_merge_as_in_aw_core(last: Beat, heartbeat: Beat, pulsetime: float) -> None:
    wanted = heartbeat_merge(theirs(last), theirs(heartbeat), pulsetime)

    assert merge(last, heartbeat, pulse_us(pulsetime)) == (None if wanted is None else ours(wanted))


@given(st.lists(BEATS, max_size=30), PULSES)
def test_a_list_of_heartbeats_comes_to_what_aw_core_makes_of_it(beats: list[Beat], pulsetime: float) -> None:
    wanted = heartbeat_reduce([theirs(each) for each in beats], pulsetime)

    assert reduced(beats, pulse_us(pulsetime)) == [ours(each) for each in wanted]


@pytest.mark.parametrize(
    ("gap_us", "merges"), [(-1000, False), (0, True), (6_000_000, True), (7_000_000, True), (7_001_000, False)]
)
def test_both_ends_of_the_pulsetime_belong_to_it(gap_us: int, merges: bool) -> None:
    last = Beat(0, 1_000_000, "same")

    assert (merge(last, Beat(gap_us, 0, "same"), pulse_us(6.0)) is not None) is merges


@pytest.mark.parametrize("seconds", [float("inf"), 1e300, -1e300, -float("inf")])
def test_a_pulsetime_of_any_size_is_a_number_of_microseconds(seconds: float) -> None:
    assert abs(pulse_us(seconds)) == 366 * 86_400_000_000


def test_a_pulsetime_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        pulse_us(float("nan"))
