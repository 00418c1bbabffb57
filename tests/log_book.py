"""An access log to test with, and what is written into it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cast import ANA, BEN, CLEO, DAN
from conftest import Clock

from privacy.access_log import AccessLog, Draft, open_signer
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyRing
from privacy.period import iso_week
from privacy.stores import Stores

ORIGIN = "sameview/back-office-0123abcd"


def open_keys(stores: Stores, folder: Path) -> KeyRing:
    provider = FileKeyProvider(folder / "kek")
    provider.create()
    return KeyRing(stores.keys, provider)


def open_log(stores: Stores, folder: Path, clock: Callable[[], dt.datetime]) -> AccessLog:
    """Open the log of these stores, as every process of an installation does."""
    keys = open_keys(stores, folder)
    return AccessLog(stores.log, keys, open_signer(keys, ORIGIN), clock)


def look(viewer: str | None = ANA, subject: str | None = BEN, **other: Any) -> Draft:
    """Draft a manager's look at a closed week."""
    values: dict[str, Any] = {
        "relation": "manager",
        "fields": ["focus", "active_time"],
        "purpose": "one_to_one",
        "period": iso_week("2026-W45"),
        "outcome": "disclosed",
    }
    return Draft(viewer, subject, **(values | other))


def own(person: str = BEN, session: str | None = "session 1", **other: Any) -> Draft:
    """Draft a person's look at their own data."""
    values: dict[str, Any] = {"relation": "self", "purpose": "own_review", "period": None, "chain": "self"}
    return look(person, person, session=session, **(values | other))


def told(**other: Any) -> Draft:
    """Draft an entry that concerns no person."""
    values: dict[str, Any] = {"relation": "operations", "purpose": "operations", "fields": [], "outcome": "released"}
    return look(None, None, **(values | other))


def keep_busy(log: AccessLog, clock: Clock) -> AccessLog:
    """Write ten entries over three days in two months."""
    clock.now = dt.datetime(2026, 10, 31, 9, tzinfo=dt.UTC)
    log.append_many([look(), look(subject=DAN), own(), look(outcome="refused")])
    clock.advance(days=1)
    log.append_many([look(CLEO), told(), own()])
    clock.advance(days=18)
    log.append_many([look(None, relation="operations", purpose="operations"), look(CLEO, DAN), own(DAN)])
    return log
