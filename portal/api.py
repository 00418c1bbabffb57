"""The JSON of one's own data, under `/api/v1`: the same disclosures as the pages, with the receipt beside them."""

from typing import Any

import msgspec
from flask import Blueprint, Response, abort, current_app, request

from analytics import trends
from analytics.days import DAY_FIELDS, day_payload, day_payloads
from analytics.weeks import WeekClosedToManager
from auth.errors import ChangeRefused
from auth.permissions import Permission, requires
from portal import api_access, api_goals, api_notes, own, shapes
from portal.access import person, session_key, system, viewer
from portal.answers import answer, plain, week_answer
from portal.locale import _
from portal.openapi import answers, document
from portal.own_account import current_session, signed_in
from portal.parse import bad, day_fields_from, one_day, period_from, purpose_from, week_from
from portal.problems import Problem
from portal.proposed import Proposed, proposed
from portal.recorded import rules_of
from privacy.disclosure import Disclosed
from privacy.fields import CLASS_OF, Field
from privacy.period import Period
from privacy.policy import POLICY_VERSION, Purpose, explain

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
blueprint.register_blueprint(api_access.blueprint)
blueprint.register_blueprint(api_goals.blueprint)
blueprint.register_blueprint(api_notes.blueprint)

_FIELDS = {"fields": (False, "Fields of a day, comma-separated; all of them when left out.")}
_WEEK = {"week": (True, "A closed ISO week, such as 2026-W46."), "purpose": (False, "one_to_one when left out.")}
_RANGE = {"from": (True, "First day."), "to": (True, "The day after the last.")}


@blueprint.get("/me/days/<date>")
@requires(Permission.OWN_READ)
@answers(shapes.Answer[shapes.Day], query=_FIELDS)
def day(date: str) -> Response:
    """One of my days: every field's figures, and a mark for each that is not there."""
    period = one_day(date)
    disclosed = _own_days(period)
    return answer(day_payload(disclosed, period.first, _zone()), disclosed.entry)


@blueprint.get("/me/days")
@requires(Permission.OWN_READ)
@answers(shapes.Answer[shapes.Days], query=_RANGE | _FIELDS)
def days() -> Response:
    """My days from one day to before another."""
    disclosed = _own_days(period_from(request.args.get("from", ""), request.args.get("to", "")))
    return answer({"days": list(day_payloads(disclosed, _zone()))}, disclosed.entry)


@blueprint.get("/me/as-seen-by-manager")
@requires(Permission.OWN_READ)
@answers(shapes.Answer[shapes.Week], query=_WEEK | {"viewer": (False, "Which of my managers, by subject id.")})
def as_seen_by_manager() -> Response:
    """What my manager gets for a closed week: the same payload, and the same digest."""
    week, purpose = request.args.get("week", ""), purpose_from(request.args.get("purpose", Purpose.ONE_TO_ONE))
    week_from(week)
    managers = [each.person.subject for each in system().directory.managers_of(viewer())]
    asked = request.args.get("viewer", managers[0] if managers else "")
    if asked not in managers or purpose is None:
        raise Problem(404, "Not Found", "Nobody of that id manages you, or there is no such purpose.")
    try:
        return week_answer(system().weeks.as_seen_by_manager(asked, viewer(), week, purpose, session_key()))
    except WeekClosedToManager as closed:
        reason = closed.decision.reason
        raise Problem(409, "Closed to your manager too", closed.decision.sentence, reason=reason) from closed


@blueprint.get("/me/recorded")
@requires(Permission.ACCOUNT_READ)
@answers(shapes.Recorded)
def recorded() -> Response:
    """What is recorded of me, and who may see it, from the policy in force; and the versions that are to come."""
    preset = system().policies.now()
    shared = rules_of(preset)
    fields = [{"field": each, "key_class": CLASS_OF[each], "sentences": explain(each, shared)} for each in Field]
    rules = [{"id": rule.id, "effect": rule.effect, "because": rule.because} for rule in preset.rules]
    coming = [_coming(each) for each in proposed(system())]
    return plain({"policy": POLICY_VERSION, "preset": preset.name, "fields": fields, "rules": rules, "coming": coming})


@blueprint.get("/me/trends")
@requires(Permission.OWN_READ)
@answers(shapes.Trend, query=_RANGE | {"measure": (True, "Name of a measure, such as focus_time.")})
def trend() -> Response:
    """One measure of my days, with my own median and usual range: the rows of the page's chart and table."""
    measure = {each.name: each for each in trends.SHOWN}.get(request.args.get("measure", ""))
    period = period_from(request.args.get("from", ""), request.args.get("to", ""))
    if measure is None:
        raise bad(f"No such measure: one of {', '.join(each.name for each in trends.SHOWN)}.")
    history = own.history((measure.fields | {Field.ACTIVE_TIME, Field.ANNOTATIONS}) & frozenset(DAY_FIELDS), period)
    found = trends.trend(history, measure, period, own.own(), own.current_day())
    usual = None if found.usual is None else {"low": found.usual.low, "high": found.usual.high}
    rows = [
        {"day": row.day, "value": row.value, "mark": row.mark or ("corrected" if row.corrected else None)}
        for row in found.rows
    ]
    return plain({"measure": measure.name, "unit": measure.unit, "median": found.median, "usual": usual, "rows": rows})


@blueprint.get("/me/notices")
@requires(Permission.ACCOUNT_READ)
@answers(shapes.Notices)
def notices() -> Response:
    """What I was told: changes of who may read me, and of my account."""
    told = system().announcements.of(viewer())
    return plain({"notices": [{"entry": n.entry, "day": n.day, "sentence": n.sentence, "seen": n.seen} for n in told]})


@blueprint.get("/me/tokens")
@requires(Permission.ACCOUNT_READ)
@answers(shapes.Tokens)
def tokens() -> Response:
    """My personal tokens, without the tokens themselves."""
    return plain({"tokens": [_token(each) for each in system().tokens.of(viewer())]})


@blueprint.post("/me/tokens")
@requires(Permission.ACCOUNT_WRITE)
@answers(shapes.TokenMade, body=shapes.NewToken, status=201)
def make_token() -> Response:
    """Make a personal token; it is shown in this answer and never again."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=shapes.NewToken)
        made = system().tokens.issue(viewer(), asked.name, asked.scopes, asked.days)
    except (msgspec.MsgspecError, ChangeRefused) as error:
        raise bad(str(error)) from error
    return plain({"token": made}, 201)


@blueprint.delete("/me/tokens/<token>")
@requires(Permission.ACCOUNT_WRITE)
@answers(None, status=204)
def revoke_token(token: str) -> Response:
    """Revoke one of my tokens."""
    if not system().tokens.revoke(viewer(), token):
        abort(404)
    return Response(status=204)


@blueprint.get("/me/sessions")
@requires(Permission.ACCOUNT_READ)
@answers(shapes.Sessions)
def sessions() -> Response:
    """Where I am signed in, this browser first."""
    found = [{"id": e.session.id, "created_on": e.session.created_on, "current": e.current} for e in signed_in()]
    return plain({"sessions": found})


@blueprint.delete("/me/sessions/<session>")
@requires(Permission.ACCOUNT_WRITE)
@answers(None, status=204)
def end_session(session: str) -> Response:
    """End one of my sessions."""
    if not system().sessions.revoke(viewer(), session):
        abort(404)
    return Response(status=204)


@blueprint.delete("/me/sessions")
@requires(Permission.ACCOUNT_WRITE)
@answers(None, status=204)
def end_other_sessions() -> Response:
    """End all my sessions but the one that asks."""
    system().sessions.end_all(viewer(), but=current_session())
    return Response(status=204)


@blueprint.get("/openapi.json")
@requires(Permission.CHECKPOINT_READ)
def openapi() -> Response:
    """This description."""
    return plain(document(current_app))


def _own_days(period: Period) -> Disclosed:
    # What the person noted comes along: a figure is marked wherever it is shown.
    return own.disclose(day_fields_from(request.args.get("fields")) | {Field.ANNOTATIONS}, period)


def _zone() -> str:
    return person().timezone


def _coming(found: Proposed) -> dict[str, Any]:
    return {
        "version": found.version,
        "since": found.since.isoformat(),
        "state": found.state,
        "signed": list(found.signed),
        "missing": list(found.missing),
        "wider": found.is_wider,
        "changes": [{"sentence": _(each.sentence), "wider": each.wider} for each in found.changes],
        "broken": found.broken or None,
        "text": found.text,
    }


def _token(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": sorted(found.scopes),
        "created_on": found.created_on,
        "expires_on": found.expires_on,
        "last_used_on": found.last_used_on,
        "revoked_on": found.revoked_on,
    }
