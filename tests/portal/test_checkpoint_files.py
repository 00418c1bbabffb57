"""Files of checkpoints: enough of them to convict a log that was put back, and too few to tell when somebody worked."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from portal import nightly
from portal.checkpoints import publish, thin
from privacy.access_log import Draft
from privacy.log_entries import Chain
from privacy.log_tables import EntryRow, NodeRow


def work(office: Any, hours: int) -> list[int]:
    """Let the log grow every hour, with a checkpoint each, and return their sizes."""
    sizes = []
    for _ in range(hours):
        office.clock.advance(hours=1)
        about = ("operations", [], "operations", None, "released")
        office.system.log.append(Draft(None, None, *about, chain=Chain.ORGANISATION))
        publish(office.system)
        sizes.append(office.system.log.size)
    return sizes


def kept(office: Any) -> set[int]:
    return {int(path.stem) for path in office.system.config.checkpoints.glob("*.txt") if path.stem.isdecimal()}


@pytest.fixture
def folder(office: Any) -> Path:
    path: Path = office.system.config.checkpoints
    return path


def test_files_do_not_tell_at_what_time_the_log_grew(office: Any, folder: Path) -> None:
    work(office, 3)

    for path in folder.glob("*.txt"):
        written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        assert written == dt.datetime(2026, 11, 19, tzinfo=dt.UTC)


def test_a_log_that_did_not_grow_leaves_no_trace(office: Any, folder: Path) -> None:
    work(office, 1)
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime) for path in folder.iterdir()}

    for _ in range(3):
        office.clock.advance(days=1)
        publish(office.system)

    assert {path.name: (path.stat().st_ino, path.stat().st_mtime) for path in folder.iterdir()} == before


def test_of_a_day_that_is_over_the_last_checkpoint_stays_for_ever(office: Any) -> None:
    days = []
    for day in range(19, 23):
        office.clock.now = dt.datetime(2026, 11, day, 8, tzinfo=dt.UTC)
        days.append(work(office, 3))

    thin(office.system)
    after_days = kept(office)
    office.clock.advance(days=400)
    nightly.run(office.system, lambda *_: None)

    assert after_days == {days[0][-1], *days[1], *days[2], *days[3]}
    assert {each[-1] for each in days} <= kept(office)
    assert not {size for each in days for size in each[:-1]} & kept(office)


def test_what_convicts_is_never_removed(office: Any, folder: Path) -> None:
    sizes = work(office, 5)
    (folder / f"{sizes[0]}-00ff00ff.txt").write_bytes((folder / f"{sizes[0]}.txt").read_bytes())
    (folder / f"{sizes[1]}.txt").write_text("changed by hand\n")  # nor what was not dated here
    with office.system.stores.log.begin() as connection:
        connection.execute(update(EntryRow).values(leaf_hash=bytes(32)))
        connection.execute(update(NodeRow).values(hash=bytes(32)))
    office.clock.advance(days=10)

    assert thin(office.system) == 0
    assert kept(office) == set(sizes)


def test_the_published_size_and_files_that_were_copied_back_stay(office: Any, folder: Path) -> None:
    sizes = work(office, 4)
    (folder / f"{sizes[0]}.txt").touch()
    longer = folder / "999999.txt"
    longer.write_bytes((folder / f"{sizes[1]}.txt").read_bytes())
    os.utime(longer, (folder / f"{sizes[3]}.txt").stat()[7:9])
    office.clock.advance(days=10)

    thin(office.system)

    assert kept(office) == {sizes[0], sizes[3], 999999}
