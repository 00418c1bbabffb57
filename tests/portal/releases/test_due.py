"""What is due is released in its order, and once or not at all."""

import datetime as dt
from typing import Any

import pytest
from conftest import Clock
from installation import subject_of

from portal import release_due, release_values, releases, verifying
from portal.closing_weeks import Done
from portal.release_due import Due
from portal.releases import FOUR_WEEKS, PARENT, WEEK
from portal.wiring import System
from privacy import release_store
from privacy.disclosure import LogUnavailable
from tests.portal.release_office import (
    LAST,
    close,
    everything,
    member,
    memory,
)


def test_the_last_week_is_due_and_the_block_goes_on(system: System) -> None:
    before = everything(system)

    assert close(system) == Done(weeks=1, periods=0, releases=4, withheld=2)

    after = everything(system)
    assert {place: after[place] for place in before} == before
    assert after.keys() - before.keys() == {(unit, WEEK, LAST) for unit in (PARENT, "east", "small", "west")}
    assert verifying.verify(system).problems == []


def test_without_the_log_nothing_is_released_and_the_memory_stays(system: System, monkeypatch: Any) -> None:
    before, kept = (
        everything(system),
        system.stores.data.connect().exec_driver_sql("SELECT number FROM release_memory").scalar(),
    )

    def full(_draft: object) -> int:
        raise LogUnavailable("no space left on device")

    monkeypatch.setattr(system.gate, "record", full)
    with pytest.raises(LogUnavailable):
        close(system)

    assert everything(system) == before
    assert system.stores.data.connect().exec_driver_sql("SELECT number FROM release_memory").scalar() == kept
    monkeypatch.undo()
    assert close(system).weeks == 1


def test_of_two_at_once_one_releases(system: System, monkeypatch: Any) -> None:
    gather, ran = release_values.gather, []

    def meanwhile(*arguments: Any) -> Any:
        found = gather(*arguments)
        if not ran:
            ran.append(True)
            ran.append(close(system))
        return found

    monkeypatch.setattr("portal.closing_weeks.gather", meanwhile)

    assert close(system) == Done()

    assert ran[1] == Done(weeks=1, periods=0, releases=4, withheld=2)
    said = [each for each in release_due.said(system) if each.due == Due(WEEK, LAST)]
    assert len(said) == 1
    assert verifying.verify(system).problems == []


def test_a_week_is_due_when_its_grace_is_over_on_the_last_clock(system: System, clock: Clock) -> None:
    with system.people.changing(None) as changes:
        changes.update(subject_of(system, member("West", 2)), timezone="Pacific/Honolulu")
    opens = dt.datetime(2026, 11, 18, 10, tzinfo=dt.UTC)  # Wednesday, midnight in Honolulu

    clock.now = opens - dt.timedelta(seconds=1)
    assert close(system) == Done()
    clock.now = opens
    assert close(system).weeks == 1


def test_four_weeks_follow_their_last_week_and_the_next_block_begins_anew(system: System, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)

    assert close(system) == Done(weeks=4, periods=1, releases=20, withheld=18)

    found = releases.read(system, "east", FOUR_WEEKS, LAST)
    assert found is not None
    assert found.content["weeks"] == ["2026-W46", "2026-W47", "2026-W48", "2026-W49"]
    assert memory(system).block == Due(WEEK, LAST).block


def test_after_months_without_a_run_all_is_released_in_its_order(system: System, clock: Clock) -> None:
    clock.now = dt.datetime(2027, 3, 4, 9, tzinfo=dt.UTC)

    done = close(system)

    closed = sorted(system.releases.closings(), key=lambda each: each.entry)
    order = [(each.first_day + dt.timedelta(days=release_store.DAYS[each.kind]), each.kind == FOUR_WEEKS)
             for each in closed]  # fmt: skip
    assert (done.weeks, done.periods) == (16, 4)
    assert order == sorted(set(order))
    assert close(system) == Done()
    assert verifying.verify(system).problems == []
