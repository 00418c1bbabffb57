"""What is typed on the sheet of a one-to-one, read into its items; and what both sides' pages need of it."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from flask import abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.agreed import Side
from analytics.annotations import WORK
from analytics.sheets import LONGEST_TEXT, WRITES, About, Doer, Item, Kind, SheetError
from analytics.weeks import Answer, WeekClosedToManager
from auth.meetings import OneToOne
from portal import meetings, own, own_notes, sheets
from portal.access import session_key, system, viewer
from portal.between import Author, today_of
from portal.locale import N_, _
from portal.meetings import Wrong
from portal.parse import day_from, week_from
from portal.problems import Problem
from portal.show import numbers
from privacy.period import READABLE_WEEKS, Period

Page = str | tuple[str, int] | Response

KINDS: Final[dict[str, str]] = {
    Kind.TOPIC: N_("Topics"),
    Kind.QUESTION: N_("Questions"),
    Kind.NOTE: N_("Notes that the employee shows"),
    Kind.AGREEMENT: N_("Agreements"),
}
DOERS: Final[dict[str, str]] = {
    Doer.EMPLOYEE: N_("the employee"),
    Doer.MANAGER: N_("the manager"),
    Doer.BOTH: N_("both"),
}
_ACTIONS: Final = ("accept", "move", "cancel")
_MINUTE_US: Final = 60_000_000


def draw(
    side: Side, meeting: OneToOne, other: str, base: str, template: str, wrong: Wrong | None = None, **more: Any
) -> Page:
    """Draw a sheet for one of the two; `base` is its address, `other` the name of the other one."""
    found = sheets.shown(side, meeting)
    week, answer, refusal = request.args.get("week", ""), None, ""
    if week and wrong is None:
        answer, refusal = _week(side, meeting, week)
    page = render_template(
        template,
        page=found,
        meeting=meeting,
        other=other,
        base=base,
        week=week,
        answer=answer,
        refusal=refusal,
        kinds=KINDS,
        doers=DOERS,
        writes=WRITES[side],
        longest=LONGEST_TEXT,
        kind_word=own_notes.kind_word,
        notes=_notes() if side is Side.EMPLOYEE and _chooses_notes() else None,
        wrong={} if wrong is None or not wrong.place else {wrong.place: wrong.sentence},
        refused="" if wrong is None or wrong.place else wrong.sentence,
        typed=request.form,
        **more,
    )
    return page if wrong is None else (page, wrong.status)


def _week(side: Side, meeting: OneToOne, week: str) -> tuple[Answer | None, str]:
    week_from(week)
    try:
        return sheets.week(side, meeting, week), ""
    except WeekClosedToManager as closed:
        return None, closed.decision.sentence


def change(side: Side, meeting: OneToOne, base: str, again: Callable[[Wrong], Page]) -> Page:
    """Do what a form of the sheet asks for, and go back to it; what was refused is shown beside its field."""
    action = request.form.get("action", "")
    try:
        flash(meetings.change(meeting, action) if action in _ACTIONS else _written(side, meeting, action))
    except SheetError as wrong:
        return again(Wrong(_(wrong.message, **numbers(wrong.values)), wrong.place))
    except Wrong as wrong:
        shown = wrong.place != "day" or action == "move"  # beside its field, if the form that was sent has it
        return again(wrong if shown else Wrong(wrong.sentence, "", wrong.status))
    except LookupError:
        abort(404)
    return redirect(base, 303)


def _written(side: Side, meeting: OneToOne, action: str) -> str:
    if meeting.is_cancelled:
        raise Wrong(_("This one-to-one was cancelled; nothing more is written on its sheet."), "", 409)
    author = _author(side, meeting)
    if action == "strike":
        sheets.strike(system(), author, meeting, _number("item"))
        return _("Struck out. It stays readable, with who struck it out.")
    if action == "show":
        return _shown_notes(author, meeting)
    if action != "write":
        abort(400)
    sheets.write(system(), author, meeting, _item(side, meeting))
    return _("Written. Both of you see it.")


def _author(side: Side, meeting: OneToOne) -> Author:
    if side is Side.EMPLOYEE:
        return Author(viewer(), viewer(), meeting.manager, session_key())
    return Author(viewer(), meeting.subject, meeting.subject)


def _item(side: Side, meeting: OneToOne) -> Item:
    name = request.form.get("kind", "")
    if name not in set(Kind) or name == Kind.NOTE:
        abort(400)
    kind, agreement = Kind(name), name == Kind.AGREEMENT
    doer = request.form.get("doer", "")
    return Item(
        number=0,
        kind=kind,
        by=side,
        day=today_of(system(), meeting.subject),
        text=" ".join(request.form.get("text", "").split()),
        doer=Doer(doer) if agreement and doer in set(Doer) else None,
        due=_due() if agreement and request.form.get("due", "").strip() else None,
    )


def _due() -> dt.date:
    try:
        return day_from(request.form["due"].strip())
    except Problem as problem:
        raise SheetError(problem.detail.replace("%", "%%"), "due") from None


def _number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else abort(400)


# Notes of the employee's own, of which copies are shown.


def _chooses_notes() -> bool:
    return "notes" in request.args or request.form.get("action") == "show"


def _notes() -> list[dict[str, Any]]:
    """Return the asker's notes of the weeks that a sheet can hold, newest first: for choosing those to show.

    Breaks and the like are nobody else's business, and are offered only where somebody wrote words to them.
    """
    today = own.current_day()
    period = Period(today - dt.timedelta(weeks=READABLE_WEEKS), today + dt.timedelta(days=1))
    found, _rules = own_notes.read(period)
    return [
        {"id": f"{day}:{each.id}", "about": _about(day, each), "text": each.text}
        for day in sorted(found, reverse=True)
        for each in reversed(found[day].annotations)
        if each.kind in WORK or each.text
    ]


def _about(day: dt.date, note: Any) -> About:
    return About(day, note.kind.value, round((note.end_us - note.start_us) / _MINUTE_US))


def _shown_notes(author: Author, meeting: OneToOne) -> str:
    chosen = set(request.form.getlist("note"))
    picked = [each for each in _notes() if each["id"] in chosen]
    if not picked:
        raise Wrong(_("Choose at least one note."), "note")
    today = today_of(system(), author.subject)
    items = [Item(0, Kind.NOTE, Side.EMPLOYEE, today, each["text"], about=each["about"]) for each in picked]
    try:
        sheets.write(system(), author, meeting, *items)
    except SheetError as wrong:
        raise Wrong(_(wrong.message, **numbers(wrong.values)), "note") from None
    return _("Copied to the sheet. What you change in your own notes later does not change it.")
