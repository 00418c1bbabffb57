"""The manager's pages: who is in my teams, and one person's closed weeks for a stated purpose."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics.weeks import Answer
from auth.notice_sentences import GONE
from auth.permissions import Permission, requires
from portal import meetings, sharing, sheets, team_goals, team_one_to_ones, team_start
from portal.access import system, viewer
from portal.locale import N_, _
from portal.parse import purpose_from, week_from
from portal.problems import Problem
from portal.rosters import member, member_or_logged
from portal.sharing_words import PURPOSE_WORDS
from portal.target_words import title_of
from portal.thread_pages import TITLES
from privacy.access_log import Draft
from privacy.decisions import LISTENING, NOT_YET, SHEETS
from privacy.fields import SHARED_FIELDS, KeyClass, Tier
from privacy.period import READABLE_WEEKS, Period, local_day, week_name, week_of
from privacy.policy import POLICY, Purpose, Relation

blueprint = Blueprint("team", __name__, url_prefix="/team")
for _part in (team_goals, team_one_to_ones):
    blueprint.register_blueprint(_part.blueprint)

PURPOSES: Final = tuple(
    (rule.purpose.value, rule.purpose.value.replace("_", "-").capitalize())
    for rule in POLICY
    if rule.relation is Relation.MANAGER and Tier.WEEK in rule.tiers
)
"""What a manager can state who opens a week, as the policy in force has it."""

WAITING_SHOWN: Final = 5
"""So many of those who wait for an answer stand on the first page, the others behind its link."""
NO_PURPOSE: Final = N_("State one of the purposes of the policy: %(purposes)s. The attempt is in the access log.")


@dataclass(frozen=True, slots=True)
class Choice:
    """A week as the manager's page offers it: open, or the sentence that says why not."""

    name: str
    open: bool
    later: bool
    sentence: str


@blueprint.get("/")
@requires(Permission.TEAM_READ)
def roster() -> str:
    """Show what waits for me, how the work of my teams stands, what is to be looked at again, and who is in them."""
    confined = KeyClass.PRIVATE not in system().keys.classes
    start = team_start.start()
    shown = start.waiting[:WAITING_SHOWN]
    return render_template(
        "team/roster.html",
        start=start,
        confined=confined,
        waiting=shown,
        names=system().directory.names({each.subject for each in shown}),
        gone=GONE,
        titles=TITLES,
        title_of=title_of,
    )


@blueprint.get("/<team>/people/<person>")
@requires(Permission.TEAM_READ)
def person(team: str, person: str) -> str:
    """Show my next one-to-one with somebody, earlier sheets, and which weeks can be opened. Nothing is read yet."""
    if member(team, person) is None:
        abort(404)
    return _person(team, person)


@blueprint.post("/<team>/people/<person>/one-to-ones")
@requires(Permission.TEAM_WRITE)
def propose(team: str, person: str) -> Response | tuple[str, int]:
    """Propose a day for a one-to-one to somebody in my team."""
    found = member_or_logged(team, person, SHEETS, Purpose.ONE_TO_ONE)
    try:
        return team_one_to_ones.propose(team, found)
    except meetings.Wrong as wrong:
        return _person(team, person, wrong), wrong.status


def _person(team: str, subject: str, wrong: meetings.Wrong | None = None) -> str:
    base = url_for("team.propose", team=team, person=subject)
    ahead, rest = meetings.lines(system().directory.meetings.between(subject, viewer()), base)
    weeks = choices(subject)
    return render_template(
        "team/person.html",
        team=team,
        person=member(team, subject),
        ahead=ahead,
        rest=rest,
        base=base,
        today=meetings.today(subject),
        shares_weeks=sheets.shares_weeks(subject),
        weeks=weeks,
        why=_why_none(weeks),
        purposes=[(value, _(name)) for value, name in PURPOSES],
        grants=[grant for grant, _name in sharing.shared_with_me() if grant.subject == subject],
        grant_purposes=PURPOSE_WORDS,
        typed=request.form,
        wrong={} if wrong is None else {wrong.place or "day": wrong.sentence},
    )


@blueprint.get("/<team>/people/<person>/weeks/<week>")
@requires(Permission.WEEK_READ)
def week(team: str, person: str, week: str) -> str:
    """Show a closed week's totals, with the receipt that is in the log."""
    answer = read_week(team, person, week, request.args.get("purpose", ""))
    return render_template("team/week.html", team=team, person=member(team, person), answer=answer)


def read_week(team: str, subject: str, week: str, purpose: str) -> Answer:
    """Read a closed week as a manager: the read, or its refusal, is in the log before this returns.

    Somebody outside the asker's team is not found, as if there were no such person; their log has the attempt.
    """
    period, stated = week_from(week), purpose_from(purpose)
    if system().directory.person(subject) is None:
        abort(404)
    inside = member(team, subject) is not None
    if not inside or stated is None:
        entry = refuse(subject, period, stated)
        if not inside:
            abort(404)
        listed = ", ".join(value for value, name in PURPOSES)
        raise Problem(403, _("No such purpose"), _(NO_PURPOSE, purposes=listed), entry=entry)
    return system().weeks.for_manager(viewer(), subject, week, stated)


def refuse(subject: str, period: Period, purpose: Purpose | None) -> int:
    """Log an attempt that never reaches the gate's decision, and return the entry's number."""
    return system().gate.record(
        Draft(
            viewer=viewer(),
            subject=subject,
            relation=Relation.MANAGER,
            fields=SHARED_FIELDS,
            purpose="unknown" if purpose is None else purpose,
            period=period,
            outcome="refused",
        )
    )


def choices(subject: str) -> list[Choice]:
    """Return the running week and the closed ones before it, newest first: which can be opened, and why not."""
    zone, day_start = system().directory.zone(subject), system().config.day_start
    running = week_of(local_day(system().clock(), zone, day_start)).first
    mondays = (running - dt.timedelta(days=7 * back) for back in range(READABLE_WEEKS + 1))
    return [_choice(subject, week_of(monday)) for monday in mondays]


def _why_none(weeks: list[Choice]) -> str:
    """Return the one sentence that says why no closed week is open, empty where one is or reasons differ."""
    over = weeks[1:]
    sentences = {each.sentence for each in over}
    return sentences.pop() if len(sentences) == 1 and not any(each.open or each.later for each in over) else ""


def _choice(subject: str, period: Period) -> Choice:
    fields = system().weeks.asked(subject, Purpose.ONE_TO_ONE, period)
    found = system().gate.decide(viewer(), subject, fields, Purpose.ONE_TO_ONE, period, Tier.WEEK)
    sentence = "" if found.permitted else found.sentence
    return Choice(week_name(period), found.permitted, found.reason in (LISTENING, NOT_YET), sentence)
