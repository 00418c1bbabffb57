"""Which log a restore goes on with: no entry disappears without anybody having said so, and everybody hears of it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from installation import subject_of
from sqlalchemy import delete

from portal import checkpoint_files, verifying
from portal.restore_log import LogState, RestoreRefused, choose
from privacy import watermark
from privacy.checkpoint import Checkpoint, Verifier
from privacy.log_tables import EntryRow
from privacy.merkle import leaf_hash, root_of
from privacy.stores import writing
from tests.backup.places import Office


def publish(office: Office) -> Path:
    """Publish the checkpoint of now, as the schedule does; return a copy that somebody keeps elsewhere."""
    with office.open() as system:
        note = system.log.checkpoint()
        verifier = Verifier.parse(str(system.log.signer.verifier))
        stated = verifier.open_checkpoint(note)
        watermark.raise_to(system.stores.keys, stated.origin, stated.size, note)
        checkpoint_files.write(office.config.checkpoints, stated, note, system.clock().date())
    kept = office.folder / f"kept-{stated.size}.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(note)
    return kept


def size(office: Office) -> int:
    with office.open() as system:
        return system.log.size


def test_entries_since_the_backup_stay(office: Office) -> None:
    saved = office.save()
    office.append(5)

    done = office.restore()

    assert done.took_log is False
    assert done.entries >= saved.log_size + 5


def test_a_lost_log_without_any_checkpoint_is_not_replaced(small: Office) -> None:
    small.save()
    small.lose("log")

    with pytest.raises(RestoreRefused, match=r"no checkpoint is known .* --checkpoint FILE"):
        small.restore()


def test_a_lost_log_of_which_nothing_is_missing_comes_back_whole(small: Office) -> None:
    saved = small.save()
    publish(small)
    small.lose("log")

    done = small.restore()

    assert (done.took_log, done.lost_entries, done.problems) == (True, 0, [])
    assert done.entries > saved.log_size


@pytest.mark.parametrize("where", ["key store", "file of the checkpoints", "somebody's copy"])
def test_an_older_log_is_refused_by_whichever_checkpoint_is_left(small: Office, where: str) -> None:
    small.save()
    small.append(7)
    kept = publish(small)
    if where != "key store":
        with closing(sqlite3.connect(small.config.home / "keys" / "keys.db")) as keys, keys:
            keys.execute("DELETE FROM seen_checkpoint")
    if where != "file of the checkpoints":
        shutil.rmtree(small.config.checkpoints)
    small.lose("log")

    with pytest.raises(RestoreRefused, match=r"states 7 entries more .* --lost-entries"):
        small.restore(checkpoint=kept if where == "somebody's copy" else None)


def test_entries_that_are_given_up_are_told_to_everybody(small: Office) -> None:
    saved = small.save()
    small.append(7)
    publish(small)
    small.lose("log")

    done = small.restore(lost_entries=True)

    assert (done.took_log, done.lost_entries, done.problems) == (True, 7, [])
    with small.open() as system:
        for name in ("ana", "ben", "oda"):
            said = system.announcements.of(subject_of(system, name))[0].sentence
            assert f"7 entries that came after entry number {saved.log_size} are lost" in said
        assert verifying.verify(system).problems == []
    aside = [each.name for each in small.config.checkpoints.glob("before-the-restore-of-*/*.txt")]
    assert sorted(aside) == [f"{saved.log_size + 7}.txt", "latest.txt"]


def test_a_log_that_was_tampered_with_gives_way_only_when_somebody_says_so(office: Office) -> None:
    office.save()
    office.append(3)
    with office.open() as system, writing(system.stores.log) as connection:
        connection.execute(delete(EntryRow).where(EntryRow.index == 4))
    kept = office.folder / "kept.txt"
    with office.open() as system:
        kept.write_text(system.log.checkpoint())

    with pytest.raises(RestoreRefused, match=r"states 3 entries more"):
        office.restore(checkpoint=kept)
    done = office.restore(checkpoint=kept, lost_entries=True)

    assert (done.took_log, done.lost_entries, done.problems) == (True, 3, [])


def test_a_checkpoint_of_another_log_is_refused(small: Office) -> None:
    small.save()
    small.lose("log")
    note = small.folder / "strange.txt"
    note.write_text((small.data / "checkpoint.txt").read_text().replace("\u2014 sameview/", "\u2014 other/"))

    with pytest.raises(RestoreRefused, match=r"strange\.txt is not signed by this log"):
        small.restore(checkpoint=note)


def test_two_histories_are_never_mixed(small: Office) -> None:
    """The log here and the backup's have grown apart: somebody put an older log back in between."""
    shutil.copytree(small.config.home / "data", small.folder / "older")
    small.append(2)
    small.save()
    shutil.copytree(small.folder / "older", small.config.home / "data", dirs_exist_ok=True)
    small.append(4)

    with pytest.raises(RestoreRefused, match="two different histories"):
        small.restore()


# The choice alone, over every pair of logs.

LEAVES = st.lists(st.sampled_from([b"a", b"b"]), max_size=6)


def state(leaves: list[bytes]) -> LogState:
    return LogState(len(leaves), lambda size: root_of(map(leaf_hash, leaves[:size])))


@given(here=st.none() | LEAVES, saved=LEAVES, known=st.lists(LEAVES, max_size=3))
def test_no_choice_forgets_an_entry_unsaid(
    here: list[bytes] | None, saved: list[bytes], known: list[list[bytes]]
) -> None:
    checkpoints = [Checkpoint("log", len(each), state(each).root_at(len(each))) for each in known]
    logs = [saved] if here is None else [here, saved]
    try:
        choice = choose(None if here is None else state(here), state(saved), checkpoints)
    except RestoreRefused:
        alike = all(a[: len(b)] == b or b[: len(a)] == a for a in [*logs, *known] for b in [*logs, *known])
        assert not alike or (here is None and not known)
        return
    chosen = saved if choice.taken else here or []
    assert choice.size == len(chosen) == max(map(len, logs))
    assert all(chosen[: len(each)] == each for each in [*logs, *(k for k in known if len(k) <= len(chosen))])
    assert choice.lost == max([len(each) - len(chosen) for each in known] + [0])
