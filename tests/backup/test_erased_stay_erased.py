"""Who was erased does not come back: not from an older backup of the data, the log or the keys, and never past the
horizon.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from installation import subject_of
from sqlalchemy import func, select

from portal import erasing, verifying
from portal.providers import open_provider
from portal.restore_log import RestoreRefused
from portal.wiring import System
from privacy.fields import KeyClass
from privacy.key_store import WrappedKey
from privacy.keys import KeyGone, KeyRing
from privacy.log_entries import LogUnavailable
from privacy.stores import open_engine
from privacy.vault_store import Manifest, SealedField
from tests.backup.places import Office, read


def left(system: System, subject: str) -> list[int]:
    """Return how many sealed rows, manifests and keys of somebody there are."""
    counts = []
    for engine, table in (
        (system.stores.data, SealedField),
        (system.stores.data, Manifest),
        (system.stores.keys, WrappedKey),
    ):
        with engine.connect() as connection:
            own = select(func.count()).select_from(table).where(table.subject_id == subject)
            counts.append(connection.scalar(own) or 0)
    return counts


def saved_then_erased(office: Office) -> str:
    """Save everything while Ben is there, and erase him; return his subject id."""
    with office.open() as system:
        ben = subject_of(system, "ben")
        assert read(system, ben) is not None
    office.save()
    with office.open() as system:
        erasing.erase(system, ben, by=None)
    return ben


def assert_gone(office: Office, ben: str) -> None:
    with office.open() as system:
        assert left(system, ben) == [0, 0, 0]
        assert system.people.find("ben@example.org") is None
        assert system.log.of_subject(ben) == []
        with pytest.raises((KeyGone, LogUnavailable)):
            read(system, ben)
        assert verifying.verify(system).problems == []


def test_an_older_backup_of_the_data_brings_nobody_back(office: Office) -> None:
    ben = saved_then_erased(office)

    done = office.restore()

    assert (done.erased_again, done.problems) == (1, [])
    assert_gone(office, ben)


def test_an_older_log_brings_no_entry_back(small: Office) -> None:
    ben = saved_then_erased(small)
    small.lose("log")

    done = small.restore(checkpoint=small.data / "checkpoint.txt", lost_entries=True)

    assert (done.took_log, done.erased_again, done.problems) == (True, 1, [])
    assert_gone(small, ben)


def test_older_keys_are_refused_as_long_as_the_erasure_is_known_elsewhere(small: Office) -> None:
    saved_then_erased(small)
    small.lose("keys")

    with pytest.raises(RestoreRefused, match=r"does not know of 1 erasure.* --lost-keys"):
        small.restore(keys_folder=small.keys)


def test_older_keys_that_are_accepted_erase_again_before_anything_opens(small: Office) -> None:
    """Data, log and keys are all lost, and all backups are of before: the file beside the checkpoints remembers."""
    ben = saved_then_erased(small)
    small.lose("data", "log", "keys")

    done = small.restore(
        keys_folder=small.keys, checkpoint=small.data / "checkpoint.txt", lost_keys=True, lost_entries=True
    )

    assert (done.took_log, done.took_keys, done.erased_again, done.problems) == (True, True, 1, [])
    assert_gone(small, ben)


def test_the_keys_here_are_never_exchanged_for_older_ones(small: Office) -> None:
    saved_then_erased(small)

    with pytest.raises(RestoreRefused, match="leave out --keys"):
        small.restore(keys_folder=small.keys)


@pytest.mark.parametrize(("days", "refused"), [(30, False), (31, True)])
def test_a_key_backup_older_than_the_horizon_is_refused(small: Office, days: int, refused: bool) -> None:
    small.save()
    small.lose("keys")
    small.clock.advance(days=days)

    if refused:
        with pytest.raises(RestoreRefused, match="31 days old, the erasure horizon is 30 days"):
            small.restore(keys_folder=small.keys)
    else:
        assert small.restore(keys_folder=small.keys).problems == []


def test_a_key_backup_from_the_future_is_refused(small: Office) -> None:
    """A date that somebody typed hides how old the keys are."""
    small.save()
    small.lose("keys")
    small.clock.advance(days=-1)

    with pytest.raises(RestoreRefused, match="after today: its age is unknown"):
        small.restore(keys_folder=small.keys)


def test_without_any_keys_nothing_is_restored(small: Office) -> None:
    small.save()
    small.lose("keys")

    with pytest.raises(RestoreRefused, match="name the newest backup of the keys"):
        small.restore()


def test_keys_older_than_the_data_are_taken_only_when_somebody_says_so(small: Office) -> None:
    small.save("first", "keys")
    small.append(2)
    small.save("data", None)
    small.lose("keys")

    with pytest.raises(RestoreRefused, match=r"older than the data.*--lost-keys"):
        small.restore(keys_folder=small.keys)
    assert small.restore(keys_folder=small.keys, lost_keys=True).problems == []


# The horizon: somebody has every backup, and puts back the old keys by hand.


@contextmanager
def old_keys(office: Office) -> Iterator[KeyRing]:
    """Open the key store of the old backup with the key-encryption keys that there are today."""
    copy = office.folder / "keys-by-hand.db"
    shutil.copyfile(office.keys / "keys.db", copy)
    engine = open_engine(f"sqlite:///{copy}")
    try:
        yield KeyRing(engine, open_provider(office.config, frozenset(KeyClass)))
    finally:
        engine.dispose()


def keys_of(ring: KeyRing, subject: str) -> list[tuple[KeyClass, int]]:
    with ring.engine.connect() as connection:
        own = select(WrappedKey.key_class, WrappedKey.epoch).where(WrappedKey.subject_id == subject)
        return [(KeyClass(key_class), epoch) for key_class, epoch in connection.execute(own)]


def opens(ring: KeyRing, subject: str) -> dict[tuple[KeyClass, int], bool]:
    """Return for each data key of somebody whether it unwraps."""
    found = {}
    for key_class, epoch in keys_of(ring, subject):
        try:
            ring.field_key(subject, key_class, epoch, "anything")
            found[key_class, epoch] = True
        except KeyGone:
            found[key_class, epoch] = False
    return found


def let_the_horizon_pass(office: Office) -> None:
    """Replace and destroy every key-encryption key, as is done within every horizon."""
    with office.open() as system:
        for key_class in KeyClass:
            system.keys.rotate(key_class)
            for version in system.provider.versions(key_class)[:-1]:
                system.keys.destroy_version(key_class, version)


def test_no_backup_older_than_the_horizon_opens_anything_of_the_erased(office: Office) -> None:
    ben = saved_then_erased(office)

    let_the_horizon_pass(office)

    with old_keys(office) as ring:
        found = opens(ring, ben)
    assert {key_class for key_class, _ in found} >= {KeyClass.SHARED, KeyClass.PRIVATE, KeyClass.AUDIT}
    assert not any(found.values())


def test_within_the_horizon_an_old_key_backup_still_opens(office: Office) -> None:
    """What the page says of the horizon is so in both directions: until then whoever has the backup could open it."""
    ben = saved_then_erased(office)

    with old_keys(office) as ring:
        found = opens(ring, ben)

    assert found
    assert all(found.values())


def test_data_from_before_the_rotation_open_with_the_keys_of_today(office: Office) -> None:
    """Destroying versions takes nothing from those who stay: the keys here are wrapped anew."""
    ben = saved_then_erased(office)
    let_the_horizon_pass(office)

    done = office.restore()

    assert done.problems == []
    assert_gone(office, ben)
    with office.open() as system:
        ana = subject_of(system, "ana")
        assert system.log.of_subject(ana) != []
