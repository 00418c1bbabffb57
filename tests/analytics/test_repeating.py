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
