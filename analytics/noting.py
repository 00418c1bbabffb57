"""The notes of a person inside one transaction of the intake: what is known of them, and what becomes of it.

Notes are applied whenever a day is summed up. Of a time that is forgotten nothing is kept, notes neither: they go with
the events, and cannot be made again.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from analytics.annotations import NOTHING_NOTED, Change, NoteRefused, Notes, Refusal
from analytics.corrected import Said
from analytics.own_rules import NO_OWN_RULES, OwnRules
from analytics.own_times import NOTHING_PRIVATE, OwnTimes, Span
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.vault import Place, Row

NOTED_FIELDS: Final = frozenset({Field.ANNOTATIONS, Field.OWN_RULES})
_ENDLESS: Final[Callable[[dt.date], Span]] = lambda _day: (-(1 << 62), 1 << 62)  # noqa: E731 - of no calendar
RULES_DAY: Final = dt.date(1900, 1, 1)
"""Where the rules of a person are filed: a day before all others."""


@dataclass(frozen=True, slots=True)
class NoteChange:
    """What a person changes of what they say about their days, in a session of theirs.

    `notes` changes those of each of `days`. With `rules`, those of `days` for which something is stored are summed up
    anew. `outcome` is what the log says of it, in the chain of their own reads.
    """

    session: str
    outcome: str
    days: Period
    notes: Change | None = None
    rules: Callable[[OwnRules], OwnRules] | None = None


@dataclass(slots=True)
class Noting:
    """What a transaction knows of a person's notes; `borders` say where a local day of theirs begins and ends."""

    change: NoteChange | None = None
    borders: Callable[[dt.date], Span] = _ENDLESS
    rules: OwnRules = NO_OWN_RULES
    own: OwnTimes = NOTHING_PRIVATE
    stored: dict[dt.date, Notes] = field(default_factory=dict)
    days: dict[dt.date, Notes] = field(default_factory=dict)

    def begin(self, rules: bytes | None, own: OwnTimes) -> list[Row]:
        """Begin with the rules as they are stored; return what is to be written of them."""
        self.own, self.rules = own, OwnRules.parse(rules)
        if self.change is None or self.change.rules is None:
            return []
        self.rules = self.change.rules(self.rules)
        return [Row(Field.OWN_RULES, Tier.DAY, RULES_DAY, 0, self.rules.dump())]

    def learn(self, day: dt.date, stored: bytes | None) -> None:
        """Take in what is stored of a day, and change it. Raises NoteRefused."""
        self.stored[day] = found = Notes.parse(stored)
        if self.change is not None and self.change.notes is not None and day in self.change.days:
            found = self.change.notes(day, found)
            if self._kept(day, found) != found:
                raise NoteRefused(Refusal.FORGOTTEN)
        self.days[day] = self._kept(day, found)

    def _kept(self, day: dt.date, found: Notes) -> Notes:
        return found.outside(self.own.forgotten, self.borders(day))

    def of(self, day: dt.date) -> Said:
        """Return what the person says about a day."""
        return Said(self.days.get(day, NOTHING_NOTED), self.rules.on(day))

    def rows(self, day: dt.date) -> tuple[list[Row], list[Place]]:
        """Return what is to be written of a day's notes, and what of them is obsolete."""
        notes = self.days.get(day, NOTHING_NOTED)
        if notes == self.stored.get(day, NOTHING_NOTED):
            return [], []
        if not notes:
            return [], [Place(Field.ANNOTATIONS, Tier.DAY, day)]
        return [Row(Field.ANNOTATIONS, Tier.DAY, day, 0, notes.dump())], []

    def is_of_change(self, day: dt.date) -> bool:
        """Tell whether a day has to be summed up anew, even where nothing came for it."""
        changed = self.days.get(day, NOTHING_NOTED) != self.stored.get(day, NOTHING_NOTED)
        return changed or (self.change is not None and self.change.rules is not None and day in self.change.days)


def notes_of(values: Mapping[tuple[dt.date, Field], bytes], day: dt.date) -> Notes:
    """Return the notes of a day among disclosed values (tier: day)."""
    return Notes.parse(values.get((day, Field.ANNOTATIONS)))


def rules_of(values: Mapping[tuple[dt.date, Field], bytes]) -> OwnRules:
    """Return a person's rules among disclosed values (tier: day)."""
    return OwnRules.parse(values.get((RULES_DAY, Field.OWN_RULES)))
