"""The intake: a set of events in, sealed days and figures out, whatever the order, and nothing half-written."""

import datetime as dt
import io
import json
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cast import BEN
from conftest import Clock
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics import intake as intake_module
from analytics.imports import read_export
from analytics.intake import SOURCES_DAY
from analytics.segments import decode
from privacy.capture import PRESETS
from privacy.disclosure import LogUnavailable
from privacy.fields import Field
from privacy.stores import Stores
from privacy.vault import UnknownSubject
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
    export_of,
    morning,
    open_office,
)
from tests.analytics.oracle import oracle

EDGE_CASES = Path(__file__).parents[1] / "data" / "edge_cases.aw-export.json"
SLOW = settings(
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # with a database behind every example, shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def office(stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    """On both engines."""
    return open_office(stores, tmp_path, clock)


@pytest.fixture
def small_office(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    """On SQLite, where the engine makes no difference."""
    return open_office(sqlite_stores, tmp_path, clock)


def test_a_day_is_summed_up_sealed_and_accounted_for(office: Office) -> None:
    report = office.take(BEN, morning(), "coaching")

    assert (report.read, report.kept, report.known) == (5, 4, 0)
    assert report.coarsened == {"title-to-category": 2}
    assert report.dropped == {"incognito": 1}
    assert report.days == [dt.date(2026, 11, 16)]
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 2700.0}
    assert office.figure(BEN, "2026-11-16", Field.CATEGORIES) == {"Work": 1800.0, "Private": 900.0}
    assert office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER) == {
        "received": 5,
        "kept": 4,
        "coarsened": {"title-to-category": 2},
        "dropped": {"incognito": 1},
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_file_twice_changes_nothing(office: Office, preset: str) -> None:
    office.take(BEN, morning(), preset)
    figures, stored = office.figures(BEN), office.stored(BEN)

    again = office.take(BEN, morning(), preset)

    assert (again.kept, again.known, again.days) == (0, 5 - again.dropped.get("incognito", 0), [])
    assert office.figures(BEN) == figures
    assert office.stored(BEN) == stored


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
    with oracle(buckets_of(events), rules, tmp_path) as theirs:
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


def test_the_copies_of_an_event_within_one_import_are_stored_and_counted_once(small_office: Office) -> None:
    nine = MONDAY + dt.timedelta(hours=9)
    one, other = event(nine, 60, app="EXCEL.EXE", title="x"), event(nine, 60, app="EXCEL.EXE", title="y")
    swapped = {**one, "data": dict(reversed(one["data"].items()))}

    single = small_office.take(BEN, {WINDOW: [one, other]}, "coaching")
    pair = small_office.take(BEN, {WINDOW: [one, swapped, other]}, "coaching")
    again = small_office.take(BEN, {WINDOW: [other, other]}, "coaching")

    opened = decode({field: blob for (day, field), blob in small_office.stored(BEN).items() if day.year == 2026})
    assert len(opened.events.streams[0].start_us) == 2
    assert [(each.kept, each.known, len(each.days)) for each in (single, pair, again)] == [
        (1, 1, 1),
        (0, 3, 1),
        (0, 2, 0),
    ]
    assert small_office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER) == {
        "received": 1,
        "kept": 1,
        "coarsened": {"title-to-category": 1},
        "dropped": {},
    }


def test_every_odd_shape_is_taken_and_the_impossible_is_refused_with_its_reason(small_office: Office) -> None:
    report = small_office.intake().take(BEN, read_export(io.BytesIO(EDGE_CASES.read_bytes())))

    assert report.refused_events == {"later than tomorrow: the clock was wrong": 1}
    assert (report.read, report.kept, report.known, report.refused_buckets) == (20, 17, 2, [])


def test_times_that_cannot_be_are_refused_and_counted(small_office: Office) -> None:
    now = small_office.clock()
    odd = [
        event(now + dt.timedelta(hours=24), 1, app="tomorrow.exe"),
        event(now + dt.timedelta(hours=24, milliseconds=1), 1, app="future.exe"),
        event(dt.datetime(1969, 12, 31, 23, tzinfo=dt.UTC), 1, app="past.exe"),
        event(MONDAY, 31 * 86_400, app="a month.exe"),
        event(MONDAY, 31 * 86_400 + 1, app="longer.exe"),
        event(MONDAY, 1e300, app="for ever.exe"),
        event(MONDAY, -1e300, app="backwards.exe"),
        event(MONDAY + dt.timedelta(hours=1), -86_400, app="ends before it begins.exe"),
    ]

    report = small_office.take(BEN, {WINDOW: odd})

    assert report.refused_events == {
        "later than tomorrow: the clock was wrong": 1,
        "before 1970: the clock was wrong": 1,
        "longer than 31 days": 3,
        "ends before it begins, on another day": 1,
    }
    assert (report.read, report.kept) == (8, 2)


def test_a_host_that_turns_out_to_have_an_afk_watcher_was_away_on_the_days_without_its_events(office: Office) -> None:
    tuesday = MONDAY + dt.timedelta(days=1, hours=9)
    office.take(BEN, {WINDOW: morning()[WINDOW]})
    alone = office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME)

    office.take(BEN, {AFK: [event(tuesday, 60, status="not-afk")]})

    assert alone == {"active_seconds": 3600.0}
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 0.0}
    assert office.figure(BEN, "2026-11-16", Field.AWAY_TIME) == {"afk_seconds": 0.0}


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


@pytest.mark.parametrize(("first", "then"), [("coaching", "own_insight"), ("own_insight", "strict")])
def test_another_policy_changes_nothing_that_came_before_it(small_office: Office, first: str, then: str) -> None:
    small_office.take(BEN, morning(), first)
    figures = small_office.figures(BEN)

    again = small_office.take(BEN, morning(), then)
    new = small_office.take(
        BEN, {WINDOW: [event(MONDAY + dt.timedelta(hours=11), 60, app="EXCEL.EXE", title="x")]}, then
    )

    assert again.days == []
    assert new.days == [dt.date(2026, 11, 16)]
    assert small_office.figures(BEN).keys() >= figures.keys()
    ledger = small_office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER)
    assert ledger["dropped"] == json.loads(figures["2026-11-16", "capture_ledger"])["dropped"]
    assert ledger["received"] == 6


def test_other_category_rules_do_not_count_an_event_twice(small_office: Office) -> None:
    small_office.take(BEN, morning())
    figures = small_office.figures(BEN)

    small_office.take(BEN, morning(), rules=[[["Elsewhere"], {"type": "regex", "regex": "."}]])

    assert small_office.figures(BEN) == figures


def test_expired_titles_are_gone_their_figures_stay_and_the_same_file_does_not_bring_them_back(office: Office) -> None:
    office.take(BEN, morning())
    figures = office.figures(BEN)

    expired = office.intake().expire_text(BEN, dt.date(2026, 11, 17))
    again = office.take(BEN, morning())

    opened = decode({field: blob for (day, field), blob in office.stored(BEN).items() if day.year == 2026})
    assert (expired, opened.text_expired, again.days) == (1, True, [])
    assert {each.title for each in opened.events.data} == {None}
    assert office.figures(BEN) == figures
    assert office.intake().expire_text(BEN, dt.date(2026, 11, 17)) == 0


def test_nothing_is_written_when_the_log_cannot_be(small_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr(small_office.log, "append", full)

    with pytest.raises(LogUnavailable):
        small_office.take(BEN, morning())

    monkeypatch.undo()
    assert small_office.stored(BEN) == {}


def test_a_fault_on_one_day_leaves_no_day_half_written(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.take(BEN, morning())
    figures, stored = office.figures(BEN), office.stored(BEN)
    sound, calls = intake_module.summarise, iter(range(9))

    def failing(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise MemoryError
        return sound(*arguments)

    monkeypatch.setattr(intake_module, "summarise", failing)
    with pytest.raises(MemoryError):
        office.take(
            BEN,
            {**morning(MONDAY - dt.timedelta(days=3)), **morning(MONDAY - dt.timedelta(days=2))}
            | {WINDOW: [event(MONDAY - dt.timedelta(days=n), 60, app="EXCEL.EXE") for n in range(5)]},
        )

    assert (office.figures(BEN), office.stored(BEN)) == (figures, stored)


def test_an_import_has_one_entry_for_what_it_opens_and_one_with_a_digest_for_what_it_writes(
    small_office: Office,
) -> None:
    def days(*before: int) -> Events:
        nine = MONDAY + dt.timedelta(hours=9)
        return {WINDOW: [event(nine - dt.timedelta(days=n), 60, app="EXCEL.EXE") for n in before]}

    first = small_office.take(BEN, days(0, 31))
    digest = small_office.vault.digest(BEN)
    same = small_office.take(BEN, days(0))
    both = small_office.take(BEN, days(1, 0, 40, 31))
    away = small_office.take(BEN, {AFK: [event(MONDAY, 60, status="afk")]})
    nothing = small_office.take(BEN, {})

    entries = small_office.log.of_subject(BEN)
    monday = MONDAY.date()
    spans = [(each.outcome, (monday - each.period.first).days, (each.period.last - monday).days) for each in entries]
    assert spans == [
        ("imported", 31, 0),
        ("disclosed", 0, 0),
        ("disclosed", 40, 0),
        ("imported", 40, -1),
        ("disclosed", 40, 0),
        ("imported", 40, 0),
    ]
    assert {(each.viewer, each.relation, each.purpose) for each in entries} == {(None, "operations", "operations")}
    assert (entries[0].digest, entries[-1].digest) == (digest, small_office.vault.digest(BEN))
    numbers = [each.index for each in entries]
    assert [first.entry, same.entry, both.entry, away.entry] == [numbers[n] for n in (0, 1, 3, 5)]
    assert (nothing.entry, same.days) == (None, [])


def test_a_new_afk_watcher_touches_no_day_on_which_its_computer_was_off(small_office: Office) -> None:
    laptop = ("laptop", "afkstatus", "aw-watcher-afk_laptop")
    unknown = ("unknown", "afkstatus", "aw-watcher-afk")
    small_office.take(BEN, morning())
    stored = small_office.stored(BEN)

    on_the_laptop = small_office.take(BEN, {laptop: [event(MONDAY + dt.timedelta(hours=33), 60, status="afk")]})
    anywhere = small_office.take(BEN, {unknown: []})

    now = small_office.stored(BEN)
    assert [on_the_laptop.days, anywhere.days] == [[dt.date(2026, 11, 17)], []]
    assert [place for place in stored if stored[place] != now[place]] == [(SOURCES_DAY, Field.SOURCES)]


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


def test_a_person_who_is_not_there_gets_nothing(small_office: Office) -> None:
    with pytest.raises(UnknownSubject):
        small_office.take("e" * 32, morning())


def test_progress_is_told_in_days(small_office: Office) -> None:
    told: list[tuple[int, int]] = []
    nine = MONDAY + dt.timedelta(hours=9)
    days = {WINDOW: [event(nine - dt.timedelta(days=n), 60, app="EXCEL.EXE") for n in range(3)]}

    small_office.intake().take(BEN, read_export(io.BytesIO(export_of(days))), lambda done, of: told.append((done, of)))

    assert told == [(1, 3), (2, 3), (3, 3)]
