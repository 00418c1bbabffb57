"""The night goes by the clock only if the log bears it out, or whoever runs the installation says that it is right."""

import datetime as dt
from typing import Any

import pytest

from portal import clock_doubts, nightly
from portal.clock_doubts import LONGEST_SILENCE

LAST = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)


def night(office: Any, **options: Any) -> nightly.Done:
    return nightly.run(office.system, lambda *_: None, **options)


@pytest.fixture
def closed(office: Any) -> Any:
    """An office in which a night has closed 19 November."""
    office.clock.now = LAST
    night(office)
    return office


def test_an_installation_that_stood_still_is_asked_for_a_word_and_goes_on_with_it(closed: Any) -> None:
    closed.clock.now = LAST + dt.timedelta(days=800)
    (doubt, *_) = night(closed).problems
    assert "`sameview jobs nightly --clock-is-right`" in doubt

    done = night(closed, clock_is_right=True)

    assert done.expired >= 1
    assert done.log_days == 1
    closed.clock.advance(days=1)
    assert clock_doubts.doubt(closed.system) is None


def test_a_night_that_did_not_run_for_long_is_in_no_doubt_where_somebody_looked_meanwhile(closed: Any) -> None:
    """The nights failed for two years; people worked on: no gap between their entries is longer than a month."""
    for step in range(1, 28):
        closed.clock.now = LAST + dt.timedelta(days=30 * step)
        closed.client(None).get("/")
        closed.system.people.create(f"new{step}@example.org", "New", "UTC")

    done = night(closed)

    assert done.expired >= 1
    assert not any(each.startswith("the clock says") for each in done.problems)


@pytest.mark.parametrize(("more", "doubted"), [(0, False), (1, True)])
def test_35_days_without_an_entry_are_believed_and_36_are_not(
    closed: Any, monkeypatch: pytest.MonkeyPatch, more: int, doubted: bool
) -> None:
    monkeypatch.setattr(clock_doubts.retention, "is_due", lambda _system: True)
    newest = closed.system.log.days_since_closing()[-1]
    closed.clock.now = dt.datetime.combine(newest, dt.time(12), tzinfo=dt.UTC) + LONGEST_SILENCE
    closed.clock.advance(days=more)

    assert (clock_doubts.doubt(closed.system) is not None) is doubted


def test_where_nothing_is_too_old_there_is_nothing_to_doubt(closed: Any) -> None:
    closed.clock.now = LAST + dt.timedelta(days=60)

    assert night(closed).log_days == 1
