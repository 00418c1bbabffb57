"""One-to-ones as pages list them, as forms change them, and as the next ones of a manager: no figure is among it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Response, abort, request, url_for

from auth.change import earliest_day
from auth.directory import ManagedTeam
from auth.errors import ChangeRefused
from auth.meeting_changes import MeetingMoved, MeetingRefused
from auth.meetings import OneToOne
from auth.person import Person
from portal import calendar_file
from portal.access import system, viewer
from portal.locale import _
from portal.parse import day_from
from portal.problems import Problem
from privacy.canonical import digest

AHEAD: Final = frozenset({"waiting", "agreed"})
"""States of what lies ahead."""
STILL_OPEN: Final = dt.timedelta(days=7)
"""No sheet is open for longer after its day."""


@dataclass(frozen=True, slots=True)
class Line:
    """One one-to-one in a list of the asker's: with whom, how it stands, and whether the asker's answer is awaited."""

    meeting: OneToOne
    name: str
    state: str
    waits_for_me: bool
    address: str


@dataclass(frozen=True, slots=True)
class Next:
    """A one-to-one of a manager with somebody that lies ahead, or whose sheet is open still.

    `team` is one in which they manage them now.
    """

    person: Person
    team: str
    meeting: OneToOne
    state: str
    waits_for_me: bool
    sheet_open: bool

    @property
    def address(self) -> str:
        """Where its sheet is."""
        return url_for("team.one_to_ones.sheet", team=self.team, person=self.person.subject, number=self.meeting.number)


class Wrong(Exception):
    """What was typed cannot be: the sentence, and the field beside which it stands."""

    def __init__(self, sentence: str, place: str = "", status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence, self.place, self.status = sentence, place, status


def today(subject: str) -> dt.date:
    """Return the day that runs now for an employee: by it one-to-ones are dated."""
    return system().clock().astimezone(system().directory.zone(subject)).date()


def with_members(manager: str, teams: Iterable[ManagedTeam]) -> list[Next]:
    """Return a manager's one-to-ones with members of these teams that lie ahead, or whose sheet is open still.

    The soonest is first. Nothing is opened, and nothing is asked once for each person.
    """
    managed = {each.subject: (each, team.id) for team in teams for each in team.members}
    now, found = system().clock(), []
    since = earliest_day(now) - STILL_OPEN
    for meeting in system().directory.meetings.of_manager(manager, since=since):
        if meeting.subject not in managed:
            continue
        person, team = managed[meeting.subject]
        day = now.astimezone(person.zone).date()
        state, is_open = meeting.state(day), meeting.stands and day in meeting.open
        if state in AHEAD or is_open:
            found.append(Next(person, team, meeting, state, meeting.waits_for(day) == manager, is_open))
    return sorted(found, key=lambda each: (each.meeting.day, each.person.name.casefold()))


def first_of_each(found: Iterable[Next]) -> list[Next]:
    """Return the first one with each person, in the order in which they are given."""
    first: dict[str, Next] = {}
    for each in found:
        first.setdefault(each.person.subject, each)
    return list(first.values())


def lines(found: Iterable[OneToOne], base: str) -> tuple[list[Line], list[Line]]:
    """Return the asker's one-to-ones: what lies ahead, soonest first, and all others, latest first.

    `base` is the address before the number of each.
    """
    listed = list(found)
    names = system().directory.names({each for one in listed for each in (one.subject, one.manager)} - {viewer()})
    made = [_line(each, names, base) for each in listed]
    ahead = [each for each in made if each.state in AHEAD]
    return ahead[::-1], [each for each in made if each.state not in AHEAD]


def _line(meeting: OneToOne, names: dict[str, str], base: str) -> Line:
    day, other = today(meeting.subject), meeting.manager if viewer() == meeting.subject else meeting.subject
    name = names.get(other) or _("somebody who is no longer here")
    return Line(meeting, name, meeting.state(day), meeting.waits_for(day) == viewer(), f"{base}/{meeting.number}")


# What forms change.


def propose(subject: str, manager: str) -> int:
    """Propose the day in the form; Wrong says what has to change."""
    day = _day()
    try:
        with system().people.changing(viewer()) as changes:
            return changes.propose_meeting(subject, manager, day, viewer())
    except ChangeRefused as refused:
        raise _wrong(refused) from None


def change(meeting: OneToOne, action: str) -> str:
    """Answer, move or cancel as the form says, and return what to tell; Wrong says what has to change."""
    seen, day = _seen(), _day() if action == "move" else None
    try:
        with system().people.changing(viewer()) as changes:
            if day is not None:
                changes.move_meeting(meeting.subject, meeting.number, seen, day, viewer())
                return _("Moved. It counts once the other side has said yes to that day.")
            if action == "accept":
                changes.accept_meeting(meeting.subject, meeting.number, seen, viewer())
                return _("Agreed. Both of you were told.")
            changes.cancel_meeting(meeting.subject, meeting.number, seen)
            return _("Cancelled. Nothing opens for it.")
    except ChangeRefused as refused:
        raise _wrong(refused) from None


def calendar(meeting: OneToOne, other: str, address: str) -> Response:
    """Answer a one-to-one as a file for the asker's calendar."""
    state = meeting.state(today(meeting.subject))
    status = {"cancelled": "CANCELLED", "lapsed": "CANCELLED", "waiting": "TENTATIVE"}.get(state, "CONFIRMED")
    origin = system().organisation.origin
    entry = calendar_file.Entry(
        uid=f"{digest({'meeting': [meeting.subject, meeting.number]})[7:39]}@{system().hostname}",
        stamp=system().clock(),
        day=meeting.day,
        sequence=meeting.changes,
        status=status,
        summary=_("One-to-one with %(name)s", name=other),
        description=_("Its sheet is in Sameview (%(origin)s).", origin=origin),
        url=f"{system().config.base_url}{address}",
    )
    return calendar_file.answer(f"one-to-one-{meeting.day.isoformat()}.ics", entry)


def _day() -> dt.date:
    try:
        return day_from(request.form.get("day", "").strip())
    except Problem as problem:
        raise Wrong(problem.detail, "day") from None


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else abort(400)


def _wrong(refused: ChangeRefused) -> Wrong:
    if isinstance(refused, MeetingMoved):
        return Wrong(_(str(refused)), "", 409)
    return Wrong(_(str(refused)), refused.place if isinstance(refused, MeetingRefused) else "day")
