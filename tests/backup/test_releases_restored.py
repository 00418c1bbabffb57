"""After a restore nobody computes again what was released: it comes back as it was, or stays away."""

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import erasing, release_due, releases, staging, verifying
from portal.closing_weeks import Done
from portal.config import Config
from portal.release_due import Due
from portal.releases import WEEK
from privacy.release_memory import MemoryLost
from tests.backup.places import Office
from tests.portal import release_office
from tests.portal.release_office import LAST, NOVEMBER, active, close, everything

SIZES = {"East": 6, "West": 5}


@pytest.fixture(scope="module")
def mold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An organisation in which the first week of a block is due."""
    home = tmp_path_factory.mktemp("restored") / "home"
    return release_office.released(home, SIZES, NOVEMBER - dt.timedelta(weeks=1))


@pytest.fixture
def office(mold: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(Config(home=Path(shutil.copytree(mold, tmp_path / "home"))), tmp_path / "backups")
    made.clock.now = NOVEMBER
    yield made
    made.close()


def test_older_data_under_newer_keys_lose_what_was_released_since_and_nothing_computes_it_again(office: Office) -> None:
    office.save()
    with office.open() as system:
        before = everything(system)
        assert close(system).weeks == 1

    done = office.restore()

    assert done.problems == []
    with office.open() as system:
        assert everything(system) == before
        with system.stores.data.connect() as connection, pytest.raises(MemoryLost):
            system.release_memory.open(connection)
        assert close(system) == Done()
        assert verifying.verify(system).problems == []
        assert releases.read(system, "east", WEEK, LAST) is None
    office.clock.now = NOVEMBER + dt.timedelta(weeks=4)
    with office.open() as system:
        done_later = close(system)
        assert (done_later.weeks, done_later.withheld) == (4, done_later.releases), "open blocks stay withheld"
        assert verifying.verify(system).problems == []


def test_a_release_that_is_removed_after_a_restore_is_named_nevertheless(office: Office) -> None:
    office.save()
    with office.open() as system:
        close(system)
    office.restore()

    with office.open() as system:
        with system.stores.data.begin() as connection:
            connection.exec_driver_sql("DELETE FROM team_release WHERE first_day = '2026-11-02'")
            connection.exec_driver_sql("DELETE FROM release_closing WHERE first_day = '2026-11-02'")
        problems = verifying.verify(system).problems
    assert any("release, week from 2026-11-02" in each for each in problems)


def test_nothing_of_somebody_erased_comes_back_with_a_backup_of_before(office: Office) -> None:
    with office.open() as system:
        close(system)
    office.save()
    with office.open() as system:
        found = system.people.find("east3@example.org")
        assert found is not None
        erasing.erase(system, found.subject, by=None)

    assert office.restore().problems == []

    with office.open() as system, system.stores.data.connect() as connection:
        with pytest.raises(MemoryLost):
            system.release_memory.open(connection)
        assert verifying.verify(system).problems == []


def test_on_a_new_host_with_its_keys_the_memory_goes_on(office: Office, tmp_path: Path) -> None:
    office.save()
    with office.open() as system:
        close(system)
        expected = releases.read(system, "east", WEEK, LAST)
    elsewhere = Config(home=tmp_path / "elsewhere")
    elsewhere.home.mkdir()
    os.symlink(office.config.kek_dir, elsewhere.kek_dir)

    done = office.restore(elsewhere, keys_folder=office.keys, checkpoint=office.data / "checkpoint.txt")

    assert done.problems == []
    there = Office(elsewhere, tmp_path / "more", office.clock)
    with there.open() as system:
        assert close(system).weeks == 1
        found = releases.read(system, "east", WEEK, LAST)
        assert found is not None
        assert expected is not None
        assert found.payload == expected.payload
        assert verifying.verify(system).problems == []


@pytest.mark.parametrize("late", [False, True], ids=["as it was", "with late data"])
def test_data_and_keys_put_back_by_hand_release_what_the_log_says_or_nothing(office: Office, late: bool) -> None:
    """The log is newer, and knows what was released: the same comes out again, or all of it is withheld."""
    paths = [path for name in ("data", "keys") if (path := staging.live_file(office.config, name))]
    office.save()
    before = {path: path.read_bytes() for path in paths}
    with office.open() as system:
        close(system)
        shown = releases.read(system, "east", WEEK, LAST)
    for path, content in before.items():
        for beside in path.parent.glob(f"{path.name}-*"):
            beside.unlink()
        path.write_bytes(content)

    with office.open() as system:
        if late:
            one = system.people.find("east3@example.org")
            assert one is not None
            figures = release_office.figures(release_office.random.Random(9), 30_000)
            release_office.file_days(system, one.subject, {LAST: figures})
        assert close(system).weeks == 1
        found = releases.read(system, "east", WEEK, LAST)
        assert found is not None
        assert shown is not None
        if late:
            assert active(found) == (None, None, None)
        else:
            assert (found.payload, found.entry) == (shown.payload, shown.entry)
        said = [each for each in release_due.said(system) if each.due == Due(WEEK, LAST)]
        assert len(said) == 1 + late
