"""Attacks on released team figures: by direct SQL, with yesterday's copies, and by asking.

The figures themselves are attacked in tests/privacy/test_release_attacks.py, with everything that is published.
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from auth.models import Membership
from portal import create_app, releases, verifying
from portal.closing_weeks import Done
from portal.config import Config
from portal.releases import PARENT, WEEK
from portal.wiring import System, build
from privacy.release_memory import ReleaseMemoryRow
from privacy.release_store import TeamRelease
from privacy.stores import writing
from tests.portal.release_office import LAST, NOVEMBER, active, close

_TABLE = TeamRelease.__table__


@pytest.fixture
def system(releasing_home: Path, tmp_path: Path) -> Iterator[System]:
    found = build(Config(home=Path(shutil.copytree(releasing_home, tmp_path / "home"))), lambda: NOVEMBER)
    yield found
    found.close()


def row(system: System, unit: str) -> Any:
    here = (_TABLE.c.unit == unit, _TABLE.c.kind == WEEK, _TABLE.c.first_day == LAST)
    with system.stores.data.connect() as connection:
        return connection.execute(select(_TABLE).where(*here)).one()


def put(system: System, unit: str, **values: Any) -> None:
    here = (_TABLE.c.unit == unit, _TABLE.c.kind == WEEK, _TABLE.c.first_day == LAST)
    with writing(system.stores.data) as connection:
        connection.execute(update(TeamRelease).where(*here).values(**values))


def named(system: System) -> list[str]:
    return list(verifying.verify(system).problems)


def test_a_released_figure_changed_in_the_database_is_not_shown_and_named(system: System) -> None:
    close(system)
    payload = bytes(row(system, "east").payload).replace(b'"counted":9', b'"counted":8')
    put(system, "east", payload=payload)

    assert releases.read(system, "east", WEEK, LAST) is None
    assert any("release of east" in each for each in named(system))


def test_another_units_release_in_its_place_is_not_shown_and_named(system: System) -> None:
    close(system)
    other = row(system, "west")
    put(
        system,
        "east",
        **{name: other._mapping[name] for name in ("payload", "digest", "seats", "seated", "roster", "stamp")},
    )

    assert releases.read(system, "east", WEEK, LAST) is None
    assert any("release of east" in each for each in named(system))


def test_a_released_figure_that_was_removed_is_named_and_never_computed_again(system: System) -> None:
    close(system)
    with writing(system.stores.data) as connection:
        connection.exec_driver_sql("DELETE FROM team_release WHERE first_day = '2026-11-09'")
        connection.exec_driver_sql("DELETE FROM release_closing WHERE first_day = '2026-11-09'")

    assert close(system) == Done()
    assert any("release, week from 2026-11-09" in each for each in named(system))


def test_yesterdays_memory_of_releases_opens_no_more_and_lets_nothing_be_released_twice(system: System) -> None:
    """With it a week could be released again, after somebody was taken out of the roster."""
    with system.stores.data.connect() as connection:
        older = connection.execute(select(ReleaseMemoryRow.__table__)).one()
    close(system)
    with writing(system.stores.data) as connection:
        connection.execute(update(ReleaseMemoryRow).values(number=older.number, sealed=older.sealed))
        connection.exec_driver_sql("DELETE FROM team_release WHERE first_day = '2026-11-09'")
        connection.exec_driver_sql("DELETE FROM release_closing WHERE first_day = '2026-11-09'")

    assert close(system) == Done()
    assert releases.read(system, "east", WEEK, LAST) is None


def test_a_membership_ended_in_the_database_is_seen_by_whoever_is_not_counted(system: System) -> None:
    found = system.people.find("east3@example.org")
    assert found is not None
    with writing(system.stores.data) as connection:
        mine = Membership.subject_id == found.subject
        connection.execute(update(Membership).where(mine).values(until=dt.date(2026, 11, 12)))

    close(system)

    shown = releases.read(system, "east", WEEK, LAST)
    assert shown is not None
    assert shown.content["counted"] == 8
    with writing(system.stores.data) as connection:
        connection.execute(update(Membership).where(mine).values(until=None))
    told = releases.counted_in(system, found.subject, limit=1)
    assert [(each.unit, each.is_released, each.is_counted) for each in told] == [("east", True, False)]


def test_whoever_asks_by_other_names_dates_and_ways_gets_the_same_bytes_or_what_is_not_there(system: System) -> None:
    close(system)
    app = create_app(system)
    app.testing = True
    someone = system.people.find("east3@example.org")
    assert someone is not None
    client = app.test_client()
    client.set_cookie("sameview", system.sessions.start(someone.subject))

    def ask(address: str) -> tuple[int, bytes]:
        answer = client.get(f"/api/v1/team/{address}")
        return answer.status_code, answer.data

    same = {ask(f"east/releases/2026-W46{more}") for more in ("", "?period=week", "?from=2026-11-10", "?fields=x")}
    assert len(same) == 1
    for address in (
        "East/releases/2026-W46",
        "west/releases/2026-W46",
        "small/releases/2026-W46",
        "x/releases/2026-W46",
    ):
        assert ask(address) == ask("nobody/releases/2026-W46")
    assert ask("east/releases/2026-W46?period=day")[0] == 400
    assert ask("east/releases/2026-11-10")[0] == 400


def test_a_small_team_is_not_what_all_together_leave_of_the_others(system: System) -> None:
    close(system)

    published = {unit: active(found)[1] is not None for unit in (PARENT, "east", "small", "west")
                 if (found := releases.read(system, unit, WEEK, LAST))}  # fmt: skip

    assert published == {PARENT: False, "east": True, "small": False, "west": True}
