"""`sameview jobs close-week`, the night that does it as well, and where a person is told."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from command_line import sameview
from installation import subject_of
from sqlalchemy import delete

from portal import create_app, nightly, releases
from portal.config import Config
from portal.releases import WEEK
from portal.wiring import System, build
from privacy.fields import Field
from privacy.stores import writing
from privacy.vault_store import SealedField
from tests.portal.release_office import LAST, NOVEMBER, member, silent


@pytest.fixture
def home(releasing_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an organisation in which the last week is due, and a clock for its commands."""
    monkeypatch.setattr("portal.commands.common.build", partial(build, clock=lambda: NOVEMBER))
    return Path(shutil.copytree(releasing_home, tmp_path / "home"))


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    found = build(Config(home=home), lambda: NOVEMBER)
    yield found
    found.close()


def damage(system: System) -> str:
    one = subject_of(system, member("East", 3))
    gone = (SealedField.subject_id == one, SealedField.day == LAST, SealedField.field == Field.FOCUS)
    with writing(system.stores.data) as connection:
        connection.execute(delete(SealedField).where(*gone))
    return one


def test_the_command_says_how_much_it_released_and_twice_changes_nothing(home: Path) -> None:
    first, second = (sameview("jobs", "close-week", env={"SAMEVIEW_HOME": str(home)}) for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.splitlines() == [
        "weeks released: 1; periods of four weeks: 0",
        "units and periods: 4, of which 2 have no figure",
    ]
    assert second.stdout.startswith("weeks released: 0; periods of four weeks: 0\n")


def test_somebody_whose_figures_do_not_open_is_named_and_the_exit_code_says_so(home: Path, system: System) -> None:
    one = damage(system)

    done = sameview("jobs", "close-week", env={"SAMEVIEW_HOME": str(home)})

    assert done.exit_code == 1
    assert done.stdout.startswith("weeks released: 1;")
    assert f"person {one}: is not counted in the team figures of 2026-W46" in done.stdout


def test_a_clock_in_doubt_releases_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.clock_doubts.doubt", lambda _system: "the clock says something else")

    refused = sameview("jobs", "close-week", env={"SAMEVIEW_HOME": str(home)})
    taken = sameview("jobs", "close-week", "--clock-is-right", env={"SAMEVIEW_HOME": str(home)})

    assert refused.exit_code == 1
    assert "weeks released" not in refused.stdout
    assert taken.stdout.startswith("weeks released: 1;")


def test_the_night_freezes_weeks_and_then_releases(system: System) -> None:
    done = nightly.run(system, silent)

    assert (done.released, done.problems) == (1, ())
    assert done.weeks > 0
    assert releases.read(system, "east", WEEK, LAST) is not None


def test_a_night_in_doubt_releases_nothing(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.clock_doubts.doubt", lambda _system: "the clock says something else")

    assert nightly.run(system, silent).released == 0
    assert releases.read(system, "east", WEEK, LAST) is None


def test_damage_of_one_person_is_named_by_the_night(system: System) -> None:
    one = damage(system)

    done = nightly.run(system, silent)

    assert done.released == 1
    assert any(f"person {one}: is not counted" in each for each in done.problems)


def page(system: System, name: str) -> str:
    app = create_app(system)
    app.testing = True
    client = app.test_client()
    client.set_cookie("sameview", system.sessions.start(subject_of(system, name)))
    text: str = client.get("/me/as-seen-by-manager").text
    return text


def test_each_person_is_told_on_their_own_page_and_with_no_reason(system: System) -> None:
    nightly.run(system, silent)

    counted = page(system, member("East", 3))
    assert "You are counted in East, 9 people." in counted
    assert 'href="/team/east/figures?until=2026-W46"' in counted
    assert "Figures of East were released without you." in page(system, member("East", 0))
    small = page(system, member("Small", 1))
    assert "Nothing was released of Small." in small
    assert "You are counted" not in small


def test_where_nothing_was_released_yet_it_says_when_it_will_be(system: System) -> None:
    with system.people.changing(None) as changes:
        team = changes.team("New")
        changes.part(subject_of(system, member("West", 3)), "west")
        changes.join(subject_of(system, member("West", 3)), team)

    assert "Nothing was released yet of a team of yours." in page(system, member("West", 3))


def test_a_person_in_another_zone_is_told_the_same(system: System, monkeypatch: Any) -> None:
    nightly.run(system, silent)
    with system.people.changing(None) as changes:
        changes.update(subject_of(system, member("East", 4)), timezone="Pacific/Auckland")

    assert "You are counted in East, 9 people." in page(system, member("East", 4))
