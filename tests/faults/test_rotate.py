"""kill -9 in a rotation: no key is half-rotated, nothing is lost, and the next rotation ends what this one began.

A batch is one key here, so that it dies between batches, too. In a token each key that is made or destroyed is a step.
"""

import dataclasses
import datetime as dt
import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

import dying
import pytest
import soft_token
from installation import NOW, THEN, Copies, figures, populate, subject_of
from pkcs11._pkcs11 import Object
from sqlalchemy import func, select

from portal.config import Config
from portal.founding import found
from portal.wiring import System, build
from privacy import pkcs11_keys, rotation, wrapping
from privacy.fields import Field, KeyClass
from privacy.key_store import WrappedKey
from privacy.period import Period
from privacy.pkcs11_token import Opened
from privacy.policy import Purpose

DAY = dt.date(2026, 11, 9)
IN_TOKEN: tuple[dying.Step, ...] = ((pkcs11_keys, "_generate"), (Object, "destroy"))


@pytest.fixture(autouse=True)
def _one_key_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapping, "BATCH", 1)


@pytest.fixture
def token_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copies:
    """Copies of an installation whose keys are in a token, each with its own copy of the token.

    Two processes had made the first shared key at once: there are two of version 1, and both are to be destroyed.
    """
    token = soft_token.make(tmp_path, monkeypatch)
    mold = Config.from_environ({"SAMEVIEW_HOME": str(tmp_path / "home"), **token.settings})
    system = found(mold, "Example Insurance", clock=lambda: THEN)
    system.provider.token.run(_generate_another)
    populate(system)
    system.close()
    numbers = itertools.count()

    def copy() -> Config:
        place = tmp_path / f"copy{next(numbers)}"
        home = shutil.copytree(mold.home, place / "home")
        soft_token.restore(token, token.folder, place, monkeypatch)
        return dataclasses.replace(mold, home=home)

    return Copies(copy)


def _generate_another(opened: Opened) -> None:
    pkcs11_keys._generate(opened, "kek-shared-1")
    opened.forget()


def rotating(config: Config) -> dying.Operation:
    def rotate(_tell: dying.Tell) -> None:
        system = build(config, lambda: NOW)
        rotation.renew(system.keys, system.log, KeyClass.SHARED, anew=True)

    return rotate


def wrapped(system: System) -> dict[int, int]:
    """Return how many shared keys each version wraps."""
    version = WrappedKey.kek_version
    counted = select(version, func.count()).where(WrappedKey.key_class == KeyClass.SHARED).group_by(version)
    with system.stores.keys.connect() as connection:
        return {number: count for number, count in connection.execute(counted)}


def active_time(system: System) -> bytes:
    """Return what Ben reads of one day."""
    ben = subject_of(system, "ben")
    found = system.gate.disclose(ben, ben, [Field.ACTIVE_TIME], Purpose.OWN_REVIEW, Period.day(DAY))
    return found.values[DAY, Field.ACTIVE_TIME]


def die_everywhere(copies: Copies, also: Sequence[dying.Step] = ()) -> tuple[list[dying.Death], int]:
    """Let a rotation die at every step, and see that nothing is lost.

    Returns the deaths, and after how many of them some keys were rewrapped and others not.
    """
    whole = build(copies(), lambda: NOW)
    keys, expected = sum(wrapped(whole).values()), str(figures(DAY)[Field.ACTIVE_TIME]["active_seconds"])
    whole.close()
    deaths = dying.deaths(rotating(first := copies()), commits_only=first.database_url is not None, also=also)
    between = 0
    for death in deaths:
        config = copies()

        dying.run(rotating(config), death, also=also)

        system = build(config, lambda: NOW)
        assert system.log.verify().problems == [], death
        assert sum(wrapped(system).values()) == keys, death
        assert wrapped(system).keys() <= set(system.provider.versions(KeyClass.SHARED)), death
        between += len(wrapped(system)) == 2
        assert expected in active_time(system).decode(), death
        rotation.renew(system.keys, system.log, KeyClass.SHARED)
        (version,) = system.provider.versions(KeyClass.SHARED)
        assert wrapped(system) == {version: keys}, death
        system.keys.evict()
        assert expected in active_time(system).decode(), death
        assert system.log.verify().problems == [], death
        system.close()
    return deaths, between


def test_no_key_is_lost_or_half_rotated_by_a_kill_at_any_step(copies: Copies) -> None:
    _, between = die_everywhere(copies)

    assert between, "it never died between two batches"


def test_no_key_in_a_token_is_lost_or_half_rotated_by_a_kill_at_any_step(token_copies: Copies) -> None:
    deaths, between = die_everywhere(token_copies, IN_TOKEN)

    assert between, "it never died between two batches"
    in_token = [each.name for each in deaths if each.after and each.name in ("generate", "destroy")]
    assert in_token == ["generate", "destroy", "destroy"]
