"""The JSON of what somebody notes of their own days, under `/api/v1/me/annotations`."""

import datetime as dt
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, request

from analytics.annotations import Annotation, Correction, Notes
from auth.permissions import Permission, requires
from portal import own_notes, shapes
from portal.answers import plain
from portal.openapi import answers
from portal.parse import bad, day_from, period_from
from privacy.period import Period

blueprint = Blueprint("annotations", __name__, url_prefix="/me/annotations")


@blueprint.get("")
@requires(Permission.OWN_READ)
@answers(shapes.NotedDays, query={"from": (True, "First day."), "to": (True, "The day after the last.")})
def annotations() -> Response:
    """What I noted of my days: times, and corrections of categories."""
    found, _rules = own_notes.read(period_from(request.args.get("from", ""), request.args.get("to", "")))
    return plain({"days": [_of(day, notes) for day, notes in found.items() if notes]})


@blueprint.post("")
@requires(Permission.OWN_WRITE)
@answers(shapes.NotedDays, body=shapes.NewAnnotation, status=201)
def annotate() -> Response:
    """Note what a time was (`kind`), or correct its category; over midnight it is cut into days."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=shapes.NewAnnotation)
    except msgspec.MsgspecError as error:
        raise bad(str(error)) from error
    if (asked.kind is None) == (asked.category is None):
        raise bad("Write either a kind or a category.")
    try:
        start, end = (each.astimezone(dt.UTC) for each in (asked.start, asked.end))
    except OverflowError as error:
        raise bad("The time is at an end of the calendar.") from error
    if asked.category is not None:
        wanted = own_notes.category(start, end, asked.category)
    else:
        wanted = own_notes.time(start, end, asked.kind or "", asked.text)
    own_notes.keep(wanted, replace=asked.replace)
    days = Period(wanted[0].day, wanted[-1].day + dt.timedelta(days=1))
    found, _rules = own_notes.read(days)
    return plain({"days": [_of(day, notes) for day, notes in found.items()]}, 201)


@blueprint.delete("/<date>/<note>")
@requires(Permission.OWN_WRITE)
@answers(None, status=204)
def take_back(date: str, note: str) -> Response:
    """Take back what I noted."""
    if not own_notes.remove(day_from(date), note):
        abort(404)
    return Response(status=204)


def _of(day: dt.date, notes: Notes) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "annotations": [_timed(each) | {"kind": each.kind.value, "text": each.text} for each in notes.annotations],
        "corrections": [_timed(each) | {"category": each.category} for each in notes.corrections],
        "applications": [{"id": each.id, "app": each.app, "category": each.category} for each in notes.apps],
    }


def _timed(each: Annotation | Correction) -> dict[str, Any]:
    start, end = (own_notes.at(us).isoformat(timespec="milliseconds") for us in (each.start_us, each.end_us))
    return {"id": each.id, "start": start, "end": end}
