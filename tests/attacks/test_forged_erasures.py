"""An administrator lets the portal itself erase somebody, or let everything go: it would look like a request.

Neither tables nor files suffice for it: what was erased carries a stamp, whose key only somebody with the keys has.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from portal import erasing
from privacy.stamp_key import tombstone_stamps
from privacy.stores import writing
from privacy.tombstones import Expired, expire
from tests.attacks.conftest import KEYS, Attacked

STONE = "INSERT INTO tombstone (subject_id, day, entry, rows, finished, stamp) VALUES (?, ?, NULL, x'', 0, ?)"
EXPIRY = "INSERT INTO expiry (key_class, before_epoch, day, stamp) VALUES (?, ?, '2026-11-19', ?)"
TODAY = "2026-11-19"
FAR = 24_400
"""A month of the year 2033: all that is stored would be over."""


def everything_is_there(attacked: Attacked) -> bool:
    """Let the portal do all that it does by itself with tombstones and expiries, and look whether Ben is as he was."""
    looks = [each.index for each in attacked.system.log.of_subject(attacked["ben"])]
    rows = attacked.sql("SELECT count(*) FROM sealed_field WHERE subject_id = ?", attacked["ben"])
    attacked.start()

    assert (erasing.resume(attacked.system), erasing.reapply(attacked.system)) == (0, 0)

    person = attacked.system.people.get(attacked["ben"])
    return (
        person is not None
        and person.name == "Ben"
        and [each.index for each in attacked.system.log.of_subject(attacked["ben"])] == looks
        and attacked.sql("SELECT count(*) FROM sealed_field WHERE subject_id = ?", attacked["ben"]) == rows
    )


def write_file(attacked: Attacked, **content: Any) -> Path:
    """Write the file beside the checkpoints as somebody with the folder does."""
    path = attacked.system.config.checkpoints / "tombstones.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"expiries": [], "tombstones": [], **content}))
    return path


def line(subject: str, **more: Any) -> dict[str, Any]:
    return {"day": TODAY, "entry": None, "finished": False, "rows": [], "subject": subject, **more}


def told(attacked: Attacked, *parts: str) -> bool:
    return any(all(part in each for part in parts) for each in attacked.verify())


@pytest.mark.parametrize("stamp", [None, b"", bytes(32)])
def test_a_tombstone_written_into_the_key_store_erases_nobody_and_is_named(
    attacked: Attacked, stamp: bytes | None
) -> None:
    attacked.look()

    attacked.sql(STONE, attacked["ben"], TODAY, stamp, store=KEYS)

    assert everything_is_there(attacked)
    assert told(attacked, f"tombstone of {attacked['ben']}: was not written by the portal", "people erase")
    assert attacked.look("2026-W46") > 0  # his keys are there, and a manager's look still opens and is logged


def test_a_stamp_of_a_genuine_tombstone_fits_no_forged_one(attacked: Attacked) -> None:
    attacked.look()
    erasing.erase(attacked.system, attacked["gus"], attacked["oda"])
    ((day, stamp),) = attacked.sql("SELECT day, stamp FROM tombstone", store=KEYS)

    attacked.sql(STONE, attacked["ben"], day, stamp, store=KEYS)

    assert everything_is_there(attacked)
    assert told(attacked, f"tombstone of {attacked['ben']}: was not written by the portal")


def test_looks_written_into_a_genuine_tombstone_are_not_emptied_and_it_is_named(attacked: Attacked) -> None:
    """Without his keys Ben's entries are nobody's: an erasure that is taken up again would empty the looks."""
    first = attacked.look()
    erasing.erase(attacked.system, attacked["gus"], attacked["oda"])
    rows = b"".join(index.to_bytes(8, "big") for index in range(first, first + 2))
    attacked.sql("UPDATE tombstone SET rows = ?, finished = 0", rows, store=KEYS)
    attacked.log_sql("DELETE FROM chain_head WHERE subject_id = ?", attacked["gus"])
    attacked.sql("DELETE FROM wrapped_key WHERE subject_id = ?", attacked["ben"], store=KEYS)
    (attacked.system.config.checkpoints / "tombstones.json").unlink()
    attacked.start()

    erasing.resume(attacked.system)

    kept = 'SELECT count(*) FROM entry WHERE "index" IN (?, ?) AND sealed IS NOT NULL'
    assert attacked.log_sql(kept, first, first + 1) == [(2,)]
    assert told(attacked, f"tombstone of {attacked['gus']}: was not written by the portal")


@pytest.mark.parametrize("form", ["older", "unstamped", "stamped"])
def test_a_tombstone_written_into_the_file_erases_nobody_and_is_named(attacked: Attacked, form: str) -> None:
    attacked.look()
    forged = {"older": {}, "unstamped": {"format": 2}, "stamped": {"format": 2}}[form]
    stamp = {"stamp": "00" * 32} if form == "stamped" else {}

    path = write_file(attacked, tombstones=[line(attacked["ben"], **stamp)], **forged)

    assert everything_is_there(attacked)
    assert told(attacked, f"{path}: tombstones[0], of person {attacked['ben']}, was not written by this portal")
    path.unlink()
    assert attacked.verify() == []


def test_an_expiry_written_into_the_key_store_lets_nothing_go_and_is_named(attacked: Attacked) -> None:
    """The stamp of a genuine one does not fit either: it is over the epoch, too."""
    attacked.look()
    with writing(attacked.system.stores.keys) as connection:
        expire(
            connection,
            tombstone_stamps(attacked.system.keys),
            Expired("shared", 24_000, attacked.office.clock().date()),
        )
    ((stamp,),) = attacked.sql("SELECT stamp FROM expiry", store=KEYS)
    attacked.sql("UPDATE expiry SET before_epoch = ?", FAR, store=KEYS)
    attacked.sql(EXPIRY, "private", FAR, None, store=KEYS)
    attacked.sql(EXPIRY, "audit", 999_999_999, stamp, store=KEYS)
    attacked.sql(EXPIRY, "anything", -1, b"x", store=KEYS)

    assert everything_is_there(attacked)

    for key_class in ("shared", "private", "audit", "anything"):
        assert told(attacked, f"expiry of {key_class} keys before epoch", "was not written by the portal")


@pytest.mark.parametrize("form", ["older", "stamped"])
def test_an_expiry_written_into_the_file_lets_nothing_go_and_is_named(attacked: Attacked, form: str) -> None:
    attacked.look()
    expiry = {"before_epoch": FAR, "day": TODAY, "key_class": "shared"}
    more = {} if form == "older" else {"format": 2}

    path = write_file(attacked, expiries=[expiry | ({"stamp": "00" * 32} if more else {})], **more)

    assert everything_is_there(attacked)
    assert told(attacked, f"{path}: expiries[0], of shared keys, was not written by this portal")
    assert attacked.sql("SELECT * FROM expiry", store=KEYS) == []
