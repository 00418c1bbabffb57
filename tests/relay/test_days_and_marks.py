"""What the desk computes without arrays and without keeping data equals what the portal and Python say."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.events import cut
from portal.relay.device_key import DeviceKey
from portal.relay.entries import without
from portal.relay.local_days import local_days

KEY = DeviceKey(bytes(range(32)))
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC")]
MIDNIGHT = 1_774_738_800_000_000  # 2026-03-29 in Berlin, the day of 23 hours
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 1.0, 1.5, -0.0]), st.sampled_from("ab")
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=4,
)
DATA = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(
    st.integers(-3 * 86_400_000, 3 * 86_400_000).map(lambda ms: MIDNIGHT + ms * 1000)
    | st.sampled_from([MIDNIGHT + ms * 1000 for ms in (-1, 0, 1, 2, 82_800_000, 82_800_001, 82_800_002)]),
    st.sampled_from([0, 1, 499, 500, 1_000_000, 86_400_000_000, 3 * 86_400_000_000, -5_000_000])
    | st.integers(0, 10**11),
    st.sampled_from(ZONES),
    st.sampled_from([dt.time(0), dt.time(4)]),
)
@example(1_774_738_799_999_000, 499, ZoneInfo("Europe/Berlin"), dt.time(0))  # its end is rounded up to the next day
def test_a_dropped_event_counts_for_the_days_under_which_the_portal_would_file_it(
    start: int, duration: int, zone: ZoneInfo, day_start: dt.time
) -> None:
    parts = cut(np.array([start]), np.array([duration]), zone, day_start)
    filed = tuple(dt.date.fromordinal(day).isoformat() for day in parts.day.tolist())

    assert local_days(start, duration, zone, day_start) == filed


@given(DATA, DATA)
@example({"a": True}, {"a": 1})
@example({"a": 1}, {"a": 1.0})
@example({"a": [0.0]}, {"a": [False]})
@example({"a": {"x": 1}}, {"a": {"x": True}})
def test_fingerprints_are_equal_exactly_where_python_calls_data_equal(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (KEY.fingerprint(one) == KEY.fingerprint(other)) == (one == other)


def test_another_device_has_other_fingerprints_and_marks() -> None:
    another = DeviceKey(bytes(32))
    same = KEY.fingerprint({"a": 1})

    assert another.fingerprint({"a": 1}) != same
    assert another.mark("b", 5, same) != KEY.mark("b", 5, same)
    assert len({KEY.mark(bucket, at, same) for bucket in ("b", "c") for at in (5, 6)}) == 4


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda p: (p[0], p[0] + p[1])), max_size=4)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=4), SPANS)
def test_what_is_cut_out_is_gone_and_the_rest_is_whole(
    parts: list[tuple[int, int]], blind: list[tuple[int, int]]
) -> None:
    left = without(parts, blind)

    def moments(spans: list[tuple[int, int]]) -> list[int]:
        return sorted(at for start, length in spans for at in range(start, start + length))

    dark = {at for start, end in blind for at in range(start, end)}
    assert moments(left) == [at for at in moments(parts) if at not in dark]
    assert sorted(p for p in left if p[1] == 0) == sorted(p for p in parts if p[1] == 0 and p[0] not in dark)


@pytest.mark.parametrize(("length", "left"), [(-5, [(10, -5)]), (0, [(10, 0)]), (5, [(10, 5)])])
def test_an_event_outside_of_what_is_cut_stays_as_it_was(length: int, left: list[tuple[int, int]]) -> None:
    assert without([(10, length)], [(20, 30)]) == left
