"""Choosing entries of one's own access log: by whose doing, person, purpose, outcome and days, as the address says it.

A day that is none is named beside its field, and nothing is chosen by it; the rest of the choice holds.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from portal.locale import N_, _
from portal.parse import day_from
from portal.problems import Problem
from privacy.log_entries import Chain, Entry

PEOPLE, SYSTEM, ME = "people", "system", "me"
WHOSE: Final = (PEOPLE, SYSTEM, ME)
LOOKED, REFUSED, CHANGED = "looked", "refused", "changed"
OUTCOMES: Final = (
    (LOOKED, N_("Something was opened or shown")),
    (REFUSED, N_("It was refused")),
    (CHANGED, N_("Something was changed")),
)
NOBODY: Final = "nobody"
"""How the address names who has no name in the log: the command line, and the system itself."""
_OPENED: Final = frozenset({"disclosed", "shown"})
_NAMES: Final = ("person", "purpose", "outcome", "from", "to")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice. `typed` is what the fields show again, `wrong` a sentence for each that cannot be read."""

    by: str
    person: str
    purpose: str
    outcome: str
    first: dt.date | None
    last: dt.date | None
    typed: Mapping[str, str]
    wrong: Mapping[str, str]

    @property
    def narrows(self) -> bool:
        """Whether anything but whose doing it is was chosen."""
        return any(self.typed.values())

    def address(self, path: str, **more: object) -> str:
        """Return the address of a page with this choice."""
        kept = {name: value for name, value in self.typed.items() if value}
        return f"{path}?{urlencode({'by': self.by, **kept, **more})}"


def chosen_from(asked: Mapping[str, str]) -> Chosen:
    """Read a choice from an address; what is unknown chooses nothing that there is, and dates are checked."""
    typed = {name: asked.get(name, "").strip()[:80] for name in _NAMES}
    wrong: dict[str, str] = {}
    first, last = _day("from", typed, wrong), _day("to", typed, wrong)
    if first is not None and last is not None and last < first:
        wrong["to"] = _("The last day comes before the first one.")
        first = last = None
    by = asked.get("by", PEOPLE)
    return Chosen(
        by=by if by in WHOSE else PEOPLE,
        person=typed["person"],
        purpose=typed["purpose"],
        outcome=typed["outcome"],
        first=first,
        last=last,
        typed=typed,
        wrong=wrong,
    )


def whose(entry: Entry) -> str:
    """Tell whose doing an entry is: the system's own work is many entries, and would hide the looks of people."""
    if entry.chain is Chain.SELF:
        return ME
    return SYSTEM if entry.by_job else PEOPLE


def outcome_of(entry: Entry) -> str:
    """Tell what an entry says in the three words of the choice."""
    if entry.outcome == REFUSED:
        return REFUSED
    return LOOKED if entry.outcome in _OPENED and entry.fields else CHANGED


def choose(entries: Iterable[Entry], chosen: Chosen, zone: ZoneInfo) -> list[Entry]:
    """Return the entries that a choice names, in their order; days are the reader's."""
    return [each for each in entries if _matches(each, chosen, zone)]


def persons(entries: Sequence[Entry]) -> list[str]:
    """Return who is named by entries, each once; NOBODY where somebody has no name in the log."""
    return sorted({each.viewer or NOBODY for each in entries})


def purposes(entries: Sequence[Entry]) -> list[str]:
    """Return the purposes of entries, each once."""
    return sorted({each.purpose for each in entries})


def _matches(entry: Entry, chosen: Chosen, zone: ZoneInfo) -> bool:
    day = entry.time.astimezone(zone).date()
    return (
        whose(entry) == chosen.by
        and chosen.person in ("", entry.viewer or NOBODY)
        and chosen.purpose in ("", entry.purpose)
        and chosen.outcome in ("", outcome_of(entry))
        and (chosen.first is None or day >= chosen.first)
        and (chosen.last is None or day <= chosen.last)
    )


def _day(name: str, typed: Mapping[str, str], wrong: dict[str, str]) -> dt.date | None:
    if not typed[name]:
        return None
    try:
        return day_from(typed[name])
    except Problem as problem:
        wrong[name] = problem.detail
        return None
