"""Released figures of units, as they were decided: one row for each unit and period, never changed and never computed.

What a row says is the same for everybody who may see the unit. Three things have to agree: the digest over the bytes of
the figures, the stamp over the row, made with a key that the data store does not hold, and the entry of the access log
that commits to all releases of the period (`Closing`). A row that does not agree with its stamp is not shown.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Connection, Date, Engine, Index, LargeBinary, Row, String, insert, select, tuple_
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column
from privacy.canonical import canonical, digest_of
from privacy.stamped import Stamps

OPERATIONAL, SECRET = Sensitivity.OPERATIONAL, Sensitivity.SECRET

WEEK, FOUR_WEEKS = "week", "four_weeks"
DAYS: Final[Mapping[str, int]] = {WEEK: 7, FOUR_WEEKS: 28}
"""The periods of which figures are released, and how long they are."""
PARENT: Final = "organisation"
"""The unit of all units together; no team is called so."""
SEAT_BYTES: Final = 16
_ROWS_A_STATEMENT: Final = 200


class TeamRelease(Base):
    """The figures of a unit and period, canonical JSON. `seats` are the tags of those who are counted in them, sorted:
    each is made with a key of that person's own, so that nobody else can tell whose it is.

    `roster` is the salted digest of who belonged to the unit. The stamp is over all but the figures and the seats,
    whose digests it is over.
    """

    __tablename__ = "team_release"
    __table_args__ = (Index("ix_team_release_kind", "kind", "first_day"),)

    unit: Mapped[str] = column(OPERATIONAL, String(64), primary_key=True)
    kind: Mapped[str] = column(OPERATIONAL, String(16), primary_key=True)
    first_day: Mapped[dt.date] = column(OPERATIONAL, Date, primary_key=True)
    payload: Mapped[bytes] = column(OPERATIONAL, LargeBinary)
    seats: Mapped[bytes] = column(OPERATIONAL, LargeBinary)
    digest: Mapped[str] = column(OPERATIONAL, String(80))
    seated: Mapped[str] = column(OPERATIONAL, String(80))  # the digest of the seats
    roster: Mapped[str] = column(OPERATIONAL, String(80))
    entry: Mapped[int] = column(OPERATIONAL, BigInteger)  # of the access log
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class ReleaseClosing(Base):
    """That a period was closed: what the log's entry commits to, as canonical JSON."""

    __tablename__ = "release_closing"

    kind: Mapped[str] = column(OPERATIONAL, String(16), primary_key=True)
    first_day: Mapped[dt.date] = column(OPERATIONAL, Date, primary_key=True)
    entry: Mapped[int] = column(OPERATIONAL, BigInteger)
    statement: Mapped[bytes] = column(OPERATIONAL, LargeBinary)


_TABLE: Final = TeamRelease.__table__
_CLOSED: Final = ReleaseClosing.__table__
_SHOWN: Final = [each for each in _TABLE.columns if each.name != "seats"]


@dataclass(frozen=True, slots=True)
class Release:
    """What is released of a unit and period, before it is filed."""

    unit: str
    payload: bytes
    roster: str
    seats: Sequence[bytes] = ()

    @property
    def digest(self) -> str:
        return digest_of(self.payload)

    @property
    def seated(self) -> str:
        return digest_of(b"".join(sorted(self.seats)))


@dataclass(frozen=True, slots=True)
class Released:
    """A release as everybody sees it: the bytes, their digest, and the entry of the log that commits to them."""

    unit: str
    kind: str
    first_day: dt.date
    payload: bytes
    digest: str
    entry: int

    @property
    def content(self) -> dict[str, Any]:
        """The figures."""
        found: dict[str, Any] = msgspec.json.decode(self.payload)
        return found

    @property
    def end(self) -> dt.date:
        """The day after the last."""
        return self.first_day + dt.timedelta(days=DAYS[self.kind])


@dataclass(frozen=True, slots=True)
class Closing:
    """A period that was closed, with what the log's entry commits to."""

    kind: str
    first_day: dt.date
    entry: int
    statement: bytes

    @property
    def digest(self) -> str:
        """What the log's entry has to say."""
        return digest_of(self.statement)

    @property
    def units(self) -> dict[str, tuple[str, str, str]]:
        """By unit: the digests of figures, roster and seats. ValueError if somebody wrote something else there."""
        try:
            listed = msgspec.json.decode(self.statement)["releases"]["units"]
            return {unit: (digest, roster, seated) for unit, digest, roster, seated in listed}
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError("this states no releases") from error


def statement(kind: str, first_day: dt.date, releases: Iterable[Release]) -> bytes:
    """Return what an entry of the log commits to: every release of a period, and who was on which roster."""
    units = sorted([each.unit, each.digest, each.roster, each.seated] for each in releases)
    return canonical({"releases": {"kind": kind, "first_day": first_day.isoformat(), "units": units}})


class ReleaseStore:
    """Files and reads releases."""

    def __init__(self, engine: Engine, stamps: Stamps) -> None:
        self.engine = engine
        self._stamps = stamps

    def put(self, connection: Connection, closing: Closing, releases: Iterable[Release]) -> None:
        """File all releases of a period, in the caller's transaction."""
        values = {"kind": closing.kind, "first_day": closing.first_day, "entry": closing.entry}
        rows = [self._stamps.stamped(TeamRelease, **_columns(each), **values) for each in releases]
        for first in range(0, len(rows), _ROWS_A_STATEMENT):
            connection.execute(insert(TeamRelease), rows[first : first + _ROWS_A_STATEMENT])
        connection.execute(insert(ReleaseClosing), values | {"statement": closing.statement})

    def read(self, unit: str, kind: str, first_day: dt.date) -> Released | None:
        """Return a release, None where there is none, or none that the portal wrote."""
        found = self._read(_TABLE.c.unit == unit, _TABLE.c.kind == kind, _TABLE.c.first_day == first_day, limit=1)
        return found[0] if found else None

    def of_unit(self, unit: str, kind: str, limit: int, before: dt.date | None = None) -> list[Released]:
        """Return the releases of a unit, the newest first; only those that began before a day, if there is one."""
        earlier = () if before is None else (_TABLE.c.first_day < before,)
        return self._read(_TABLE.c.unit == unit, _TABLE.c.kind == kind, *earlier, limit=limit)

    def closings(self) -> list[Closing]:
        """Return every period that was closed, the oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(_CLOSED).order_by(_CLOSED.c.first_day, _CLOSED.c.kind)).all()
        return [Closing(row.kind, row.first_day, row.entry, bytes(row.statement)) for row in rows]

    def newest(self, kind: str, limit: int) -> list[dt.date]:
        """Return the first days of the periods that were closed last, the newest first."""
        newest = select(_CLOSED.c.first_day).where(_CLOSED.c.kind == kind).order_by(_CLOSED.c.first_day.desc())
        with self.engine.connect() as connection:
            return list(connection.scalars(newest.limit(limit)))

    def seats(
        self, units: Iterable[str], kind: str, days: Iterable[dt.date]
    ) -> list[tuple[str, dt.date, bytes, frozenset[bytes]]]:
        """Return unit, first day, figures and tags of the releases of some units and days, the newest first."""
        places = [(unit, day) for day in days for unit in units]
        asked = select(_TABLE).where(_TABLE.c.kind == kind, tuple_(_TABLE.c.unit, _TABLE.c.first_day).in_(places))
        with self.engine.connect() as connection:
            rows = connection.execute(asked.order_by(_TABLE.c.first_day.desc(), _TABLE.c.unit)).all() if places else []
        genuine = [row for row in rows if self._holds(row) and digest_of(bytes(row.seats)) == row.seated]
        return [(row.unit, row.first_day, bytes(row.payload), _taken_apart(bytes(row.seats))) for row in genuine]

    def faults(self) -> Iterator[str]:
        """Yield what is not as it was filed, as `place: reason`; a closing tells which releases have to be there."""
        closings = self.closings()
        for closing in closings:
            yield from self._faults_of(closing)
        with self.engine.connect() as connection:
            stored = connection.execute(select(_TABLE.c.kind, _TABLE.c.first_day).distinct()).all()
        for kind, day in sorted(set(map(tuple, stored)) - {(each.kind, each.first_day) for each in closings}):
            yield f"{_place(kind, day)}: no closing of a period states it"

    def _faults_of(self, closing: Closing) -> Iterator[str]:
        here = (_TABLE.c.kind == closing.kind, _TABLE.c.first_day == closing.first_day)
        with self.engine.connect() as connection:
            rows = {row.unit: row for row in connection.execute(select(_TABLE).where(*here))}
        try:
            units = closing.units
        except ValueError as error:
            yield f"{_place(closing.kind, closing.first_day)}: {error}"
            return
        for unit, digests in units.items():
            place, row = _place(closing.kind, closing.first_day, unit), rows.pop(unit, None)
            if row is None:
                yield f"{place}: was removed; entry {closing.entry} of the log says that there was one"
            elif not self._holds(row) or (row.digest, row.roster, row.seated) != digests:
                yield f"{place}: is not as it was released: changed from outside, and not shown"
            elif digest_of(bytes(row.seats)) != row.seated:
                yield f"{place}: who is counted in it was changed from outside, and is not told"
        for unit in sorted(rows):
            yield f"{_place(closing.kind, closing.first_day, unit)}: the closing of its period does not state it"

    def _read(self, *conditions: Any, limit: int) -> list[Released]:
        newest = select(*_SHOWN).where(*conditions).order_by(_TABLE.c.first_day.desc()).limit(limit)
        with self.engine.connect() as connection:
            rows = connection.execute(newest).all()
        return [
            Released(row.unit, row.kind, row.first_day, bytes(row.payload), row.digest, row.entry)
            for row in rows
            if self._holds(row)
        ]

    def _holds(self, row: Row[Any]) -> bool:
        try:
            return self._stamps.holds(TeamRelease, row) and digest_of(bytes(row.payload)) == row.digest
        except (TypeError, ValueError):  # whoever wrote this row, it was not the portal
            return False


def _columns(release: Release) -> dict[str, Any]:
    return {
        "unit": release.unit,
        "payload": release.payload,
        "seats": b"".join(sorted(release.seats)),
        "digest": release.digest,
        "seated": release.seated,
        "roster": release.roster,
    }


def _taken_apart(seats: bytes) -> frozenset[bytes]:
    return frozenset(seats[at : at + SEAT_BYTES] for at in range(0, len(seats), SEAT_BYTES))


def _place(kind: str, first_day: dt.date, unit: str | None = None) -> str:
    of = "" if unit is None else f" of {unit}"
    return f"release{of}, {kind} from {first_day}"
