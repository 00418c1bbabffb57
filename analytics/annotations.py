"""What somebody says about their own day: notes on times, and corrections of categories (pure).

A note says what a time was, which no computer can know: a meeting away from the desk, a telephone call, a break. A
correction says of a time, or of an application, that its category is another one. Neither changes what was captured:
both are applied whenever the day is summed up, so they can be taken back, and late data changes nothing about them.

Times are half-open, in microseconds since 1970 UTC, and lie within one local day: a longer one is cut at midnight.
Notes of a day do not overlap, nor do its corrections, and they are kept in order, so that what is sealed does not tell
in which order somebody wrote them.
"""

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from analytics.events import borders_us
from analytics.own_times import Span, stem
from privacy.free_text import unseen
from privacy.period import local_day

MOST: Final = 60
"""Notes on one day; as many corrections, and as many applications."""
LONGEST_TEXT: Final = 120
LONGEST_NAME: Final = 200
LONGEST_US: Final = 25 * 3_600_000_000
"""The longest local day: more at once is a slip, and a course of three days is three notes."""
_MINUTE_US: Final = 60_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Kind(enum.StrEnum):
    """What a time was."""

    MEETING = "meeting"
    PHONE = "phone"
    PAPER = "paper"
    TRAINING = "training"
    MENTORING = "mentoring"
    CARE = "care"
    BREAK = "break"
    NOT_WORK = "not_work"


WORK: Final = frozenset({Kind.MEETING, Kind.PHONE, Kind.PAPER, Kind.TRAINING, Kind.MENTORING})
"""Kinds that are work away from the desk, and count as work."""


class Refusal(enum.StrEnum):
    """Why something cannot be noted."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    TEXT = "text"
    UNSEEN = "unseen"
    OVERLAPS = "overlaps"
    FORGOTTEN = "forgotten"


class Annotation(msgspec.Struct, frozen=True, array_like=True):
    """What a time was, with a few words of one's own."""

    start_us: int
    end_us: int
    kind: Kind
    text: str = ""

    @property
    def id(self) -> str:
        """What it is called within its day."""
        return f"note-{self.start_us}"


class Correction(msgspec.Struct, frozen=True, array_like=True):
    """Another category, as the whole path, of whatever was captured of a time."""

    start_us: int
    end_us: int
    category: str

    @property
    def id(self) -> str:
        """What it is called within its day."""
        return f"category-{self.start_us}"


class AppCategory(msgspec.Struct, frozen=True, array_like=True):
    """Another category, as the whole path, of an application."""

    app: str
    category: str

    @property
    def id(self) -> str:
        """What it is called within its day."""
        return f"app-{stem(self.app)}"


Note = Annotation | Correction | AppCategory
T = TypeVar("T", Annotation, Correction)


class NoteRefused(ValueError):
    """Something cannot be noted; `other` is what it overlaps, `values` which character cannot be seen."""

    def __init__(
        self,
        reason: Refusal,
        other: Annotation | Correction | None = None,
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(reason.value if other is None else f"{reason.value}: {other.id}")
        self.reason = reason
        self.other = other
        self.values = values


class Notes(msgspec.Struct, frozen=True, array_like=True):
    """Everything that a person noted of one local day, in order."""

    annotations: tuple[Annotation, ...] = ()
    corrections: tuple[Correction, ...] = ()
    apps: tuple[AppCategory, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.annotations or self.corrections or self.apps)

    @classmethod
    def parse(cls, encoded: bytes | None) -> "Notes":
        """Return what `dump` was given; nothing of a day without notes."""
        return NOTHING_NOTED if encoded is None else _decode(encoded)

    def dump(self) -> bytes:
        """Return it as bytes, to be sealed: the same notes give the same bytes."""
        return msgspec.msgpack.encode(self)

    def adding(self, new: Note, *, replace: bool = False) -> "Notes":
        """Return it with one more note; with `replace` it takes the place of what it overlaps, and of no more.

        An application has one category: a new one takes the place of the old. Raises NoteRefused.
        """
        if isinstance(new, AppCategory):
            check_name(new.app)
            check_name(new.category)
            apps = [each for each in self.apps if each.id != new.id]
            return self._with(apps=sorted([*apps, new], key=lambda each: each.id))
        if isinstance(new, Annotation):
            _check_text(new.text)
            return self._with(annotations=_inserted(self.annotations, new, replace=replace))
        check_name(new.category)
        return self._with(corrections=_inserted(self.corrections, new, replace=replace))

    def removing(self, name: str) -> "Notes":
        """Return it without what is called so; KeyError if nothing is."""
        kept: dict[str, Sequence[Any]] = {
            "annotations": [each for each in self.annotations if each.id != name],
            "corrections": [each for each in self.corrections if each.id != name],
            "apps": [each for each in self.apps if each.id != name],
        }
        if sum(map(len, kept.values())) == len(self.annotations) + len(self.corrections) + len(self.apps):
            raise KeyError(name)
        return self._with(**kept)

    def outside(self, spans: Iterable[Span], day: Span) -> "Notes":
        """Return what is left of it when times are forgotten: nothing that was noted of them is kept either.

        `day` is from when to when the local day lasts: of one that is forgotten as a whole the applications go, too. A
        minute of it does not count, since a form that ends at 23:59 means the day.
        """
        annotations, corrections, rest = self.annotations, self.corrections, [day]
        for span in spans:
            annotations, corrections = _left(annotations, span), _left(corrections, span)
            rest = [part for each in rest for part in _parts(each, span)]
        apps = self.apps if sum(end - start for start, end in rest) > _MINUTE_US else ()
        return msgspec.structs.replace(self, annotations=annotations, corrections=corrections, apps=apps)

    def find(self, name: str) -> Note | None:
        """Return what is called so."""
        every: list[Note] = [*self.annotations, *self.corrections, *self.apps]
        return next((each for each in every if each.id == name), None)

    def _with(self, **changed: Sequence[Any]) -> "Notes":
        if any(len(each) > MOST for each in changed.values()):
            raise NoteRefused(Refusal.TOO_MANY)
        return msgspec.structs.replace(self, **{name: tuple(found) for name, found in changed.items()})


NOTHING_NOTED: Final = Notes()

Change = Callable[[dt.date, Notes], Notes]
"""What becomes of a day's notes."""

_decode = msgspec.msgpack.Decoder(Notes).decode


def cut(start_us: int, end_us: int, zone: ZoneInfo, day_start: dt.time) -> Iterator[tuple[dt.date, int, int]]:
    """Yield the parts of a time by the local day that each lies in. Raises NoteRefused for none, or too long a one."""
    if start_us >= end_us:
        raise NoteRefused(Refusal.EMPTY)
    if end_us - start_us > LONGEST_US:
        raise NoteRefused(Refusal.TOO_LONG)
    while start_us < end_us:
        day = local_day(_EPOCH + dt.timedelta(microseconds=start_us), zone, day_start)
        until = min(end_us, borders_us(day, zone, day_start)[1])
        yield day, start_us, until
        start_us = until


def _inserted(old: Sequence[T], new: T, *, replace: bool) -> list[T]:
    if new.start_us >= new.end_us:
        raise NoteRefused(Refusal.EMPTY)
    if new in old:
        return list(old)  # a form that was sent twice says the same, and nothing is wrong with it
    other = next((each for each in old if each.start_us < new.end_us and new.start_us < each.end_us), None)
    if other is not None and not replace:
        raise NoteRefused(Refusal.OVERLAPS, other)
    kept = list(_left(old, (new.start_us, new.end_us)))
    kept.append(new)
    return sorted(kept, key=lambda each: each.start_us)


def _left(notes: Iterable[T], span: Span) -> tuple[T, ...]:
    """Return what a time that is cut out leaves of notes."""
    return tuple(
        msgspec.structs.replace(each, start_us=start, end_us=end)
        for each in notes
        for start, end in _parts((each.start_us, each.end_us), span)
    )


def _parts(whole: Span, span: Span) -> list[Span]:
    found = ((whole[0], min(whole[1], span[0])), (max(whole[0], span[1]), whole[1]))
    return [(start, end) for start, end in found if start < end]


def _check_text(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise NoteRefused(Refusal.TEXT)
    _check_seen(text)


def check_name(name: str) -> None:
    """Refuse what is no name of an application or a category. Raises NoteRefused."""
    if not name or len(name) > LONGEST_NAME:
        raise NoteRefused(Refusal.TEXT)
    _check_seen(name)


def _check_seen(text: str) -> None:
    if (found := unseen(text)) is not None:
        raise NoteRefused(Refusal.UNSEEN, values=found)
