"""A small installation that is damaged on purpose: who is in it, and where its copies are."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from auth.permissions import Role
from portal.config import Config
from portal.wiring import System
from privacy.fields import Field, Tier
from privacy.policy import POLICY_VERSION
from privacy.stores import open_engine, writing
from privacy.vault import Row
from tests.meetings import meet

THEN = dt.datetime(2026, 9, 1, 8, 0, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
TOMORROW = dt.date(2026, 11, 20)
PEOPLE = {"ana": (Role.EMPLOYEE,), "ben": (Role.EMPLOYEE,), "oda": (Role.EMPLOYEE, Role.OPERATOR)}


@dataclass(frozen=True)
class Copies:
    """Makes copies of one installation; each is a Config of its own."""

    copy: Callable[[], Config]

    def __call__(self) -> Config:
        return self.copy()


def populate(system: System) -> None:
    """Ana manages Ben, who has figures of three weeks; they have a one-to-one tomorrow."""
    with system.people.changing(None) as changes:
        for name, roles in PEOPLE.items():
            subject = changes.create(f"{name}@example.org", name.capitalize(), "Europe/Berlin", THEN.date())
            for role in roles:
                changes.grant(subject, role)
            changes.acknowledge(subject, POLICY_VERSION)
    with system.people.changing(None) as changes:
        team = changes.team("Claims")
        changes.join(subject_of(system, "ben"), team)
        changes.appoint(subject_of(system, "ana"), team)
    meet(system, subject_of(system, "ben"), subject_of(system, "ana"), TOMORROW)
    days = [dt.date(2026, 11, 2) + dt.timedelta(days=n) for n in range(17)]
    rows = [
        Row(field, Tier.SUMMARY, day, 0, msgspec.json.encode(value))
        for day in days
        for field, value in figures(day).items()
    ]
    with writing(system.stores.data) as connection:
        system.vault.put(connection, subject_of(system, "ben"), rows)


def figures(day: dt.date) -> dict[Field, Any]:
    """Return a day's figures of three classes of keys."""
    return {
        Field.ACTIVE_TIME: {"active_seconds": 20_000 + day.day},
        Field.CATEGORIES: {"Work": 20_000 + day.day},
        Field.FOCUS: {"blocks": 1, "seconds": 1800, "longest_seconds": 1800},
        Field.APPS: {"EXCEL.EXE": 20_000 + day.day},
    }


def subject_of(system: System, name: str) -> str:
    """Return the subject id of one of the people; LookupError if nobody has that address."""
    found_person = system.people.find(f"{name}@example.org")
    if found_person is None:
        raise LookupError(name)
    return found_person.subject


def config_of(home: Path, url: str, data: str, keys: str) -> Config:
    """Return the settings of an installation on two databases of a PostgreSQL server."""
    base, _, query = url.partition("?")
    server = base.rpartition("/")[0]
    return Config(home=home, database_url=f"{server}/{data}?{query}", key_database_url=f"{server}/{keys}?{query}")


def administer(url: str, statement: str) -> None:
    """Execute a statement outside of any transaction: it makes or drops a database."""
    engine = open_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def make_database(url: str, name: str, like: str = "template1") -> None:
    """Make a database as another one is that nobody uses; copied as files, which takes a third of the time."""
    administer(url, f"CREATE DATABASE {name} TEMPLATE {like} STRATEGY FILE_COPY")


def drop_database(url: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    administer(url, f"DROP DATABASE {name} WITH (FORCE)")
