"""The page about keys: how old they are, what an erasure reaches, and whether lost keys could come back. No person."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template

from auth.permissions import Permission, requires
from portal import key_life, key_records
from portal.access import system
from portal.key_life import epochs_of, name_of
from portal.locale import N_, _
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from privacy.rotation import State

blueprint = Blueprint("keys", __name__, url_prefix="/compliance")

PROTECTS: Final[dict[KeyClass, str]] = {
    KeyClass.SHARED: N_("what a manager may see of a closed week"),
    KeyClass.PRIVATE: N_("what only the person sees"),
    KeyClass.TEXT: N_("window titles and web addresses"),
    KeyClass.GRANTED: N_("what a person opened for somebody"),
    KeyClass.AUDIT: N_("the access log"),
}
"""What each class of keys is for, in words of the pages."""

_DAYS: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A version of a key as the page shows it."""

    name: str
    protects: str
    made_on: dt.date | None
    age_days: int | None
    keys: int
    epochs: str
    state: str
    """Nothing, or what is wrong with it."""


@blueprint.get("/keys")
@requires(Permission.KEYS_READ)
def keys() -> str:
    """Show every key in use, those that died last, the horizon, and the escrow."""
    states, today = key_records.states(system()), system().clock().date()
    used = [each for each in states if each.destroyed_on is None or each.is_back]
    destroyed = _destroyed(states)
    return render_template(
        "compliance/keys.html",
        lines=[_line(each, today) for each in used],
        oldest=key_life.oldest_age(states, today),
        horizon=system().config.erasure_horizon,
        destroyed=destroyed[:_DAYS],
        more=max(len(destroyed) - _DAYS, 0),
        escrow=_escrow(states),
        concerns=list(key_life.concerns(system())),
    )


def _destroyed(states: list[State]) -> list[tuple[dt.date, list[str], int]]:
    """Return the days on which keys were destroyed, newest first: their names, and how old the oldest had become."""
    days: dict[dt.date, list[State]] = {}
    for each in states:
        if each.destroyed_on is not None:
            days.setdefault(each.destroyed_on, []).append(each)
    return [
        (day, [name_of(each) for each in died], max(each.age_days(day) or 0 for each in died))
        for day, died in sorted(days.items(), reverse=True)
    ]


def _line(state: State, today: dt.date) -> Line:
    return Line(
        name=name_of(state),
        protects=_(PROTECTS[state.key_class]),
        made_on=state.since,
        age_days=state.age_days(today),
        keys=state.keys,
        epochs=epochs_of(state),
        state=_wrong(state),
    )


def _wrong(state: State) -> str:
    if state.is_lost:
        return "missing"
    if state.is_back:
        return _("destroyed, but there again")
    return _("made younger in the key store") if state.is_redated else ""


def _escrow(states: list[State]) -> str:
    try:
        return key_life.escrow_state(system(), states).sentence
    except EscrowRefused:
        return _("The escrow's own files are damaged or replaced: nobody knows whether lost keys could come back.")
