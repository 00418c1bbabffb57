"""What several days make is what the pages show of them: no total, middle, mean or share comes about twice."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import past
from analytics.days import CORRECTED
from analytics.experiments import MEASURED, Experiment, compare
from analytics.formulas import hours_of
from analytics.goals import Goals
from analytics.measured import as_captured, measured_days
from analytics.measures import MEASURES, measure
from analytics.rings import Own
from analytics.together import Asked, together
from analytics.trends import needed, trend
from analytics.working import Working
from privacy.period import Period, week_of

TODAY = dt.date(2026, 11, 20)  # a Friday
CORE = frozenset({"Work", "Work > ERP"})
FIRST = TODAY - dt.timedelta(days=89)
ALL = Period(FIRST, TODAY + dt.timedelta(days=1))
milliseconds = st.integers(1, 20_000_000).map(lambda ms: ms / 1000)


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a day in the shape of the summaries, with what was noted of it and what it was before that."""
    work, calls = draw(milliseconds), draw(milliseconds)
    hours = draw(st.dictionaries(st.sampled_from(["8", "9", "10", "23"]), milliseconds, min_size=1))
    fields: dict[str, Any] = {
        "active_time": {"active_seconds": work + calls},
        "categories": {"Work": work, "Comms": calls},
        "category_detail": {"Work > ERP": work, "Comms > Calls": calls},
        "focus": {"seconds": work / 2, "blocks": draw(st.integers(0, 4)), "longest_seconds": work / 4},
        "recovery": {"breaks": draw(st.integers(0, 9)), "seconds": 900.0, "longest_stretch_seconds": work / 3},
        "away_time": {"afk_seconds": draw(st.none() | milliseconds)},
        "apps": {"EXCEL.EXE": work, "TEAMS.EXE": calls},
        "rhythm": {"hours": {hour: {"Work": seconds, "Comms": 60.0} for hour, seconds in hours.items()}},
    }
    marks = {}
    if draw(st.booleans()):
        noted, kind = draw(milliseconds), draw(st.sampled_from(["meeting", "phone", "break"]))
        original = {"categories": {"Work": work + 60, "Comms": calls}} if draw(st.booleans()) else {}
        marks = dict.fromkeys(original, CORRECTED)
        fields["annotations"] = {
            "annotated_seconds": 0.0 if kind == "break" else noted,
            "by_kind": {kind: noted},
            "original": original,
        }
    return {"fields": fields, "marks": marks}


@st.composite
def lives(draw: st.DrawFn) -> tuple[dict[dt.date, dict[str, Any]], Own]:
    """Draw the days of somebody, weekends and missing days among them, and days off."""
    kinds = draw(st.lists(payloads(), min_size=1, max_size=4))
    missing = draw(st.sets(st.integers(0, 89), max_size=60))
    known = {FIRST + dt.timedelta(days=n): kinds[n % len(kinds)] for n in range(90) if n not in missing}
    off = draw(st.sets(st.sampled_from(list(ALL.days())), max_size=9))
    return known, Own(Working(days_off=frozenset(off)), Goals(), CORE)


@settings(max_examples=40, deadline=None)
@given(lives(), st.integers(0, 11))
def test_a_week_is_what_its_page_says(life: tuple[dict[dt.date, dict[str, Any]], Own], back: int) -> None:
    known, own = life
    week = week_of(TODAY - dt.timedelta(weeks=back))
    totals, meetings = past.totals(known, week), past.meetings(known, week)

    active = together(measure("active_time"), known, Asked(week), own, TODAY)
    focus = together(measure("focus_time"), known, Asked(week), own, TODAY)
    met = together(measure("meeting_time"), known, Asked(week), own, TODAY)

    assert (active.total or 0) * 60 == pytest.approx(totals["active"])
    assert (focus.total or 0) * 60 == pytest.approx(totals["focus"])
    assert (met.total or 0) * 60 == pytest.approx(meetings.seconds)
    assert met.share == (None if meetings.share is None else pytest.approx(meetings.share))
    for each in past.compared(known, week, [of for of in MEASURES if of.part is None], own, TODAY):
        found = together(each.measure, known, Asked(week), own, TODAY)
        assert (None if found.working is None else found.working.median) == each.value
        before = Period(week.first - dt.timedelta(days=60), week.first)
        assert together(each.measure, known, Asked(before, usual=True), own, TODAY).usual == each.usual


@settings(max_examples=40, deadline=None)
@given(lives(), st.sampled_from([of.name for of in MEASURES if of.part is None]), st.integers(1, 13))
def test_a_trend_and_its_weekdays_are_what_their_pages_say(
    life: tuple[dict[dt.date, dict[str, Any]], Own], name: str, weeks: int
) -> None:
    known, own = life
    period = Period(week_of(TODAY).first - dt.timedelta(weeks=weeks - 1), TODAY + dt.timedelta(days=1))
    shown = trend(known, measure(name), period, own, TODAY)

    found = together(measure(name), known, Asked(period), own, TODAY)
    usual = together(measure(name), known, Asked(Period(TODAY - dt.timedelta(days=60), TODAY), usual=True), own, TODAY)

    assert needed(period, TODAY).first <= TODAY - dt.timedelta(days=60)
    assert (None if found.every is None else found.every.median) == shown.median
    assert usual.usual == shown.usual
    assert {row.day: row.corrected for row in shown.rows if row.value is not None} == {
        day.date: day.corrected for day in found.days if day.value is not None and day.date < TODAY
    }
    for each in past.weekdays(shown, own):
        those = together(measure(name), known, Asked(period, weekday=each.number), own, TODAY)
        assert all(day.date.weekday() == each.number for day in those.days)
        assert (those.working.days if those.working else 0) == each.days
        if each.median is not None:
            assert those.working is not None
            assert those.working.median == each.median


@settings(max_examples=40, deadline=None)
@given(lives())
def test_hours_are_what_the_half_year_says(life: tuple[dict[dt.date, dict[str, Any]], Own]) -> None:
    known, own = life
    hours = past.hours(known, ALL, own, TODAY)

    for hour, seconds in hours.seconds:
        found = together(measure("core_hours"), known, Asked(ALL, str(hour)), own, TODAY)
        assert (found.mean or 0) * 60 == pytest.approx(seconds)
        assert found.working is not None
        assert found.working.days == hours.days
    if hours.best is not None:
        part = f"{hours.best}-{(hours.best + 2) % 24}"
        assert hours_of(part) == {hours.best, (hours.best + 1) % 24}
        found = together(measure("core_hours"), known, Asked(ALL, part), own, TODAY)
        late = hours.best == 23  # the two hours of the page are of one day
        assert late or found.share == pytest.approx(hours.best_share)


@settings(max_examples=40, deadline=None)
@given(lives(), st.sampled_from(MEASURED))
def test_both_sides_of_an_experiment_are_what_its_page_says(
    life: tuple[dict[dt.date, dict[str, Any]], Own], name: str
) -> None:
    known, own = life
    tried = Experiment(1, "mail at eleven", name, TODAY - dt.timedelta(days=12))
    shown = compare(tried, measured_days(tried.of, known, own), own.working, TODAY)

    for side, period in ((shown.before, tried.before), (shown.during, tried.during)):
        found = together(tried.of, known, Asked(period), own, TODAY).working
        assert side.days == (0 if found is None else found.days)
        if found is not None:
            assert (side.median, side.low, side.high) == (found.median, found.low, found.high)
    before = Period(tried.start - dt.timedelta(days=60), tried.start)
    assert together(tried.of, known, Asked(before, usual=True), own, TODAY).usual == shown.usual


@settings(max_examples=40, deadline=None)
@given(lives(), st.sampled_from(["Work", "Comms", "Media"]))
def test_before_the_notes_a_week_is_made_of_the_days_as_they_were_captured(
    life: tuple[dict[dt.date, dict[str, Any]], Own], category: str
) -> None:
    known, own = life
    week = week_of(TODAY - dt.timedelta(weeks=1))
    sums = [as_captured(known[day])["fields"]["categories"].get(category, 0.0) for day in week.days() if day in known]

    found = together(measure("category_time"), known, Asked(week, category, before_notes=True), own, TODAY)

    assert (found.total or 0) * 60 == pytest.approx(sum(sums))
    assert not any(each.corrected for each in found.days)
    assert all("annotations" not in as_captured(each)["fields"] for each in known.values())


def test_what_is_no_sum_has_no_total() -> None:
    day = {"fields": {"active_time": {"active_seconds": 60.0}, "focus": {"longest_seconds": 1800.0}}, "marks": {}}
    known = {TODAY - dt.timedelta(days=n): day for n in (1, 2)}
    own = Own(Working(), Goals(), CORE)

    longest = together(measure("longest_focus"), known, Asked(ALL), own, TODAY)
    share = together(measure("on_task_share"), known, Asked(ALL), own, TODAY)

    assert (longest.total, longest.longest) == (None, 30.0)
    assert share.total is None
