"""kill -9 in a rotation: no key is half-rotated, nothing is lost, and the next rotation ends what this one began."""

import datetime as dt

import dying
from installation import NOW, Copies, figures, subject_of
from sqlalchemy import func, select

from portal.config import Config
from portal.wiring import System, build
from privacy import rotation
from privacy.fields import Field, KeyClass
from privacy.key_store import WrappedKey
from privacy.period import Period
from privacy.policy import Purpose

DAY = dt.date(2026, 11, 9)


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


def test_no_key_is_lost_or_half_rotated_by_a_kill_at_any_step(copies: Copies) -> None:
    whole = build(copies(), lambda: NOW)
    keys, expected = sum(wrapped(whole).values()), str(figures(DAY)[Field.ACTIVE_TIME]["active_seconds"])
    whole.close()
    for death in dying.deaths(rotating(first := copies()), commits_only=first.database_url is not None):
        config = copies()

        dying.run(rotating(config), death)

        system = build(config, lambda: NOW)
        assert system.log.verify().problems == [], death
        assert sum(wrapped(system).values()) == keys, death
        assert wrapped(system).keys() <= set(system.provider.versions(KeyClass.SHARED)), death
        assert expected in active_time(system).decode(), death
        rotation.renew(system.keys, system.log, KeyClass.SHARED)
        (version,) = system.provider.versions(KeyClass.SHARED)
        assert wrapped(system) == {version: keys}, death
        system.keys.evict()
        assert expected in active_time(system).decode(), death
        assert system.log.verify().problems == [], death
        system.close()
