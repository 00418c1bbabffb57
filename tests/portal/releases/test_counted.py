"""Who is counted in a team's figures: who was there all the time, whose figures open, and whom managers may read."""

import datetime as dt
from dataclasses import replace
from typing import Any

from conftest import Clock
from installation import subject_of
from sqlalchemy import delete, update

from portal import closing_weeks, releases
from portal.releases import PARENT
from portal.wiring import System
from privacy.chains import chain_head
from privacy.fields import Field, Tier
from privacy.log_entries import Chain
from privacy.stores import writing
from privacy.vault_store import SealedField
from tests.portal.release_office import (
    LAST,
    NOVEMBER,
    close,
    mean,
    member,
    memory,
    people,
    silent,
)


def test_who_changes_teams_in_mid_week_counts_in_neither_and_in_no_sum(system: System, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 11, 9, tzinfo=dt.UTC)
    with system.people.changing(None) as changes:
        changes.part(subject_of(system, member("East", 3)), "east")
        changes.join(subject_of(system, member("East", 3)), "west")
    clock.now = NOVEMBER

    close(system)

    assert (people(system, "east"), people(system, "west")) == (8, 8)
    assert (
        subject_of(system, member("East", 3))
        not in memory(system).cohorts[0]["east"] | memory(system).cohorts[0]["west"]
    )


def test_a_team_that_is_split_in_mid_week_releases_nothing_of_either_half(system: System, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 11, 9, tzinfo=dt.UTC)
    half = system.people.create_team("Far East")
    with system.people.changing(None) as changes:
        for number in range(5, 10):
            changes.part(subject_of(system, member("East", number)), "east")
            changes.join(subject_of(system, member("East", number)), half)
    clock.now = NOVEMBER

    close(system)

    assert mean(system, "east") == mean(system, half) == (None, None, None)


def test_whom_the_manager_may_not_read_that_week_stays_out(system: System, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 8, 23, 30, tzinfo=dt.UTC)  # Monday in Berlin: a member on all days, told too late
    one = subject_of(system, member("Small", 2))
    with system.people.changing(None) as changes:
        changes.part(one, "small")
        changes.join(one, "east")
    clock.now = NOVEMBER

    close(system)

    assert people(system, "east") == 9
    assert one not in memory(system).cohorts[0]["east"]


def test_nobody_is_left_out_where_managers_read_nobody(system: System, clock: Clock, monkeypatch: Any) -> None:
    clock.now = dt.datetime(2026, 11, 8, 23, 30, tzinfo=dt.UTC)
    with system.people.changing(None) as changes:
        changes.part(subject_of(system, member("Small", 2)), "small")
        changes.join(subject_of(system, member("Small", 2)), "east")
    clock.now = NOVEMBER
    monkeypatch.setattr("portal.release_deciding.shares_weeks", lambda _rules: False)

    close(system)

    assert people(system, "east") == 10


def test_somebody_whose_figures_do_not_open_is_named_and_stops_nobody(system: System) -> None:
    one = subject_of(system, member("East", 3))
    gone = (SealedField.subject_id == one, SealedField.day == LAST, SealedField.field == Field.FOCUS)
    with writing(system.stores.data) as connection:
        connection.execute(delete(SealedField).where(*gone, SealedField.tier == Tier.SUMMARY))
    problems: list[str] = []

    done = closing_weeks.run(system, silent, problems.append)

    assert done.weeks == 1
    assert people(system, "east") == 8
    assert [each.partition(":")[0] for each in problems] == [f"person {one}"]
    assert "2026-W46" in problems[0]


def test_somebody_whose_chain_is_broken_is_named_and_stops_nobody(system: System) -> None:
    one = subject_of(system, member("East", 3))
    with writing(system.stores.log) as connection:
        ended = (chain_head.c.subject_id == one, chain_head.c.chain == Chain.OTHERS)
        connection.execute(update(chain_head).where(*ended).values(sealed=b"broken"))
    problems: list[str] = []

    done = closing_weeks.run(system, silent, problems.append)

    assert (done.weeks, people(system, "east")) == (1, 8)
    assert [each.partition(":")[0] for each in problems] == [f"person {one}"]


def test_who_left_a_team_sees_its_releases_no_more_and_is_told_of_those_of_the_new_one(
    system: System, clock: Clock
) -> None:
    close(system)
    one = subject_of(system, member("East", 3))
    clock.now += dt.timedelta(days=1)
    with system.people.changing(None) as changes:
        changes.part(one, "east")
        changes.join(one, "west")
    clock.now += dt.timedelta(days=1)

    assert list(releases.visible(system, one, [])) == ["west", PARENT]
    told = releases.counted_in(system, one)
    assert {each.unit for each in told} == {"west"}
    assert not any(each.is_counted for each in told)


def test_asking_for_more_people_holds_from_now_on(system: System, monkeypatch: Any) -> None:
    policy = system.policies.now()
    stricter = replace(policy, sharing=replace(policy.sharing, smallest_group=9))
    monkeypatch.setattr(system.policies, "now", lambda: stricter)

    close(system)

    assert (people(system, "east"), people(system, "west")) == (9, None)
    assert mean(system, "west") == (None, None, None)
