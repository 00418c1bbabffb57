"""A person as the rest of the portal sees them: without credentials."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, select

from auth import models
from auth.wishes import Wish
from privacy.statement import Question

Clock = Callable[[], dt.datetime]
"""Answers the time as an aware datetime in UTC."""

ERASED_NAME: Final = "Erased person"
_ERASED: Final = ("erased-", "@invalid")  # RFC 2606: nobody's address ends so

_SOME: Final = 500  # ids in one statement
_TABLE: Final = models.Person.__table__
NOT_ERASED: Final = _TABLE.c.email != _ERASED[0] + _TABLE.c.subject_id + _ERASED[1]
"""The condition that something is left of a person."""
_READ: Final = (
    "subject_id",
    "email",
    "name",
    "timezone",
    "joined",
    "left",
    "acknowledged_policy",
    "language",
    "wishes",
    "mailed",
    "looks_mailed",
    "former_zones",
    "stamp",
)
_HAS_PASSWORD: Final = _TABLE.c.password_hash.is_not(None).label("has_password")
_ONE: Final = Question(
    select(*(_TABLE.c[name] for name in _READ), _HAS_PASSWORD).where(_TABLE.c.subject_id == bindparam("subject"))
)
_SEVERAL: Final = select(_TABLE).where(_TABLE.c.subject_id.in_(bindparam("subjects", expanding=True)))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the organisation. Days are days of their own zone."""

    subject: str
    email: str
    name: str
    timezone: str
    joined: dt.date
    left: dt.date | None  # the last day
    acknowledged_policy: int | None
    language: str | None  # a tag such as "de"; None: as the browser asks
    wishes: str | None  # auth.wishes
    mailed: dt.date | None  # the day on which their week was last mailed; of older versions: of any mail
    looks_mailed: dt.date | None  # the day on which they were last mailed that somebody looked, or asked for it
    former_zones: bytes | None = field(repr=False)  # a digest of them
    stamp: bytes | None = field(repr=False)  # auth.genuine
    has_password: bool

    @property
    def id(self) -> str:
        """The subject id."""
        return self.subject

    @property
    def is_erased(self) -> bool:
        """Whether nothing is left of the person but the number that other people's histories name."""
        return self.email == erased_email(self.subject)

    def wants(self, wish: Wish) -> bool:
        """Whether the person asked for something that nobody gets unasked."""
        return wish in (self.wishes or "").split()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def is_here(self, at: dt.datetime) -> bool:
        """Return whether their last day is not over at the moment `at`."""
        return self.left is None or self.left >= at.astimezone(self.zone).date()


def read(connection: Connection, *conditions: ColumnElement[bool]) -> list[Person]:
    """Return the persons that meet all conditions and were not erased, by name."""
    found = connection.execute(
        select(_TABLE).where(NOT_ERASED, *conditions).order_by(_TABLE.c.name, _TABLE.c.subject_id)
    )
    return [of_row(row) for row in found]


def one(source: Connection | Engine, subject: str) -> Person | None:
    """Return the person with this subject id, or None; as a transaction sees them, if a connection is given."""
    rows = _ONE.ask(source, subject=subject)
    if not rows:
        return None
    *plain, has_password = rows[0]
    return Person(*(*plain, bool(has_password)))


def several(connection: Connection, ids: Collection[str]) -> Iterator[Person]:
    """Yield the persons with these subject ids."""
    for portion in some(ids):
        yield from map(of_row, connection.execute(_SEVERAL, {"subjects": portion}))


def by_email(connection: Connection, email: str) -> Person | None:
    """Return the person with this address, in any case, or None."""
    return next(iter(read(connection, models.Person.email == normal_email(email))), None)


def some(ids: Collection[str]) -> Iterator[list[str]]:
    """Yield `ids` in portions that fit into one statement."""
    ordered = sorted(ids)
    return (ordered[first : first + _SOME] for first in range(0, len(ordered), _SOME))


def erased_email(subject: str) -> str:
    """Return what stands in the place of the address of somebody who was erased."""
    return subject.join(_ERASED)


def normal_email(email: str) -> str:
    """Return the form in which an address is stored and compared."""
    return email.strip().lower()


def of_row(row: Any) -> Person:
    """Return the person of a row that has the columns of the table."""
    return Person(
        subject=row.subject_id,
        email=row.email,
        name=row.name,
        timezone=row.timezone,
        joined=row.joined,
        left=row.left,
        acknowledged_policy=row.acknowledged_policy,
        language=row.language,
        wishes=row.wishes,
        mailed=row.mailed,
        looks_mailed=row.looks_mailed,
        former_zones=row.former_zones,
        stamp=row.stamp,
        has_password=row.password_hash is not None,
    )
