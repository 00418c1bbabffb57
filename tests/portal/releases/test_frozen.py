"""What was released does not change, whatever happens afterwards; what was changed from outside is not shown."""

import datetime as dt
import json

from conftest import Clock
from installation import subject_of
from sqlalchemy import delete, select, update

from auth.models import Team
from portal import create_app, releases, verifying
from portal.closing_weeks import Done
from portal.releases import PARENT, WEEK
from portal.wiring import System
from privacy.fields import Field
from privacy.release_memory import ReleaseMemoryRow
from privacy.release_store import ReleaseClosing, TeamRelease
from privacy.stores import writing
from tests.portal.conftest import file_days
from tests.portal.release_office import (
    BEFORE,
    LAST,
    close,
    everything,
    member,
    people,
    usual_day,
)


def test_late_data_change_no_release_and_are_not_in_the_next_ones(system: System) -> None:
    before = everything(system)
    one = subject_of(system, member("East", 3))
    late = {BEFORE + dt.timedelta(days=n): {Field.ACTIVE_TIME: {"active_seconds": 60}} for n in range(5)}
    file_days(system, one, late)

    close(system)

    assert {place: payload for place, payload in everything(system).items() if place in before} == before


def test_a_renamed_team_keeps_its_releases(system: System) -> None:
    before = everything(system)
    with writing(system.stores.data) as connection:
        connection.execute(update(Team).where(Team.id == "east").values(name="Orient"))

    close(system)

    assert {place: payload for place, payload in everything(system).items() if place in before} == before
    assert people(system, "east") == 9


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

    told = releases.counted_in(system, subject_of(system, member("East", 3)), limit=1)
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
        client.set_cookie("sameview", system.sessions.start(subject_of(system, who)))
        found = json.loads(client.get(f"/api/v1/team/{team}/releases/2026-W46").data)
        return json.dumps(found["payload"] | {"unit": ""}).encode()

    with system.people.changing(None) as changes:
        changes.join(subject_of(system, member("West", 1)), "empty")
    assert (
        answer(member("Small", 1), "small") == answer(member("West", 1), "empty") == answer(member("West", 1), PARENT)
    )


def test_a_lost_memory_withholds_the_open_block_and_the_next_one_is_whole(system: System, clock: Clock) -> None:
    close(system)
    before = everything(system)
    with writing(system.stores.data) as connection:
        connection.execute(update(ReleaseMemoryRow).values(number=4711))
    clock.now = dt.datetime(2026, 12, 10, 9, tzinfo=dt.UTC)

    done = close(system)

    assert (done.weeks, done.periods, done.withheld) == (3, 1, 16)
    assert {place: payload for place, payload in everything(system).items() if place in before} == before
    days = {LAST + dt.timedelta(weeks=4, days=n): usual_day() for n in range(5)}
    for number in range(1, 10):
        file_days(system, subject_of(system, member("East", number)), days)
    clock.now = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
    assert close(system).weeks == 1
    assert people(system, "east", LAST + dt.timedelta(weeks=4)) == 9
