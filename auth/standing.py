"""Where everybody stands now: account, teams, whom they manage, and roles; read in four statements."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select

from auth import person
from auth.change import Dated
from auth.models import Management, Membership, RoleGrant, Team
from auth.permissions import Role
from auth.person import Person


@dataclass(frozen=True, slots=True)
class Standing:
    """A person with what has not ended: names of teams by id, and roles that were granted."""

    person: Person
    teams: dict[str, str]
    manages: dict[str, str]
    roles: frozenset[Role]


def everybody(connection: Connection, now: dt.datetime) -> dict[str, Standing]:
    """Return the standing of every person by e-mail address."""
    names: dict[str, str] = {row.id: row.name for row in connection.execute(select(Team.id, Team.name))}
    persons = {each.subject: each for each in person.read(connection)}
    today = {each.subject: now.astimezone(each.zone).date() for each in persons.values()}
    teams, manages = _current(connection, Membership, today), _current(connection, Management, today)
    roles = _current(connection, RoleGrant, today)
    return {
        each.email: Standing(
            person=each,
            teams={team: names[team] for team in teams[subject]},
            manages={team: names[team] for team in manages[subject]},
            roles=frozenset(Role(role) for role in roles[subject]),
        )
        for subject, each in persons.items()
    }


def _current(connection: Connection, table: Dated, today: dict[str, dt.date]) -> dict[str, list[str]]:
    held: dict[str, list[str]] = defaultdict(list)
    columns = table.__table__.c
    what = columns.role if table is RoleGrant else columns.team_id
    for subject, value, until in connection.execute(select(columns.subject_id, what, columns.until)):
        if subject not in today:
            continue  # somebody who was erased: what they managed once stays, and is over
        if until is None or until > today[subject]:
            held[subject].append(value)
    return held
