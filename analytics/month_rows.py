"""The rows of months, written with the rows of their days: in the same transaction, from the same figures."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from analytics.days import shown
from analytics.figures import load
from analytics.months import MONTH_FIELDS, Days, decode, encode
from privacy import vault_store
from privacy.disclosure import Gate, Opening
from privacy.fields import Field, Tier
from privacy.period import Period, span_of
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import OUTGROWN, Place, Row, Vault

_FIELDS: Final = frozenset(MONTH_FIELDS)


@dataclass(slots=True)
class MonthRows:
    """The months of which days change, and what these say now; `obsolete` are rows of months that say nothing more."""

    obsolete: list[Place] = field(default_factory=list)
    _changed: dict[dt.date, dict[dt.date, Mapping[Field, Any]]] = field(default_factory=lambda: defaultdict(dict))

    def learn(self, day: dt.date, figures: Mapping[Field, Any]) -> None:
        """Take in all figures that a day has now."""
        self._changed[day.replace(day=1)][day] = figures

    def rows(self, opening: Opening | None) -> Iterator[Row]:
        """Yield the months' rows; without an opening nothing is filed yet of any of their days."""
        for month, days in sorted(self._changed.items()):
            known = {} if opening is None else _known(opening, month)
            for name in MONTH_FIELDS:
                left = {day: said for day, said in known.get(name, {}).items() if day not in days}
                left |= {day: shown(name, figures[name]) for day, figures in days.items() if name in figures}
                if left:
                    yield Row(name, Tier.MONTH, month, 0, encode(dict(sorted(left.items()))))
                else:
                    self.obsolete.append(Place(name, Tier.MONTH, month))


def sum_up(vault: Vault, gate: Gate, subject: str) -> int:
    """Write the rows of those of a person's months that have none, or that days have outgrown; return how many months.

    Rows of months whose days are all gone go, too.
    """
    with writing(vault.engine) as connection:
        vault_store.lock(connection, subject)
        tiers = itertools.product(MONTH_FIELDS, (Tier.SUMMARY, Tier.MONTH))
        found = sorted(set().union(*(vault_store.days(connection, subject, *each) for each in tiers)))
        months = [] if not found else vault.outgrown(connection, subject, _FIELDS, span_of(found))
        if not months:
            return 0
        period = span_of(months).whole_months()
        opening = gate.begin(None, subject, _FIELDS, Purpose.OPERATIONS, period, tier=Tier.SUMMARY)
        rows, gone = [], []
        for month in months:
            known = _known(opening, month)
            for name in MONTH_FIELDS:
                if days := known.get(name):
                    rows.append(Row(name, Tier.MONTH, month, 0, encode(dict(sorted(days.items())))))
                else:
                    gone.append(Place(name, Tier.MONTH, month))
        vault.put(connection, subject, rows, gone)
        gate.account(subject, connection, fields=_FIELDS, period=period)
    return len(months)


def _known(opening: Opening, month: dt.date) -> dict[Field, Days]:
    """Open what the days of a month say by now: out of its own rows, or where they are outgrown, of the days'."""
    found = opening.part(Period.day(month), Tier.MONTH, fields=_FIELDS).values
    if OUTGROWN not in found.values():
        return {name: decode(month, stored) for (_, name), stored in found.items()}
    known: dict[Field, Days] = defaultdict(dict)
    days = opening.part(Period.day(month).whole_months(), Tier.SUMMARY, fields=_FIELDS).values
    for (day, name), stored in days.items():
        known[name][day] = shown(name, load(stored))
    return known
