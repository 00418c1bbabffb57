"""An administrator writes where keys are recorded in the open: the key store's days, and the escrow's public key."""

from pathlib import Path
from typing import Any

import pytest

from portal import escrowing, nightly, recovery
from portal.checks import Level, inspect
from portal.escrow_files import EscrowFolder
from privacy import escrow_key
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from tests.attacks.conftest import KEYS, Attacked

HORIZON, WEEK = 30, 7


def night(attacked: Attacked) -> Any:
    return nightly.run(attacked.system, lambda _what, _done, _total: None)


def faults(attacked: Attacked) -> list[str]:
    return [f"{each.what}; {each.fix}" for each in inspect(attacked.system) if each.level is Level.FAULT]


def named(problems: Any, *words: str) -> list[str]:
    return [each for each in problems if all(word in each for word in words)]


def test_an_escrow_key_put_in_the_place_of_the_genuine_one_is_given_nothing_and_is_named(
    attacked: Attacked, tmp_path: Path
) -> None:
    escrowing.make_key(attacked.system, tmp_path / "safe", 1, 1)
    assert night(attacked).escrowed
    folder = EscrowFolder(attacked.home)
    for each in folder.lying():
        each.unlink()

    public, _ = escrow_key.make(1, 1)
    folder.keep_public(public, attacked.system.clock().date())  # and no receipt: the next night wants an escrow
    done = night(attacked)

    assert not done.escrowed
    assert folder.lying() == []
    reason = f"{folder.key_file}: is not the escrow key that the log says was made last"
    fix = "make a new pair with `sameview keys escrow-key --output DIR --replace`"
    assert named(done.problems, reason, fix)
    assert named(attacked.verify(), reason, fix)
    assert named(faults(attacked), reason, fix)
    with pytest.raises(EscrowRefused, match="is not the escrow key"):
        escrowing.hand_out(attacked.system, tmp_path / "escrow.json")
    assert not (tmp_path / "escrow.json").exists()

    escrowing.make_key(attacked.system, tmp_path / "another", 1, 1, replace=True)
    assert night(attacked).problems == ()
    (sealed,) = folder.lying()
    share = tmp_path / "another" / "escrow-key.txt"
    assert recovery.open_escrow([attacked.system.organisation.origin], sealed, [share])


def test_a_former_escrow_key_put_back_is_given_nothing_and_is_named(attacked: Attacked, tmp_path: Path) -> None:
    """Genuine once, and replaced since: perhaps because its shares fell into wrong hands."""
    escrowing.make_key(attacked.system, tmp_path / "safe", 1, 1)
    file = EscrowFolder(attacked.home).key_file
    former = file.read_bytes()
    escrowing.make_key(attacked.system, tmp_path / "another", 1, 1, replace=True)

    file.write_bytes(former)

    assert not (done := night(attacked)).escrowed
    assert named(done.problems, "is not the escrow key that the log says was made last")
    assert named(attacked.verify(), "is not the escrow key that the log says was made last")


def test_an_escrow_key_whose_entry_was_emptied_is_given_nothing_until_somebody_verifies(
    attacked: Attacked, tmp_path: Path
) -> None:
    """The tree is as it was, so that the night's hashes find nothing: a gap in the chain is enough to seal nothing."""
    escrowing.make_key(attacked.system, tmp_path / "safe", 1, 1)
    number = attacked.system.log.size - 1

    emptied = "sealed = NULL, subject_tag = NULL, viewer_tag = NULL, day = NULL, erased_by = 0"
    attacked.log_sql(f'UPDATE entry SET {emptied} WHERE "index" = ?', number)  # noqa: S608

    assert not (done := night(attacked)).escrowed
    assert named(done.problems, "cannot be held against the log", "run `sameview log verify`")
    assert named(attacked.verify(), f"entry {number}:")


def test_keys_made_younger_in_the_key_store_are_replaced_in_time_and_are_named(attacked: Attacked) -> None:
    """For two horizons the key store says each week that every key was made on that day."""
    night(attacked)
    since = attacked.system.clock().date()
    versions = {each: attacked.system.provider.versions(each) for each in KeyClass}
    rotations = 0

    for _ in range(2 * HORIZON // WEEK):
        attacked.office.clock.advance(days=WEEK)
        today = attacked.system.clock().date()
        attacked.sql("UPDATE kek_version SET made_on = ? WHERE destroyed_on IS NULL", str(today), store=KEYS)
        night_problems = night(attacked).problems
        if (now := {each: attacked.system.provider.versions(each) for each in KeyClass}) != versions:
            since, versions, rotations = today, now, rotations + 1
            told = [night_problems]  # what it contradicts was replaced that night
        else:
            told = [night_problems, attacked.verify(), faults(attacked)]
        for each in told:
            assert named(each, "kek-shared-", f"the key store dates it {today}", "rotate --class shared --new`")
        assert (today - since).days < HORIZON

    assert rotations == 1


def test_a_key_whose_record_is_removed_to_be_dated_anew_is_named(attacked: Attacked) -> None:
    night(attacked)
    attacked.office.clock.advance(days=10)

    attacked.sql("DELETE FROM kek_version WHERE key_class = 'text' AND version = 2", store=KEYS)

    assert named(night(attacked).problems, "kek-text-2", "it was there on 2026-11-19")
    assert named(attacked.verify(), "kek-text-2", "it was there on 2026-11-19")
