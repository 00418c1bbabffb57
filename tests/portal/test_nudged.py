"""A nudge is shown to whoever asked for it, on the running day alone, within office hours, and says why."""

import datetime as dt
from typing import Any

import pytest

from analytics.baseline import Baseline
from analytics.nudges import Nudge
from auth.wishes import Wish
from portal import today_pages

SAID = "active without a break"
EARNED = Nudge(9 * 3_600_000, 5400.0, Baseline(40, 20, 70, 20))


@pytest.fixture
def nudged(office: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An office in which everybody has just earned a nudge; it is Thursday, 11:00 in Berlin."""
    monkeypatch.setattr(today_pages, "nudge", lambda *_: EARNED)
    office.clock.now = dt.datetime(2026, 11, 19, 10, tzinfo=dt.UTC)
    return office


def test_nobody_is_nudged_unasked(nudged: Any) -> None:
    assert SAID not in nudged.client("ben").get("/").text


def test_whoever_asked_is_nudged_and_told_why(nudged: Any) -> None:
    nudged.system.people.wish(nudged.ids["ben"], [Wish.NUDGES])

    page = nudged.client("ben").get("/").text

    assert "1h 30m active without a break, since 09:00" in page
    assert "/me/measures/longest_stretch?day=2026-11-19" in page
    assert SAID not in nudged.client("ben").get("/me/days/2026-11-18").text


@pytest.mark.parametrize("hour", [5, 18, 22], ids=["early", "in the evening", "at night"])
def test_nobody_is_nudged_after_hours(nudged: Any, hour: int) -> None:
    nudged.system.people.wish(nudged.ids["ben"], [Wish.NUDGES])
    nudged.clock.now = dt.datetime(2026, 11, 19, hour, tzinfo=dt.UTC)

    assert SAID not in nudged.client("ben").get("/").text
