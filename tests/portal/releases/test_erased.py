"""Whoever is erased leaves no figure in what the job remembers, whenever it happens, and changes no release."""

import datetime as dt
from typing import Any

import pytest
from conftest import Clock
from installation import subject_of
from sqlalchemy import select

from portal import erasing, release_values, releases, verifying
from portal.closing_weeks import Done
from portal.releases import FOUR_WEEKS
from portal.wiring import System
from privacy import release_store
from privacy.fields import KeyClass
from privacy.key_store import WrappedKey
from privacy.policy import POLICY_VERSION
from privacy.release_memory import ReleaseMemoryRow
from privacy.vault import ORGANISATION
from tests.portal.conftest import file_days
from tests.portal.release_office import (
    LAST,
    NOVEMBER,
    close,
    everything,
    is_forgotten,
    mean,
    member,
    memory,
    people,
    usual_day,
)


def test_an_erasure_changes_no_release_takes_the_figures_and_tells_nobody_any_more(system: System) -> None:
    close(system)
    before, one = everything(system), subject_of(system, member("East", 3))
    assert memory(system).publishers["active_time"].knows(one)

    erasing.erase(system, one, by=None)

    assert everything(system) == before
    assert is_forgotten(system, one)
    assert verifying.verify(system).problems == []
    told = releases.counted_in(system, one)
    assert not any(each.is_counted for each in told)


def test_an_erasure_reaches_what_a_backup_has_of_the_memory(system: System) -> None:
    close(system)
    with system.stores.data.connect() as connection:
        saved = connection.execute(select(ReleaseMemoryRow.__table__)).one()

    erasing.erase(system, subject_of(system, member("East", 3)), by=None)

    mine = (WrappedKey.subject_id == ORGANISATION, WrappedKey.key_class == KeyClass.GRANTED.value)
    with system.stores.keys.connect() as connection:
        assert saved.number not in list(connection.scalars(select(WrappedKey.epoch).where(*mine)))


def test_somebody_erased_whom_an_older_memory_knows_is_forgotten_by_the_next_run(system: System) -> None:
    """As after an erasure by a process that has no such key."""
    one = subject_of(system, member("East", 3))
    kept = system.release_memory
    system.__dict__["release_memory"] = _Deaf(kept)
    erasing.erase(system, one, by=None)
    system.__dict__["release_memory"] = kept
    assert memory(system).publishers["active_time"].knows(one)

    close(system)

    assert is_forgotten(system, one)


class _Deaf:
    """A memory that is not there for an erasure."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def open(self, _connection: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_who_is_erased_while_figures_are_gathered_is_not_in_the_memory(system: System, monkeypatch: Any) -> None:
    gather, one = release_values.gather, subject_of(system, member("East", 3))
    ran: list[bool] = []

    def meanwhile(*arguments: Any) -> Any:
        found = gather(*arguments)
        if not ran:
            ran.append(True)
            erasing.erase(system, one, by=None)
        return found

    monkeypatch.setattr("portal.closing_weeks.gather", meanwhile)

    assert close(system).weeks == 1

    assert is_forgotten(system, one)


def test_who_is_new_and_erased_just_before_the_releases_are_stored_leaves_no_figures(
    system: System, clock: Clock, monkeypatch: Any
) -> None:
    """The memory does not know them yet, so that the erasure has nothing to change there."""
    clock.now = dt.datetime(2026, 11, 6, 9, tzinfo=dt.UTC)
    with system.people.changing(None) as changes:
        new = changes.create("new@example.org", "New", "Europe/Berlin")
        changes.acknowledge(new, POLICY_VERSION)
        changes.join(new, "east")
    clock.now = NOVEMBER
    file_days(system, new, {LAST + dt.timedelta(days=n): usual_day() for n in range(5)})

    def meanwhile(*arguments: Any) -> bytes:
        erasing.erase(system, new, by=None)
        return release_store.statement(*arguments)

    monkeypatch.setattr("portal.closing_weeks.statement", meanwhile)

    assert close(system).weeks == 1

    assert people(system, "east") == 10
    assert is_forgotten(system, new)


def test_four_weeks_of_a_team_whose_member_was_erased_before_them_are_withheld_and_hold_up_nothing(
    system: System, clock: Clock, monkeypatch: Any
) -> None:
    """Their weeks were told with the figures that are gone, so the four weeks without these would tell them.

    Managers read nobody: else rule 2b would withhold it as well, since the erased are nobody's to read.
    """
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)
    weeks = [LAST + dt.timedelta(weeks=n) for n in range(4)]
    days = [week + dt.timedelta(days=n) for week in weeks[1:] for n in range(5)]
    everybody = [subject_of(system, member("East", n)) for n in range(1, 10)]
    for each in everybody:
        file_days(system, each, {day: usual_day() for day in days if day > dt.date(2026, 11, 18)})

    def killed(kind: str, *more: Any) -> bytes:
        if kind == FOUR_WEEKS:
            raise KeyboardInterrupt
        return release_store.statement(kind, *more)

    monkeypatch.setattr("portal.release_deciding.shares_weeks", lambda _rules: False)
    monkeypatch.setattr("portal.closing_weeks.statement", killed)
    with pytest.raises(KeyboardInterrupt):
        close(system)
    monkeypatch.setattr("portal.closing_weeks.statement", release_store.statement)
    erasing.erase(system, everybody[2], by=None)

    assert close(system) == Done(periods=1, releases=4, withheld=4)
    assert [people(system, "east", week) for week in weeks] == [9, 9, 9, 9]
    assert mean(system, "east", LAST, FOUR_WEEKS) == (None, None, None)
    assert verifying.verify(system).problems == []
