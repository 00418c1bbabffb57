"""The employee's controls: pause with a timer, forget a time of an open week, applications of which nothing is kept."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from analytics.own_times import LONGEST_APP, MOST_APPS
from auth.permissions import Permission, requires
from portal import forgetting, own, own_times
from portal.access import safe_next, system
from portal.clock_changes import comes_twice, passing
from portal.locale import N_, _, ngettext
from portal.parse import MOMENT, bad, times_from
from portal.problems import Problem
from portal.show import day

blueprint = Blueprint("controls", __name__, url_prefix="/me")

PAUSES: Final = {
    "15": dt.timedelta(minutes=15),
    "30": dt.timedelta(minutes=30),
    "60": dt.timedelta(hours=1),
    "tomorrow": None,
}
LAST: Final = (("15", N_("the last 15 minutes")), ("30", N_("the last 30 minutes")), ("60", N_("the last hour")))
_MINUTE: Final = dt.timedelta(minutes=1)
_DAY: Final = dt.timedelta(days=1)
_OPEN_DAYS: Final = 16
"""So many days back something can be forgotten at most: a week, its grace, and the week that runs."""
Page = str | Response | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A time that somebody wants forgotten, as the form has it and as two moments."""

    start: dt.datetime
    end: dt.datetime

    @property
    def first(self) -> str:
        return self.start.astimezone(own.zone()).strftime(MOMENT)

    @property
    def passes(self) -> tuple[str, str]:
        """Which of two passes of an hour both moments lie in."""
        return passing(self.start.astimezone(own.zone())), passing(self.end.astimezone(own.zone()))

    @property
    def last(self) -> str:
        return self.end.astimezone(own.zone()).strftime(MOMENT)


@blueprint.post("/pause")
@requires(Permission.OWN_WRITE)
def pause() -> Page:
    """Keep nothing of me for a while."""
    length = request.form.get("length", "")
    if length not in PAUSES:
        return _page(wrong_pause=_("A pause lasts 15, 30 or 60 minutes, or until tomorrow.")), 400
    own_times.pause(PAUSES[length])
    flash(_("Paused. Nothing of this time is kept, from whatever computer it comes. Only you see that it was a pause."))
    return _back()


@blueprint.post("/resume")
@requires(Permission.OWN_WRITE)
def resume() -> Response:
    """End my pause."""
    flash(_("What the policy allows is recorded again.") if own_times.resume() else _("There was no pause."))
    return _back()


@blueprint.get("/forget")
@requires(Permission.OWN_READ)
def forget() -> Page:
    """Show my controls; for a time that is asked about, how many events of which day would go."""
    if not request.args.keys() & {"last", "from", "to"}:
        return _page()
    try:
        asked = _asked(request.args)
        found = _counted(own_times.look(asked.start, asked.end))
        return _page(asked=asked, found=found, ends=forgetting.viewers(forgetting.shared_of(asked.start, asked.end)))
    except Problem as problem:
        return _page(wrong=_beside(problem), typed=request.args), problem.status


@blueprint.post("/forget")
@requires(Permission.OWN_WRITE)
def forgotten() -> Page:
    """Let a time be forgotten, at once, and end what is shared of its days."""
    try:
        asked = _asked(request.form)
        found, ended = forgetting.forget(asked.start, asked.end)
    except Problem as problem:
        return _page(wrong=_beside(problem), typed=request.form), problem.status
    count = sum(found.values())
    events = (
        ngettext(
            "Forgotten. %(num)s event went, and nothing of that time will be kept, whenever and from wherever it"
            " comes.",
            "Forgotten. %(num)s events went, and nothing of that time will be kept, whenever and from wherever"
            " it comes.",
            count,
        )
        if count
        else _(
            "Forgotten. No event was there, and nothing of that time will be kept, whenever and from wherever it comes."
        )
    )
    flash(events)
    if ended:
        names = forgetting.viewers(ended)
        flash(_("What you shared of these days with %(names)s is ended, and they were told.", names=names))
    return redirect("/me/forget")


@blueprint.post("/private-apps")
@requires(Permission.OWN_WRITE)
def private_apps() -> Page:
    """Keep nothing of some applications."""
    try:
        own_times.keep_private(request.form.get("apps", "").splitlines())
    except Problem as refused:
        return _page(wrong_apps=refused.detail, typed_apps=request.form.get("apps", "")), 400
    flash(_("Kept. It holds for what comes from now on; only you see this list."))
    return redirect("/me/forget#apps")


def _asked(given: Mapping[str, str]) -> Asked:
    if "last" in given:
        if given["last"] not in dict(LAST):
            raise bad(_("The last 15, 30 or 60 minutes can be forgotten; for anything else write from when to when."))
        end = system().clock().replace(second=0, microsecond=0) + _MINUTE
        return Asked(end - dt.timedelta(minutes=int(given["last"]) + 1), end)
    return Asked(*times_from(given, own.zone()))


def _beside(problem: Problem) -> dict[str, str]:
    return {problem.more.get("field", "from"): problem.detail}


def _counted(found: Mapping[dt.date, int]) -> list[tuple[str, int]]:
    return [(day(date, "MMMMEEEEd"), count) for date, count in sorted(found.items())]


def _page(**shown: object) -> str:
    private = own_times.shown(own_times.read())
    now = system().clock().astimezone(own.zone())
    today = own.current_day()
    defaults = {"from": (now - dt.timedelta(hours=1)).strftime(MOMENT), "to": now.strftime(MOMENT)}
    return render_template(
        "me/forget.html",
        private=private,
        zone=own.zone(),
        twice=any(comes_twice(now.date() - back * _DAY, own.zone()) for back in range(_OPEN_DAYS)),
        last=[(minutes, _(words)) for minutes, words in LAST],
        defaults=defaults,
        open_since=own_times.first_open_day(),
        backups=own_times.gone_from_backups(today),
        longest_apps=MOST_APPS * (LONGEST_APP + 1),
        horizon=system().config.erasure_horizon,
        **({"wrong": {}, "wrong_pause": ""} | shown),
    )


def _back() -> Response:
    return redirect(safe_next(request.form.get("next", "/")))
