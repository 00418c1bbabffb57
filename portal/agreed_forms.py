"""The form in which either side proposes a goal, and how a page shows what stands: the same for both."""

import datetime as dt
from typing import Any, Final

from flask import abort, request

from analytics.agreed import IN_WORDS, MEASURED, Agreed, AgreedError, AgreedGoal, Outdated, Side, Terms
from analytics.measures import measure
from portal.amounts import amount, amount_from
from portal.locale import _
from portal.parse import day_from
from portal.problems import Problem
from portal.show import numbers

REVIEW_AFTER: Final = dt.timedelta(weeks=12)


def terms() -> Terms:
    """Read a proposal; AgreedError names the field that has to change."""
    name = request.form.get("measure", IN_WORDS)
    return Terms(
        text=_text("text"),
        measure=name,
        low=_amount("low", name),
        high=_amount("high", name),
        reason=_text("reason"),
        benefit=_text("benefit"),
        begins=_day("begins"),
        review=_day("review"),
    )


def whole(name: str) -> int | None:
    """Read a number that the form carries along, None if it has none."""
    text = request.form.get(name, "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else abort(400)


def blank(today: dt.date, changed: Terms | None = None) -> dict[str, str]:
    """Return what the fields of a form hold: nothing, or the terms that are to change."""
    if changed is None:
        dates = {"begins": today.isoformat(), "review": (today + REVIEW_AFTER).isoformat()}
        return {"text": "", "measure": IN_WORDS, "low": "", "high": "", "reason": "", "benefit": "", **dates}
    unit = measure(changed.measure).unit if changed.measure else ""
    return {
        "text": changed.text,
        "measure": changed.measure,
        "low": amount(changed.low, unit),
        "high": amount(changed.high, unit),
        "reason": changed.reason,
        "benefit": changed.benefit,
        "begins": max(today, changed.begins).isoformat(),
        "review": changed.review.isoformat(),
    }


def choices() -> list[tuple[str, str]]:
    """Return what a goal can be measured by."""
    return [(IN_WORDS, _("Nothing: in words alone")), *((name, _(measure(name).title)) for name in MEASURED)]


def frame(side: Side, found: Agreed, today: dt.date, wrong: AgreedError | None) -> dict[str, Any]:
    """Return what the templates of both sides need of what stands, of a form, and of what was typed into it."""
    sentence = "" if wrong is None else _(wrong.message, **numbers(wrong.values))
    place = "" if wrong is None else wrong.place
    goal = _to_change(found)
    typed = blank(today, None if goal is None else goal.newest.terms)
    if wrong is not None:
        typed |= {key: request.form[key] for key in typed if key in request.form}
    return {
        "side": side,
        "today": today,
        "choices": choices(),
        "units": {name: measure(name).unit for name in MEASURED},
        "titles": {name: _(measure(name).title) for name in MEASURED},
        "typed": typed,
        "changing": "" if goal is None else goal.number,
        "chosen": request.form.get("manager", "") if goal is None else goal.manager,
        "seen": "" if goal is None else len(goal.versions),
        "wrong": {place: sentence} if place else {},
        "refused": "" if place else sentence,
    }


def _to_change(found: Agreed) -> AgreedGoal | None:
    """Return the goal that the address, or a refused form, asks to change."""
    asked = request.form.get("number") or request.args.get("change", "")
    open_goals = (each for each in found.goals if each.ended is None)
    return next((each for each in open_goals if str(each.number) == asked), None)


def status(wrong: AgreedError) -> int:
    """Return how a refusal is answered: what changed meanwhile is a conflict."""
    return 409 if isinstance(wrong, Outdated) else 400


def _text(place: str) -> str:
    return " ".join(request.form.get(place, "").split())


def _amount(place: str, name: str) -> int | None:
    text = request.form.get(place, "").strip()
    if not text or name not in MEASURED:
        return 0 if text else None
    found = amount_from(text, measure(name).unit)
    if isinstance(found, str):
        raise AgreedError(found, place)
    return found


def _day(place: str) -> dt.date:
    try:
        return day_from(request.form.get(place, ""))
    except Problem as problem:
        raise AgreedError(problem.detail, place) from None
