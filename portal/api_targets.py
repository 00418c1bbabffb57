"""The JSON of targets, under `/api/v1`: what their pages show, to the same people."""

from typing import Annotated

from flask import Blueprint, Response, abort
from msgspec import Meta

from analytics.targets import Target, Version
from auth.permissions import Permission, requires
from portal import target_questions, targets
from portal.access import current_roles, system, viewer
from portal.answers import plain
from portal.openapi import answers
from portal.shapes import Digest, Entry, Shape
from portal.target_view import digest_of
from portal.volumes import visible

blueprint = Blueprint("api_targets", __name__, url_prefix="/api/v1")

Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class TargetVersion(Shape):
    """One version of a target; the band is in the target's unit, `change` is empty in the first one."""

    version: int
    low: int
    high: int
    reason: str
    benefit: str
    change: str
    owner: str
    announced: Day
    effective: Day
    review: Day
    warned: list[str]
    entry: Entry
    digest: Digest


class TargetAnswer(Shape):
    """You said, we did: what came of comments."""

    day: Day
    said: str
    did: str
    entry: Entry


class TargetEnd(Shape):
    """That a target was ended, and why."""

    day: Day
    reason: str
    entry: Entry


class TeamTarget(Shape):
    """A target with every version, oldest first; `process` is empty where it is of the whole team.

    `asked` and `answered` count people from three on, and are null where that could single somebody out.
    """

    number: int
    measure: str
    process: str
    unit: str
    state: str
    versions: list[TargetVersion]
    answers: list[TargetAnswer]
    ended: TargetEnd | None
    asked: int | None
    answered: int | None


class Targets(Shape):
    """The targets of a team, newest first; `changed` are the numbers of those that were changed in the database."""

    team: str
    name: str
    targets: list[TeamTarget]
    changed: list[int]


@blueprint.get("/team/<team>/targets")
@requires(Permission.TARGETS_READ)
@answers(Targets)
def of_team(team: str) -> Response:
    """The targets of a team with their reasons, versions and what came of comments; no person is in them."""
    name = visible(system(), viewer(), current_roles()).get(team)
    if name is None:
        abort(404)
    board = targets.board(system(), team)
    return plain(Targets(team, name, [_target(each) for each in board.targets], list(board.broken)))


def _target(target: Target) -> TeamTarget:
    terms, counts = target.newest.terms, target_questions.counts(system(), target)
    names = system().directory.names({each.terms.owner for each in target.versions})
    ended = target.ended
    return TeamTarget(
        number=target.number,
        measure=terms.aim,
        process=terms.process,
        unit=terms.of.unit,
        state=target.state(system().gate.today(viewer())),
        versions=[_version(target, each, names.get(each.terms.owner, "")) for each in target.versions],
        answers=[TargetAnswer(each.day.isoformat(), each.said, each.did, each.entry) for each in target.answers],
        ended=None if ended is None else TargetEnd(ended.day.isoformat(), ended.reason, ended.entry),
        asked=counts.asked,
        answered=counts.answered,
    )


def _version(target: Target, version: Version, owner: str) -> TargetVersion:
    terms = version.terms
    return TargetVersion(
        version=version.number,
        low=terms.low,
        high=terms.high,
        reason=terms.reason,
        benefit=terms.benefit,
        change=terms.change,
        owner=owner,
        announced=version.day.isoformat(),
        effective=terms.effective.isoformat(),
        review=terms.review.isoformat(),
        warned=[each.code for each in terms.warned],
        entry=version.entry,
        digest=digest_of(target, version),
    )
