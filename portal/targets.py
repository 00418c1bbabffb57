"""Targets of teams as the portal keeps them: announced, changed, ended, and what came of the comments on them.

Each act is one transaction: the row, its entry in the organisation's chain, and the announcement to everybody in the
team. Members, managers and planners read the same; no person is in a target, so a look is no entry of the log. Managers
of the team write, and none in the weeks in which, by the policy, they only listen.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from analytics.target_store import SECRET, TargetStore
from analytics.targets import COMMENT_DAYS, MOST_TARGETS, Act, ActKind, Target, Terms, reason, said, targets_of
from auth.notices import Kind, Notice
from auth.team_roll import TeamRoll
from portal.conversations import due_on
from privacy.canonical import digest
from privacy.log_entries import TARGET_ANNOUNCED, TARGET_ANSWERED, TARGET_ENDED, Chain, Draft
from privacy.messages import N_, Said
from privacy.policy import Purpose, Relation
from privacy.stores import writing

if TYPE_CHECKING:
    from portal.wiring import System

OUTDATED: Final = N_("The target has changed since you opened this page. Read it again; what you typed is below.")
ENDED: Final = N_("This target has ended.")
TOO_MANY: Final = N_("The team has %(most)s targets. End some of them first: nobody keeps more in mind.")
_OUTCOMES: Final = {
    ActKind.ANNOUNCED: TARGET_ANNOUNCED,
    ActKind.ENDED: TARGET_ENDED,
    ActKind.ANSWERED: TARGET_ANSWERED,
}
_DAY: Final = dt.timedelta(days=1)


class NotWritten(Exception):
    """An act that cannot be: a sentence, for the page as a whole."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Board:
    """What a team has: its targets, newest first, and the numbers of those whose rows were changed in the database."""

    targets: Sequence[Target]
    broken: Sequence[int]

    def find(self, number: int) -> Target | None:
        return next((each for each in self.targets if each.number == number), None)

    def taken(self, day: dt.date) -> set[tuple[str, str]]:
        """Return what there is a target about that has not ended."""
        return {each.shown(day).terms.what for each in self.targets if each.is_open}


def store(system: "System") -> TargetStore:
    """Return the rows of targets."""
    return TargetStore(system.stores.data, lambda: system.stamps.secret(SECRET))


def roll(system: "System") -> TeamRoll:
    """Return who manages teams and who is in them."""
    return TeamRoll(system.stores.data, system.clock, system.stamps)


def board(system: "System", team: str, connection: Connection | None = None) -> Board:
    """Return the targets of a team; one of which a row was changed or is missing is not among them."""
    stored = store(system).read(team, connection)
    forged = {each.number for each in stored if each.act is None}
    acts = [each.act for each in stored if each.act is not None and each.number not in forged]
    found, missing = targets_of(acts)
    return Board(found, sorted(forged | set(missing)))


def earliest(today: dt.date) -> dt.date:
    """Return the first day on which something that is announced today may take effect."""
    return due_on(today, COMMENT_DAYS) + _DAY


def listens_until(system: "System", viewer: str, team: str) -> dt.date | None:
    """Return the day before which a manager of a team only listens, None if that is over or nobody has to."""
    since = next((each.since for each in roll(system).heads(team) if each.person.subject == viewer), None)
    weeks = system.policies.now().sharing.listen_weeks
    if since is None or not weeks:
        return None
    until = since + dt.timedelta(weeks=weeks)
    return until if system.gate.today(viewer) < until else None


def announce(
    system: "System", team: str, by: str, terms: Terms, number: int | None = None, seen: int | None = None
) -> int:
    """Announce a target, or another version of one of which `seen` acts were seen; return its number.

    The caller has checked the terms. NotWritten says why it cannot be; LogUnavailable if the log cannot be written: in
    either case nothing was written.
    """
    if (until := listens_until(system, by, team)) is not None:
        raise NotWritten(Said(N_("Listening comes first: you can announce targets from %(day)s on."), day=until))

    def act(known: Board) -> tuple[int, str]:
        if number is not None:
            _open(known, number, seen)
            return number, terms.dump()
        if sum(each.is_open for each in known.targets) >= MOST_TARGETS:
            raise NotWritten(Said(TOO_MANY, most=MOST_TARGETS))
        if terms.what in known.taken(terms.effective):
            raise NotWritten(OUTDATED)
        return 1 + max((*(each.number for each in known.targets), *known.broken), default=0), terms.dump()

    kind = Kind.TARGET_ANNOUNCED if number is None else Kind.TARGET_CHANGED
    return _write(system, team, by, ActKind.ANNOUNCED, act, (kind, {"since": terms.effective.isoformat()}))


def end(system: "System", team: str, by: str, number: int, why: str, seen: int) -> None:
    """End a target from today on; it stays to be read. Raises as `announce` does."""

    def act(known: Board) -> tuple[int, str]:
        return _open(known, number, seen).number, reason(why)

    _write(system, team, by, ActKind.ENDED, act, (Kind.TARGET_ENDED, {}))


def say(system: "System", team: str, by: str, number: int, you_said: str, we_did: str, seen: int) -> None:
    """Write what came of the comments on a target, one that has ended as well. Raises as `announce` does."""

    def act(known: Board) -> tuple[int, str]:
        return _seen(known, number, seen).number, said(you_said, we_did)

    _write(system, team, by, ActKind.ANSWERED, act, (Kind.TARGET_ANSWERED, {}))


def answers_for(system: "System", team: str, target: Target, viewer: str) -> bool:
    """Tell whether somebody answers for a target: its owner, or any manager of the team once the owner is none."""
    heads = {each.person.subject for each in roll(system).heads(team)}
    owner = target.newest.terms.owner
    return viewer in heads and (viewer == owner or owner not in heads)


def _write(
    system: "System",
    team: str,
    by: str,
    kind: ActKind,
    find: Callable[[Board], tuple[int, str]],
    told: tuple[Kind, dict[str, str]],
) -> int:
    rows = store(system)
    everybody = _concerned(system, team)
    with writing(system.stores.data) as connection:
        rows.lock(connection)
        number, content = find(known := board(system, team, connection))
        target = known.find(number)
        sequence = 1 if target is None else target.acts + 1
        act = Act(team, number, sequence, kind, system.gate.today(by), by, content, 0)
        act = replace(act, entry=system.gate.record(_draft(act)))
        rows.add(connection, act)
        parameters = told[1] | {"team": team, "target": str(number)}
        system.journal.tell(connection, [Notice(each, told[0], parameters) for each in everybody], by=by)
    return number


def _concerned(system: "System", team: str) -> Collection[str]:
    """Return who is told: everybody in the team, and whoever manages it."""
    of = roll(system)
    return sorted({each.subject for each in of.members(team)} | {each.person.subject for each in of.heads(team)})


def _open(known: Board, number: int, seen: int | None) -> Target:
    found = _seen(known, number, seen)
    if not found.is_open:
        raise NotWritten(ENDED)
    return found


def _seen(known: Board, number: int, seen: int | None) -> Target:
    found = known.find(number)
    if found is None or found.acts != seen:
        raise NotWritten(OUTDATED)
    return found


def _draft(act: Act) -> Draft:
    return Draft(
        viewer=act.by,
        subject=None,
        relation=Relation.MANAGER,
        fields=(),
        purpose=Purpose.TARGET_SETTING,
        period=None,
        outcome=_OUTCOMES[act.kind],
        digest=digest(act.statement),
        chain=Chain.ORGANISATION,
    )
