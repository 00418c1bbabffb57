"""A restore obeys what was erased and has expired if its stamp holds; what an older version wrote, if somebody says so.

The key of the stamps is in every backup of the key store, so genuine lines hold wherever a restore goes on.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from installation import subject_of

from portal import erasing, known_erasures, verifying
from portal.restore_log import RestoreRefused
from privacy import tombstones
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.tombstones import Expired, Stone, TombstoneStamps
from tests.backup.places import Office, contents
from tests.backup.test_erased_stay_erased import assert_gone, saved_then_erased
from tests.backup.test_older_keys import checkpoints_file

FAR = 24_400
"""A month of the year 2033."""
TODAY = "2026-11-19"


def write_file(office: Office, **content: Any) -> Path:
    path = checkpoints_file(office)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"expiries": [], "tombstones": [], **content}))
    return path


def as_an_older_version_wrote_it(office: Office) -> None:
    """Take the stamps out of the file beside the checkpoints."""
    content = json.loads(checkpoints_file(office).read_text())
    for lines in (content["expiries"], content["tombstones"]):
        for each in lines:
            del each["stamp"]
    del content["format"]
    checkpoints_file(office).write_text(json.dumps(content))


@pytest.mark.parametrize("lost_keys", [False, True])
def test_a_forged_expiry_in_the_file_takes_nothing_from_a_restore(office: Office, lost_keys: bool) -> None:
    """Even if somebody says that older versions are to be obeyed: no setting lets go of what is that young."""
    office.save()
    rows = len(contents(office.config, "data")["sealed_field"])
    path = write_file(office, expiries=[{"before_epoch": FAR, "day": TODAY, "key_class": "shared"}])

    done = office.restore(lost_keys=lost_keys)

    assert (done.rows, len(contents(office.config, "data")["sealed_field"])) == (rows, rows)
    said = "expiry of shared keys before epoch" if lost_keys else f"{path}: expiries[0], of shared keys"
    assert any(said in each for each in done.problems)


def test_an_expiry_that_is_none_is_refused_with_file_and_line_and_changes_nothing(small: Office) -> None:
    small.save()
    write_file(small, expiries=[{"before_epoch": 999_999_999, "day": TODAY, "key_class": "shared"}])
    before = contents(small.config, "data")

    with pytest.raises(RestoreRefused, match=r"checkpoints/tombstones\.json is .*999999999.*\$\.expiries\[0\]"):
        small.restore()

    assert contents(small.config, "data") == before


def test_an_expiry_of_a_clock_that_was_ahead_is_left_out_and_named(small: Office) -> None:
    """It is genuine. It cost what was there then; it does not cost what a backup brings back with its keys."""
    small.save()
    with small.open() as system:
        stamps = tombstone_stamps(system.keys)
        with writing(system.stores.keys) as connection:
            tombstones.expire(connection, stamps, Expired("shared", FAR, small.clock().date()))
        known_erasures.keep_file(system)
    rows = len(contents(small.config, "data")["sealed_field"])

    done = small.restore()

    assert done.rows == rows
    (problem,) = done.problems
    assert problem.startswith(f"expiry of shared keys before epoch {FAR}: cannot be over yet: the clock was ahead")


def test_an_expiry_of_a_time_that_was_set_shorter_once_is_applied_again(small: Office) -> None:
    """13 months are kept now; what went when 3 were kept stays gone."""
    small.clock.advance(days=130)
    small.save()
    with small.open() as system:
        stamps = tombstone_stamps(system.keys)
        with writing(system.stores.keys) as connection:
            tombstones.expire(connection, stamps, Expired("private", 2026 * 12 + 11, small.clock().date()))
    before = {row for row in contents(small.config, "data")["sealed_field"] if "apps" in row}

    done = small.restore()

    assert (bool(before), done.erased_again, done.problems) == (True, 1, [])
    assert not [row for row in contents(small.config, "data")["sealed_field"] if "apps" in row]


def test_a_forged_tombstone_in_the_file_neither_erases_nor_refuses_a_restore(office: Office) -> None:
    office.save()
    ben = office.subject("ben")
    line = {"day": TODAY, "entry": None, "finished": True, "rows": [], "subject": ben}
    path = write_file(office, tombstones=[line | {"stamp": "ab" * 32}], format=2)

    done = office.restore()

    assert (done.people, done.erased_again) == (3, 0)
    assert len([each for each in done.problems if f"{path}: tombstones[0], of person {ben}" in each]) == 2
    path.unlink()
    assert office.restore().problems == []


def test_a_tombstone_of_another_installation_is_obeyed_by_nobody_who_says_lost_keys(small: Office) -> None:
    small.save()
    ben = small.subject("ben")
    stranger = TombstoneStamps(bytes(32)).stone(Stone(ben, small.clock().date(), None, (), False))
    line = {**stranger._asdict(), "day": TODAY, "rows": [], "stamp": (stranger.stamp or b"").hex()}
    write_file(small, tombstones=[line], format=2)
    small.lose("keys")

    done = small.restore(keys_folder=small.keys, lost_keys=True)

    assert (done.people, done.erased_again) == (3, 0)
    assert any(f"tombstones[0], of person {ben}" in each for each in done.problems)


def test_what_an_older_version_wrote_is_obeyed_when_somebody_says_that_keys_are_lost(small: Office) -> None:
    """Everything is lost, and all backups are of before: nothing but a file without stamps remembers the erasure."""
    ben = saved_then_erased(small)
    as_an_older_version_wrote_it(small)
    small.lose("data", "log", "keys")
    losses = {"keys_folder": small.keys, "checkpoint": small.data / "checkpoint.txt", "lost_entries": True}

    with pytest.raises(RestoreRefused, match=r"1 erasure\(s\) that .*tombstones\.json state without a stamp.*--lost"):
        small.restore(**losses)
    assert not (small.config.home / "data" / "sameview.db").exists()
    done = small.restore(**losses, lost_keys=True)

    assert (done.took_keys, done.erased_again, done.problems) == (True, 1, [])
    assert_gone(small, ben)
    assert '"format":2' in checkpoints_file(small).read_text()


def test_what_an_older_version_wrote_is_named_where_the_keys_are_here(small: Office) -> None:
    small.save()
    ben = small.subject("ben")
    write_file(small, tombstones=[{"day": TODAY, "entry": None, "finished": True, "rows": [], "subject": ben}])

    done = small.restore()

    assert (done.people, done.erased_again) == (3, 0)
    assert any("restore again with --lost-keys" in each for each in done.problems)


def test_a_forged_tombstone_in_a_backup_of_the_keys_erases_nobody(small: Office) -> None:
    ben = small.subject("ben")
    with small.open() as system, writing(system.stores.keys) as connection:
        tombstones.put(connection, Stone(ben, small.clock().date(), None, (), False))
    small.save()
    small.lose("keys")

    done = small.restore(keys_folder=small.keys, lost_keys=True)

    assert (done.people, done.erased_again) == (3, 0)
    assert any(f"tombstone of {ben}: was not written by the portal" in each for each in done.problems)


def test_genuine_stamps_hold_in_a_key_store_of_before_the_erasure(small: Office) -> None:
    """The backup of the data knows of it, and the key that checks the stamp is in the older backup of the keys."""
    small.save("before", "keys")
    with small.open() as system:
        ben: str = subject_of(system, "ben")
        erasing.erase(system, ben, by=None)
    small.save("data", None)
    checkpoints_file(small).unlink()
    small.lose("keys", "data", "log")

    done = small.restore(keys_folder=small.keys, checkpoint=small.data / "checkpoint.txt", lost_keys=True)

    assert done.problems == []
    assert_gone(small, ben)
    with small.open() as system:
        assert [each.subject for each in known_erasures.stones(system)] == [ben]
        assert verifying.verify(system).problems == []
