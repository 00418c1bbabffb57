"""Sharing on pages: what I share, what I would share, and what others let me see.

The preview, the viewer's page and the person's own look at a grant draw one payload with one fragment
(templates/shared/granted.html), and all show its digest.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from analytics.weeks import Answer
from auth.permissions import Permission, requires
from portal import own, sharing
from portal.access import session_key, system, viewer
from portal.locale import _
from portal.parse import bad, week_from
from portal.problems import Problem
from portal.sharing_words import BROKEN, FIELDS, PURPOSE_WORDS, answer_of, words
from privacy.grants import LONGEST_DAYS, PURPOSES
from privacy.keys import KeyGone
from privacy.period import week_name, week_of
from privacy.seal import SealBroken

blueprint = Blueprint("sharing", __name__)
blueprint.add_app_template_filter(dt.date.fromisoformat, "from_iso")

_PERSONS_WEEKS: Final = 4
_USUAL_DAYS: Final = 14
_DAY: Final = dt.timedelta(days=1)
Page = str | Response | tuple[str, int]


@blueprint.get("/me/sharing")
@requires(Permission.OWN_READ)
def mine() -> str:
    """Show what I share now, with whom, until when, and how often it was opened."""
    return render_template("me/sharing.html", given=sharing.given(), fields=FIELDS, purposes=PURPOSE_WORDS)


@blueprint.get("/me/sharing/new")
@requires(Permission.OWN_READ)
def new() -> str:
    """Show the form, with a closed week and two weeks' time to begin with."""
    today = own.current_day()
    asked = request.args.get("week")
    week = week_from(asked) if asked else week_of(today - 7 * _DAY)
    typed = MultiDict(
        {
            "person": request.args.get("person", ""),
            "first": week.first.isoformat(),
            "last": week.last.isoformat(),
            "until": (today + _USUAL_DAYS * _DAY).isoformat(),
        }
    )
    return _form(typed, {})


@blueprint.post("/me/sharing/new")
@requires(Permission.OWN_WRITE)
def share() -> Page:
    """Show what would be shared; with the step `share` share it, if it is what was shown."""
    step = request.form.get("step", "look")
    if step not in ("look", "share", "change"):
        raise bad("The steps of this form are look, share and change.")
    if step == "change":
        return _form(request.form, {})
    try:
        wish = sharing.wish_from(request.form)
        answer = sharing.look(wish)
    except sharing.Wrong as wrong:
        return _form(request.form, wrong.messages), 400
    if step == "look":
        return _look(wish, answer, {})
    try:
        sharing.give(wish, request.form.get("digest", ""), "acknowledged" in request.form)
    except sharing.Wrong as wrong:
        return _look(wish, answer, wrong.messages), 400
    except sharing.Changed as changed:
        message = _("Your figures changed since you looked. This is what would be shared now.")
        return _look(wish, changed.answer, {"digest": message}), 409
    flash(_("Shared with %(name)s, who was told. You see here each time that it is opened.", name=wish.who.name))
    return redirect("/me/sharing", 303)


@blueprint.get("/me/sharing/<int:number>")
@requires(Permission.OWN_READ)
def one(number: int) -> str:
    """Show one of my grants as its viewer sees it, and what ending it would do."""
    found = next((each for each in sharing.given() if each.grant.number == number), None)
    if found is None:
        abort(404)
    try:
        opened = system().gate.open_own_grant(viewer(), number, session_key())
    except KeyGone:
        opened = None
    except SealBroken:  # it can still be ended
        return render_template("me/sharing_one.html", given=found, broken=_(BROKEN))
    if opened is None:
        abort(404)
    return render_template("me/sharing_one.html", given=found, answer=answer_of(opened), **words())


@blueprint.post("/me/sharing/<int:number>/end")
@requires(Permission.OWN_WRITE)
def end(number: int) -> Response:
    """End one of my grants, at once."""
    if (grant := sharing.revoke(number)) is not None:
        name = system().directory.names({grant.viewer}).get(grant.viewer, "")
        flash(_("Ended. Its key is destroyed, and %(name)s was told.", name=name))
    else:
        flash(_("There was nothing to end any more."))
    return redirect("/me/sharing", 303)


@blueprint.get("/shared/")
@requires(Permission.GRANTED_READ)
def shared() -> str:
    """Show what others let me see. Nothing is opened yet."""
    return render_template(
        "me/shared.html",
        grants=sharing.shared_with_me(),
        fields=FIELDS,
        purposes=PURPOSE_WORDS,
    )


@blueprint.get("/shared/<subject>-<int:number>")
@requires(Permission.GRANTED_READ)
def shared_one(subject: str, number: int) -> str:
    """Show what somebody lets me see; the look is in their log before this is sent."""
    whose = system().directory.person(subject)
    if whose is None or subject == viewer():
        abort(404)
    try:
        opened = system().gate.open_grant(viewer(), subject, number)
    except KeyGone:
        raise Problem(404, _("Ended"), _("%(name)s ended this at this moment.", name=whose.name)) from None
    except SealBroken:
        raise Problem(409, _("This does not open"), _(BROKEN)) from None
    return render_template("me/shared_one.html", name=whose.name, answer=answer_of(opened), **words())


def _form(typed: Mapping[str, str] | MultiDict[str, str], wrong: Mapping[str, str]) -> str:
    today = own.current_day()
    weeks = [week_of(today - 7 * back * _DAY) for back in range(1, _PERSONS_WEEKS + 1)]
    return render_template(
        "me/sharing_new.html",
        typed=typed,
        chosen=typed.getlist("field") if isinstance(typed, MultiDict) else [],
        wrong=wrong,
        fields=FIELDS,
        purposes=[(each.value, PURPOSE_WORDS[each]) for each in PURPOSES],
        people=sharing.near(),
        weeks=[week_name(each) for each in weeks],
        yesterday=today - _DAY,
        today=today,
        latest=today + LONGEST_DAYS * _DAY,
        longest=LONGEST_DAYS,
    )


def _look(wish: sharing.Wish, answer: Answer, wrong: Mapping[str, str]) -> str:
    terms = wish.terms
    hidden = [
        ("person", wish.who.email),
        ("purpose", terms.purpose.value),
        ("first", terms.period.first.isoformat()),
        ("last", terms.period.last.isoformat()),
        ("until", terms.expires_on.isoformat()),
        ("salt", wish.salt),
        *(("field", each.value) for each in FIELDS if each in terms.fields),
    ]
    return render_template(
        "me/sharing_look.html",
        who=wish.who,
        answer=answer,
        hidden=hidden,
        notes=sharing.notes(terms),
        without=wish.without,
        manages=wish.who.subject in {each.person.subject for each in system().directory.managers_of(viewer())},
        wrong=wrong,
        **words(),
    )
