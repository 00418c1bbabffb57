"""A block of a CSV file's rows becomes columns: when, how long, and what; rows that cannot be read are set aside.

No reason ever quotes a row: it may hold anything that somebody's desk wrote.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from analytics.events import AFK, WINDOW, Int64
from analytics.imports.csv_collected import Content, Refusals, Rows
from analytics.imports.csv_mapping import CsvMapping
from analytics.imports.csv_text import CsvRefused
from analytics.imports.csv_times import Moments, OrderUnknown, OrderWrong, length_us, read_times, to_utc
from analytics.ledger import Bits

_CLOSE_US: Final = 2_000_000
"""A length that was rounded to seconds may be so far from what the start and the end say."""
_SITE: Final = re.compile(r"(?:[a-z0-9_-]+\.)+(?!exe$|dll$|msi$|bat$|cmd$|jar$|py$|sh$)[a-z]{2,}", re.IGNORECASE)

_WIDTH: Final = "it has not as many fields as the first line"
_START: Final = "the start cannot be read"
_END: Final = "the end cannot be read"
_LENGTH: Final = "the duration cannot be read"
_GAP: Final = "a time that never came: the clocks went forward over it; is this the right zone?"
_BACKWARDS: Final = "it ends before it begins"
_CONTRADICTION: Final = "its duration is not what its start and its end say"
_EMPTY: Final = "it names neither an application nor a title nor an address"
_STATUS: Final = "its status is in the mapping neither under active nor under away"


@dataclass(slots=True)
class Reader:
    """Takes blocks of records. `width` is how many fields each has, `places` where each column is."""

    mapping: CsvMapping
    zone: ZoneInfo
    width: int
    places: dict[str, int]
    refusals: Refusals = field(default_factory=Refusals)
    windows: Rows = field(default_factory=lambda: Rows(WINDOW))
    presence: Rows = field(default_factory=lambda: Rows(AFK))
    count: int = 0
    guessed: int = 0

    def take(self, block: list[tuple[int, list[str]]]) -> None:
        """Take one block. Raises CsvRefused for dates whose order is unknown or wrong."""
        self.count += len(block)
        fitting = [each for each in block if len(each[1]) == self.width]
        self.refusals.add(_WIDTH, [line for line, record in block if len(record) != self.width])
        if not fitting:
            return
        lines = np.array([line for line, _ in fitting], dtype=np.int64)
        columns = list(zip(*(record for _, record in fitting), strict=True))
        texts = {what: self._texts(names, columns) for what, names in self.mapping.parts() if self._there(names)}
        if self.mapping.rows == "totals":
            self._totals(lines, texts)
        else:
            self._events(lines, texts)

    def _there(self, names: tuple[str, ...]) -> bool:
        return all(name.casefold() in self.places for name in names)

    def _texts(self, names: tuple[str, ...], columns: list[tuple[str, ...]]) -> list[str]:
        found = [columns[self.places[name.casefold()]] for name in names]
        return list(found[0]) if len(found) == 1 else list(map(" ".join, zip(*found, strict=True)))

    def _events(self, lines: Int64, texts: dict[str, list[str]]) -> None:
        start, faults = self._moments(texts["start"], lines, _START)
        end, length = None, None
        if "end" in texts:
            end, unread = self._moments(texts["end"], lines, _END)
            faults += unread
        if "duration" in texts:
            length, unread_length = self._lengths(texts["duration"])
            faults.append((_LENGTH, unread_length))
        begin, lasts, guessed, wrong = _resolved(start, end, length)
        faults += wrong
        if "status" in texts:
            status = self._status(texts["status"])
            faults.append((_STATUS, np.array([not each[0] for each in status], dtype=bool)))
        content = self._content(texts, len(lines))
        empty = np.array([not any(each[:3]) for each in content], dtype=bool)
        if "status" not in texts:
            faults.append((_EMPTY, empty))
        sound = self._sound(lines, faults)
        self.guessed += int((guessed & sound).sum())
        if "status" in texts:
            _add(self.presence, sound, lines, begin, lasts, begin + lasts, status)
            away = np.array([each[0] == "afk" for each in status], dtype=bool)
            sound = sound & ~away & ~empty
        _add(self.windows, sound, lines, begin, lasts, begin + lasts, content)

    def _totals(self, lines: Int64, texts: dict[str, list[str]]) -> None:
        interval = (self.mapping.interval_minutes or 0) * 60_000_000
        start, faults = self._moments(texts["start"], lines, _START)
        seconds, unread = self._lengths(texts["duration"])
        faults.append((_LENGTH, unread))
        content = self._content(texts, len(lines))
        faults.append((_EMPTY, np.array([not any(each[:3]) for each in content], dtype=bool)))
        sound = self._sound(lines, faults)
        grid = np.where(start.zoned, min(interval, 15 * 60_000_000), interval)
        end = np.where(start.zoned, start.first + interval, to_utc(start.wall + interval, self.zone)[0])
        off_grid = (start.wall % grid != 0) & sound
        if off_grid.any():
            self._refuse(lines, off_grid, "is not where an interval of {} begins")
        too_long = (seconds > end - start.first) & sound
        if too_long.any():
            self._refuse(lines, too_long, "holds more time than an interval of {} has")
        _add(self.windows, sound, lines, start.first, seconds, end, content)

    def _refuse(self, lines: Int64, where: Bits, what: str) -> None:
        minutes = f"{self.mapping.interval_minutes} minutes"
        fix = "say how long the file's intervals are: --with interval_minutes=5 or =60"
        raise CsvRefused(f"the row {what.format(minutes)}: {fix}", int(lines[where][0]))

    def _moments(self, texts: list[str], lines: Int64, reason: str) -> tuple[Moments, list[tuple[str, Bits]]]:
        try:
            moments, unread = read_times(texts, self.mapping.dates, self.zone)
        except (OrderUnknown, OrderWrong) as error:
            raise CsvRefused(str(error), int(lines[error.index])) from None
        return moments, [(reason, unread), (_GAP, moments.missing)]

    def _lengths(self, texts: list[str]) -> tuple[Int64, Bits]:
        unit = self.mapping.duration_unit
        found = [length_us(text, unit) for text in texts]
        unread = np.array([each is None for each in found], dtype=bool)
        return np.array([each or 0 for each in found], dtype=np.int64), unread

    def _sound(self, lines: Int64, faults: list[tuple[str, Bits]]) -> Bits:
        """Set faulty rows aside, each under its first reason, and return which are left."""
        sound = np.ones(len(lines), dtype=bool)
        for reason, faulty in faults:
            self.refusals.add(reason, lines[faulty & sound].tolist())
            sound &= ~faulty
        return sound

    def _content(self, texts: dict[str, list[str]], count: int) -> list[Content]:
        none = [""] * count
        app, title, url, category = (texts.get(each, none) for each in ("app", "title", "url", "category"))
        if self.mapping.blank:
            title = ["" if each in self.mapping.blank else each for each in title]
        if "activity" in texts:
            sites = [bool(_SITE.fullmatch(each)) for each in texts["activity"]]
            app = ["" if site else each for each, site in zip(texts["activity"], sites, strict=True)]
            url = [f"https://{each}/" if site else "" for each, site in zip(texts["activity"], sites, strict=True)]
        return list(zip(app, title, url, category, strict=True))

    def _status(self, texts: list[str]) -> list[Content]:
        words = dict.fromkeys(map(str.casefold, self.mapping.away), "afk")
        words |= dict.fromkeys(map(str.casefold, self.mapping.active), "not-afk")
        return [(words.get(each.strip().casefold(), ""), "", "", "") for each in texts]


def _add(
    rows: Rows, sound: Bits, lines: Int64, start: Int64, length: Int64, end: Int64, content: list[Content]
) -> None:
    kept = content if sound.all() else [each for each, good in zip(content, sound.tolist(), strict=True) if good]
    rows.add(start[sound], length[sound], end[sound], lines[sound], kept)


def _resolved(
    start: Moments, end: Moments | None, length: Int64 | None
) -> tuple[Int64, Int64, Bits, list[tuple[str, Bits]]]:
    """Return when each row began and how long it took, which of them had to be guessed, and what is wrong with others.

    A wall time that came twice is told apart by what the end and the length say. Where they leave a choice, the
    shortest stretch is taken, and the first of two that are equally long.
    """
    if end is None:
        lasts = np.zeros_like(start.first) if length is None else length
        return start.first, lasts, start.first != start.later, []
    begins = np.stack([begin for begin, _ in _choices(start, end)])
    lasts = np.stack([finish - begin for begin, finish in _choices(start, end)])
    forward = lasts >= 0
    fits: Bits = forward if length is None else forward & (np.abs(lasts - length) <= _CLOSE_US)
    best = np.where(fits, lasts, np.iinfo(np.int64).max).argmin(axis=0)
    row = np.arange(len(best))
    begin: Int64 = begins[best, row]
    chosen: Int64 = lasts[best, row]
    other: Bits = fits & ((begins != begin) | (lasts != chosen))
    wrong: list[tuple[str, Bits]] = [(_BACKWARDS, ~np.any(forward, axis=0)), (_CONTRADICTION, ~np.any(fits, axis=0))]
    return begin, chosen, np.any(other, axis=0), wrong


def _choices(start: Moments, end: Moments) -> Iterator[tuple[Int64, Int64]]:
    yield start.first, end.first
    yield start.later, end.later
    yield start.first, end.later
