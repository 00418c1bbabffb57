"""Whether a person's row is what the portal wrote: where their mail goes, and by which clocks others may read.

The stamp (`auth.stamps`) is over address, time zone, first and last day, the notice that was read, wishes, and the days
of the last mails, which would keep others away; and over a digest of the former zones, so that none can be taken away.
It is not over the name and the language, on which nothing rests but how pages look, nor over the password, which is
bound to its owner by itself. It is renewed with every change, unless it did not hold before: no later change makes
genuine what somebody wrote into the table. `sameview people vouch` does, after an operator has looked.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from auth import person
from auth.models import FormerZone
from auth.models import Person as PersonRow
from auth.person import Person
from auth.stamps import COLUMNS, Stamps, read_for
from privacy.seal import aad
from privacy.statement import Question

_PEOPLE: Final = PersonRow.__table__
_FORMER: Final = FormerZone.__table__
_NAMES: Final = read_for(PersonRow)
OUTERMOST: Final = frozenset({"Etc/GMT+12", "Etc/GMT-14"})
"""The last and the first clock on earth: on one of both every period ends latest, and every day begins first."""
_VERSION: Final = 1
_CLOCKS: Final = Question(
    select(*(_PEOPLE.c[name] for name in _NAMES), _FORMER.c.id, _FORMER.c.timezone.label("former"), _FORMER.c.until)
    .outerjoin(_FORMER, _FORMER.c.subject_id == _PEOPLE.c.subject_id)
    .where(_PEOPLE.c.subject_id == bindparam("subject"), person.NOT_ERASED)
)


class Former(NamedTuple):
    """A row about a former time zone; `until` is the latest date on earth at its end."""

    id: str
    timezone: str
    until: dt.date


class Clocks(NamedTuple):
    """The name of somebody's time zone, the former ones, and whether all of it is what the portal wrote."""

    now: str
    former: tuple[Former, ...]
    genuine: bool


def holds(stamps: Stamps, found: Person) -> bool:
    """Tell whether a person's row is what the portal wrote; of the former zones it has the digest alone."""
    columns = {
        "subject_id": found.subject,
        "email": found.email,
        "timezone": found.timezone,
        "joined": found.joined,
        "left": found.left,
        "acknowledged_policy": found.acknowledged_policy,
        "wishes": found.wishes,
        "mailed": found.mailed,
        "looks_mailed": found.looks_mailed,
        "former_zones": found.former_zones,
        "stamp": found.stamp,
    }
    return stamps.holds(PersonRow, columns)


def clocks(source: Connection | Engine, stamps: Stamps, subject: str) -> Clocks | None:
    """Return the time zones of a person, None for whoever is none; row and former zones are of one moment."""
    rows = _CLOCKS.ask(source, subject=subject)
    if not rows:
        return None
    width = len(_NAMES)
    columns = dict(zip(_NAMES, rows[0][:width], strict=True))
    former = tuple(Former(*row[width:]) for row in rows if row[width] is not None)
    genuine = stamps.holds(PersonRow, columns) and digest(former) == columns["former_zones"]
    return Clocks(columns["timezone"], former, genuine)


def digest(former: Iterable[Former]) -> bytes | None:
    """Return what a person's row says of the former zones: 32 bytes, None where there are none."""
    rows = sorted(former)
    return hashlib.sha256(b"".join(aad("former_zone", _VERSION, *row) for row in rows)).digest() if rows else None


def former_of(connection: Connection, subject: str) -> list[Former]:
    """Return the former zones of a person as a transaction sees them."""
    own = select(_FORMER.c.id, _FORMER.c.timezone, _FORMER.c.until).where(_FORMER.c.subject_id == subject)
    return [Former(*row) for row in connection.execute(own)]


def write(
    connection: Connection,
    stamps: Stamps,
    subject: str,
    values: Mapping[str, Any],
    *,
    vouched: bool = False,
    zone_until: dt.date | None = None,
) -> None:
    """Set columns of a person's row, with a new stamp if it was genuine, if all of it is given, or if it is `vouched`.

    A time zone that is changed is kept as a former one until `zone_until`. The row is locked: two changes at once would
    each stamp what the other has just replaced.
    """
    row = connection.execute(select(_PEOPLE).where(_PEOPLE.c.subject_id == subject).with_for_update()).one_or_none()
    if row is None:
        return
    former = former_of(connection, subject)
    whole = set(COLUMNS[PersonRow]) <= {"subject_id", *values}
    known = vouched or whole or (stamps.holds(PersonRow, row) and digest(former) == row.former_zones)
    if not whole and values.get("timezone", row.timezone) != row.timezone and zone_until is not None:
        former.append(Former(uuid.uuid4().hex, row.timezone, zone_until))
        connection.execute(insert(FormerZone).values(subject_id=subject, **former[-1]._asdict()))
    if known:
        values = {"former_zones": digest(former), **values}
        values["stamp"] = stamps.of(PersonRow, {**row._mapping, **values})
    connection.execute(update(PersonRow).where(PersonRow.subject_id == subject).values(**values))


def changed(subject: str) -> str:
    """Return the sentence that names a row which the portal did not write."""
    return (
        f"person {subject}: address, time zones, days or wishes were not written by the portal: nobody else is shown"
        " anything of theirs, and nothing is mailed. Put right what is wrong (`sameview people import`), then run"
        " `sameview people vouch`"
    )


def problems(connection: Connection, stamps: Stamps) -> Iterator[str]:
    """Yield everybody whose row, or whose former zones, the portal did not write."""
    former: dict[str, list[Former]] = {}
    for subject, *rest in connection.execute(
        select(_FORMER.c.subject_id, _FORMER.c.id, _FORMER.c.timezone, _FORMER.c.until)
    ):
        former.setdefault(subject, []).append(Former(*rest))
    for row in connection.execute(select(_PEOPLE).order_by(_PEOPLE.c.subject_id)):
        if not stamps.holds(PersonRow, row) or digest(former.get(row.subject_id, ())) != row.former_zones:
            yield changed(row.subject_id)


def has_unstamped(connection: Connection) -> bool:
    """Tell whether a person's row has no stamp at all, such as an older version wrote it."""
    return connection.scalar(select(_PEOPLE.c.subject_id).where(_PEOPLE.c.stamp.is_(None)).limit(1)) is not None


def stamp_all(connection: Connection, stamps: Stamps) -> int:
    """Stamp everybody who has no stamp as they stand, and return how many; a stamp that does not hold stays as it is.

    The caller knows that nobody could have taken any away: none was ever made of these rows.
    """
    unstamped = select(_PEOPLE.c.subject_id).where(_PEOPLE.c.stamp.is_(None)).order_by(_PEOPLE.c.subject_id)
    everybody = connection.scalars(unstamped).all()
    for subject in everybody:
        write(connection, stamps, subject, {}, vouched=True)
    return len(everybody)
