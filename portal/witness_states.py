"""What people are told about the log's witnesses: who co-signed when, and a warning if one was silent or refused.

Everything rests on cosignatures that are checked here, each time, with the agreed keys: who writes into the database
can make a witness look silent, but not make it look as if it had spoken.
"""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from portal import witnessing
from portal.config import Config
from portal.locale import N_, _
from portal.show import moment, number
from portal.wiring import System
from privacy import watermark, witnesses
from privacy.checkpoint import NoteBroken
from privacy.cosignature import CosignatureVerifier
from privacy.witnesses import Statement


class Mood(enum.StrEnum):
    """How it stands with a witness."""

    COSIGNED = "co-signed"
    UNASKED = "unasked"
    NEVER = "never"
    SILENT = "silent"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness: when it co-signed last, and the log's size then; `refusal` says in words what it did not accept."""

    name: str
    mood: Mood
    at: dt.datetime | None = None
    size: int = 0
    refusal: str = ""

    @property
    def warns(self) -> bool:
        """Whether everybody is told."""
        return self.mood not in (Mood.COSIGNED, Mood.UNASKED)


REFUSALS: Final = {
    witnessing.FORKED: N_("it had co-signed another history of the same length"),
    witnessing.SHRUNK: N_("it had co-signed more entries than the log has now"),
    witnessing.UNPROVED: N_("nobody could prove that the log only grew since it co-signed last"),
    witnessing.OTHER_KEY: N_("the checkpoint was not signed with the key that it knows"),
    witnessing.UNKNOWN: N_("it does not know this log"),
    witnessing.MALFORMED: N_("it could not read what it was asked"),
}
_DAY: Final = dt.timedelta(hours=24)


def states(system: System) -> list[WitnessState]:
    """Return how it stands with every agreed witness, and with any other that refused before it was dropped."""
    said = witnesses.statements(system.stores.log)
    found = []
    for each in system.config.witnesses:
        verifier = CosignatureVerifier.parse(each.verifier_key)
        found.append(_state(verifier, said.pop(verifier.name, None), system.clock(), silence(system.config)))
    return found + [_refused(each, None) for each in said.values() if each.refusal]


def silence(config: Config) -> dt.timedelta:
    """Return after how long without a cosignature everybody is told: a day, or three rounds of a slower schedule."""
    return max(_DAY, 3 * dt.timedelta(minutes=config.checkpoint_minutes))


def warnings(system: System, zone: ZoneInfo) -> list[str]:
    """Return what everybody has to know, a sentence for each witness and one for the portal; none if all is well."""
    return [*_shorter(system), *(sentence(each, zone) for each in states(system) if each.warns)]


def _shorter(system: System) -> list[str]:
    """Say that the log has fewer entries than the portal has published: that needs no witness to be noticed."""
    seen = watermark.seen(system.stores.keys, system.log.signer.origin)
    if seen is None or (size := system.log.size) >= seen.size:  # in this order: the log grows in the meantime
        return []
    return [
        _(
            "The access log has %(number)s entries, and %(number2)s were published: an older log was put "
            "back, or entries were removed. Do not rely on the log before this is explained.",
            number=number(size),
            number2=number(seen.size),
        )
    ]


def sentence(state: WitnessState, zone: ZoneInfo) -> str:
    """Say how it stands with a witness, with times on the clock of `zone`."""
    if state.mood is Mood.REFUSED:
        return _(
            "The witness %(name)s refused to co-sign the access log: %(refusal)s.",
            name=state.name,
            refusal=state.refusal,
        )
    if state.mood is Mood.BROKEN:
        return _(
            "What is stored as the cosignature of %(name)s was not made by its key. Somebody wrote there.",
            name=state.name,
        )
    if state.at is None:
        return _("The witness %(name)s has not co-signed the access log yet.", name=state.name)
    when = moment(state.at, zone)
    if state.mood is Mood.SILENT:
        return _(
            "The witness %(name)s has not co-signed the access log since %(when)s: nobody outside checks it now.",
            name=state.name,
            when=when,
        )
    return _(
        "Co-signed by %(name)s on %(when)s, at %(number)s entries.",
        name=state.name,
        when=when,
        number=number(state.size),
    )


def _state(
    verifier: CosignatureVerifier, said: Statement | None, now: dt.datetime, silence: dt.timedelta
) -> WitnessState:
    if said is None:
        return WitnessState(verifier.name, Mood.UNASKED)
    try:
        at = said.checked(verifier).at if said.cosignature else None
    except NoteBroken:
        return WitnessState(verifier.name, Mood.BROKEN)
    if said.refusal:
        return _refused(said, at)
    if at is None:
        return WitnessState(verifier.name, Mood.NEVER)
    return WitnessState(verifier.name, Mood.SILENT if now - at > silence else Mood.COSIGNED, at, said.size)


def _refused(said: Statement, at: dt.datetime | None) -> WitnessState:
    words = _(REFUSALS.get(said.refusal or "", N_("it gave no reason that is known here")))
    if said.refusal in witnessing.GRAVE:
        words = _("%(refusal)s. Do not rely on the log before this is explained", refusal=words)
    return WitnessState(said.name, Mood.REFUSED, at, said.size, words)
