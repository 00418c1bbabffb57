"""Own goals and experiments: only their person sees them, old days keep the goal of then, and nothing typed is lost."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from auth.zones import zones_over_time
from privacy.fields import Field
from privacy.log_entries import Chain

Form = Callable[..., Any]
NOW = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)


def week(value: str, days: int = 5) -> dict[str, str]:
    return {f"value-{n}": value if n < days else "" for n in range(7)}


def go_to(office: Any, moment: dt.datetime) -> None:
    """Set the clock; everybody signs in anew, since sessions end."""
    office.clock.now = moment
    office.clients.clear()


def page(office: Any, address: str = "/me/goals", who: str = "ben") -> str:
    answer = office.client(who).get(address)
    assert answer.status_code == 200, answer.text
    assert "built-in" not in answer.text  # a field without an error shows none
    return answer.text


def test_a_goal_is_set_by_weekday_and_fills_the_ring_of_its_day(office: Any, form: Form) -> None:
    answer = form("ben", "/me/goals/focus_time", first="2026-11-19", **week("3:15"))

    assert answer.status_code == 303
    assert "1h 15m of 3h 15m" in page(office)
    assert "aria-invalid" not in page(office, "/me/goals/focus_time")
    assert "of 3h 15m" in page(office, "/")
    assert "of 3h 15m" not in page(office, "/me/days/2026-11-17")  # a day that is over keeps the goal of then: none


def test_a_pause_takes_the_goal_away_and_can_end_early(office: Any, form: Form) -> None:
    form("ben", "/me/goals/focus_time", first="2026-11-19", **week("1:00"))

    form("ben", "/me/goals/focus_time/pause", "/me/goals", **{"pause-first": "2026-11-19", "pause-last": "2026-12-31"})
    paused = page(office)
    form("ben", "/me/goals/focus_time/resume", "/me/goals")

    assert "Paused until 31 Dec" in paused
    assert "Paused until" not in page(office)


def test_removing_shows_what_goes_and_then_it_is_gone(office: Any, form: Form) -> None:
    form("ben", "/me/goals/breaks", first="2026-11-19", **week("4"))

    assert "at least 4 a day" in page(office, "/me/goals/breaks/remove")
    form("ben", "/me/goals/breaks/remove", "/me/goals/breaks")

    assert "No goal yet" in page(office)
    assert office.client("ben").get("/me/goals/breaks/remove").status_code == 404


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({**week("30:00"), "first": "2026-11-19"}, "values", "A day’s goal has at most 16 hours."),
        ({**week("4"), "first": "2026-11-19"}, "values", "Write a time as hours and minutes, such as 1:30."),
        ({**week(""), "first": "2026-11-19"}, "values", "Write a value for at least one weekday."),
        (
            {**week("3:45"), "first": "2026-11-18"},
            "first",
            "This day is over. Days that are over keep the goal of then.",
        ),
        ({**week("3:45"), "first": "2026-02-30"}, "first", "The calendar has no 2026-02-30."),
        ({**week("3:45"), "first": "2028-01-01"}, "first", "This is more than a year ahead."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    office: Any, form: Form, fields: dict[str, str], place: str, said: str
) -> None:
    answer = form("ben", "/me/goals/focus_time", **fields)

    assert answer.status_code == 400
    assert f'id="d-{place}">{said}' in answer.text
    assert f'value="{fields["value-0"]}"' in answer.text
    assert f'value="{fields["first"]}"' in answer.text
    assert "No goal yet" in page(office)


def test_a_pause_of_91_days_is_refused_beside_its_field(office: Any, form: Form) -> None:
    form("ben", "/me/goals/focus_time", first="2026-11-19", **week("1:00"))
    dates = {"pause-first": "2026-11-20", "pause-last": "2027-02-18"}

    answer = form("ben", "/me/goals/focus_time/pause", "/me/goals", **dates)

    assert answer.status_code == 400
    assert 'id="d-pause-last">A pause has at most 90 days.' in answer.text
    assert 'value="2027-02-18"' in answer.text
    accepted = form("ben", "/me/goals/focus_time/pause", "/me/goals", **{**dates, "pause-last": "2027-02-17"})
    assert accepted.status_code == 303


@pytest.mark.parametrize("name", ["utilisation", "on_task_share", "away_time", "category_time", "nothing"])
def test_a_measure_of_which_more_is_not_better_cannot_be_a_goal(office: Any, form: Form, name: str) -> None:
    assert office.client("ben").get(f"/me/goals/{name}").status_code == 404
    assert form("ben", f"/me/goals/{name}", "/me/goals", first="2026-11-19", **week("1")).status_code == 404


def test_nobody_else_sees_that_somebody_has_a_goal(office: Any, form: Form) -> None:
    before = len([each for each in office.entries("ben") if each.chain is Chain.OTHERS])

    form("ben", "/me/goals/focus_time", first="2026-11-19", **week("1:00"))

    after = [each for each in office.entries("ben") if each.chain is Chain.OTHERS]
    assert not [each for each in after[before:] if Field.GOALS in each.fields]


def test_the_row_of_weeks_counts_and_a_day_off_never_makes_it_shorter(office: Any, form: Form) -> None:
    go_to(office, dt.datetime(2026, 10, 5, 9, 0, tzinfo=dt.UTC))
    form("ben", "/me/goals/focus_time", first="2026-10-05", **week("1:00"))
    go_to(office, NOW)
    before = page(office)

    form("ben", "/me/pattern/days-off", "/me/pattern", first="2026-10-26", last="2026-10-30")

    assert "At least 6 weeks in a row" not in before
    assert "6 weeks in a row" in before
    assert "6 weeks in a row" in page(office)


def test_an_experiment_shows_both_sides_and_says_what_it_can(office: Any, form: Form) -> None:
    go_to(office, dt.datetime(2026, 11, 2, 8, 0, tzinfo=dt.UTC))
    made = form("ben", "/me/experiments", text="Mail at eleven and at four", measure="active_time", start="2026-11-02")
    go_to(office, NOW)

    shown = page(office, "/me/experiments/1")

    assert made.status_code == 303
    assert "Mail at eleven and at four" in page(office, "/me/experiments")
    assert "10 of 10 days lie above your usual range: that stands out." in shown
    assert "Why the days were different, the figures cannot say." in shown


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"text": "  ", "measure": "breaks", "start": "2026-11-19"}, "text"),
        ({"text": "x" * 201, "measure": "breaks", "start": "2026-11-19"}, "text"),
        ({"text": "walks", "measure": "category_time", "start": "2026-11-19"}, "measure"),
        ({"text": "walks", "measure": "breaks", "start": "2026-11-18"}, "start"),
        ({"text": "walks", "measure": "breaks", "start": "soon"}, "start"),
    ],
)
def test_an_experiment_that_cannot_be_is_refused_beside_its_field(
    office: Any, form: Form, fields: dict[str, str], place: str
) -> None:
    answer = form("ben", "/me/experiments", **fields)

    assert answer.status_code == 400
    assert f'id="d-{place}"' in answer.text
    assert f'value="{fields["start"]}"' in answer.text
    assert "Nothing yet." in page(office, "/me/experiments")


def test_two_experiments_at_once_are_refused(form: Form) -> None:
    form("ben", "/me/experiments", text="walks", measure="breaks", start="2026-11-19")

    answer = form("ben", "/me/experiments", text="tea", measure="breaks", start="2026-12-02")

    assert answer.status_code == 400
    assert "Nobody could tell which it was." in answer.text


def test_public_holidays_are_those_of_the_zone_until_the_person_chooses(office: Any, form: Form) -> None:
    assumed = page(office, "/me/pattern")
    form("ben", "/me/pattern/holidays", "/me/pattern", region="AT", since="2026-11-19")
    chosen = page(office, "/me/pattern")
    form("ben", "/me/pattern/holidays", "/me/pattern", listed="2026-12-08", worked="2026-12-08")

    assert "Taken from your time zone until you choose." in assumed
    assert "8 Dec 2026" not in assumed
    assert "8 Dec 2026" in chosen
    assert '<option value="AT-9">' in chosen
    assert '<option value="DE-BY">' not in chosen
    assert 'value="2026-12-08" checked' in page(office, "/me/pattern")


def test_a_move_in_mid_week_moves_the_holidays_from_then_on_and_no_earlier_day(office: Any, form: Form) -> None:
    with office.system.people.changing(None) as changes:
        changes.update(office.ids["ben"], timezone="Europe/Vienna")  # on a Thursday
    zones = zones_over_time(office.system.stores.data, office.ids["ben"], "Europe/Vienna")

    shown = page(office, "/me/pattern")

    assert [zone for _, zone in zones] == ["Europe/Berlin", "Europe/Vienna"]
    assert zones[0][0] < dt.date(2026, 11, 19) <= zones[1][0] <= dt.date(2026, 11, 20)
    assert "8 Dec 2026" in shown  # a holiday in Austria
    assert page(office, "/me/days/2026-10-26")  # which was none for somebody in Germany
    assert "A day off" not in page(office, "/me/days/2026-10-26")
