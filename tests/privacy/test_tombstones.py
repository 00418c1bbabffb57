"""Tombstones and expiries: what a stamp is over, what a file of them may say, and what a key store takes from it."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import text, update

from privacy import tombstone_file, tombstones
from privacy.fields import KeyClass, epoch_of, first_day_of
from privacy.stores import Stores, writing
from privacy.tombstone_file import Tombstones, TombstonesBroken
from privacy.tombstones import Expired, Stone, Tombstone, TombstoneStamps

DAY = dt.date(2026, 11, 19)
BEN, EVA = "b" * 32, "e" * 32
STAMPS = TombstoneStamps(bytes(range(32)))
STRANGER = TombstoneStamps(bytes(32))
STONE = STAMPS.stone(Stone(BEN, DAY, 7, (3, 5), finished=True))
EXPIRY = STAMPS.expiry(Expired("shared", 24_300, DAY))


@pytest.mark.parametrize(
    "change",
    [
        {"subject": EVA},
        {"day": DAY + dt.timedelta(days=1)},
        {"entry": 8},
        {"entry": None},
        {"rows": (3, 5, 6)},
        {"rows": ()},
        {"stamp": None},
        {"stamp": b""},
    ],
)
def test_a_stamp_is_over_all_that_a_tombstone_orders(change: dict[str, Any]) -> None:
    assert STAMPS.holds(STONE)
    assert not STAMPS.holds(STONE._replace(**change))
    assert not STRANGER.holds(STONE)


@pytest.mark.parametrize("change", [{"key_class": "private"}, {"before_epoch": 24_301}, {"day": DAY.replace(day=1)}])
def test_a_stamp_is_over_all_of_an_expiry(change: dict[str, Any]) -> None:
    assert STAMPS.holds(EXPIRY)
    assert not STAMPS.holds(EXPIRY._replace(**change))


def test_a_stamp_follows_what_is_noted_later(stores: Stores) -> None:
    with writing(stores.keys) as connection:
        tombstones.begin(connection, STAMPS, BEN, DAY)
        tombstones.note(connection, STAMPS, BEN, 7, [5, 3])
        tombstones.finish(connection, BEN)

        assert tombstones.read(connection) == [STONE]


def test_a_genuine_tombstone_takes_the_place_of_a_forged_one_and_stays_beside_none(stores: Stores) -> None:
    with writing(stores.keys) as connection:
        tombstones.put(connection, STRANGER.stone(STONE))
        tombstones.note(connection, STAMPS, BEN, 9, [1])
        assert tombstones.of(connection, BEN) == STRANGER.stone(STONE)  # nothing is added to what is forged

        tombstones.begin(connection, STAMPS, BEN, DAY)

        assert tombstones.of(connection, BEN) == STAMPS.stone(Stone(BEN, DAY, None, (), False))


def test_a_genuine_expiry_is_not_shadowed_by_a_forged_one_that_reaches_further(stores: Stores) -> None:
    with writing(stores.keys) as connection:
        tombstones.expire(connection, STRANGER, Expired("shared", 99_999, DAY))
        for epoch in (24_300, 24_299):
            tombstones.expire(connection, STAMPS, Expired("shared", epoch, DAY))

        assert tombstones.expired(connection) == [EXPIRY]


def test_a_row_of_other_types_is_read_as_one_without_a_stamp(sqlite_stores: Stores) -> None:
    """SQLite holds whatever is written: a start is not to end in it."""
    forged = "INSERT INTO tombstone (subject_id, day, entry, rows, finished, stamp) VALUES"
    with writing(sqlite_stores.keys) as connection:
        connection.execute(text(f"{forged} ('a', 'today', 'x', 'y', 'z', 'w'), ('b', '2026-11-19', 1.5, x'', 0, x'')"))
        connection.execute(text("INSERT INTO expiry (key_class, before_epoch, day, stamp) VALUES ('x', 'y', 'z', 5)"))

        found = [*tombstones.read(connection), *tombstones.expired(connection)]

    assert [STAMPS.holds(each) for each in found] == [False] * 3


def test_a_file_holds_what_is_genuine_and_gives_it_to_another_key_store(stores: Stores) -> None:
    with writing(stores.keys) as connection:
        tombstones.put(connection, STONE)
        tombstones.put(connection, STRANGER.stone(STONE._replace(subject=EVA)))
        tombstones.expire(connection, STAMPS, EXPIRY)
        content = tombstone_file.dump(connection, STAMPS)
        connection.execute(
            text("DELETE FROM tombstone" if stores.keys.dialect.name == "sqlite" else "DELETE FROM key_store.tombstone")
        )

        known = tombstone_file.load(content)
        assert known == Tombstones([EXPIRY], [STONE])
        assert not tombstone_file.is_known(connection, STAMPS, known)
        assert tombstone_file.merge(connection, STAMPS, known) == 1

        assert tombstone_file.is_known(connection, STAMPS, known)
        assert tombstones.read(connection) == [STONE._replace(finished=False)]  # it is erased again


def test_lines_of_another_installation_are_never_taken_and_those_of_an_older_version_only_when_said(
    stores: Stores,
) -> None:
    stranger = Tombstones([STRANGER.expiry(EXPIRY)], [STRANGER.stone(STONE)])
    older = Tombstones([EXPIRY._replace(stamp=None)], [STONE._replace(stamp=None)])
    with writing(stores.keys) as connection:
        for also in (False, True):
            assert tombstone_file.merge(connection, STAMPS, stranger, also_unstamped=also) == 0
        assert tombstone_file.merge(connection, STAMPS, older) == 0
        assert tombstones.read(connection) == tombstones.expired(connection) == []
        assert [len(list(tombstone_file.doubtful(connection, STAMPS, each))) for each in (stranger, older)] == [2, 2]
        assert tombstone_file.unheard_of(connection, older) == 1

        assert tombstone_file.merge(connection, STAMPS, older, also_unstamped=True) == 1

        assert (tombstones.read(connection), tombstones.expired(connection)) == (
            [STONE._replace(finished=False)],
            [EXPIRY],
        )
        assert list(tombstone_file.doubtful(connection, STAMPS, older)) == []  # the key store says the same now
        assert len(list(tombstone_file.doubtful(connection, STAMPS, stranger))) == 2


def test_a_tombstone_whose_stamp_was_changed_is_mended_from_the_file(stores: Stores) -> None:
    with writing(stores.keys) as connection:
        tombstones.put(connection, STONE)
        known = tombstone_file.load(tombstone_file.dump(connection, STAMPS))
        connection.execute(update(Tombstone).values(rows=b""))
        assert not tombstone_file.is_known(connection, STAMPS, known)

        assert tombstone_file.merge(connection, STAMPS, known) == 0  # nobody new

        assert tombstones.read(connection) == [STONE._replace(finished=False)]


EMPTY: dict[str, Any] = {"expiries": [], "format": 2, "tombstones": []}
LINE = {"day": "2026-11-19", "entry": 0, "finished": True, "rows": [], "subject": BEN, "stamp": "00" * 32}
AHEAD = {"before_epoch": 24_400, "day": "2026-11-19", "key_class": "shared", "stamp": "00" * 32}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (
            EMPTY | {"expiries": [AHEAD, AHEAD | {"before_epoch": 999_999_999}]},
            r"999999999 is no epoch of shared .*\$\.expiries\[1\]\.before_epoch",
        ),
        (EMPTY | {"expiries": [AHEAD | {"before_epoch": -1}]}, r"-1 is no epoch of shared keys .*\$\.expiries\[0\]"),
        (EMPTY | {"expiries": [AHEAD | {"key_class": "audit"}]}, r"24400 is no epoch of audit keys"),
        (EMPTY | {"expiries": [AHEAD | {"key_class": "text", "before_epoch": 10**18}]}, r"is no epoch of text keys"),
        (EMPTY | {"expiries": [AHEAD | {"key_class": "granted"}]}, r"a grant's epoch .*\$\.expiries\[0\]"),
        (EMPTY | {"tombstones": [LINE | {"rows": [-1]}]}, r"\$\.tombstones\[0\]\.rows"),
        (EMPTY | {"tombstones": [LINE | {"stamp": "zz"}]}, r"\$\.tombstones\[0\]\.stamp"),
        (EMPTY | {"tombstones": [LINE | {"subject": "0" * 32}]}, r"\$\.tombstones\[0\]\.subject"),
        (EMPTY | {"format": 3}, r"of format 3, and this version reads 1 and 2"),
    ],
)
def test_a_file_that_says_what_cannot_be_is_refused_with_the_line(content: dict[str, Any], place: str) -> None:
    with pytest.raises(TombstonesBroken, match=place):
        tombstone_file.load(json.dumps(content).encode())


def test_a_stamp_is_missing_only_from_files_of_older_versions() -> None:
    without = {key: value for key, value in LINE.items() if key != "stamp"}
    older = {"expiries": [], "tombstones": [without]}

    assert tombstone_file.load(json.dumps(older).encode()).tombstones[0].stamp is None
    assert tombstone_file.load(json.dumps(older | {"format": 2}).encode()).tombstones[0].stamp == b""


@pytest.mark.parametrize("key_class", [KeyClass.SHARED, KeyClass.PRIVATE, KeyClass.TEXT, KeyClass.AUDIT])
@pytest.mark.parametrize("day", [dt.date(1970, 1, 1), DAY, dt.date(2031, 12, 31)])
def test_the_first_day_of_an_epoch_is_the_first_that_falls_into_it(key_class: KeyClass, day: dt.date) -> None:
    first = first_day_of(key_class, epoch := epoch_of(key_class, day))

    assert first <= day
    assert (epoch_of(key_class, first), epoch_of(key_class, first - dt.timedelta(days=1))) == (epoch, epoch - 1)
