"""Files of checkpoints: enough of them to convict a log that was put back, and too few to tell when somebody worked."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from portal import checkpoint_files, nightly
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


def test_of_each_day_the_last_checkpoint_alone_stays_for_ever_and_of_today_the_newest(
    office: Any, folder: Path
) -> None:
    last = set()
    for day in range(19, 23):
        office.clock.now = dt.datetime(2026, 11, day, 8, tzinfo=dt.UTC)
        last.add(work(office, 3)[-1])

    assert kept(office) == last
    latest = office.system.log.signer.verifier.open_checkpoint((folder / "latest.txt").read_text())
    assert latest.size == max(last)
    office.clock.advance(days=400)
    nightly.run(office.system, lambda *_: None)
    assert last <= kept(office)


def rewrite(office: Any) -> None:
    with office.system.stores.log.begin() as connection:
        connection.execute(update(EntryRow).values(leaf_hash=bytes(32)))
        connection.execute(update(NodeRow).values(hash=bytes(32)))


def put_back(folder: Path, size: int, note: str) -> None:
    """Write a file as it was left by a round of 19 November."""
    checkpoint = checkpoint_files.read_text(note)
    assert checkpoint is not None
    assert checkpoint.size == size
    checkpoint_files.write(folder, checkpoint, note, dt.date(2026, 11, 19))


def notes_of(office: Any, hours: int) -> dict[int, str]:
    """Let the log grow and return each published note by its size."""
    return {size: publish(office.system) for _ in range(hours) for size in work(office, 1)}


def test_what_convicts_is_never_removed(office: Any, folder: Path) -> None:
    notes = notes_of(office, 5)
    sizes = sorted(notes)
    for size, note in notes.items():
        put_back(folder, size, note)
    (folder / f"{sizes[0]}-00ff00ff.txt").write_text(notes[sizes[0]])
    (folder / f"{sizes[1]}.txt").write_text("changed by hand\n")  # nor what was not dated here
    rewrite(office)

    assert thin(office.system) == 0
    assert kept(office) == set(sizes)


def test_a_log_that_was_rewritten_since_this_morning_is_convicted_by_what_was_published_then(
    office: Any, folder: Path
) -> None:
    (size,) = work(office, 1)
    rewrite(office)

    work(office, 2)

    assert kept(office) == {size}
    assert (folder / "latest.txt").read_text() == (folder / f"{size}.txt").read_text()


def test_the_published_size_and_files_that_were_copied_back_stay(office: Any, folder: Path) -> None:
    notes = notes_of(office, 4)
    sizes = sorted(notes)
    for size, note in notes.items():
        put_back(folder, size, note)
    (folder / f"{sizes[0]}.txt").touch()
    longer = folder / "999999.txt"
    longer.write_text(notes[sizes[1]])
    os.utime(longer, (folder / f"{sizes[3]}.txt").stat()[7:9])

    thin(office.system)

    assert kept(office) == {sizes[0], sizes[3], 999999}
