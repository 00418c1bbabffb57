"""What an export reads: one logged opening of everything, over a snapshot of one moment, slice by slice.

Whatever had arrived by `moment` is in it: it was folded into its days before the snapshot was taken. A row that does
not open is named in `unreadable`, and everything else is handed out all the same.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from analytics.rings import Own
from auth.person import Person
from privacy.disclosure import Disclosed, Opening
from privacy.fields import STATE_FIELDS, Field, Tier
from privacy.inventory import VaultIncomplete
from privacy.period import Period, local_day, week_name, week_of
from privacy.policy import Purpose
from privacy.seal import SealBroken
from privacy.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from portal.wiring import System

DAY_TIERS: Final = (Tier.SUMMARY, Tier.DAY, Tier.WEEK, Tier.HOT)
_EVERYTHING: Final = frozenset(Field)
DATED: Final = _EVERYTHING - STATE_FIELDS
"""What is filed for a day; the rest holds from a day on."""
_BEFORE_ALL: Final = dt.date(1901, 1, 1)
"""What holds for all days is filed before this one."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that was filed and does not open; `why` is for whoever runs the portal."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One export while it is made. `days` are those for which anything dated is filed, oldest first."""

    system: "System"
    owner: Person
    session: str
    moment: dt.datetime
    opening: Opening
    then: Snapshot
    days: tuple[dt.date, ...]
    own: Own
    unreadable: list[Unreadable] = field(default_factory=list)

    def months(self, tier: Tier) -> Iterator[Period]:
        """Yield the calendar months in which something is filed at a tier, cut to the opened period."""
        found = sorted({each.replace(day=1) for each in self.filed(tier)})
        for first in found:
            end = (first + dt.timedelta(days=31)).replace(day=1)
            asked = self.opening.request.period
            yield Period(max(first, asked.first), min(end, asked.end))

    def filed(self, tier: Tier) -> list[dt.date]:
        """Return the days for which anything dated is filed at a tier, oldest first."""
        return _filed(self.then, tier, DATED)

    def slices(self, period: Period, tier: Tier, fields: frozenset[Field] = DATED) -> Iterator[Disclosed]:
        """Open a period; if something of it does not open, day by day, without the days that do not."""
        try:
            yield self.opening.part(period, tier, self.then, fields)
            return
        except (SealBroken, VaultIncomplete) as broken:
            if period == Period.day(period.first):
                self.miss(f"{period.first} ({tier})", broken)
                return
        for day in period.days():
            yield from self.slices(Period.day(day), tier, fields)

    def weeks(self) -> Iterator[Disclosed]:
        """Open every frozen week, with the fields that were frozen."""
        for monday in self.filed(Tier.WEEK):
            try:
                found = self.opening.part(week_of(monday), Tier.WEEK, self.then, DATED)
            except (SealBroken, VaultIncomplete) as broken:
                self.miss(f"{week_name(week_of(monday))} ({Tier.WEEK})", broken)
            else:
                yield replace(found, fields=frozenset(name for _, name in found.values))

    def settings(self, name: Field, tier: Tier) -> Iterator[tuple[dt.date, bytes]]:
        """Yield every value of a setting that was ever filed, with the day from which on it holds, oldest first."""
        for day in self.then.days(name, tier):
            within = max(day, self.opening.request.period.first)
            for each in self.slices(Period.day(within), tier, frozenset({name})):
                if (value := each.values.get((day, name))) is not None:
                    yield day, value

    def miss(self, what: str, why: Exception) -> None:
        """Note that something does not open: once, however often it is looked at."""
        found = Unreadable(what, str(why))
        if found not in self.unreadable:
            self.unreadable.append(found)


def begin(system: "System", owner: Person, session: str, own: Own, left: ExitStack) -> Copy:
    """Fold what has arrived, log the export, and take the snapshot, which is dropped when `left` is closed.

    LogUnavailable: nothing was opened.
    """
    moment = system.clock().astimezone(dt.UTC)
    system.intake.fold(owner.subject)
    then = left.enter_context(snapshot(system.stores.data, owner.subject))
    dated = sorted({day for tier in DAY_TIERS for day in _filed(then, tier, DATED)})
    settings = [day for day in _filed(then, Tier.SUMMARY, STATE_FIELDS) if day >= _BEFORE_ALL]
    every = sorted([*dated, *settings, local_day(moment, owner.zone, system.config.day_start)])
    period = Period(week_of(every[0]).first, week_of(every[-1]).end)
    purpose = Purpose.SUBJECT_REQUEST
    opening = system.gate.begin(owner.subject, owner.subject, _EVERYTHING, purpose, period, tier=Tier.DAY)
    return Copy(system, owner, session, moment, opening, then, tuple(dated), own)


def _filed(then: Snapshot, tier: Tier, fields: Iterable[Field]) -> list[dt.date]:
    return sorted({day for each in fields for day in then.days(each, tier)})
