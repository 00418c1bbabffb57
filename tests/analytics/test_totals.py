"""Every day's seconds per category are those that ActivityWatch's own code finds in the same events."""

import datetime as dt
import json
import random
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.categories import Categoriser, read
from analytics.summaries import summarise
from privacy.fields import Field
from tests.analytics.oracle import Export, oracle
from tests.analytics.raw_days import raw_days

CLASSES: list[tuple[list[str], dict[str, Any]]] = [
    (["Work"], {"type": "regex", "regex": "EXCEL|WINWORD"}),
    (["Work", "ERP"], {"type": "regex", "regex": r"sap|\bFB(60|L1N)\b", "ignore_case": True}),
    (["Work", "Cases"], {"type": "regex", "regex": r"^Case #?\d+"}),
    (["Media"], {"type": "regex", "regex": "video"}),
]
WINDOWS: list[dict[str, Any]] = [
    {"app": "EXCEL.EXE", "title": "Aging.xlsx"},
    {"app": "saplogon.exe", "title": "FB60 Enter Invoice"},
    {"app": "msedge.exe", "title": "Case 12"},
    {"app": "msedge.exe", "title": "A video"},
    {"app": "firefox", "title": "Case #9"},
    {"app": "unknown", "title": ""},
    {"title": None, "nested": {"a": [1]}},
]
STATUSES = [{"status": "not-afk"}] * 3 + [{"status": "afk"}]
TABS: list[dict[str, Any]] = [
    {"url": "https://video.test/", "title": "A video", "audible": True, "incognito": False},
    {"url": "https://video.test/", "title": "A video", "audible": False, "incognito": False},
    {"url": "about:blank", "title": "", "audible": None},
]
ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo")
FIRST_DAYS = ("2025-03-29", "2025-10-25", "2025-11-01", "2018-11-03", "2025-04-05", "2025-06-03")
DAY_STARTS = (dt.time(0), dt.time(4), dt.time(2, 30))
HOST = "desk"
UTC = ZoneInfo("UTC")


def _export(seed: int, first: dt.date, zone: ZoneInfo, day_start: dt.time) -> Export:
    """Make a messy export around a few days and their borders."""
    draw = random.Random(seed)
    grid = draw.choice([1, 500, 1_000, 30_000, 600_000])  # in ms: coarse ones make many events touch
    borders = [dt.datetime.combine(first + dt.timedelta(days=n), day_start, tzinfo=zone) for n in range(4)]

    def bucket(kind: str, name: str, data: list[dict[str, Any]], longest_s: int) -> dict[str, Any]:
        rows: dict[tuple[dt.datetime, float], dict[str, Any]] = {}
        for _ in range(draw.randrange(60)):
            near = draw.choice(borders).astimezone(dt.UTC)
            offset = draw.choice([draw.randrange(-3_600_000, 3_600_000), draw.randrange(-80_000_000, 80_000_000)])
            at = near + dt.timedelta(milliseconds=offset // grid * grid)
            length = draw.choice([0, 0, draw.randrange(30_000), draw.randrange(longest_s * 1000)]) // grid * grid / 1000
            length = draw.choice(
                [length, length, length + draw.randrange(1000) / 1e6, -length, (near - at).total_seconds()]
            )
            rows[at, max(min(length, 86_400.0), -9_000.0)] = draw.choice(data)
        events = [{"timestamp": at.isoformat(), "duration": length, "data": row} for (at, length), row in rows.items()]
        events += [event for event in events if event["duration"] >= 0 and draw.random() < 0.1]
        draw.shuffle(events)
        return {"id": name, "type": kind, "hostname": HOST, "events": events}

    export = {"aw-watcher-window_desk": bucket("currentwindow", "aw-watcher-window_desk", WINDOWS, 3_600)}
    if draw.random() < 0.85:
        export["aw-watcher-afk_desk"] = bucket("afkstatus", "aw-watcher-afk_desk", STATUSES, 40_000)
    for browser in ("edge", "firefox"):
        if draw.random() < 0.6:
            export[f"aw-watcher-web-{browser}"] = bucket("web.tab.current", f"aw-watcher-web-{browser}", TABS, 7_200)
    return export


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ZONES), st.sampled_from(FIRST_DAYS), st.sampled_from(DAY_STARTS))
def test_each_day_equals_the_oracle(seed: int, zone_name: str, first: str, day_start: dt.time) -> None:
    zone = ZoneInfo(zone_name)
    export = _export(seed, dt.date.fromisoformat(first), zone, day_start)
    rules = read(json.dumps(CLASSES))

    days = raw_days(export, Categoriser(rules), zone, day_start)

    with tempfile.TemporaryDirectory() as folder, oracle(export, CLASSES, Path(folder)) as expected:
        for day, events in days.items():
            figures = summarise(events, zone, rules.core)
            assert_equal(figures, expected.seconds(day, zone, day_start, HOST))


def test_of_two_events_that_last_over_midnight_to_one_moment_the_earlier_start_wins(tmp_path: Path) -> None:
    """Cut, they look the same but for their data; aw-core takes them in the order of its storage, newest first."""
    earlier = {"timestamp": "2025-06-03T23:00:00Z", "duration": 4_200.0, "data": WINDOWS[0]}
    later = {"timestamp": "2025-06-03T23:30:00Z", "duration": 2_400.0, "data": WINDOWS[1]}
    export = {"window": {"type": "currentwindow", "hostname": HOST, "events": [earlier, later]}}
    rules, day = read(json.dumps(CLASSES)), dt.date(2025, 6, 4)

    figures = summarise(raw_days(export, Categoriser(rules), UTC, dt.time(0))[day], UTC, rules.core)

    with oracle(export, CLASSES, tmp_path) as expected:
        assert_equal(figures, expected.seconds(day, UTC, dt.time(0), HOST))
    assert figures[Field.CATEGORY_DETAIL] == {"Work": 600.0}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_order_of_events_and_buckets_does_not_matter(seed: int, draw: random.Random) -> None:
    export = _export(seed, dt.date(2025, 6, 3), UTC, dt.time(0))
    rules = read(json.dumps(CLASSES))
    names = list(export)
    draw.shuffle(names)
    shuffled = {
        name: {**export[name], "events": draw.sample(export[name]["events"], k=len(export[name]["events"]))}
        for name in names
    }

    first, second = (raw_days(each, Categoriser(rules), UTC, dt.time(0)) for each in (export, shuffled))

    assert {day: summarise(each, UTC, rules.core) for day, each in first.items()} == {
        day: summarise(each, UTC, rules.core) for day, each in second.items()
    }


def assert_equal(figures: dict[Field, dict[str, Any]], expected: dict[str, float]) -> None:
    """Compare a day's figures with the oracle's, category by category and in total, to a millisecond."""
    detail = figures[Field.CATEGORY_DETAIL]
    for category in expected.keys() | detail.keys():
        assert detail.get(category, 0) == pytest.approx(expected.get(category, 0), abs=0.001), category
    assert figures[Field.ACTIVE_TIME]["active_seconds"] == pytest.approx(sum(expected.values()), abs=0.001)
