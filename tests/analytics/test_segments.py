"""A day's events as bytes: nothing is lost, fields stay apart, and broken bytes are refused."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.column_bytes import SegmentBroken, pack, pack_us, pack_values, unpack, unpack_us, unpack_values
from analytics.events import KINDS, Data, DayEvents, Stream
from analytics.segments import Opened, decode, encode
from privacy.fields import Field

FIRST = 1_763_078_400_000_000
TEXT = st.text(max_size=12)
DATA = st.builds(
    Data,
    st.none() | TEXT,
    st.none() | TEXT,
    st.none() | TEXT,
    st.sampled_from([None, False, True]),
    st.sampled_from([None, "afk", "not-afk", ""]),
    st.sampled_from(["", "Work", "Work > ERP"]),
    st.sampled_from([b"", b'{"nested":[1]}']),
)
TIMES = st.lists(
    st.tuples(
        st.integers(0, 86_400_001).map(lambda ms: FIRST + ms * 1000),
        st.integers(-(10**15), 10**11),
        st.integers(0, 86_400_000).map(lambda ms: ms * 1000),
    ),
    max_size=20,
)


def stream(host: str, kind: str, bucket: str, times: list[tuple[int, int, int]], data: list[int]) -> Stream:
    columns = np.array(times, dtype=np.int64).reshape(-1, 3).T
    return Stream(host, kind, bucket, columns[0], columns[1], np.array(data, dtype=np.int32), columns[2])


@st.composite
def days(draw: st.DrawFn) -> DayEvents:
    data = draw(st.lists(DATA, max_size=8))
    streams = []
    for bucket in draw(st.lists(TEXT, max_size=3, unique=True)):
        times = draw(TIMES) if data else []
        places = [draw(st.integers(0, len(data) - 1)) for _ in times]
        streams.append(stream(draw(TEXT), draw(st.sampled_from(KINDS)), bucket, times, places))
    return DayEvents(FIRST, FIRST + 86_400_000_000, tuple(streams), data)


def assert_same(one: DayEvents, other: DayEvents) -> None:
    assert (one.first_us, one.end_us, one.data) == (other.first_us, other.end_us, other.data)
    for a, b in zip(one.streams, other.streams, strict=True):
        assert (a.host, a.kind, a.bucket) == (b.host, b.kind, b.bucket)
        for name in ("start_us", "duration_us", "data", "before_us"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
            assert getattr(a, name).dtype == getattr(b, name).dtype


@settings(max_examples=60, deadline=None)
@given(days())
def test_a_day_survives_being_stored(day: DayEvents) -> None:
    opened = decode(encode(day))

    assert_same(opened.events, day)
    assert not opened.text_expired


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1)), st.lists(st.integers(-(2**62), 2**62)), st.lists(st.none() | TEXT))
def test_columns_survive_being_packed(numbers: list[int], microseconds: list[int], texts: list[str | None]) -> None:
    column, times = np.array(numbers, dtype=np.int64), np.array(microseconds, dtype=np.int64)

    np.testing.assert_array_equal(unpack(pack(column)), column)
    np.testing.assert_array_equal(unpack_us(pack_us(times)), times)
    assert unpack_values(pack_values(texts)) == texts


@settings(max_examples=30, deadline=None)
@given(days())
def test_a_day_without_its_texts_keeps_everything_else_and_says_so(day: DayEvents) -> None:
    segments = encode(day)
    texts = {Field.TITLES, Field.URLS} & segments.keys()

    opened = decode({field: segment for field, segment in segments.items() if field not in texts})

    assert opened.text_expired == bool(texts)
    without = [each._replace(title=None, url=None, rest=b"") for each in day.data]
    assert_same(opened.events, DayEvents(day.first_us, day.end_us, day.streams, without))


def test_each_field_has_a_segment_of_its_own() -> None:
    data = [Data("EXCEL.EXE", "salaries.xlsx", "https://bank.example", True, "not-afk", "Work > Pay", b'{"mood":1}')]
    segments = encode(DayEvents(FIRST, FIRST + 1, (stream("pc", "currentwindow", "w", [(FIRST, 5, 0)], [0]),), data))

    def alone(field: Field) -> Data:
        opened: Opened = decode({Field.RHYTHM: segments[Field.RHYTHM], field: segments[field]})
        return opened.events.data[0]

    nothing = Data(None, None, None, True, "not-afk", "", b"")
    assert alone(Field.RHYTHM) == nothing
    assert alone(Field.APPS) == nothing._replace(app="EXCEL.EXE")
    assert alone(Field.CATEGORY_DETAIL) == nothing._replace(category="Work > Pay")
    assert alone(Field.TITLES) == nothing._replace(title="salaries.xlsx", rest=b'{"mood":1}')
    assert alone(Field.URLS) == nothing._replace(url="https://bank.example")


def test_segments_of_different_days_do_not_open_together() -> None:
    times = [(FIRST, 5, 0)]
    one = Data("EXCEL.EXE", None, None, None, None, "Work", b"")
    monday = encode(DayEvents(FIRST, FIRST + 1, (stream("pc", "currentwindow", "w", times, [0]),), [one]))
    tuesday = encode(DayEvents(FIRST, FIRST + 1, (), [one, one._replace(app="a")]))

    with pytest.raises(SegmentBroken, match="different days"):
        decode({**monday, Field.APPS: tuesday[Field.APPS]})


@pytest.mark.parametrize("broken", [b"", b"\0" * 40, b"\x28\xb5\x2f\xfd\x20\x01\x01\x00\x00\x80"])
def test_bytes_that_are_no_segment_are_refused(broken: bytes) -> None:
    with pytest.raises(SegmentBroken):
        decode({Field.RHYTHM: broken})


def test_a_day_of_windows_with_titles_and_addresses_takes_less_than_15_bytes_an_event() -> None:
    source = random.Random(7)
    titles = [f"Invoice {source.randrange(40_000)} – Accounts Payable - Edge" for _ in range(400)]
    data = [
        Data("msedge.exe", title, f"https://erp.test/{title[8:13]}", None, None, "Work > AP", b"") for title in titles
    ]
    times, at = [], FIRST
    for _ in range(1_700):
        duration = round(source.lognormvariate(2, 1)) * 1000 + source.randrange(40)
        times.append((at, duration * 1000, 0))
        at += (duration + 1000 + source.randrange(90)) * 1000
    windows = stream("pc", "currentwindow", "w", times, [min(399, int(source.expovariate(0.01))) for _ in times])

    segments = encode(DayEvents(FIRST, FIRST + 86_400_000_000, (windows,), data))

    assert sum(map(len, segments.values())) / 1_700 < 15
