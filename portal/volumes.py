"""The state of the work: deliveries by file and by program, and who may see it.

It is the same for everybody who belongs to a team, manages it or plans. No person is in it, so a read is no entry of
the access log; a delivery is one, in the organisation's chain, and commits to what came. It is written last, inside the
transaction that stores the rows, and only if these change anything.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analytics import volume_store
from analytics.volume_files import Reader, VolumesRefused
from analytics.volume_people import KnownPeople
from analytics.volume_store import Changed
from analytics.volumes import Volume
from auth.change import latest_day
from auth.permissions import Role
from privacy.canonical import canonical, digest
from privacy.log_entries import VOLUMES_DELIVERED, Chain, Draft
from privacy.period import Period
from privacy.policy import Purpose, Relation
from privacy.stores import writing

if TYPE_CHECKING:
    from portal.wiring import System

Reading = Callable[[Reader], Iterable[Volume]]
"""From a reader to the rows of a delivery."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a delivery; `entry` and `digest` are of its entry in the log, None where nothing changed."""

    changed: Changed
    teams: tuple[str, ...]
    period: Period | None
    entry: int | None
    digest: str | None


@dataclass(slots=True)
class _Content:
    """What is committed to of the rows that pass through, in the order in which they came."""

    hash: Any = field(default_factory=hashlib.sha256)
    teams: set[str] = field(default_factory=set)
    period: Period | None = None

    def of(self, rows: Iterable[Volume]) -> Iterator[Volume]:
        for row in rows:
            self.hash.update(canonical([row.team, row.process, row.day.isoformat(), *row.figures]) + b"\n")
            self.teams.add(row.team)
            day, seen = Period.day(row.day), self.period
            self.period = Period(min(seen.first, day.first), max(seen.end, day.end)) if seen else day
            yield row

    def statement(self, changed: Changed) -> dict[str, Any]:
        """Return what the entry's digest is of: how much came, of which teams and days, and the hash of the rows."""
        days = [self.period.first.isoformat(), self.period.end.isoformat()] if self.period else None
        counts = {"rows": changed.rows, "new": changed.new, "replaced": changed.replaced}
        return {"volumes": counts | {"teams": sorted(self.teams), "days": days, "content": self.hash.hexdigest()}}


def deliver(system: "System", read: Reading, by: str | None, only: str | None = None) -> Delivery:
    """Store a delivery, whole or not at all; `by` is the operator, None at the command line; `only` names a team.

    VolumesRefused with every fault. LogUnavailable if the log cannot be written: then nothing was stored.
    """
    rows = list(read(_reader(system, only)))  # every fault is known before anybody waits for the store
    content = _Content()
    with writing(system.stores.data) as connection:
        changed = volume_store.put(connection, content.of(rows), system.clock().date())
        entry = stated = None
        if changed:
            stated = digest(content.statement(changed))
            entry = system.gate.record(_draft(by, content.period, stated))
    return Delivery(changed, tuple(sorted(content.teams)), content.period, entry, stated)


def visible(system: "System", viewer: str, roles: Iterable[Role]) -> dict[str, str]:
    """Return the teams whose work somebody may see, id → name: their own and those they manage; all for a planner."""
    if Role.PLANNER in roles:
        return system.directory.teams()
    found = system.directory.teams_of(viewer) | system.directory.teams_managed(viewer)
    return dict(sorted(found.items(), key=lambda each: each[1].casefold()))


def _reader(system: "System", only: str | None) -> Reader:
    known = {key.casefold(): team for team, name in system.directory.teams().items() for key in (team, name)}
    team = None if only is None else known.get(" ".join(only.split()).casefold())
    if only is not None and team is None:
        raise VolumesRefused(["--team: there is no such team; teams are made by `sameview people import`"])
    people = KnownPeople.of((each.name, each.email, each.subject) for each in system.people.everybody())
    return Reader(known, people, latest_day(system.clock()), team)


def _draft(by: str | None, period: Period | None, stated: str) -> Draft:
    return Draft(
        viewer=by,
        subject=None,
        relation=Relation.OPERATIONS,
        fields=(),
        purpose=Purpose.OPERATIONS,
        period=period,
        outcome=VOLUMES_DELIVERED,
        digest=stated,
        chain=Chain.ORGANISATION,
    )
