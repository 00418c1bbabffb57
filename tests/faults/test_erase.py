"""kill -9 in an erasure: the next start finishes it, nobody else loses anything, and no erased person is back."""

import datetime as dt

import dying
import pytest
from installation import NOW, Copies, subject_of
from sqlalchemy import func, select

from portal import erasing
from portal.config import Config
from portal.wiring import System, build
from privacy.fields import Field
from privacy.key_store import WrappedKey
from privacy.keys import KeyGone
from privacy.log_entries import LogUnavailable
from privacy.period import Period
from privacy.policy import Purpose
from privacy.vault_store import SealedField

DAY = dt.date(2026, 11, 9)


def erasing_ben(config: Config, ben: str) -> dying.Operation:
    def erase(_tell: dying.Tell) -> None:
        erasing.erase(build(config, lambda: NOW), ben, by=None)

    return erase


def left(system: System, ben: str) -> tuple[int, int]:
    """Return how many sealed rows and keys of Ben there are."""
    rows = select(func.count()).select_from(SealedField).where(SealedField.subject_id == ben)
    keys = select(func.count()).select_from(WrappedKey).where(WrappedKey.subject_id == ben)
    with system.stores.data.connect() as data, system.stores.keys.connect() as store:
        return data.scalar(rows) or 0, store.scalar(keys) or 0


def read(system: System, ben: str) -> int:
    """Return how many values Ben reads of one day."""
    found = system.gate.disclose(ben, ben, [Field.ACTIVE_TIME], Purpose.OWN_REVIEW, Period.day(DAY))
    return len(found.values)


def test_an_erasure_that_is_killed_at_any_step_is_finished_by_the_next_start(copies: Copies) -> None:
    whole = build(copies(), lambda: NOW)
    ben, before = subject_of(whole, "ben"), left(whole, subject_of(whole, "ben"))
    whole.close()
    for number, death in enumerate(
        dying.deaths(erasing_ben(first := copies(), ben), commits_only=first.database_url is not None)
    ):
        config = copies()

        dying.run(erasing_ben(config, ben), death)

        system = build(config, lambda: NOW)
        erasing.resume(system)
        assert system.log.verify().problems == [], death
        if number == 0:  # the tombstone is not there yet: nothing has happened
            assert left(system, ben) == before
            assert read(system, ben) == 1
            system.close()
            continue
        assert left(system, ben) == (0, 0), death
        assert system.people.find("ben@example.org") is None, death
        with pytest.raises((KeyGone, LogUnavailable)):
            read(system, ben)
        assert erasing.resume(system) == erasing.reapply(system) == 0, death
        assert system.people.find("ana@example.org") is not None, death
        system.close()
