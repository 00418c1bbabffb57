"""The benchmarks: the same events at every run, and a table that says so when a promise is missed."""

import datetime as dt
import io
from collections import Counter
from itertools import islice

import pytest
from rich.console import Console

from benchmarks import pages
from benchmarks.generate import day_of, export, working_days
from benchmarks.log import rate, show, verify_in_memory
from benchmarks.run import Row, disagreement, table_rows

OURS = {
    "seconds": 5.0,
    "cpu_seconds": 4.8,
    "peak_mb": 300.0,
    "stored_bytes": 14_000_000,
    "day_row_bytes": 8_000_000,
    "day_json_seconds": 0.008,
    "day_json_cpu_seconds": 0.006,
    "day_again_seconds": 0.004,
    "year_field_seconds": 0.050,
    "day": {"Work > ERP": 3600.0, "Comms": 60.0},
}
PEER = {
    "seconds": 90.0,
    "cpu_seconds": 89.0,
    "peak_mb": 1400.0,
    "stored_bytes": 200_000_000,
    "day_view_seconds": 0.45,
    "day_view_cpu_seconds": 0.44,
    "year_categories_seconds": 100.0,
    "day": {"Work > ERP": 3600.0004, "Comms": 60.0},
}


def missed(ours: dict[str, object]) -> list[str]:
    return [row.what for row in table_rows(1_000_000, ours, PEER) if "missed" in row.cells[-1]]


@pytest.mark.parametrize("events", [1, 2_500, 20_000])
def test_an_export_has_exactly_as_many_events_as_were_asked_for(events: int) -> None:
    buckets = export(events)["buckets"].values()

    assert sum(len(bucket["events"]) for bucket in buckets) == events


def test_the_desk_records_the_same_at_every_run() -> None:
    day = next(working_days())

    assert day_of(day) == day_of(day)
    assert day_of(day) != day_of(day, seed=2)


def test_windows_of_a_day_do_not_overlap_and_titles_come_back() -> None:
    days = [day_of(day)[0] for day in islice(working_days(), 20)]
    titles = Counter(event["data"]["title"] for window in days for event in window)

    assert all(event["duration"] >= 0 for window in days for event in window)
    assert len(titles) < titles.total() / 3


def test_every_row_within_its_promise_is_marked_so() -> None:
    assert missed(OURS) == []


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("seconds", 6.1, "import of 1,000,000 events"),
        ("peak_mb", 470.0, "its peak memory"),
        ("day_row_bytes", 15_100_000, "day rows, with titles and URLs"),
        ("day_json_seconds", 0.0091, "a day as JSON, log commit included"),
        ("year_field_seconds", 0.11, "a year of one field, log commit included"),
    ],
)
def test_a_promise_that_is_missed_is_said_to_be(key: str, value: float, what: str) -> None:
    assert missed(OURS | {key: value}) == [what]


def test_sides_that_disagree_about_the_day_are_named() -> None:
    assert disagreement(OURS, PEER) == {}
    assert disagreement(OURS, PEER | {"day": {"Work > ERP": 3600.0}}) == {"Comms": 60.0}


@pytest.mark.parametrize(("ratio", "said"), [(0.49, True), (0.5, False), (0.9, False)])
def test_goal_of_the_log_that_is_missed_is_said_to_be(ratio: float, said: bool) -> None:
    printed = io.StringIO()

    show([Row("verify", "1 entry/s", "2 hashed/s", ratio, 0.5)], "here", Console(width=140, file=printed))

    assert ("(missed)" in printed.getvalue()) is said


def test_every_thread_takes_part_and_every_number_is_taken_once() -> None:
    taken: list[int] = []

    rate(taken.append, threads=4, seconds=0.01)

    assert sorted(taken) == list(range(len(taken)))
    assert taken


def test_hashing_in_memory_stands_beside_as_many_bare_hashes() -> None:
    row = verify_in_memory(500)

    assert row.what.endswith("500 entries")
    assert (row.wanted, row.ratio is not None and row.ratio > 0) == (0.5, True)


def test_the_clock_of_the_pages_runs_on_and_never_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_BEGAN", 1000.0)
    told = []
    for now in (1000.0, 1059.0, 1061.0, 1180.0):
        monkeypatch.setattr(pages.time, "time", lambda now=now: now)
        told.append(pages.clock())

    assert told[0].time() == pages.AFTERNOON
    assert [each - told[0] for each in told] == [dt.timedelta(seconds=n) for n in (0, 59, 61, 180)]
