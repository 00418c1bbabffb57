"""What was released does not change, whatever happens afterwards; and what is due is released once or not at all."""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from auth.models import Team
from portal import closing_weeks, create_app, erasing, release_due, release_values, releases, verifying
from portal.closing_weeks import Done
from portal.config import Config
from portal.release_due import Due
from portal.releases import FOUR_WEEKS, PARENT, WEEK
from portal.wiring import System, build
from privacy import release_store
from privacy.chains import chain_head
from privacy.disclosure import LogUnavailable
from privacy.fields import Field, KeyClass, Tier
from privacy.key_store import WrappedKey
from privacy.log_entries import Chain
from privacy.policy import POLICY_VERSION
from privacy.release_memory import Memory, ReleaseMemoryRow
from privacy.release_store import ReleaseClosing, TeamRelease
from privacy.stores import writing
from privacy.vault import ORGANISATION
from privacy.vault_store import SealedField
from tests.portal.conftest import file_days
from tests.portal.release_office import NOVEMBER, active, member, never, silent

LAST, BEFORE = dt.date(2026, 11, 9), dt.date(2026, 11, 2)


class Moment:
    """A clock that is put where a test wants it."""

    def __init__(self) -> None:
        self.now = NOVEMBER

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Moment:
    return Moment()


@pytest.fixture
def system(releasing_home: Path, tmp_path: Path, clock: Moment) -> Iterator[System]:
    """An organisation in which the last week of the block is due."""
    found = build(Config(home=Path(shutil.copytree(releasing_home, tmp_path / "home"))), clock)
    yield found
    found.close()


def subject(system: System, name: str) -> str:
    found = system.people.find(f"{name}@example.org")
    assert found is not None
    return found.subject


def close(system: System) -> Done:
    return closing_weeks.run(system, silent, never)


def everything(system: System) -> dict[tuple[str, str, dt.date], bytes]:
    with system.stores.data.connect() as connection:
        return {
            (row.unit, row.kind, row.first_day): bytes(row.payload)
            for row in connection.execute(select(TeamRelease.__table__))
        }


def memory(system: System) -> Memory:
    with system.stores.data.connect() as connection:
        found = system.release_memory.open(connection)
    assert found is not None
    return found


def mean(system: System, unit: str, first_day: dt.date = LAST, kind: str = WEEK) -> tuple[float | None, ...]:
    found = releases.read(system, unit, kind, first_day)
    assert found is not None
    return active(found)


def people(system: System, unit: str, first_day: dt.date = LAST) -> int | None:
    found = releases.read(system, unit, WEEK, first_day)
    assert found is not None
    counted: int | None = found.content["counted"]
    return counted


def test_the_last_week_is_due_and_the_block_goes_on(system: System) -> None:
    before = everything(system)

    assert close(system) == Done(weeks=1, periods=0, releases=4, withheld=2)

    after = everything(system)
    assert {place: after[place] for place in before} == before
    assert after.keys() - before.keys() == {(unit, WEEK, LAST) for unit in (PARENT, "east", "small", "west")}
    assert verifying.verify(system).problems == []


def test_late_data_change_no_release_and_are_not_in_the_next_ones(system: System) -> None:
    before = everything(system)
    one = subject(system, member("East", 3))
    late = {BEFORE + dt.timedelta(days=n): {Field.ACTIVE_TIME: {"active_seconds": 60}} for n in range(5)}
    file_days(system, one, late)

    close(system)

    assert {place: payload for place, payload in everything(system).items() if place in before} == before


def test_an_erasure_changes_no_release_takes_the_figures_and_tells_nobody_any_more(system: System) -> None:
    close(system)
    before, one = everything(system), subject(system, member("East", 3))
    assert memory(system).publishers["active_time"].knows(one)

    erasing.erase(system, one, by=None)

    assert everything(system) == before
    kept = memory(system).publishers["active_time"]._blocks
    assert all(
        value < 1e-300 for block in kept.values() for week in block.own.weeks for value in week.get(one, (0, ()))[1]
    )
    assert verifying.verify(system).problems == []
    told = releases.counted_in(system, one)
    assert not any(each.is_counted for each in told)


def test_an_erasure_reaches_what_a_backup_has_of_the_memory(system: System) -> None:
    close(system)
    with system.stores.data.connect() as connection:
        saved = connection.execute(select(ReleaseMemoryRow.__table__)).one()

    erasing.erase(system, subject(system, member("East", 3)), by=None)

    mine = (WrappedKey.subject_id == ORGANISATION, WrappedKey.key_class == KeyClass.GRANTED.value)
    with system.stores.keys.connect() as connection:
        assert saved.number not in list(connection.scalars(select(WrappedKey.epoch).where(*mine)))


def test_somebody_erased_whom_an_older_memory_knows_is_forgotten_by_the_next_run(system: System) -> None:
    """As after an erasure by a process that has no such key."""
    one = subject(system, member("East", 3))
    kept = system.release_memory
    system.__dict__["release_memory"] = _Deaf(kept)
    erasing.erase(system, one, by=None)
    system.__dict__["release_memory"] = kept
    assert memory(system).publishers["active_time"].knows(one)

    close(system)

    kept_figures = memory(system).publishers["active_time"]._blocks
    assert all(v < 1e-300 for b in kept_figures.values() for week in b.own.weeks for v in week.get(one, (0, ()))[1])


class _Deaf:
    """A memory that is not there for an erasure."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def open(self, _connection: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_renamed_team_keeps_its_releases(system: System) -> None:
    before = everything(system)
    with writing(system.stores.data) as connection:
        connection.execute(update(Team).where(Team.id == "east").values(name="Orient"))

    close(system)

    assert {place: payload for place, payload in everything(system).items() if place in before} == before
    assert people(system, "east") == 9


def test_who_changes_teams_in_mid_week_counts_in_neither_and_in_no_sum(system: System, clock: Moment) -> None:
    clock.now = dt.datetime(2026, 11, 11, 9, tzinfo=dt.UTC)
    with system.people.changing(None) as changes:
        changes.part(subject(system, member("East", 3)), "east")
        changes.join(subject(system, member("East", 3)), "west")
    clock.now = NOVEMBER

    close(system)

    assert (people(system, "east"), people(system, "west")) == (8, 8)
    assert (
        subject(system, member("East", 3)) not in memory(system).cohorts[0]["east"] | memory(system).cohorts[0]["west"]
    )


def test_a_team_that_is_split_in_mid_week_releases_nothing_of_either_half(system: System, clock: Moment) -> None:
    clock.now = dt.datetime(2026, 11, 11, 9, tzinfo=dt.UTC)
    half = system.people.create_team("Far East")
    with system.people.changing(None) as changes:
        for number in range(5, 10):
            changes.part(subject(system, member("East", number)), "east")
            changes.join(subject(system, member("East", number)), half)
    clock.now = NOVEMBER

    close(system)

    assert mean(system, "east") == mean(system, half) == (None, None, None)


def test_whom_the_manager_may_not_read_that_week_stays_out(system: System, clock: Moment) -> None:
    clock.now = dt.datetime(2026, 11, 8, 23, 30, tzinfo=dt.UTC)  # Monday in Berlin: a member on all days, told too late
    one = subject(system, member("Small", 2))
    with system.people.changing(None) as changes:
        changes.part(one, "small")
        changes.join(one, "east")
    clock.now = NOVEMBER

    close(system)

    assert people(system, "east") == 9
    assert one not in memory(system).cohorts[0]["east"]


def test_nobody_is_left_out_where_managers_read_nobody(system: System, clock: Moment, monkeypatch: Any) -> None:
    clock.now = dt.datetime(2026, 11, 8, 23, 30, tzinfo=dt.UTC)
    with system.people.changing(None) as changes:
        changes.part(subject(system, member("Small", 2)), "small")
        changes.join(subject(system, member("Small", 2)), "east")
    clock.now = NOVEMBER
    monkeypatch.setattr("portal.release_deciding.shares_weeks", lambda _rules: False)

    close(system)

    assert people(system, "east") == 10


def test_somebody_whose_figures_do_not_open_is_named_and_stops_nobody(system: System) -> None:
    one = subject(system, member("East", 3))
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
    one = subject(system, member("East", 3))
    with writing(system.stores.log) as connection:
        ended = (chain_head.c.subject_id == one, chain_head.c.chain == Chain.OTHERS)
        connection.execute(update(chain_head).where(*ended).values(sealed=b"broken"))
    problems: list[str] = []

    done = closing_weeks.run(system, silent, problems.append)

    assert (done.weeks, people(system, "east")) == (1, 8)
    assert [each.partition(":")[0] for each in problems] == [f"person {one}"]


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


def test_who_is_erased_while_figures_are_gathered_is_not_in_the_memory(system: System, monkeypatch: Any) -> None:
    gather, one = release_values.gather, subject(system, member("East", 3))
    ran: list[bool] = []

    def meanwhile(*arguments: Any) -> Any:
        found = gather(*arguments)
        if not ran:
            ran.append(True)
            erasing.erase(system, one, by=None)
        return found

    monkeypatch.setattr("portal.closing_weeks.gather", meanwhile)

    assert close(system).weeks == 1

    kept = memory(system).publishers["active_time"]._blocks
    assert all(
        value < 1e-300 for block in kept.values() for week in block.own.weeks for value in week.get(one, (0, ()))[1]
    )


def test_who_is_new_and_erased_just_before_the_releases_are_stored_leaves_no_figures(
    system: System, clock: Moment, monkeypatch: Any
) -> None:
    """The memory does not know them yet, so that the erasure has nothing to change there."""
    clock.now = dt.datetime(2026, 11, 6, 9, tzinfo=dt.UTC)
    with system.people.changing(None) as changes:
        new = changes.create("new@example.org", "New", "Europe/Berlin")
        changes.acknowledge(new, POLICY_VERSION)
        changes.join(new, "east")
    clock.now = NOVEMBER
    file_days(system, new, {LAST + dt.timedelta(days=n): _figures() for n in range(5)})

    def meanwhile(*arguments: Any) -> bytes:
        erasing.erase(system, new, by=None)
        return release_store.statement(*arguments)

    monkeypatch.setattr("portal.closing_weeks.statement", meanwhile)

    assert close(system).weeks == 1

    kept = memory(system).publishers["active_time"]._blocks
    assert people(system, "east") == 10
    own = [week[new][1] for block in kept.values() for week in block.own.weeks if new in week]
    assert all(value < 1e-300 for sums in own for value in sums)


def test_four_weeks_of_a_team_whose_member_was_erased_before_them_are_withheld_and_hold_up_nothing(
    system: System, clock: Moment, monkeypatch: Any
) -> None:
    """Their weeks were told with the figures that are gone, so the four weeks without these would tell them.

    Managers read nobody: else rule 2b would withhold it as well, since the erased are nobody's to read.
    """
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)
    weeks = [LAST + dt.timedelta(weeks=n) for n in range(4)]
    days = [week + dt.timedelta(days=n) for week in weeks[1:] for n in range(5)]
    everybody = [subject(system, member("East", n)) for n in range(1, 10)]
    for each in everybody:
        file_days(system, each, {day: _figures() for day in days if day > dt.date(2026, 11, 18)})

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


def test_a_week_is_due_when_its_grace_is_over_on_the_last_clock(system: System, clock: Moment) -> None:
    with system.people.changing(None) as changes:
        changes.update(subject(system, member("West", 2)), timezone="Pacific/Honolulu")
    opens = dt.datetime(2026, 11, 18, 10, tzinfo=dt.UTC)  # Wednesday, midnight in Honolulu

    clock.now = opens - dt.timedelta(seconds=1)
    assert close(system) == Done()
    clock.now = opens
    assert close(system).weeks == 1


def test_four_weeks_follow_their_last_week_and_the_next_block_begins_anew(system: System, clock: Moment) -> None:
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)

    assert close(system) == Done(weeks=4, periods=1, releases=20, withheld=18)

    found = releases.read(system, "east", FOUR_WEEKS, LAST)
    assert found is not None
    assert found.content["weeks"] == ["2026-W46", "2026-W47", "2026-W48", "2026-W49"]
    assert memory(system).block == Due(WEEK, LAST).block


def test_after_months_without_a_run_all_is_released_in_its_order(system: System, clock: Moment) -> None:
    clock.now = dt.datetime(2027, 3, 4, 9, tzinfo=dt.UTC)

    done = close(system)

    closed = sorted(system.releases.closings(), key=lambda each: each.entry)
    order = [(each.first_day + dt.timedelta(days=release_store.DAYS[each.kind]), each.kind == FOUR_WEEKS)
             for each in closed]  # fmt: skip
    assert (done.weeks, done.periods) == (16, 4)
    assert order == sorted(set(order))
    assert close(system) == Done()
    assert verifying.verify(system).problems == []


def test_who_left_a_team_sees_its_releases_no_more_and_is_told_of_those_of_the_new_one(
    system: System, clock: Moment
) -> None:
    close(system)
    one = subject(system, member("East", 3))
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


def test_what_was_changed_in_the_database_is_not_shown_and_is_named(system: System) -> None:
    close(system)
    found = releases.read(system, "west", WEEK, LAST)
    assert found is not None
    here = (TeamRelease.unit == "east", TeamRelease.kind == WEEK, TeamRelease.first_day == LAST)
    with writing(system.stores.data) as connection:
        connection.execute(update(TeamRelease).where(*here).values(payload=found.payload, digest=found.digest))

    assert releases.read(system, "east", WEEK, LAST) is None
    assert [each.first_day for each in releases.of_unit(system, "east", WEEK, 2)] == [BEFORE]
    for hashes_only in (True, False):
        assert verifying.verify(system, hashes_only=hashes_only).problems == [
            "release of east, week from 2026-11-09: is not as it was released: changed from outside, and not shown"
        ]


def test_who_is_counted_cannot_be_changed_either(system: System) -> None:
    close(system)
    here = (TeamRelease.unit == "east", TeamRelease.first_day == LAST)
    with writing(system.stores.data) as connection:
        connection.execute(update(TeamRelease).where(*here).values(seats=b""))

    told = releases.counted_in(system, subject(system, member("East", 3)), limit=1)
    assert told == []
    assert len(verifying.verify(system, hashes_only=True).problems) == 1


def test_a_removed_release_is_named_and_is_not_computed_again(system: System) -> None:
    close(system)
    here = (TeamRelease.unit == "east", TeamRelease.kind == WEEK, TeamRelease.first_day == LAST)
    with writing(system.stores.data) as connection:
        connection.execute(delete(TeamRelease).where(*here))

    assert close(system) == Done()
    (problem,) = verifying.verify(system).problems
    assert problem.startswith("release of east, week from 2026-11-09: was removed; entry ")


def test_a_removed_closing_is_named_and_is_not_computed_again(system: System) -> None:
    close(system)
    with writing(system.stores.data) as connection:
        connection.execute(delete(TeamRelease).where(TeamRelease.first_day == LAST))
        connection.execute(delete(ReleaseClosing).where(ReleaseClosing.first_day == LAST))

    assert close(system) == Done()
    (problem,) = verifying.verify(system).problems
    assert problem.startswith("release, week from 2026-11-09: entry ")
    assert releases.read(system, "east", WEEK, LAST) is None


def test_a_closing_that_was_written_into_the_database_is_named(system: System) -> None:
    with writing(system.stores.data) as connection:
        row = connection.execute(select(ReleaseClosing.__table__).limit(1)).one()
        values = {"kind": WEEK, "first_day": LAST, "entry": row.entry, "statement": row.statement}
        connection.execute(ReleaseClosing.__table__.insert().values(**values))

    problems = verifying.verify(system).problems

    assert "release, week from 2026-11-09: no entry of the log commits to it" in problems


def test_withheld_and_nothing_there_have_the_same_bytes(system: System) -> None:
    system.people.create_team("Empty")
    close(system)
    app = create_app(system)
    app.testing = True

    def answer(who: str, team: str) -> bytes:
        client = app.test_client()
        client.set_cookie("sameview", system.sessions.start(subject(system, who)))
        found = json.loads(client.get(f"/api/v1/team/{team}/releases/2026-W46").data)
        return json.dumps(found["payload"] | {"unit": ""}).encode()

    with system.people.changing(None) as changes:
        changes.join(subject(system, member("West", 1)), "empty")
    assert (
        answer(member("Small", 1), "small") == answer(member("West", 1), "empty") == answer(member("West", 1), PARENT)
    )


def test_a_lost_memory_withholds_the_open_block_and_the_next_one_is_whole(system: System, clock: Moment) -> None:
    close(system)
    before = everything(system)
    with writing(system.stores.data) as connection:
        connection.execute(update(ReleaseMemoryRow).values(number=4711))
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)

    done = close(system)

    assert (done.weeks, done.periods, done.withheld) == (3, 1, 16)
    assert {place: payload for place, payload in everything(system).items() if place in before} == before
    days = {LAST + dt.timedelta(weeks=4, days=n): _figures() for n in range(5)}
    for number in range(1, 10):
        file_days(system, subject(system, member("East", number)), days)
    clock.now = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
    assert close(system).weeks == 1
    assert people(system, "east", LAST + dt.timedelta(weeks=4)) == 9


def _figures() -> dict[Field, Any]:
    return {Field.ACTIVE_TIME: {"active_seconds": 18_000}, Field.CATEGORIES: {"Work": 18_000}}
