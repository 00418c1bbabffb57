"""What is released of a period: who counts in which unit, and what the disclosure control lets be said of each.

Nothing is stored here, and only rosters and the memory of the block are looked at (`privacy.release_memory`).
"""

import datetime as dt
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Final

from analytics.categories import top_level
from analytics.team_figures import ACTIVE, CATEGORIES, GROUPS, asked, categories_of, day_number, payload, shown_groups
from auth.rosters import Rosters, Snapshot
from portal.release_due import Due, places_of
from portal.release_values import Values
from portal.wiring import System
from privacy import cohorts
from privacy.aggregates import Cell, Publisher, Window
from privacy.canonical import canonical
from privacy.fields import SHARED_FIELDS, Tier
from privacy.period import starts_at
from privacy.policy import Relation, Rule
from privacy.release_memory import Memory
from privacy.release_store import PARENT, WEEK, Release
from privacy.seats import roster_digest, seats

Teams = dict[str, frozenset[str]]
_OF: Final = {CATEGORIES: ACTIVE}
"""Which group decides about a measure that is not named like its group."""


def new_memory(system: System, block: int, *, is_lost: bool = False) -> Memory:
    """Return the memory of a block of which nothing was released; if what was known of it is lost, all is withheld."""
    policy = system.policies.now()
    paths = system.categorisers(policy).rules.categories
    tops = list(dict.fromkeys(map(top_level, paths)))
    least = policy.sharing.smallest_group
    publishers = {
        each.name: Publisher(categories_of(each.name, tops), k=least, cap=each.cap, width=each.width) for each in GROUPS
    }
    return Memory.new(block, publishers, is_lost=is_lost)


class Deciding:
    """One period, as rosters, policy and memory stand. `people` are those whose figures are needed."""

    def __init__(self, system: System, snapshot: Snapshot, memory: Memory, due: Due) -> None:
        self._system, self._memory, self._due = system, memory, due
        self._rosters = [snapshot.week(week) for week in due.weeks]
        self._readers = self._read_by(snapshot)
        self._known: dict[Hashable, frozenset[str]] = dict(self._readers.items())
        if due.kind == WEEK:
            (place,), (roster,) = places_of(due), self._rosters
            memory.cohorts[place] = cohorts.cohorts(roster.members, roster.managers, self._readers)
        self._teams = sorted(snapshot.teams)
        least = max(5, system.policies.now().sharing.smallest_group)
        for publisher in memory.publishers.values():
            publisher.require(least)
        self._parent_first = cohorts.parent_first(self._cohorts(), least)

    @property
    def people(self) -> frozenset[str]:
        """Whoever counts in a unit."""
        return cohorts.together(self._cohorts())

    def releases(self, values: Mapping[str, Values]) -> list[Release]:
        """Decide about every unit, in an order that looks at no figure, and return what is released of each."""
        units = [*self._teams]
        if PARENT not in units:
            units = [PARENT, *units] if self._parent_first else [*units, PARENT]
        return [self._release(unit, values) for unit in units]

    def _release(self, unit: str, values: Mapping[str, Values]) -> Release:
        due, of, rosters = self._due, self._memory.publishers, self._roster_by_day(unit)
        decided: dict[tuple[str, str], list[Cell]] = {
            (group.name, measure): of[group.name].aggregate(
                rosters, values.get(group.name, {}), self._window, measure, self._known
            )
            for group in GROUPS
            for measure in asked(group.name)
        }
        counted = {name: frozenset(map(str, each.contributors(rosters, self._window))) for name, each in of.items()}
        version = self._system.policies.now().version
        figures = payload(unit, due.kind, due.weeks, decided, len(counted[ACTIVE]), version)
        seated = frozenset[str]().union(*(counted[_OF.get(name, name)] for name in shown_groups(figures)))
        keys, place = self._system.keys, (unit, due.kind, due.first_day)
        people = sorted(frozenset.intersection(*rosters.values()))
        return Release(unit, canonical(figures), roster_digest(keys, *place, people), seats(keys, seated, *place))

    @property
    def _window(self) -> Window:
        return day_number(self._due.period.first), day_number(self._due.period.last)

    def _roster_by_day(self, unit: str) -> dict[int, frozenset[str]]:
        """Return who counts on each day: of a longer period, who counted in each of its weeks, without managers."""
        managers = frozenset[str]()
        if unit != PARENT or unit in self._teams:
            managers = managers.union(*(each.managers.get(unit, frozenset()) for each in self._rosters))
        found: dict[int, frozenset[str]] = {}
        for week, place in zip(self._due.weeks, places_of(self._due), strict=True):
            who = self._of_week(unit, place) - managers
            found.update((day_number(day), who) for day in week.days())
        return found

    def _of_week(self, unit: str, place: int) -> frozenset[str]:
        teams = self._memory.cohorts.get(place, {})
        together = unit == PARENT and unit not in self._teams
        return cohorts.together(teams) if together else teams.get(unit, frozenset())

    def _cohorts(self) -> Teams:
        """Return by team who counts in all of the period."""
        weeks = [self._memory.cohorts.get(place, {}) for place in places_of(self._due)]
        units = frozenset[str]().union(*weeks)
        return {unit: frozenset.intersection(*(each.get(unit, frozenset()) for each in weeks)) for unit in units}

    def _read_by(self, snapshot: Snapshot) -> dict[str, frozenset[str]]:
        """Return by person who may read all of the period by name; a reader also knows their own figures."""
        weeks = [dict(self._open_to_managers(snapshot, each)) for each in self._rosters]
        people = frozenset[str]().union(*weeks)
        found = cohorts.readable_by(people, *weeks)
        for reader in frozenset[str]().union(*found.values()):
            found[reader] = found.get(reader, frozenset()) | {reader}
        return found

    def _open_to_managers(self, snapshot: Snapshot, roster: Rosters) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield who may read whom, where the policies since the week began let managers read weeks at all."""
        everybody: frozenset[str] = cohorts.together(dict(roster.members))
        shared: dict[dt.datetime, bool] = {}
        for subject in everybody & roster.readers.keys():
            begins = starts_at(roster.week.first, snapshot.zone(subject), self._system.config.day_start)
            if begins not in shared:
                shared[begins] = shares_weeks(self._system.policies.in_force().rules_since(begins))
            if shared[begins]:
                yield subject, roster.readers[subject]


def shares_weeks(rules: Collection[Rule]) -> bool:
    """Tell whether managers may read figures of a person's week, for whatever purpose."""
    of_managers = (rule for rule in rules if rule.relation is Relation.MANAGER and Tier.WEEK in rule.tiers)
    return any(rule.fields & SHARED_FIELDS for rule in of_managers)
