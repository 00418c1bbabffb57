"""Deliveries of volumes: a CSV file or rows of a program, read strictly, with every fault named by place and fix.

Nothing is looked up in a store here, and nothing is taken of what has a fault anywhere. A file is read a row at a time.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from analytics.imports.csv_text import SEPARATORS, CsvRefused, CsvText
from analytics.volume_people import KnownPeople, names_persons
from analytics.volumes import COLUMNS, COUNTS, Volume

MOST_ROWS: Final = 100_000
LONGEST_PROCESS: Final = 80
LARGEST_COUNT: Final = 10_000_000
OLDEST_DAYS: Final = 36_500
FIRST_YEAR: Final = 1970
NAMED_FAULTS: Final = 1000
"""Faults that are named one by one; of a file that has more, the rest is counted."""

NO_PERSONS: Final = "the state of the work has no person in it"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_OTHER_SEPARATORS: Final = ("|", ":", "~", "^")


class VolumesRefused(ValueError):
    """A delivery has faults, and nothing of it was taken; `faults` has a sentence for each, in its own order."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(slots=True)
class Reader:
    """Reads the rows of one delivery. `teams` maps ids and names, in lower case, to ids; `only` is the one team whose
    rows these have to be; `last_day` is the latest day that has begun anywhere.
    """

    teams: Mapping[str, str]
    people: KnownPeople
    last_day: dt.date
    only: str | None = None
    faults: list[str] = field(default_factory=list)
    unnamed: int = 0
    _places: dict[tuple[str, str, int], str] = field(default_factory=dict)
    _processes: dict[str, str | None] = field(default_factory=dict)

    def csv(self, source: BinaryIO) -> Iterator[Volume]:
        """Yield the rows of a CSV file; raises VolumesRefused, at its end at the latest, if there is any fault."""
        try:
            yield from self._csv(CsvText(source))
        except CsvRefused as error:
            raise VolumesRefused([f"{error.place or 'the file'}: {error.reason}"]) from error
        self._refuse()

    def records(self, records: Iterable[Mapping[str, object]]) -> Iterator[Volume]:
        """Yield the rows that a program sends, numbered from 1; raises VolumesRefused as `csv` does."""
        for number, record in enumerate(records, 1):
            place = f"row {number}"
            faults = _column_faults(list(record), self.only is not None)
            for each in faults:
                self._fault(f"{place}, {each}")
            if not faults:
                texts = {name: "" if value is None else str(value) for name, value in record.items()}
                yield from self._row(place, texts)
        self._refuse()

    def _csv(self, text: CsvText) -> Iterator[Volume]:
        rows = text.records(text.separator(None, COLUMNS, None))
        line, header = next(rows, (1, []))
        names = [each.strip().casefold() for each in header]
        if header and (faults := _header_faults(names, header, self.only is not None)):
            raise VolumesRefused([f"line {line}, {each}" for each in faults])
        if not header:
            raise VolumesRefused([f"line 1: the file is empty; its first line is {','.join(COLUMNS)}"])
        for line, record in rows:
            if len(record) != len(names):
                self._fault(f"line {line}: {len(record)} fields where the first line names {len(names)}; quote commas")
                continue
            yield from self._row(f"line {line}", dict(zip(names, record, strict=True)))

    def _refuse(self) -> None:
        if self.unnamed:
            self.faults.append(f"and {self.unnamed:,} more faults: mend these first")
            self.unnamed = 0
        if self.faults:
            raise VolumesRefused(self.faults)

    def _fault(self, text: str) -> None:
        if len(self.faults) < NAMED_FAULTS:
            self.faults.append(text)
        else:
            self.unnamed += 1

    def _row(self, place: str, texts: Mapping[str, str]) -> Iterator[Volume]:
        """Yield the row, or nothing after naming what is wrong with it."""
        found = [self._team(texts.get("team", "")), self._process(texts["process"]), self._day(texts["day"])]
        counts = {name: _count(name, texts[name].strip()) for name in COUNTS}
        faults = [fault for _, fault in (*found, *counts.values()) if fault]
        if not faults:
            row = Volume(*(value for value, _ in found), **{name: value for name, (value, _) in counts.items()})  # type: ignore[arg-type]
            faults = list(_contradictions(row)) or self._repeated(place, row)
        for each in faults:
            self._fault(f"{place}, {each}")
        if not faults:
            yield row

    def _team(self, text: str) -> tuple[str | None, str | None]:
        name = " ".join(text.split()).casefold()
        if not name:
            return self.only, None if self.only else "column team: it is empty; write the team's name"
        found = self.teams.get(name)
        if found is None:
            return None, "column team: there is no such team; teams are made by `sameview people import`"
        if self.only not in (None, found):
            return None, "column team: this is another team than the one that was named; leave --team out, or the row"
        return found, None

    def _process(self, text: str) -> tuple[str, str | None]:
        name = " ".join(text.split())
        if name not in self._processes:
            self._processes[name] = self._process_fault(name)
        return name, self._processes[name]

    def _process_fault(self, name: str) -> str | None:
        if not name or len(name) > LONGEST_PROCESS or not name.isprintable():
            return f"column process: write the name of a process, 1 to {LONGEST_PROCESS} printable characters"
        if self.people.in_text(name):
            return f"column process: this is the name, the address or the id of a person; {NO_PERSONS}: name the work"
        return None

    def _day(self, text: str) -> tuple[dt.date | None, str | None]:
        try:
            if not _DAY.fullmatch(text.strip()):
                raise ValueError
            day = dt.date.fromisoformat(text.strip())
        except ValueError:
            return None, "column day: this is no day; write it as 2026-11-23"
        if not dt.date(FIRST_YEAR, 1, 1) <= day <= self.last_day:
            return None, f"column day: {day} has not begun, or is before {FIRST_YEAR}; write a day that is over"
        return day, None

    def _repeated(self, place: str, row: Volume) -> list[str]:
        if len(self._places) >= MOST_ROWS:
            raise VolumesRefused([f"{place}: more than {MOST_ROWS:,} rows; cut the delivery into several"])
        key = row.team, row.process, row.day.toordinal()
        first = self._places.setdefault(key, place)
        return [] if first is place else [f"column day: this team, process and day are already on {first}; keep one"]


def _header_faults(names: list[str], header: list[str], has_team: bool) -> list[str]:
    if len(names) == 1 and not {*names} & {*COLUMNS}:
        other = next((each for each in _OTHER_SEPARATORS if each in names[0]), None)
        if other is not None:
            known = ", ".join(SEPARATORS)
            return [f"column 1: the fields are separated by “{other}”; save the file with one of {known}"]
    return _column_faults(names, has_team, header)


def _column_faults(names: list[str], has_team: bool, header: list[str] | None = None) -> list[str]:
    """Return what is wrong with the columns; a fault never quotes a name that is not ours and may be anybody's."""
    wanted = [each for each in COLUMNS if each != "team" or not has_team]
    faults = []
    for number, name in enumerate(names, 1):
        if name in COLUMNS:
            continue
        if names_persons((header or names)[number - 1]):
            faults.append(f"column {number}: it says who did the work; {NO_PERSONS}: take the column out and add up")
        else:
            faults.append(f"column {number}: there is no such column; take it out")
    faults += [
        f"column {each}: it is missing; the columns are {','.join(COLUMNS)}" for each in wanted if each not in names
    ]
    return faults + [f"column {each}: it is there twice" for each in COLUMNS if names.count(each) > 1]


def _count(name: str, text: str) -> tuple[int | None, str | None]:
    most = OLDEST_DAYS if name == "oldest_days" else LARGEST_COUNT
    if not text:
        return None, None
    if not _COUNT.fullmatch(text) or int(text) > most:
        return None, f"column {name}: write a whole number from 0 to {most}, or nothing where it is not known"
    return int(text), None


def _contradictions(row: Volume) -> Iterator[str]:
    if all(each is None for each in row.figures):
        yield "all figures are empty; leave out a day of which nothing is known"
    for name in ("in_time", "wrong"):
        part = getattr(row, name)
        if part is not None and row.completed is not None and part > row.completed:
            yield f"column {name}: {part} of {row.completed} completed cases; it counts some of these"
    if row.open == 0 and row.oldest_days:
        yield f"column oldest_days: {row.oldest_days}, but no case is open; leave it empty"
