"""Reading ActivityWatch's exports: every shape that real ones have, and faults refused with their place."""

import datetime as dt
import gzip
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aw_core.models import Event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.imports import Export, NotAnExport, event_blocks, json_stream, read_export

EDGE_CASES = (Path(__file__).parents[1] / "data" / "edge_cases.aw-export.json").read_bytes()
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
GOOD = '{"id": "good", "type": "currentwindow", "hostname": "pc", "events": [{"timestamp": "2025-03-30T04:00:00Z"}]}'


def bucket_of(*events: str) -> str:
    return f'{{"type": "currentwindow", "events": [{", ".join(events)}], "name": null}}'


def export_of(**buckets: str) -> str:
    return f'{{"buckets": {{{", ".join(f"{json.dumps(name)}: {text}" for name, text in buckets.items())}}}}}'


def read(text: str | bytes) -> Export:
    return read_export(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def events_of(export: Export) -> dict[str, list[tuple[int, int, Any]]]:
    """Return start and duration in µs, and data, of every event by bucket."""
    return {
        each.id: [
            (start, duration, json.loads(each.distinct[place]))
            for start, duration, place in zip(
                each.start_us.tolist(), each.duration_us.tolist(), each.data.tolist(), strict=True
            )
        ]
        for each in export.buckets
    }


def as_aw_core_reads(text: str | bytes) -> dict[str, list[tuple[int, int, Any]]]:
    """Return the same from ActivityWatch's own event class."""
    found = {}
    for name, bucket in json.loads(text)["buckets"].items():
        found[name] = []
        for each in bucket["events"] or []:
            event = Event(**{key: each[key] for key in ("timestamp", "duration", "data") if key in each})
            start, length = (
                (part // dt.timedelta(microseconds=1)) for part in (event.timestamp - EPOCH, event.duration)
            )
            found[name].append((start, length, event.data))
    return found


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)  # aw-core warns of every timestamp without a zone
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(params=[1, 100, 2_000_000])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks of one byte, of half an event and of a whole file."""
    monkeypatch.setattr(json_stream, "BLOCK", request.param)
    monkeypatch.setattr(event_blocks, "BLOCK", request.param)
    return int(request.param)


@pytest.mark.usefixtures("block")
def test_every_odd_shape_is_read_as_activitywatch_reads_it() -> None:
    found = read(EDGE_CASES)

    assert not found.refused
    assert events_of(found) == as_aw_core_reads(EDGE_CASES)
    assert {each.id: (each.kind, each.host) for each in found.buckets} == {
        "aw-watcher-window_edge-pc": ("currentwindow", "edge-pc"),
        "aw-watcher-afk_edge-pc": ("afkstatus", "edge-pc"),
        "aw-watcher-web-firefox": ("web.tab.current", "unknown"),
        "aw-stopwatch": ("general.stopwatch", "unknown"),
        "aw-watcher-android-test": ("currentwindow", "unknown"),
    }


MOMENTS = st.datetimes(EPOCH.replace(tzinfo=None), EPOCH.replace(tzinfo=None, year=2100))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.fixed_dictionaries(
    {"timestamp": MOMENTS.map(lambda at: at.isoformat() + "Z")},
    optional={
        "id": st.none() | st.integers(),
        "duration": st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6),
        "data": st.dictionaries(
            st.sampled_from(["app", "title", "url", "}, {"]) | st.text(max_size=5), VALUES, max_size=3
        ),
    },
).flatmap(lambda event: st.permutations(list(event.items())).map(dict))
BUCKETS = st.fixed_dictionaries(
    {"events": st.none() | st.lists(EVENTS, max_size=8), "type": st.just("currentwindow"), "hostname": st.just("pc")},
    optional={"created": VALUES, "name": VALUES, "data": VALUES, "metadata": VALUES},
).flatmap(lambda bucket: st.permutations(list(bucket.items())).map(dict))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=6), BUCKETS, max_size=3), st.sampled_from([None, 0, 2]), st.booleans())
@pytest.mark.usefixtures("block")
def test_any_export_in_any_layout_is_read_in_blocks_as_it_is_read_whole(
    buckets: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps({"buckets": buckets}, indent=indent, ensure_ascii=ascii_only)

    found = read(text)

    assert not found.refused
    assert events_of(found) == as_aw_core_reads(text)


@pytest.mark.parametrize("indent", [None, 1])
def test_events_are_taken_by_the_block_and_only_the_last_of_a_list_alone(
    indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: list[bytes] = []
    sound = event_blocks._careful_event
    monkeypatch.setattr(event_blocks, "_careful_event", lambda text: alone.append(text) or sound(text))
    monkeypatch.setattr(json_stream, "BLOCK", 10_000)
    monkeypatch.setattr(event_blocks, "BLOCK", 10_000)
    event = {
        "timestamp": "2025-03-30T04:00:00Z",
        "duration": 1,
        "data": {"title": "}, {", "nested": [{"a": 1}, {"b": 2}]},
    }
    buckets = {name: {"type": "currentwindow", "events": [event] * 500} for name in ("one", "two")}

    found = read(json.dumps({"buckets": buckets}, indent=indent))

    assert [len(each.start_us) for each in found.buckets] == [500, 500]
    assert len(alone) <= 2


@pytest.mark.parametrize(
    "text",
    [export_of(good=GOOD), f'{{"buckets": [{GOOD}]}}', GOOD],
    ids=["by id", "a list", "one bucket"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_an_export_may_be_an_object_a_list_or_one_bucket_packed_or_not(text: str, packed: bool) -> None:
    found = read(gzip.compress(text.encode()) if packed else text)

    assert events_of(found) == {"good": [(1_743_307_200_000_000, 0, {})]}


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("{}", "the event has no timestamp"),
        ('{"timestamp": null}', "the timestamp is no text"),
        ('{"timestamp": "soon"}', "the timestamp cannot be read"),
        ('{"timestamp": "2025-02-29T00:00:00Z"}', "the timestamp cannot be read"),
        ('{"timestamp": "2025-03-30T04:00:00Z", "duration": "5"}', "the duration is not a number"),
        ('{"timestamp": "2025-03-30T04:00:00Z", "duration": null}', "the duration is not a number"),
        ('{"timestamp": "2025-03-30T04:00:00Z", "duration": NaN}', "NaN is no JSON number"),
        ('{"timestamp": "2025-03-30T04:00:00Z", "duration": Infinity}', "Infinity is no JSON number"),
        ('{"timestamp": "2025-03-30T04:00:00Z", "data": [1]}', "the event's data is no object"),
        ('{"timestamp": "2025-03-30T04:00:00Z", "data": {"a": tru}}', "bad JSON"),
        ('{"timestamp": "2025-03-30T04:00:00Z" "duration": 1}', "bad JSON"),
        ('"2025-03-30T04:00:00Z"', "the event is no object"),
        ("7", "the event is no object"),
    ],
)
def test_a_faulty_event_refuses_its_bucket_with_the_place_and_leaves_the_others(event: str, reason: str) -> None:
    fine = '{"timestamp": "2025-03-30T04:00:00Z", "data": {"title": "}, {"}}'
    text = export_of(before=GOOD, bad=bucket_of(fine, event, fine), after=GOOD)

    found = read(text)

    assert [each.id for each in found.buckets] == ["before", "after"]
    (refused,) = found.refused
    assert (refused.bucket, refused.event, refused.reason) == ("bad", 2, reason)
    assert text.encode()[refused.offset :].startswith(event.encode())
    assert str(refused) == f"bucket 'bad', event 2 (byte {refused.offset}): {reason}"


@pytest.mark.usefixtures("block")
def test_a_number_in_the_data_beyond_all_floats_is_nothing_and_refuses_nothing() -> None:
    event = '{"timestamp": "2025-03-30T04:00:00Z", "duration": 1.5, "data": {"title": "x", "n": [-1e999]}}'

    found = read(export_of(window=bucket_of(event, event)))

    assert found.refused == []
    assert events_of(found) == {"window": [(1_743_307_200_000_000, 1_500_000, {"title": "x", "n": [None]})] * 2}


@pytest.mark.parametrize(
    ("bucket", "reason"),
    [
        ("null", "the bucket is no object"),
        ("[]", "the bucket is no object"),
        ('{"events": []}', "it has no type"),
        ('{"type": 7, "events": []}', "it has no type"),
        ('{"type": "currentwindow", "events": 7}', "its events are no list"),
        ('{"type": "currentwindow", "events": {}}', "its events are no list"),
    ],
)
def test_a_bucket_that_is_none_is_refused_and_the_others_are_read(bucket: str, reason: str) -> None:
    found = read(export_of(bad=bucket, good=GOOD))

    assert [each.id for each in found.buckets] == ["good"]
    assert [(each.bucket, each.reason) for each in found.refused] == [("bad", reason)]


def test_a_bucket_without_an_id_is_refused_by_its_number() -> None:
    found = read(f'{{"buckets": [{GOOD}, {bucket_of()}]}}')

    assert [(each.bucket, each.reason) for each in found.refused] == [("number 2", "it has no id")]


@pytest.mark.usefixtures("block")
def test_a_file_that_was_cut_off_is_refused_whole_wherever_the_cut_is() -> None:
    text = EDGE_CASES.rstrip()

    for end in [*range(0, 120), *range(120, len(text), 97), len(text) - 1]:
        with pytest.raises(NotAnExport):
            read(text[:end])


def test_a_packed_file_that_was_cut_off_or_damaged_is_refused_whole() -> None:
    packed = gzip.compress(EDGE_CASES)

    for broken in (packed[:-20], packed[:300], packed[:-8] + b"\0" * 8, packed[:10] + b"\xff" * 50):
        with pytest.raises(NotAnExport):
            read(broken)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "[]",
        "null",
        "no JSON",
        "{}",
        '{"buckets": 7}',
        '{"buckets": {}} x',
        '{"buckets": {"a" 1}}',
        "\x1f\x8b",
        "\ufeff{}",
    ],
)
def test_what_is_no_export_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(NotAnExport, match=r"\(byte \d+\)"):
        read(text.encode("utf-8" if "\ufeff" in text else "latin-1"))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("title", [b'"half a pair: \\ud83d"', b'"half a pair: \xff"'], ids=["escape", "bytes"])
def test_half_a_character_in_a_title_is_forgiven(title: bytes) -> None:
    event = b'{"timestamp": "2025-03-30T04:00:00Z", "data": {"title": %s}}' % title
    text = b'{"buckets": {"w": {"type": "currentwindow", "events": [%s, %s, %s]}}}' % (event, event, event)

    found = read(text)

    assert [data for _, _, data in events_of(found)["w"]] == [{"title": "half a pair: \ufffd"}] * 3


def test_nesting_without_end_is_refused_not_obeyed() -> None:
    deep = '{"timestamp": "2025-03-30T04:00:00Z", "data": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}"

    found = read(export_of(bad=bucket_of(deep), good=GOOD))

    assert [each.id for each in found.buckets] == ["good"]
    assert [(each.bucket, each.event) for each in found.refused] == [("bad", 1)]


def test_a_file_that_unpacks_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "LARGEST_FILE", 1_000_000)
    monkeypatch.setattr(json_stream, "LONGEST_VALUE", 100_000)
    monkeypatch.setattr(json_stream, "BLOCK", 1_000)

    with pytest.raises(NotAnExport, match="too large"):
        read(gzip.compress(b'{"buckets": {' + b" " * 2_000_000))
    with pytest.raises(NotAnExport, match="too long"):
        read(gzip.compress(b'{"name": "' + b"a" * 500_000))


def test_progress_is_told_in_bytes_of_the_file_up_to_its_end() -> None:
    told: list[tuple[int, int]] = []

    read_export(io.BytesIO(EDGE_CASES), lambda done, size: told.append((done, size)))

    assert told[-1] == (len(EDGE_CASES), len(EDGE_CASES))


def test_rounding_of_durations_is_pythons_own() -> None:
    seconds = [0.0000005, 0.0000015, 12.345678901, 1e-7, 86_399.999_999_6, -3, 2.5e-6]
    text = json.dumps(
        {"id": "w", "type": "x", "events": [{"timestamp": "2025-03-30 04:00:00", "duration": s} for s in seconds]}
    )

    (bucket,) = read(text).buckets

    wanted = [dt.timedelta(seconds=each) // dt.timedelta(microseconds=1) for each in seconds]
    np.testing.assert_array_equal(bucket.duration_us, wanted)


def test_a_string_without_an_end_is_refused_before_it_is_read_to_the_end() -> None:
    endless = io.BytesIO(b'{"buckets": {"x": {"id": "' + b"a" * 60_000_000)

    with pytest.raises(NotAnExport, match="too long"):
        read_export(endless)

    assert endless.tell() < 10_000_000
