"""Closing one's own week: gaps and applications answered at once, before anybody else sees the week."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.annotations import Kind
from analytics.own_rules import OwnRule
from auth.permissions import Permission, requires
from portal import own, own_notes, own_week, threads
from portal.access import system, viewer
from portal.locale import _, ngettext
from portal.own_notes import Wanted
from portal.parse import bad, week_from
from portal.problems import Problem
from portal.threads import REVIEWERS, Refused
from privacy.period import Period, week_name, week_of
from privacy.threads import Kind as ThreadKind

blueprint = Blueprint("close_week", __name__, url_prefix="/me")

ANSWERS: Final = (Kind.PAPER, Kind.PHONE, Kind.MEETING, Kind.TRAINING, Kind.BREAK, Kind.NOT_WORK)
"""What a gap can be answered with in one tap; leaving it is the default."""
LEFT: Final = ""
_DAY: Final = dt.timedelta(days=1)
_MOST_ANSWERS: Final = 400
Page = str | Response | tuple[str, int]


@blueprint.get("/close-week")
@requires(Permission.OWN_READ)
def close_week() -> str:
    """Show what is open about a week of mine, and what others would get of it."""
    return _page(_asked(request.args))


@blueprint.post("/close-week")
@requires(Permission.OWN_WRITE)
def answer() -> Page:
    """Take my answers, all or none."""
    form = request.form
    week = _asked(form)
    try:
        wanted, rules = list(_answers(form)), list(_rules(form, week))
        known = own_notes.read(Period.day(own.current_day()))[1].rules if rules else ()
        own_notes.keep(wanted, rules)
    except Problem as wrong:
        return _page(week, wrong), wrong.status
    proposed = sum(_propose(form, each) for each in rules if each not in known)  # sent twice, it is proposed once
    count = len(wanted) + len(rules)
    if count:
        flash(ngettext("%(num)s answer is kept.", "%(num)s answers are kept.", count))
    else:
        flash(_("Nothing was answered, and nothing changed."))
    if proposed:
        flash(ngettext("%(num)s rule is proposed.", "%(num)s rules are proposed.", proposed))
    return redirect(f"/me/close-week?week={week_name(week)}", 303)


def _asked(given: Mapping[str, str]) -> Period:
    """Return the week that is asked about; without one, the one that can be closed, or the one that runs."""
    if "week" not in given:
        return own_week.due() or week_of(own.current_day())
    week = week_from(given["week"])
    if week.first > own.current_day():
        raise bad(_("That week is still to come."))
    if week.last < own_notes.first_day():
        raise bad(_("Nothing is kept of that week."))
    return week


def _answers(form: Mapping[str, str]) -> Iterator[Wanted]:
    """Yield what was answered of gaps and of what repeats. Raises Problem."""
    if len(form) > _MOST_ANSWERS:
        raise bad(_("That are more answers than a week has gaps."))
    for name, kind in form.items():
        if not name.startswith(("gap-", "again-")) or kind == LEFT:
            continue
        _what, start, end = (*name.split("-"), "", "")[:3]
        with _beside(name):
            yield from own_notes.time(*own_notes.moments_of(start, end), kind, place=name)


def _rules(form: Mapping[str, str], week: Period) -> Iterator[OwnRule]:
    """Yield the categories that were chosen for applications: from the week's first day on. Raises Problem."""
    since = max(week.first, own_notes.first_day())
    for number in range(own_week.MOST_APPS):
        app, category = form.get(f"app-{number}", ""), form.get(f"category-{number}", LEFT)
        if app and category != LEFT:
            with _beside(f"category-{number}"):
                yield own_notes.rule(since, app, category)


@contextmanager
def _beside(field: str) -> Iterator[None]:
    """Let what cannot be kept stand beside the field of this form that asked for it."""
    try:
        yield
    except Problem as wrong:
        wrong.more["field"] = field
        raise


def _propose(form: Mapping[str, str], rule: OwnRule) -> bool:
    """Propose a rule to whoever keeps the policy, if that was wished; tell whether it could be sent."""
    if rule.app not in form.getlist("propose"):  # type: ignore[attr-defined]
        return False
    text = _(
        "I use %(app)s for “%(category)s”, and the rules have no category for it. Please consider it as a rule for"
        " everybody.",
        app=rule.app,
        category=rule.category,
    )
    try:
        threads.start(ThreadKind.RULE, {"app": rule.app}, text, REVIEWERS)
    except Refused as refused:
        flash(" ".join(refused.messages.values()), "error")
        return False
    return True


def _page(week: Period, wrong: Problem | None = None) -> str:
    found, current = own_week.read(week), week_of(own.current_day())
    fields = {
        *(each.name for each in found.gaps),
        *map(own_week.again, found.repeated),
        *(f"category-{number}" for number in range(len(found.apps))),
    }
    place = "" if wrong is None else wrong.more.get("field", "")
    before, after = week_of(week.first - _DAY), week_of(week.end)
    return render_template(
        "me/close_week.html",
        found=found,
        name=week_name(week),
        is_running=week == current,
        today=own.current_day(),
        kinds={kind.value: own_notes.kind_word(kind) for kind in ANSWERS},
        words=own_notes.kinds(),
        categories=[each for each in own_notes.categories() if each != "Uncategorized"],
        shared=[(own_week.label(each), each.measure, each.name, each.now, each.before) for each in found.shared],
        managers=[each.person.name for each in system().directory.managers_of(viewer())],
        zone=own.zone(),
        earlier=week_name(before) if before.last >= own_notes.first_day() else None,
        later=week_name(after) if after.first <= own.current_day() else None,
        again=own_week.again,
        wrong="" if wrong is None else wrong.detail,
        place=place if place in fields else "",
        typed=_typed() if wrong else {},
        proposed=request.form.getlist("propose") if wrong else [],
    )


def _typed() -> dict[str, Any]:
    return dict(request.form.items())
