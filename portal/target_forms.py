"""The form of a target: what was typed into it, what it says, and what is wrong with it, all of it at once."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from flask import request

from analytics.target_aims import AIMS, Seen
from analytics.target_checks import Known, faults, text_fault, warnings
from analytics.targets import Target, Terms, Warned
from analytics.volume_people import KnownPeople
from portal import target_figures, targets
from portal.access import system, viewer
from portal.amounts import amount, amount_from
from portal.locale import N_, _
from portal.parse import day_from
from portal.problems import Problem

FIELDS: Final = ("measure", "low", "high", "reason", "benefit", "owner", "effective", "review", "change")
REVIEW_AFTER: Final = dt.timedelta(weeks=12)
_BETWEEN: Final = ":"
_NAMES_SOMEBODY: Final = N_("This names somebody. A target, and what came of comments on it, is about the team.")
_ACKNOWLEDGE: Final = N_("Read the warning, and tick that you have.")
_NEVER: Final = dt.date.min


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent: its terms, which can be used if `wrong` is empty, and what they are warned of."""

    terms: Terms
    typed: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)
    warned: tuple[Warned, ...] = ()


def choice(aim: str, process: str) -> str:
    """Return how the form calls what a target is about."""
    return f"{aim}{_BETWEEN}{process}" if process else aim


def blank(today: dt.date, owner: str) -> dict[str, str]:
    """Return what the fields of a new form hold."""
    begins = targets.earliest(today)
    dates = {"effective": begins.isoformat(), "review": (begins + REVIEW_AFTER).isoformat()}
    return dict.fromkeys(FIELDS, "") | {"owner": owner} | dates


def of_target(target: Target, today: dt.date) -> dict[str, str]:
    """Return what the fields hold when a target is to change."""
    terms = target.newest.terms
    begins = targets.earliest(today)
    return {
        "measure": choice(*terms.what),
        "low": amount(terms.low, terms.of.unit),
        "high": amount(terms.high, terms.of.unit),
        "reason": terms.reason,
        "benefit": terms.benefit,
        "owner": terms.owner,
        "effective": begins.isoformat(),
        "review": max(terms.review, begins + dt.timedelta(weeks=4)).isoformat(),
        "change": "",
    }


def filled(team: str, changed: Target | None) -> Filled:
    """Read the form that was sent; every fault stands beside its field, and an unread warning beside its tick."""
    today = system().gate.today(viewer())
    typed = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS}
    if changed is not None:
        typed["measure"] = choice(*changed.newest.terms.what)
    wrong: dict[str, str] = {}
    terms = _terms(typed, wrong)
    wrong = {name: _(text) for name, text in faults(terms, _known(team, changed, today)).items()} | wrong
    wrong = _named(terms, wrong)
    found = () if wrong else warnings(terms, seen(team, terms, today))
    if found and request.form.get("warned") != mark(found):
        wrong["warned"] = _(_ACKNOWLEDGE)
    return Filled(replace(terms, warned=found), typed, wrong, found)


def texts(*names: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of a small form, and what is wrong with them."""
    typed = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in names}
    missing = {"said": _("Say what came up in the comments."), "did": _("Say what you do about it, or why not.")}
    wrong = {}
    for name, text in typed.items():
        found = text_fault(text, missing.get(name, _("Say why it ends.")))
        if found is not None:
            wrong[name] = _(found)
        elif _known_people().in_text(text):
            wrong[name] = _(_NAMES_SOMEBODY)
    return typed, wrong


def seen(team: str, terms: Terms, today: dt.date) -> Seen | None:
    """Return between what the team's own figure lay lately."""
    return target_figures.seen(system(), team, *terms.what, today)


def mark(warned: tuple[Warned, ...]) -> str:
    """Return the value of the tick with which exactly these warnings are acknowledged."""
    return " ".join(f"{each.code}/{each.low}/{each.high}" for each in warned)


def _terms(typed: Mapping[str, str], wrong: dict[str, str]) -> Terms:
    aim, _colon, process = typed["measure"].partition(_BETWEEN)
    return Terms(
        aim=aim,
        process=process,
        low=_amount("low", typed, wrong),
        high=_amount("high", typed, wrong),
        reason=typed["reason"],
        benefit=typed["benefit"],
        owner=typed["owner"],
        effective=_day("effective", typed, wrong),
        review=_day("review", typed, wrong),
        change=typed["change"],
    )


def _amount(place: str, typed: Mapping[str, str], wrong: dict[str, str]) -> int:
    """Return an end of the band, -1 for none."""
    aim = AIMS.get(typed["measure"].partition(_BETWEEN)[0])
    if aim is None or not typed[place]:
        return -1
    found = amount_from(typed[place].removesuffix("%").strip(), aim.unit)
    if isinstance(found, str):
        wrong[place] = found
        return -1
    return found


def _day(place: str, typed: Mapping[str, str], wrong: dict[str, str]) -> dt.date:
    try:
        return day_from(typed[place])
    except Problem as problem:
        wrong[place] = problem.detail
        return _NEVER


def _known(team: str, changed: Target | None, today: dt.date) -> Known:
    board = targets.board(system(), team)
    others = {each.shown(today).terms.what for each in board.targets if each.is_open and each != changed}
    possible = set(target_figures.possible(system(), team, today))
    return Known(
        today=today,
        earliest=targets.earliest(today),
        owners={each.person.subject for each in targets.roll(system()).heads(team)},
        possible=possible | ({changed.newest.terms.what} if changed is not None else set()),
        taken=others,
        before=None if changed is None else changed.newest.terms,
    )


def _named(terms: Terms, wrong: dict[str, str]) -> dict[str, str]:
    people = _known_people()
    said = {"reason": terms.reason, "benefit": terms.benefit, "change": terms.change}
    return {place: _(_NAMES_SOMEBODY) for place, text in said.items() if people.in_text(text)} | wrong


def _known_people() -> KnownPeople:
    return KnownPeople.of((each.name, each.email, each.subject) for each in system().people.everybody())
