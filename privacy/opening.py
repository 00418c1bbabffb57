"""What comes through the gate: an opening, which was permitted and logged, and what it discloses, whole or in parts."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute

from privacy.decisions import Request
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.policy import Purpose, Relation, permitted
from privacy.snapshot import Snapshot
from privacy.vault import Wanted


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What was opened, and the number of the entry that says so."""

    viewer: str | None
    subject: str
    fields: frozenset[Field]
    purpose: Purpose
    period: Period
    tier: Tier
    relation: Relation
    entry: int
    session: str | None
    values: Mapping[tuple[dt.date, Field], bytes] = attribute(repr=False)
    salt: str = attribute(repr=False)
    """Hex, for one week with rows at Tier.WEEK: what makes the digest of its payload unguessable. Otherwise empty."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A disclosure that was permitted and logged, and can now be opened: whole, or in parts of its period."""

    request: Request
    relation: Relation
    entry: int
    session: str | None
    _open: Callable[["Opening", Sequence[Wanted], Snapshot | None], list[Disclosed]] = attribute(repr=False)

    def part(
        self,
        period: Period,
        tier: Tier | None = None,
        then: Snapshot | None = None,
        fields: Collection[Field] | None = None,
    ) -> Disclosed:
        """Open one part, at another tier if the policy has the same rule for it; with `then`, as it was at that moment.

        `fields` are some of those that the log entry names. ValueError for days and fields that it does not name, for a
        tier at which this would have been refused, and for a snapshot of somebody else.
        """
        wanted = Wanted(self.request.fields if fields is None else frozenset(fields), tier or self.request.tier, period)
        return self.parts(wanted, then=then)[0]

    def parts(self, *wanted: Wanted, then: Snapshot | None = None) -> list[Disclosed]:
        """Open several parts as `part` opens one, all of them from one state of the store; hot rows only alone."""
        if then is not None and then.subject != self.request.subject:
            raise ValueError(f"a snapshot of {then.subject}, but entry {self.entry} is about {self.request.subject}")
        for each in wanted:
            self._check(*each)
            if each.tier is Tier.HOT and len(wanted) > 1:
                raise ValueError("no manifest lists hot rows: they are opened alone")
        return self._open(self, wanted, then)

    def _check(self, fields: frozenset[Field], tier: Tier, period: Period) -> None:
        asked = self.request
        if period.first < asked.period.first or period.end > asked.period.end:
            raise ValueError(f"{period} reaches out of {asked.period}, for which entry {self.entry} was written")
        if tier is not asked.tier and not asked.fields <= permitted({self.relation}, asked.purpose, tier):
            raise ValueError(f"the policy does not permit {self.relation} to open these fields at tier {tier}")
        if not fields <= asked.fields:
            raise ValueError(f"entry {self.entry} does not name {', '.join(sorted(fields - asked.fields))}")
