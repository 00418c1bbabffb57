"""Who is in a manager's team: anybody else is not found, and sees in their own log that it was tried."""

from collections.abc import Collection

from flask import abort

from auth.person import Person
from portal.access import system, viewer
from privacy.access_log import Draft
from privacy.fields import Field
from privacy.policy import Purpose, Relation


def member(team: str, subject: str) -> Person | None:
    """Return somebody who is in a team that the asker manages now, or None."""
    roster = system().directory.roster(viewer(), team) or ()
    return next((each for each in roster if each.subject == subject), None)


def member_or_logged(team: str, subject: str, fields: Collection[Field], purpose: Purpose) -> Person:
    """Return somebody in a team of the asker's; for everybody else 404, with the attempt in that person's log."""
    found = member(team, subject)
    if found is None:
        if system().directory.person(subject) is not None:
            system().gate.record(Draft(viewer(), subject, Relation.MANAGER, fields, purpose, None, "refused"))
        abort(404)
    return found
