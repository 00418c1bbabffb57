"""Sheets of one-to-ones: what an employee and a manager prepare, ask and agree on for a talk (pure).

A sheet is a list of items. Each says who wrote it and on which day; nothing is changed or taken away, an item is struck
out and stays readable with who did that. The employee writes topics, questions and notes of their own that they chose
to show, as copies; the manager writes questions; both write agreements. There is no figure in it but the length of a
note's time. Kept as one sealed value per employee, with a random salt: without it nobody can try which text a logged
digest is of. What both are shown of a sheet has a salt that is derived from it for that sheet alone: its digest stays
while it is not written on, so that no manager sees from it that something was written for another one.
"""

import datetime as dt
import enum
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from analytics.agreed import Side
from analytics.refusals import Refusal
from privacy.free_text import UNSEEN, unseen
from privacy.messages import N_

LONGEST_TEXT: Final = 600
MOST_ITEMS: Final = 60
_YEAR: Final = dt.timedelta(days=366)
_SALT_BYTES: Final = 16


class Kind(enum.StrEnum):
    """What an item is."""

    TOPIC = "topic"
    QUESTION = "question"
    NOTE = "note"
    AGREEMENT = "agreement"


WRITES: Final[Mapping[Side, frozenset[Kind]]] = {
    Side.EMPLOYEE: frozenset(Kind),
    Side.MANAGER: frozenset({Kind.QUESTION, Kind.AGREEMENT}),
}
"""Who writes what: topics and notes are the employee's."""


class Doer(enum.StrEnum):
    """Who does what was agreed on."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    BOTH = "both"


class SheetError(Refusal):
    """Something that cannot stand on a sheet; the message says what to change."""


@dataclass(frozen=True, slots=True)
class About:
    """What an annotation of the employee was of, as it was when it was copied: day, kind, and minutes."""

    day: dt.date
    kind: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `doer` and `due` belong to agreements, `about` to notes."""

    number: int
    kind: Kind
    by: Side
    day: dt.date
    text: str
    doer: Doer | None = None
    due: dt.date | None = None
    about: About | None = None
    struck: dt.date | None = None
    struck_by: Side | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """What it says, whoever wrote it when."""
        return (self.kind, self.by, self.text, self.doer, self.due, self.about)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the sheet of one meeting, by its number."""

    number: int
    manager: str
    items: tuple[Item, ...] = ()

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """Return the items of a kind, in the order in which they were written."""
        return tuple(each for each in self.items if each.kind is kind)


@dataclass(frozen=True, slots=True)
class Sheets:
    """All sheets of one employee."""

    sheets: tuple[Sheet, ...] = ()
    salt: str = ""

    def of(self, manager: str) -> "Sheets":
        """Return what is between the employee and one manager: what that manager is shown."""
        return replace(self, sheets=tuple(each for each in self.sheets if each.manager == manager))

    def find(self, number: int, manager: str) -> Sheet | None:
        """Return the sheet of a meeting with a manager, None while nothing is written on it."""
        return next((each for each in self.of(manager).sheets if each.number == number), None)

    def written(self, on: Sheet, item: Item) -> "Sheets":
        """Return it with a new item on the sheet of a meeting; its number is given here. `on` says which, empty."""
        _check(item)
        sheet = self.find(on.number, on.manager) or on
        if len(sheet.items) >= MOST_ITEMS:
            sentence = N_("There are %(most)s lines on this sheet; that is enough for one talk.")
            raise SheetError(sentence, "text", most=MOST_ITEMS)
        if any(each.said == item.said and each.struck is None for each in sheet.items):
            raise SheetError(N_("That stands on the sheet already."), "text")
        numbered = replace(item, number=len(sheet.items) + 1)
        return self._with(replace(sheet, items=(*sheet.items, numbered)))

    def struck(self, number: int, manager: str, item: int, by: Side, today: dt.date) -> "Sheets":
        """Return it with an item struck out; one that is struck out already stays as it is.

        SheetError for what the other one wrote, but for agreements: these are both's.
        """
        sheet = self.find(number, manager)
        if sheet is None or item not in range(1, len(sheet.items) + 1):
            raise LookupError(f"no line {item} on sheet {number}")
        if (found := sheet.items[item - 1]).by is not by and found.kind is not Kind.AGREEMENT:
            raise SheetError(N_("Only who wrote this line can strike it out."))
        items = tuple(
            replace(each, struck=today, struck_by=by) if each.number == item and each.struck is None else each
            for each in sheet.items
        )
        return self._with(replace(sheet, items=items))

    def without(self, numbers: Collection[int]) -> "Sheets":
        """Return it without the sheets of some meetings: they were kept for as long as was agreed."""
        return replace(self, sheets=tuple(each for each in self.sheets if each.number not in numbers))

    def payload(self, subject: str, manager: str, number: int) -> dict[str, Any]:
        """Return what both sides are shown of one sheet, and what the digest in the log is of."""
        sheet = self.find(number, manager)
        items = [] if sheet is None else [msgspec.to_builtins(each) for each in sheet.items]
        salt = hmac.digest(self.salt.encode(), f"{manager}/{number}".encode(), "sha256").hex()
        return {"subject": subject, "manager": manager, "meeting": number, "items": items, "salt": salt}

    def dump(self) -> bytes:
        """Return the value to seal, with its salt; the first one has a new one."""
        return msgspec.json.encode(replace(self, salt=self.salt or secrets.token_hex(_SALT_BYTES)))

    def _with(self, sheet: Sheet) -> "Sheets":
        found = {each.number: each for each in (*self.sheets, sheet)}
        return replace(self, sheets=tuple(found[number] for number in sorted(found)))


def parse(value: bytes | None) -> Sheets:
    """Read a sealed value, or None for somebody who has none. SheetError says what is wrong with it."""
    if value is None:
        return Sheets()
    try:
        found = msgspec.json.decode(value, type=Sheets)
        if not found.salt:
            raise ValueError("there is no salt")
    except ValueError as error:
        raise SheetError(N_("This is no value of sheets: %(error)s"), error=error) from error
    return found


def _check(item: Item) -> None:
    if item.kind not in WRITES[item.by]:
        raise SheetError(N_("Topics and notes are the employee’s to write."), "text")
    if not item.text.strip() and item.kind is not Kind.NOTE:
        raise SheetError(N_("Write what it is about."), "text")
    if len(item.text) > LONGEST_TEXT:
        raise SheetError(N_("That is longer than %(most)s characters."), "text", most=LONGEST_TEXT)
    if (found := unseen(item.text)) is not None:
        raise SheetError(UNSEEN, "text", **found)
    if item.kind is Kind.AGREEMENT and item.doer is None:
        raise SheetError(N_("Say who does it."), "doer")
    if item.due is not None and not item.day <= item.due <= item.day + _YEAR:
        raise SheetError(N_("It is due today or later, and within a year."), "due")
