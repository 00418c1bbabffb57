"""The people file: strict parsing, with every fault named by line, column and fix. Nothing is looked up here.

UTF-8 with or without a byte order mark, any line ends, fields quoted or not. The first line names the columns, in any
order. Each row is the whole statement about one person: who is in no row is left alone.
"""

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from auth.accounts import checked_email, checked_name
from auth.change import zone_named
from auth.errors import ChangeRefused
from auth.permissions import GRANTABLE, Role
from privacy.csv_records import BadRecord, records

COLUMNS: Final = ("email", "name", "team", "team_manager", "roles", "timezone", "joined", "left")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CsvRefused(ChangeRefused):
    """The file has faults; `errors` has one sentence for each, in the order of the lines."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What the file says about one person. Without a team nobody is managed; without roles somebody is an employee."""

    line: int
    email: str
    name: str
    team: str | None
    manages: bool
    roles: frozenset[Role]
    timezone: str
    joined: dt.date | None
    left: dt.date | None

    def has_left(self, now: dt.datetime) -> bool:
        """Return whether the last day is over, on the person's clock."""
        return self.left is not None and self.left < now.astimezone(ZoneInfo(self.timezone)).date()


def parse(data: bytes | str) -> tuple[PersonRow, ...]:
    """Return the rows of a people file, or raise CsvRefused with all its faults."""
    records = _records(_text(data))
    _line, header = next(records, (1, []))
    names = [each.strip().lower() for each in header]
    if errors := _header_faults(names):
        raise CsvRefused(errors)
    rows: list[PersonRow] = []
    for line, record in records:
        if len(record) == len(names):
            rows += _row(line, dict(zip(names, record, strict=True)), errors)
        else:
            errors.append(f"line {line}: {len(record)} fields where the first line names {len(names)}; quote commas")
    _find_repeated(rows, errors)
    if errors:
        raise CsvRefused(errors)
    return tuple(rows)


def _text(data: bytes | str) -> str:
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CsvRefused([f"line {line}: this is not UTF-8; save the file as “CSV UTF-8”"]) from error


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from records(io.StringIO(text, newline=""))
    except BadRecord as error:
        raise CsvRefused([f"line {error.line}: {error}"]) from error


def _header_faults(names: list[str]) -> list[str]:
    if len(names) == 1 and ";" in names[0]:
        return ["line 1: the fields are separated by semicolons; save the file with commas"]
    wanted = ",".join(COLUMNS)
    missing = [
        f"line 1, column {each}: it is missing; the first line is {wanted}" for each in COLUMNS if each not in names
    ]
    unknown = [f"line 1, column {each}: there is no such column; take it out" for each in names if each not in COLUMNS]
    twice = [f"line 1, column {each}: it is there twice" for each in COLUMNS if names.count(each) > 1]
    return missing + unknown + twice


def _row(line: int, record: dict[str, str], errors: list[str]) -> list[PersonRow]:
    """Return the row, or nothing after adding what is wrong with it to `errors`."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for column in COLUMNS:
        try:
            values[column] = _READERS[column](record[column].strip())
        except ChangeRefused as error:
            faults.append(f"line {line}, column {column}: {error}")
    if not faults and values["team_manager"] and values["team"] is None:
        faults.append(f"line {line}, column team_manager: “yes” needs a team in the column team")
    if not faults and values["joined"] and values["left"] and values["left"] < values["joined"]:
        faults.append(f"line {line}, column left: the last day is before the first day, {values['joined']}")
    errors += faults
    return [] if faults else [PersonRow(line=line, manages=values.pop("team_manager"), **values)]


def _find_repeated(rows: list[PersonRow], errors: list[str]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.email in first:
            errors.append(f"line {row.line}, column email: {row.email} is already on line {first[row.email]}; keep one")
        first.setdefault(row.email, row.line)


def _team(text: str) -> str | None:
    name = " ".join(text.split())
    if len(name) > 200 or not name.isprintable():
        raise ChangeRefused("a team's name has at most 200 printable characters")
    return name or None


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ChangeRefused(f"{text[:40]!r} is not yes or no; write yes or no")
    return text == "yes"


def _roles(text: str) -> frozenset[Role]:
    names = [each.strip() for each in text.split(";") if each.strip()]
    unknown = [name for name in names if name not in GRANTABLE]
    if unknown:
        known = ", ".join(sorted(GRANTABLE))
        raise ChangeRefused(f"{unknown[0][:40]!r} is no role; write any of {known}, with semicolons between them")
    return frozenset(Role(name) for name in names) or frozenset({Role.EMPLOYEE})


def _zone(text: str) -> str:
    if not text:
        raise ChangeRefused("it is empty; write an IANA name such as Europe/Vienna")
    return zone_named(text).key


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ChangeRefused(f"{text[:40]!r} is not a day; write it as 2026-11-23") from error


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "email": checked_email,
    "name": checked_name,
    "team": _team,
    "team_manager": _yes_or_no,
    "roles": _roles,
    "timezone": _zone,
    "joined": _day,
    "left": _day,
}
