"""A set of events comes to the same figures whatever the files, the order and the copies: ActivityWatch's own."""

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cast import BEN
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics.segments import decode
from privacy.capture import PRESETS
from privacy.fields import Field
from tests.analytics.intake_office import (
    AFK,
    MONDAY,
    RULES,
    WEB,
    WINDOW,
    Events,
    Office,
    buckets_of,
    event,
    morning,
)
from tests.analytics.oracle import oracle

SLOW = settings(
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # with a database behind every example, shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


TIMES = st.builds(
    lambda half_hours, ms: MONDAY + dt.timedelta(minutes=30 * half_hours, milliseconds=ms),
    st.integers(44, 52),
    st.sampled_from([-1000, -1, 0, 0, 1, 2, 1500]),
)
SECONDS = st.sampled_from([0, 0, 0.001, 1, 1800, 1800, 1799.999, 5400.000001, -2])
WINDOWS = st.builds(
    lambda at, seconds, app, title: (WINDOW, event(at, seconds, app=app, title=title)),
    TIMES,
    SECONDS,
    st.sampled_from(["EXCEL.EXE", "saplogon.exe", "msedge.exe", 7]),
    st.sampled_from(["Invoice 7", "ExampleShop", "", None]),
)
PRESENCES = st.builds(
    lambda at, seconds, status: (AFK, event(at, seconds, status=status)),
    TIMES,
    SECONDS,
    st.sampled_from(["afk", "not-afk", "not-afk"]),
)
TABS = st.builds(
    lambda at, seconds, url, flags: (WEB, event(at, seconds, url=url, **flags)),
    TIMES,
    SECONDS,
    st.sampled_from(["https://erp.test/FB60", "about:blank"]),
    st.fixed_dictionaries(
        {}, optional={"audible": st.booleans(), "incognito": st.booleans(), "tabCount": st.integers(1, 3)}
    ),
)
OTHERS = st.builds(
    lambda at, seconds, bucket: (bucket, event(at, seconds, app="EXCEL.EXE", file="cv.docx")),
    TIMES,
    SECONDS,
    st.sampled_from([("laptop", "currentwindow", "aw-watcher-window_laptop"), ("pc", "app.editor.activity", "editor")]),
)
ARRIVALS = st.lists(
    st.tuples(
        WINDOWS | PRESENCES | TABS | OTHERS, st.sets(st.integers(0, 2), min_size=1), st.sampled_from([1, 1, 1, 2, 3])
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda each: repr(each[0]),
)
"""Events of buckets, with the files that each is in and its copies in each of them."""


def gathered(arrivals: list[tuple[Any, dict[str, Any]]]) -> Events:
    found: Events = {}
    for bucket, each in arrivals:
        found.setdefault(bucket, []).append(each)
    return found


def segments_of(stored: dict[tuple[dt.date, Field], bytes]) -> dict[tuple[dt.date, Field], bytes]:
    """Leave out the ledgers, each of which has a salt of its own."""
    return {place: segment for place, segment in stored.items() if place[1] is not Field.CAPTURE_LEDGER}


@settings(SLOW, max_examples=30)
@given(ARRIVALS, st.sampled_from(sorted(PRESETS)), st.randoms(use_true_random=False))
def test_one_file_or_many_overlapping_ones_in_any_order_give_the_same_figures(
    small_office: Office, arrivals: list[tuple[Any, set[int], int]], preset: str, source: random.Random
) -> None:
    once, bit_by_bit = small_office.person(), small_office.person()
    small_office.take(once, gathered([each for each, _, copies in arrivals for _ in range(copies)]), preset)

    files = [
        [each for each, files, copies in arrivals if number in files for _ in range(copies)] for number in range(3)
    ]
    for file in source.sample([*files, *files], 6):
        small_office.take(bit_by_bit, gathered(source.sample(file, len(file))), preset)

    assert small_office.figures(bit_by_bit) == small_office.figures(once)
    assert segments_of(small_office.stored(bit_by_bit)) == segments_of(small_office.stored(once))


@settings(SLOW, max_examples=15)
@given(
    st.lists(
        WINDOWS | PRESENCES | TABS,
        min_size=1,
        max_size=20,
        unique_by=lambda each: (each[0], *list(each[1].values())[:2]),
    ),
    st.sampled_from(["Europe/Berlin", "Pacific/Auckland", "America/St_Johns"]),
    st.sampled_from([dt.time(0), dt.time(4)]),
)
def test_own_insight_comes_to_what_activitywatch_makes_of_the_raw_export(
    small_office: Office, tmp_path: Path, arrivals: list[Any], zone: str, day_start: dt.time
) -> None:
    events = {WINDOW: [], **gathered(arrivals)}
    person = small_office.person()
    small_office.directory.zones[person] = ZoneInfo(zone)

    small_office.take(person, events, day_start=day_start)

    figures = small_office.figures(person)
    rules = [(path, rule) for path, rule in RULES]
    shown = {key: [each for each in listed if not each["data"].get("incognito")] for key, listed in events.items()}
    with oracle(buckets_of(shown), rules, tmp_path) as theirs:  # what is private is never kept, by no preset
        for day in {day for day, _ in figures}:
            wanted = theirs.seconds(dt.date.fromisoformat(day), ZoneInfo(zone), day_start, "pc")
            found = json.loads(figures[day, "category_detail"])
            for category in wanted.keys() | found.keys():
                assert found.get(category, 0) == pytest.approx(wanted.get(category, 0), abs=0.001)


def a_messy_minute(source: random.Random, share: float) -> Events:
    """Return windows and presence that touch, overlap and leave gaps by microseconds, a `share` of them copied."""

    def stream(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        at, found = MONDAY + dt.timedelta(hours=9), []
        for _ in range(source.randrange(2, 40)):
            seconds = source.choice([0, source.randrange(9_000_000) / 1e6, source.randrange(3_000_000) / 1e6])
            found += [event(at, seconds, **source.choice(data))] * source.choices(
                [1, 2, 3, 5], [1 - share, share, share, share]
            )[0]
            at += dt.timedelta(milliseconds=max(1, round(seconds * 1000) + source.randrange(-900, 5_100)))
        source.shuffle(found)
        return found

    shown = [{"app": "EXCEL.EXE"}, {"app": "saplogon.exe", "title": "FB60"}, {"title": "ExampleShop", "app": "firefox"}]
    return {WINDOW: stream(shown), AFK: stream([{"status": "not-afk"}, {"status": "not-afk"}, {"status": "afk"}])}


@settings(SLOW, max_examples=20)
@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 0.1, 0.5]))
def test_exports_with_many_copies_of_events_come_to_what_activitywatch_makes_of_them(
    small_office: Office, tmp_path: Path, source: random.Random, share: float
) -> None:
    """aw-core moves up to a millisecond at each copy, and 50 at a third one behind a short overlap."""
    events, person = a_messy_minute(source, share), small_office.person()

    small_office.take(person, events)
    small_office.take(person, {bucket: found[::2] for bucket, found in events.items()})
    small_office.take(person, events)

    found = small_office.figure(person, "2026-11-16", Field.CATEGORY_DETAIL)
    rules = [(path, rule) for path, rule in RULES]
    with oracle(buckets_of(events), rules, tmp_path) as theirs:
        wanted = theirs.seconds(dt.date(2026, 11, 16), ZoneInfo("Europe/Berlin"), dt.time(0), "pc")
    for category in wanted.keys() | found.keys():
        assert found.get(category, 0) == pytest.approx(wanted.get(category, 0), abs=0.001)


def test_figures_that_a_day_no_longer_has_are_gone(small_office: Office) -> None:
    nine = MONDAY + dt.timedelta(hours=9)
    events = {
        ("pc", "general.stopwatch", "stopwatch"): [event(nine, 60, label="lunch")],
        AFK: [event(nine, 60, status="not-afk")],
    }
    once, bit_by_bit = small_office.person(), small_office.person()

    small_office.take(once, events, "coaching")
    for bucket, found in events.items():
        small_office.take(bit_by_bit, {bucket: found}, "coaching")

    assert small_office.figures(bit_by_bit) == small_office.figures(once)


@pytest.mark.parametrize("titles", [["x", "y"], ["y", "x"]])
def test_events_that_differ_in_their_data_alone_are_stored_in_one_order(
    small_office: Office, titles: list[str]
) -> None:
    nine = MONDAY + dt.timedelta(hours=9)
    for title in titles:
        small_office.take(BEN, {WINDOW: [event(nine, 60, app="EXCEL.EXE", title=title)]})

    opened = decode({field: blob for (day, field), blob in small_office.stored(BEN).items() if day.year == 2026})

    assert [opened.events.data[place].title for place in opened.events.streams[0].data] == ["x", "y"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_afk_watchers_of_unknown_computers_stand_in_for_missing_ones_in_any_order(
    small_office: Office, order: tuple[int, ...]
) -> None:
    files: list[Events] = [
        {WINDOW: morning()[WINDOW]},
        {("unknown", "afkstatus", "aw-watcher-afk"): []},
        {AFK: [event(MONDAY + dt.timedelta(days=1), 60, status="afk")]},
    ]
    once, bit_by_bit = small_office.person(), small_office.person()

    small_office.take(once, {bucket: found for file in files for bucket, found in file.items()})
    for number in order:
        small_office.take(bit_by_bit, files[number])

    assert small_office.figures(bit_by_bit) == small_office.figures(once)
    assert segments_of(small_office.stored(bit_by_bit)) == segments_of(small_office.stored(once))
