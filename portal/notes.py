"""Making a day right: what its gaps were, work away from the desk, and corrections of categories."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.annotations import LONGEST_TEXT, Annotation, Notes
from analytics.day_parts import Unexplained, unexplained
from analytics.days import DAY_FIELDS, Payload, annotated_spans, day_payload, not_captured, timeline
from analytics.formulas import core_seconds, worked_seconds
from auth.permissions import Permission, requires
from portal import forgetting, own, own_notes, own_times
from portal.access import safe_next, system
from portal.clock_changes import comes_twice
from portal.locale import _
from portal.parse import MOMENT, day_from, moment_from, times_from
from portal.problems import Problem
from portal.show import duration, number
from privacy.disclosure import Disclosed
from privacy.period import Period, week_of

blueprint = Blueprint("notes", __name__, url_prefix="/me")

OFFLINE: Final = (15, 30, 60)
"""Minutes that can be noted with one tap, up to now."""
_DAY: Final = dt.timedelta(days=1)
_MORNING: Final = dt.time(9)
Page = str | Response | tuple[str, int]


@blueprint.get("/days/<date>/notes")
@requires(Permission.OWN_READ)
def notes(date: str) -> Page:
    """Show what I noted of a day, and its gaps."""
    return _page(_day(date))


@blueprint.post("/days/<date>/notes")
@requires(Permission.OWN_WRITE)
def note(date: str) -> Page:
    """Note what a time was."""
    day, form = _day(date), request.form
    try:
        start, end = asked(form)
        own_notes.keep(
            own_notes.time(start, end, form.get("kind", ""), form.get("text", "")), replace="replace" in form
        )
    except Problem as wrong:
        return _page(day, wrong, "note"), wrong.status
    flash(_("Noted. It counts from now on, and you can take it back at any time."))
    return redirect(safe_next(form.get("next") or f"/me/days/{day}/notes"), 303)


@blueprint.post("/notes/offline")
@requires(Permission.OWN_WRITE)
def offline() -> Page:
    """Note what I did away from the desk until now."""
    form, today = request.form, own.current_day()
    try:
        wanted = own_notes.time(*_until_now(form), form.get("kind", ""))
        own_notes.keep(wanted)
    except Problem as wrong:
        return _page(today, wrong, "note"), wrong.status
    what = own_notes.kind_word(form["kind"])
    flash(_("Noted: %(what)s. It counts from now on, and your notes of the day can take it back.", what=what))
    return redirect(safe_next(form.get("next", "/")), 303)


@blueprint.post("/days/<date>/notes/category")
@requires(Permission.OWN_WRITE)
def category(date: str) -> Page:
    """Correct the category of an application, or of a time."""
    day, form = _day(date), request.form
    name, app = form.get("category", ""), form.get("app", "")
    try:
        if app and form.get("scope") == "onwards":
            own_notes.keep([], [own_notes.rule(day, app, name)])
        elif app:
            own_notes.keep(own_notes.application(day, app, name))
        else:
            own_notes.keep(own_notes.category(*asked(form), name), replace="replace" in form)
    except Problem as wrong:
        return _page(day, wrong, "application" if app else "category"), wrong.status
    flash(_("Corrected. Your figures count it so from now on; what was captured stays as it is."))
    return redirect(f"/me/days/{day}/notes", 303)


@blueprint.post("/days/<date>/notes/remove")
@requires(Permission.OWN_WRITE)
def remove(date: str) -> Response:
    """Take back a note, a correction, or a rule of mine."""
    day = _day(date)
    if rule := request.form.get("rule"):
        own_notes.remove_rule(rule)
    elif not own_notes.remove(day, request.form.get("note", "")):
        flash(_("That was taken back already."))
        return redirect(f"/me/days/{day}/notes", 303)
    flash(_("Taken back. The figures are as they were."))
    if copies := forgetting.shared_on(day):
        names = forgetting.viewers(copies)
        flash(_("What you share of this day with %(names)s is a copy from before: “Sharing” ends it.", names=names))
    return redirect(f"/me/days/{day}/notes", 303)


def asked(form: Mapping[str, str]) -> tuple[dt.datetime, dt.datetime]:
    """Read a time: the one of a button, or the one that was typed. Raises Problem, whose `field` names the field."""
    if "span" in form:
        start, _dash, end = form["span"].partition("-")
        return own_notes.moments_of(start, end)
    return times_from(form, own.zone())


def gaps_of(disclosed: Disclosed, day: dt.date) -> list[Unexplained]:
    """Return what nobody has explained yet of a day whose rhythm and notes are disclosed."""
    private = [*not_captured(disclosed, day), *own_times.gaps_of(own_times.read(), day, disclosed)]
    return unexplained(timeline(disclosed, day), annotated_spans(disclosed, day), private)


def span_of(first: int, gap: Unexplained) -> str:
    """Return what a button sends of a gap of the day that began at `first`."""
    return f"{first + gap.start * 1000}-{first + gap.end * 1000}"


def _day(text: str) -> dt.date:
    day = day_from(text)
    if day > own.current_day():
        abort(404)
    return day


def _until_now(form: Mapping[str, str]) -> tuple[dt.datetime, dt.datetime]:
    now = system().clock().replace(second=0, microsecond=0)
    length = form.get("length", "")
    if length in map(str, OFFLINE):
        return now - dt.timedelta(minutes=int(length)), now
    try:
        since = dt.time.fromisoformat(form.get("since", ""))
    except ValueError:
        raise own_notes.refused(_("Write since when, such as 13:30."), "from") from None
    written = f"{now.astimezone(own.zone()):%Y-%m-%d}T{since:%H:%M}"
    try:
        passes = [moment_from(written, own.zone(), fold) for fold in (1, 0)]
    except Problem as wrong:
        raise own_notes.refused(wrong.detail, "from") from wrong
    if passes[1] >= now:
        raise own_notes.refused(_("That is still to come: note it when it is over."), "from")
    return next(each for each in passes if each < now), now  # of an hour that comes twice: when it was last so late


def _page(day: dt.date, wrong: Problem | None = None, form: str = "") -> str:
    zone, current = own.zone(), own.current_day()
    disclosed = own.disclose(DAY_FIELDS, Period.day(day))
    found, rules = own_notes.read(Period.day(day))
    payload = day_payload(disclosed, day, str(zone))
    week = week_of(day)
    hour = dt.timedelta(hours=1)
    last = system().clock().astimezone(zone) if day == current else dt.datetime.combine(day, _MORNING, zone) + hour
    defaults = {"from": (last - hour).strftime(MOMENT), "to": last.strftime(MOMENT)}
    return render_template(
        "me/notes.html",
        day=day,
        is_today=day == current,
        earlier=day - _DAY,
        later=day + _DAY if day < current else None,
        gaps=[_gap(own_times.borders_in(disclosed, day)[0], gap) for gap in gaps_of(disclosed, day)],
        noted=[_noted(each) for each in found[day].annotations],
        corrected=_corrections(found[day]),
        rules=[each for each in rules.latest if each.since <= day],
        kinds=list(own_notes.kinds().items()),
        apps=own_notes.times_of(own_notes.events(Period.day(day)), day),
        categories=own_notes.categories(),
        changes=_changes(payload),
        notes=payload["fields"].get("annotations"),
        closed=own_notes.is_closed(week),
        week=week,
        opens=own_notes.opens(week),
        zone=zone,
        twice=comes_twice(day, zone),
        most=LONGEST_TEXT,
        wrong={} if wrong is None else {wrong.more.get("field", "from"): wrong.detail},
        wrong_form=form,
        typed={**defaults, **request.form} if wrong is not None else defaults,
    )


def _gap(first: int, gap: Unexplained) -> dict[str, Any]:
    start, end = (own_notes.at(first + ms * 1000).astimezone(own.zone()) for ms in (gap.start, gap.end))
    return {"start": start, "end": end, "seconds": gap.seconds, "is_away": gap.is_away, "span": span_of(first, gap)}


def _noted(each: Annotation) -> dict[str, Any]:
    start, end = (own_notes.at(us).astimezone(own.zone()) for us in (each.start_us, each.end_us))
    seconds = (each.end_us - each.start_us) / 1e6
    word = own_notes.kind_word(each.kind)
    return {"id": each.id, "start": start, "end": end, "seconds": seconds, "what": word, "text": each.text}


def _corrections(found: Notes) -> list[dict[str, Any]]:
    times: list[dict[str, Any]] = [
        {
            "id": each.id,
            "start": own_notes.at(each.start_us).astimezone(own.zone()),
            "end": own_notes.at(each.end_us).astimezone(own.zone()),
            "category": each.category,
        }
        for each in found.corrections
    ]
    return times + [{"id": each.id, "app": each.app, "category": each.category} for each in found.apps]


def _changes(payload: Payload) -> list[tuple[str, str, str]]:
    """Return what the notes change: (figure, now, before), in words."""
    fields = payload["fields"]
    if "annotations" not in fields:
        return []
    before = {**fields, **fields["annotations"]["original"]}
    core = system().categorisers(system().policies.now()).rules.core
    pairs = [
        (_("Core and noted work"), worked_seconds(fields, core), core_seconds(before, core) or 0.0, duration),
        *(
            (name, fields.get(field, {}).get(key), before.get(field, {}).get(key), words)
            for name, field, key, words in (
                (_("In focus blocks"), "focus", "seconds", duration),
                (_("Breaks"), "recovery", "breaks", number),
                (_("Longest stretch"), "recovery", "longest_stretch_seconds", duration),
                (_("Away, unexplained"), "away_time", "afk_seconds", duration),
            )
        ),
        *_categories(fields.get("categories", {}), before.get("categories", {})),
    ]
    return [(name, words(now), words(then)) for name, now, then, words in pairs if now != then and now is not None]


def _categories(now: Mapping[str, float], before: Mapping[str, float]) -> Sequence[tuple[str, float, float, Any]]:
    return [(name, now.get(name, 0.0), before.get(name, 0.0), duration) for name in sorted({*now, *before})]
