"""An older key store was put back by hand, such as with the whole machine: it forgot who was erased, and learns it.

Beside it the log knows, in which the chains of the erased ended, and the file beside the checkpoints.
"""

import json
from pathlib import Path

import pytest
from installation import subject_of
from sqlalchemy import delete, update

from portal import erasing, known_erasures, staging
from portal.restore_log import RestoreRefused
from portal.wiring import System
from privacy import tombstone_file, tombstones
from privacy.chains import chain_head, ended
from privacy.log_tables import ChainHeadRow, EntryRow
from privacy.log_tree import entry
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.tombstone_file import TombstonesBroken
from privacy.tombstones import Tombstone
from tests.backup.places import Office
from tests.backup.test_erased_stay_erased import assert_gone, left


def put_back(office: Office, *names: str) -> str:
    """Erase Ben, then put the stores of before over the live ones by hand; return Ben's subject id."""
    live = {name: staging.live_file(office.config, name) for name in names}
    files = [path for path in live.values() if path is not None]
    office.save()
    before = {path: path.read_bytes() for path in files}
    with office.open() as system:
        ben: str = subject_of(system, "ben")
        erasing.erase(system, ben, by=None)
    for path, content in before.items():
        for beside in path.parent.glob(f"{path.name}-*"):
            beside.unlink()
        path.write_bytes(content)
    return ben


def checkpoints_file(office: Office) -> Path:
    return office.config.checkpoints / "tombstones.json"


@pytest.mark.parametrize("file_is_lost", [False, True], ids=["file", "log-alone"])
def test_the_next_start_erases_again_who_came_back_with_older_data_and_keys(small: Office, file_is_lost: bool) -> None:
    ben = put_back(small, "data", "keys")
    if file_is_lost:
        checkpoints_file(small).unlink()
    with small.open() as system:
        assert min(left(system, ben)) > 0

        assert erasing.resume(system) == 1

    assert_gone(small, ben)
    assert ben in checkpoints_file(small).read_text()


def test_the_file_alone_remembers_where_the_log_was_put_back_too(small: Office) -> None:
    ben = put_back(small, "data", "keys", "log")
    with small.open() as system:
        assert system.log.erasure_of(ben) is None

        assert erasing.resume(system) == 1

        assert left(system, ben) == [0, 0, 0]
        assert system.people.find("ben@example.org") is None


@pytest.mark.parametrize("file_is_lost", [False, True], ids=["file", "log-alone"])
def test_a_restore_with_an_older_key_store_in_place_is_finished(small: Office, file_is_lost: bool) -> None:
    ben = put_back(small, "keys")
    if file_is_lost:
        checkpoints_file(small).unlink()

    done = small.restore()

    assert (done.erased_again, done.problems) == (1, [])
    assert_gone(small, ben)


def test_a_restore_with_an_older_key_store_learns_from_the_backups_own_file(small: Office) -> None:
    """Log and checkpoints do not know it: only the backup of the data was made after the erasure."""
    ben = put_back(small, "keys", "log")
    known = tombstone_file.load(checkpoints_file(small).read_bytes())
    checkpoints_file(small).unlink()
    with small.open() as system:
        stamps = tombstone_stamps(system.keys)
        with writing(system.stores.keys) as connection:
            assert tombstone_file.merge(connection, stamps, known) == 1
    small.save("later", None)
    with small.open() as system, writing(system.stores.keys) as connection:
        connection.execute(delete(Tombstone))

    done = small.restore(folder=small.folder / "later")

    assert done.erased_again == 1
    assert_gone(small, ben)


def test_a_broken_file_beside_the_checkpoints_stops_a_start_and_a_restore(small: Office) -> None:
    small.save()
    checkpoints_file(small).parent.mkdir(exist_ok=True)
    checkpoints_file(small).write_text("{")

    with small.open() as system, pytest.raises(TombstonesBroken, match=r"checkpoints/tombstones\.json is not a file"):
        erasing.resume(system)
    with pytest.raises(RestoreRefused, match=r"checkpoints/tombstones\.json is not a file.* take a copy from a newer"):
        small.restore()


def test_a_file_that_names_the_organisation_erases_nothing(small: Office) -> None:
    stone = {"day": "2026-11-19", "entry": 0, "finished": True, "rows": [], "subject": "0" * 32}
    checkpoints_file(small).parent.mkdir(exist_ok=True)
    checkpoints_file(small).write_text(json.dumps({"expiries": [], "tombstones": [stone]}))

    with small.open() as system, pytest.raises(TombstonesBroken):
        erasing.resume(system)


def end_by_hand(system: System, subject: str, record: int) -> None:
    """End somebody's chains with plain SQL."""
    with writing(system.stores.log) as connection:
        here = chain_head.c.subject_id == subject
        connection.execute(update(ChainHeadRow).where(here).values(sealed=ended(record)))


def test_nobody_is_erased_because_somebody_writes_into_the_log_that_they_were(small: Office) -> None:
    """An entry that says something else, one that is not there, and the record of somebody else's erasure."""
    with small.open() as system:
        ana, ben = subject_of(system, "ana"), subject_of(system, "ben")
        erasing.erase(system, ben, by=None)
        record = system.log.erasure_of(ben)
        assert record is not None
        for number in (0, 10_000, record.entry):
            end_by_hand(system, ana, number)

            assert known_erasures.learn(system) == 0

        with writing(system.stores.log) as connection:
            connection.execute(update(EntryRow).where(entry.c.erased_by == record.entry).values(erased_by=None))
        end_by_hand(system, ana, record.entry)
        with writing(system.stores.keys) as connection:
            connection.execute(delete(Tombstone))
        checkpoints_file(small).unlink()
        assert known_erasures.learn(system) == 0
        with system.stores.keys.connect() as connection:
            assert tombstones.of(connection, ana) is None
