"""What a manager finds in two minutes: who waits for an answer, how the work stands, what is to be looked at again.

Nothing of a person is opened for it, and no figure of one is on it: it leads to where things are, and works without
private keys. Managers are subjects too: whoever has not looked at their own figures yet is led there first. Whoever is
new sees what to do in the weeks in which, by the policy, they only listen.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics import volume_store
from analytics.targets import Target
from analytics.volumes import Process, processes, view_until
from auth.directory import ManagedTeam
from portal import targets, threads
from portal.access import system, viewer
from portal.meetings import AHEAD, Next, first_of_each, with_members
from portal.releases import WEEK, of_unit
from portal.wiring import System
from privacy.chains import is_begun
from privacy.log_entries import Chain
from privacy.period import week_name, week_of
from privacy.threads import State, Thread


@dataclass(frozen=True, slots=True)
class Listening:
    """The weeks in which a manager only listens: which day of them it is, from 0, and when they are over."""

    day: int
    until: dt.date


@dataclass(frozen=True, slots=True)
class TeamNow:
    """One team: its members, the last state of each process, the newest week of which figures were released, and what
    is to be done about its targets.

    `review` are to be looked at again, `open` for comments are those that are announced.
    """

    team: ManagedTeam
    delivered: dt.date | None
    work: Sequence[Process]
    released: str | None
    review: Sequence[Target]
    announced: Sequence[Target]
    targets: int
    listening: Listening | None


@dataclass(frozen=True, slots=True)
class Start:
    """The whole page: `waiting` are conversations in the order of their due days, those that are overdue first.

    `overdue` are those of them whose day is over. `meetings` are the next ones, `next` by person the one whose sheet is
    open, or else the next.
    """

    today: dt.date
    own_first: bool
    meetings: Sequence[Next]
    next: Mapping[str, Next]
    waiting: Sequence[Thread]
    overdue: frozenset[Thread]
    teams: Sequence[TeamNow]

    @property
    def listening(self) -> Listening | None:
        """The weeks of listening that end last, None where the manager listens in no team."""
        return max((each.listening for each in self.teams if each.listening), key=lambda each: each.until, default=None)


def start() -> Start:
    """Return what the asker, a manager, finds on their start page."""
    today = system().gate.today(viewer())
    waiting = [each for each in threads.addressed_by_name() if each.state is State.OPEN]
    managed = system().directory.managed(viewer())
    found = with_members(viewer(), managed)
    return Start(
        today=today,
        own_first=not _has_looked(system(), viewer()),
        meetings=_in_order([each for each in found if each.state in AHEAD]),
        next={each.person.subject: each for each in first_of_each(found)},
        waiting=waiting,
        overdue=threads.overdue(waiting),
        teams=[_team(each, today) for each in managed],
    )


def _in_order(ahead: Sequence[Next]) -> list[Next]:
    """Return what waits for the manager's yes, and then the next one with everybody."""
    asked = [each for each in ahead if each.waits_for_me]
    return asked + first_of_each(each for each in ahead if not each.waits_for_me)


def _team(team: ManagedTeam, today: dt.date) -> TeamNow:
    period = view_until(today)
    rows = volume_store.read(system().stores.data, team.id, period)
    known = [each for each in targets.board(system(), team.id).targets if each.is_open]
    return TeamNow(
        team=team,
        delivered=max((row.delivered_on for row in rows if row.delivered_on), default=None),
        work=processes(rows, period),
        released=next((week_name(week_of(each.first_day)) for each in of_unit(system(), team.id, WEEK, 1)), None),
        review=[each for each in known if each.is_to_review(today)],
        announced=[each for each in known if each.coming(today)],
        targets=len(known),
        listening=_listening(team.id, today),
    )


def _listening(team: str, today: dt.date) -> Listening | None:
    until = targets.listens_until(system(), viewer(), team)
    if until is None:
        return None
    weeks = system().policies.now().sharing.listen_weeks
    return Listening((today - (until - dt.timedelta(weeks=weeks))).days, until)


def _has_looked(of: System, subject: str) -> bool:
    """Tell whether somebody has ever looked at what is theirs; the log opens nothing to say so."""
    with of.stores.log.connect() as connection:
        return is_begun(connection, subject, Chain.SELF)
