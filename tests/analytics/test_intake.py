"""The intake: a set of events in, sealed days and figures out, and nothing half-written."""

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from cast import BEN

from analytics import taking
from analytics.imports import read_export
from analytics.segments import decode
from analytics.taking import SOURCES_DAY
from privacy.capture import PRESETS
from privacy.disclosure import LogUnavailable
from privacy.fields import Field
from privacy.vault import UnknownSubject
from tests.analytics.intake_office import (
    AFK,
    MONDAY,
    WINDOW,
    Events,
    Office,
    event,
    export_of,
    morning,
)

EDGE_CASES = Path(__file__).parents[1] / "data" / "edge_cases.aw-export.json"


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
    assert (report.read, report.kept, report.known, report.refused_buckets) == (20, 16, 2, [])
    assert report.dropped == {"incognito": 1}


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
    sound, calls = taking.summarise, iter(range(9))

    def failing(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise MemoryError
        return sound(*arguments)

    monkeypatch.setattr(taking, "summarise", failing)
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
        ("disclosed", 15, 14),  # whole months: their figures stand together
        ("disclosed", 46, 14),
        ("imported", 40, -1),
        ("disclosed", 46, 14),
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


def test_a_person_who_is_not_there_gets_nothing(small_office: Office) -> None:
    with pytest.raises(UnknownSubject):
        small_office.take("e" * 32, morning())


def test_progress_is_told_in_days(small_office: Office) -> None:
    told: list[tuple[int, int]] = []
    nine = MONDAY + dt.timedelta(hours=9)
    days = {WINDOW: [event(nine - dt.timedelta(days=n), 60, app="EXCEL.EXE") for n in range(3)]}

    small_office.intake().take(BEN, read_export(io.BytesIO(export_of(days))), lambda done, of: told.append((done, of)))

    assert told == [(1, 3), (2, 3), (3, 3)]
