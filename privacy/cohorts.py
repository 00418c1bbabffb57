"""Who counts in the figures of which team, and of all together (pure): rules 1, 2 and 2b of docs/releases.md."""

from collections.abc import Collection, Mapping, Set
from typing import TypeAlias

Teams: TypeAlias = Mapping[str, Set[str]]


def cohorts(members: Teams, managers: Teams, readers: Teams) -> dict[str, frozenset[str]]:
    """Return by team who counts in its figures of a week.

    `members` belonged to a team on every day; `managers` managed it on any day, and stay out of its figures. Whoever
    belongs to several teams counts in the first of them by its id. `readers` are by person who may read that week of
    theirs: if a manager of the team may read some of its people, those whom they may not read stay out, or the team's
    figures without the others would tell. A manager who may read nobody subtracts nobody.
    """
    counted: set[str] = set()
    found = {}
    for team in sorted(members):
        leads = managers.get(team, frozenset())
        here = frozenset(members[team]) - counted - leads
        counted |= here
        read = [frozenset(person for person in here if lead in readers.get(person, ())) for lead in leads]
        found[team] = here.intersection(*filter(None, read))
    return found


def together(teams: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return who counts in the figures of all teams together: whoever counts in one of them."""
    return frozenset[str]().union(*teams.values())


def parent_first(teams: Mapping[str, frozenset[str]], least: int) -> bool:
    """Tell whether the figures of all together are decided before those of the teams, as they are where they can be.

    The people of teams that are too small are what is left of all together without the other teams. Where they are too
    few by themselves, or without those whom one manager may read, the figures of all together would cost other teams
    theirs: then the teams go first. This looks at rosters and at no figure, and decides about an order, not about what
    is safe.
    """
    small = [len(who) for who in teams.values() if 0 < len(who) < least]
    return all(_is_none_or_many(left, least) for left in (sum(small), *(sum(small) - each for each in small)))


def readable_by(people: Collection[str], *weeks: Teams) -> dict[str, frozenset[str]]:
    """Return by person who may read all of these weeks of theirs; those whom nobody may are left out."""
    found = {each: frozenset.intersection(*(frozenset(week.get(each, ())) for week in weeks)) for each in people}
    return {person: who for person, who in found.items() if who}


def _is_none_or_many(count: int, least: int) -> bool:
    return count == 0 or count >= least
