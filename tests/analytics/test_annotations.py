"""Notes on one's own time: what can be noted, and what is refused."""

import datetime as dt
import itertools

import pytest

from analytics.annotations import (
    LONGEST_TEXT,
    LONGEST_US,
    MOST,
    AppCategory,
    Correction,
    Kind,
    Note,
    NoteRefused,
    Notes,
    Refusal,
    cut,
)
from analytics.events import borders_us
from analytics.own_rules import NO_OWN_RULES, OwnRule
from tests.analytics.intake_office import (
    BERLIN,
)
from tests.analytics.noted import DAY, FIRST, MINUTE, note, notes


def test_the_order_in_which_something_is_noted_leaves_no_trace() -> None:
    every = [
        note(600, 630),
        note(660, 690, Kind.BREAK),
        Correction(FIRST, FIRST + MINUTE, "Work"),
        AppCategory("Zoom.exe", "Work"),
        AppCategory("anki", "Work"),
    ]

    found = {notes(*order).dump() for order in itertools.permutations(every)}

    assert len(found) == 1
    assert Notes.parse(found.pop()) == notes(*every)


def test_an_overlap_is_refused_with_what_it_overlaps_or_takes_its_place_and_no_more() -> None:
    found = notes(note(600, 660, Kind.MEETING))

    with pytest.raises(NoteRefused) as refused:
        found.adding(note(630, 640))
    replaced = found.adding(note(630, 640), replace=True)

    assert (refused.value.reason, refused.value.other) == (Refusal.OVERLAPS, found.annotations[0])
    assert replaced.annotations == (note(600, 630, Kind.MEETING), note(630, 640), note(640, 660, Kind.MEETING))
    assert found.adding(note(660, 670)).annotations[1] == note(660, 670)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (note(600, 600), Refusal.EMPTY),
        (note(600, 630, text="x" * (LONGEST_TEXT + 1)), Refusal.TEXT),
        (note(600, 630, text="a\nb"), Refusal.UNSEEN),
        (AppCategory("", "Work"), Refusal.TEXT),
        (note(0, 1), Refusal.TOO_MANY),
    ],
)
def test_what_cannot_be_noted_is_refused(wrong: Note, reason: Refusal) -> None:
    full = notes(*(note(10 + n, 11 + n) for n in range(MOST)) if reason is Refusal.TOO_MANY else ())

    with pytest.raises(NoteRefused) as refused:
        full.adding(wrong)

    assert refused.value.reason is reason


@pytest.mark.parametrize(("day", "hours"), [(dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25), (DAY, 24)])
def test_a_time_over_midnight_is_cut_into_days_on_days_of_every_length(day: dt.date, hours: int) -> None:
    first, end = borders_us(day, BERLIN, dt.time(0))

    parts = list(cut(first - 60 * MINUTE, first + 30 * MINUTE, BERLIN, dt.time(0)))
    whole = list(cut(first, end, BERLIN, dt.time(0)))

    assert parts == [(day - dt.timedelta(1), first - 60 * MINUTE, first), (day, first, first + 30 * MINUTE)]
    assert whole == [(day, first, first + hours * 60 * MINUTE)]


def test_a_time_without_length_or_longer_than_a_day_is_refused() -> None:
    for end, reason in ((FIRST, Refusal.EMPTY), (FIRST + LONGEST_US + 1, Refusal.TOO_LONG)):
        with pytest.raises(NoteRefused) as refused:
            list(cut(FIRST, end, BERLIN, dt.time(0)))
        assert refused.value.reason is reason


def test_the_newest_rule_of_an_application_holds_from_its_day_on() -> None:
    rules = NO_OWN_RULES.adding(OwnRule("Zoom.exe", "Comms", DAY)).adding(
        OwnRule("zoom", "Work", DAY + dt.timedelta(days=2))
    )

    assert rules.on(DAY - dt.timedelta(days=1)) == {}
    assert rules.on(DAY + dt.timedelta(days=1)) == {"zoom": "Comms"}
    assert rules.on(DAY + dt.timedelta(days=2)) == {"zoom": "Work"}
    assert rules.adding(OwnRule("zoom.exe", "Media", DAY)).rules == (OwnRule("zoom.exe", "Media", DAY),)
    assert rules.removing("ZOOM") == NO_OWN_RULES
