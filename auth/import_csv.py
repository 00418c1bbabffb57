"""`people import`: what a people file would change, readable first, applied only as a whole.

A row is the whole statement about one person: their one team, whether they manage it, and their roles. Whoever is not
in the file is left alone. Nothing is back-dated, whatever `joined` says: an appointment by file opens no earlier week,
and everybody concerned is told.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rich.table import Table
from rich.text import Text

from auth.errors import ChangeRefused
from auth.people import Changes, People
from auth.people_csv import PersonRow, parse
from auth.permissions import Role
from auth.standing import Standing


class Step(enum.IntEnum):
    """What is done to one person, in the order in which it is applied to all: who goes, goes before others come."""

    CREATE = 0
    PROFILE = 1
    DISMISS = 2
    PART = 3
    LAST_DAY = 4
    JOIN = 5
    APPOINT = 6
    REVOKE = 7
    GRANT = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of one person. `what` is the changed field, the team's name or the role."""

    line: int
    email: str
    step: Step
    what: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """The change in plain words."""
        return _TEXTS[self.step].format(what=self.what, before=self.before or "nothing", after=self.after or "nothing")


_TEXTS: Final[dict[Step, str]] = {
    Step.CREATE: "new account for {what}, {after}",
    Step.PROFILE: "{what}: {before} → {after}",
    Step.DISMISS: "manages {what} no more; the team is told",
    Step.PART: "leaves the team {what}",
    Step.LAST_DAY: "last day: {before} → {after}",
    Step.JOIN: "joins the team {what}",
    Step.APPOINT: "becomes manager of {what}; the team is told, and earlier weeks stay closed",
    Step.REVOKE: "loses the role {what}",
    Step.GRANT: "gets the role {what}",
}


@dataclass(frozen=True, slots=True)
class Diff:
    """What a file would change; false when there is nothing to change."""

    rows: tuple[PersonRow, ...]
    differences: tuple[Difference, ...]

    def __bool__(self) -> bool:
        return bool(self.differences)

    def lines(self) -> list[str]:
        """Return one plain line for each change, in the order of the file."""
        return [f"line {each.line}  {each.email}  {each.text}" for each in self.differences]

    def __rich__(self) -> Table:
        table = Table("line", "person", "change", box=None)
        for each in self.differences:
            table.add_row(str(each.line), each.email, Text(each.text))  # a name is never markup
        return table


def plan(people: People, data: bytes | str) -> Diff:
    """Return what the file would change now; raises CsvRefused with every fault of the file."""
    rows = parse(data)
    now, standing = people.standing()
    return Diff(rows, tuple(_differences(rows, standing, now)))


def apply(people: People, diff: Diff, by: str | None = None) -> None:
    """Make the changes of `diff`, all or none; ChangeRefused if they would be others by now."""
    rows = {row.email: row for row in diff.rows}
    with people.changing(by) as changes:
        standing = changes.standing()
        if tuple(_differences(diff.rows, standing, changes.now)) != diff.differences:
            raise ChangeRefused("People were changed since this was shown. Look at it again, then apply it.")
        subjects = {email: each.person.subject for email, each in standing.items()}
        for each in sorted(diff.differences, key=lambda each: each.step):
            _do(changes, subjects, rows[each.email], each)


def _do(changes: Changes, subjects: dict[str, str], row: PersonRow, each: Difference) -> None:
    if each.step is Step.CREATE:
        subjects[row.email] = changes.create(row.email, row.name, row.timezone, row.joined)
        return
    subject = subjects[row.email]
    match each.step:
        case Step.PROFILE:
            changes.update(subject, name=row.name, timezone=row.timezone, joined=row.joined)
        case Step.DISMISS:
            changes.dismiss(subject, changes.team(each.what))
        case Step.PART:
            changes.part(subject, changes.team(each.what))
        case Step.LAST_DAY if row.left is not None:
            changes.leave(subject, row.left)
        case Step.LAST_DAY:
            changes.stay(subject)
        case Step.JOIN:
            changes.join(subject, changes.team(each.what), since=row.joined)
        case Step.APPOINT:
            changes.appoint(subject, changes.team(each.what))
        case Step.REVOKE:
            changes.revoke(subject, Role(each.what))
        case Step.GRANT:
            changes.grant(subject, Role(each.what))


def _differences(rows: Iterable[PersonRow], standing: dict[str, Standing], now: dt.datetime) -> Iterator[Difference]:
    for row in rows:
        found = standing.get(row.email)
        for step, what, before, after in sorted(_steps(row, found, now)):
            yield Difference(row.line, row.email, step, what, before, after)


def _steps(row: PersonRow, found: Standing | None, now: dt.datetime) -> Iterator[tuple[Step, str, str, str]]:
    """Yield what must be done so that this person is as the row says: step, what, before, after."""
    if found is None:
        yield Step.CREATE, row.name, "", row.timezone
    else:
        yield from _profile(row, found)
    left = None if found is None else found.person.left
    if row.left != left:
        yield Step.LAST_DAY, "left", _written(left), _written(row.left)
    team = None if row.has_left(now) else row.team
    teams = found.teams.values() if found else ()
    manages = found.manages.values() if found else ()
    yield from _teams((Step.PART, Step.JOIN), teams, team)
    yield from _teams((Step.DISMISS, Step.APPOINT), manages, team if row.manages else None)
    roles = found.roles if found else frozenset[Role]()
    yield from ((Step.REVOKE, role.value, "", "") for role in roles - row.roles)
    yield from ((Step.GRANT, role.value, "", "") for role in row.roles - roles)


def _profile(row: PersonRow, found: Standing) -> Iterator[tuple[Step, str, str, str]]:
    person = found.person
    if row.name != person.name:
        yield Step.PROFILE, "name", person.name, row.name
    if row.timezone != person.timezone:
        yield Step.PROFILE, "time zone", person.timezone, row.timezone
    if row.joined not in (None, person.joined):
        yield Step.PROFILE, "first day", _written(person.joined), _written(row.joined)


def _teams(steps: tuple[Step, Step], now: Iterable[str], wanted: str | None) -> Iterator[tuple[Step, str, str, str]]:
    """Yield the ends and the beginning that make `wanted` the only team; names are equal in any case."""
    kept = False
    for name in now:
        if wanted is not None and name.casefold() == wanted.casefold():
            kept = True
        else:
            yield steps[0], name, "", ""
    if wanted is not None and not kept:
        yield steps[1], wanted, "", ""


def _written(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()
