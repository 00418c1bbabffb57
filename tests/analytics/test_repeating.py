"""What was said three weeks running at the same hour is offered again, on the clock of the person."""

import datetime as dt
from typing import Any

import pytest

from analytics.annotations import NOTHING_NOTED, Annotation, Kind, Notes
from analytics.repeating import repeated
from privacy.period import week_of
from tests.analytics.intake_office import BERLIN

TUESDAY = dt.date(2026, 11, 3)  # the clocks went back a week before
WEEK = week_of(TUESDAY)
NOW = dt.datetime(2026, 11, 8, 20, tzinfo=dt.UTC)


def said(back: int, start: str = "10:00", end: str = "11:00", kind: Kind = Kind.MEETING) -> tuple[dt.date, Notes]:
    """Return a note of so many weeks before the Tuesday, on the clock."""
    day = TUESDAY - dt.timedelta(weeks=back)
    first, last = (
        round(dt.datetime.combine(day, dt.time.fromisoformat(each), BERLIN).timestamp()) * 1_000_000
        for each in (start, end)
    )
    return day, NOTHING_NOTED.adding(Annotation(first, last, kind))


def offered(*notes: tuple[dt.date, Notes], now: dt.datetime = NOW) -> list[Any]:
    return [(f"{e.start:%H:%M}", f"{e.end:%H:%M}", e.kind) for e in repeated(dict(notes), WEEK, BERLIN, now)]


def test_three_weeks_running_are_offered_on_the_clock_over_a_change_of_it() -> None:
    found = repeated(dict([said(1), said(2, "10:10", "11:15"), said(3, "09:45")]), WEEK, BERLIN, NOW)

    assert [(each.day, each.kind) for each in found] == [(TUESDAY, Kind.MEETING)]
    assert found[0].start == dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "notes",
    [
        [said(1), said(2)],
        [said(1), said(2), said(4)],
        [said(1), said(2), said(3, "10:16")],
        [said(1), said(2), said(3, kind=Kind.PHONE)],
        [said(1), said(2), said(3), said(0, "10:30", "10:40", Kind.BREAK)],
    ],
    ids=["two weeks", "a week between", "another hour", "another kind", "noted already"],
)
def test_nothing_else_is(notes: list[tuple[dt.date, Notes]]) -> None:
    assert offered(*notes) == []


def test_what_is_still_to_come_is_not_offered() -> None:
    notes = [said(1), said(2), said(3)]

    assert offered(*notes, now=dt.datetime(2026, 11, 3, 9, 59, tzinfo=dt.UTC)) == []
    assert offered(*notes, now=dt.datetime(2026, 11, 3, 10, tzinfo=dt.UTC)) == [("10:00", "11:00", Kind.MEETING)]


def on_sundays(last: dt.date, *spans: tuple[str, str]) -> dict[dt.date, Notes]:
    """Return notes of so many Sundays before another, the newest first, on the clock of each day."""
    found = {}
    for back, span in enumerate(spans, 1):
        day = last - dt.timedelta(weeks=back)
        start, end = (dt.datetime.combine(day, dt.time.fromisoformat(each), BERLIN).timestamp() for each in span)
        found[day] = NOTHING_NOTED.adding(Annotation(round(start) * 1_000_000, round(end) * 1_000_000, Kind.PHONE))
    return found


@pytest.mark.parametrize("sunday", [dt.date(2026, 3, 29), dt.date(2026, 10, 25)], ids=["left out", "twice"])
@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (("02:10", "02:40"), []),
        (("01:30", "02:30"), []),
        (("02:30", "03:30"), []),
        (("01:30", "03:30"), [("01:30", "03:30")]),
        (("03:00", "03:30"), [("03:00", "03:30")]),
    ],
)
def test_a_time_that_the_clock_leaves_out_or_shows_twice_is_not_offered(
    sunday: dt.date, span: tuple[str, str], expected: list[tuple[str, str]]
) -> None:
    notes = on_sundays(sunday, span, span, span)
    now = dt.datetime.combine(sunday, dt.time(20), dt.UTC)

    found = repeated(notes, week_of(sunday), BERLIN, now)

    assert [(f"{each.start:%H:%M}", f"{each.end:%H:%M}") for each in found] == expected


def test_a_note_of_an_hour_that_came_twice_repeats_nothing() -> None:
    sunday = dt.date(2026, 11, 1)  # a week after the clocks went back
    notes = on_sundays(sunday, ("01:50", "02:00"), ("01:50", "02:00"), ("01:50", "02:00"))
    assert repeated(notes, week_of(sunday), BERLIN, NOW) == []
