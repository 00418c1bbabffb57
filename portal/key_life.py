"""How old keys are, which are missing, and whether anybody could open anything if they were lost tomorrow.

The same for the command line, `check` and the compliance page. Nothing here opens anybody's data or writes anything;
what the log says of keys is read, since what lies in the open can be moved or replaced.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from portal import key_records
from portal.escrow_files import EscrowFolder
from portal.locale import _, ngettext
from portal.show import listing
from portal.wiring import System
from privacy import rotation
from privacy.escrow import Receipt
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from privacy.rotation import State

_PROVED: Final = 1000  # a page waits for it


@dataclass(frozen=True, slots=True)
class Concern:
    """What is wrong with the keys, and what to do; a fault stops a promise, the others weaken one."""

    is_fault: bool
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class EscrowState:
    """Whether the keys could be recovered: `missing` names what the escrow that was handed out does not hold."""

    applies: bool  # the keys of a token cannot be in an escrow
    fingerprint: str | None
    receipt: Receipt | None
    missing: tuple[str, ...]
    lying: Path | None = None  # where it is, if nobody moved it away

    @property
    def sentence(self) -> str:
        """Say it in a line."""
        if not self.applies:
            return _(
                "The keys are in a token, and cannot leave it: the token's own backup takes the place of an escrow."
            )
        if self.fingerprint is None:
            return _("There is no escrow: if the keys are lost, nothing opens any more.")
        if self.receipt is None:
            return _("There is an escrow key, but no escrow was handed out yet: if the keys are lost, nothing opens.")
        if self.missing:
            return _(
                "The escrow of %(day)s does not hold %(listing)s.",
                day=self.receipt.day,
                listing=listing(list(self.missing)),
            )
        if self.lying is not None:
            return _("The escrow of %(day)s holds every key, but lies on this machine still.", day=self.receipt.day)
        return _("The escrow of %(day)s holds every key.", day=self.receipt.day)


def name_of(state: State) -> str:
    """Return how a version is called, on disk as in sentences."""
    return f"kek-{state.key_class}-{state.version}"


def epoch_name(key_class: KeyClass, epoch: int) -> str:
    """Return the period of a key epoch: a month, an ISO week, a year, or a grant's number."""
    if key_class is KeyClass.GRANTED:
        return f"grant {epoch}"
    if key_class is KeyClass.TEXT:
        year, week, _ = dt.date.fromordinal(epoch * 7 + 1).isocalendar()
        return f"{year}-W{week:02}"
    return str(epoch) if key_class is KeyClass.AUDIT else f"{epoch // 12}-{epoch % 12 + 1:02}"


def epochs_of(state: State) -> str:
    """Return the periods that a version's data keys are of; those of epoch 0 keep their place through all of them."""
    if state.key_class is KeyClass.GRANTED:
        return _("one for each grant and conversation") if state.keys else ""
    if state.oldest is None or state.newest is None:
        return _("all periods") if state.keys else ""
    first, last = (epoch_name(state.key_class, each) for each in (state.oldest, state.newest))
    return first if first == last else _("%(first)s to %(last)s", first=first, last=last)


def escrow_state(system: System, states: list[State]) -> EscrowState:
    """Return whether the newest versions are in the escrow that was handed out.

    EscrowRefused for damaged or foreign files.
    """
    if system.config.key_provider != "file":
        return EscrowState(False, None, None, ())
    folder = EscrowFolder(system.config.home)
    public, receipt = key_records.escrow_key(system), folder.receipt()
    held = receipt.places if receipt is not None else frozenset()
    needed = [each for each in states if not each.destroyed_on and (each.keys or each in [*rotation.newest_of(states)])]
    missing = tuple(name_of(each) for each in needed if (each.key_class, each.version) not in held)
    lying = None if receipt is None or not folder.place(receipt).exists() else folder.place(receipt)
    return EscrowState(True, None if public is None else public.fingerprint, receipt, missing, lying)


def oldest_age(states: list[State], today: dt.date) -> int | None:
    """Return how many days old the oldest key in use is, None if nobody knows of any."""
    used = [each for each in states if each.destroyed_on is None or each.is_back]
    return max((age for each in used if (age := each.age_days(today)) is not None), default=None)


def reach(states: list[State], today: dt.date, horizon: int) -> str:
    """Say in a line how far an erasure reaches into backups: what is promised, and what is so today."""
    oldest, days = oldest_age(states, today), ngettext("%(num)s day", "%(num)s days", horizon)
    if oldest is None or oldest <= horizon:
        return _("What was erased opens from no backup older than %(days)s: no key lives longer.", days=days)
    return _(
        "What was erased should open from no backup older than %(days)s, and opens from those of "
        "%(oldest)s days: run `sameview jobs nightly`, which replaces the keys.",
        days=days,
        oldest=oldest,
    )


def concerns(system: System) -> Iterator[Concern]:
    """Yield what is wrong with the keys' ages, places and escrow."""
    states = key_records.states(system)
    today = system.clock().date()
    for state in states:
        yield from _of_version(state, today)
    for what, _sign, fix in (each.rpartition("; ") for each in rotation.contradictions(states)):
        yield Concern(True, what, f"{fix[:1].upper()}{fix[1:]}.")
    yield from _of_ages(states, today, system.config.erasure_horizon)
    yield from _of_data_keys(system)
    if not system.organisation.throw_away:
        yield from _of_escrow(system, states)


def _of_version(state: State, today: dt.date) -> Iterator[Concern]:
    name, age = name_of(state), state.age_days(today)
    if state.is_lost:
        fix = _(
            "Recover it: `sameview keys recover ESCROW`, or put it back from its backup. Without it they do not open."
        )
        yield Concern(True, _("%(name)s is missing and wraps %(keys)s data keys", name=name, keys=state.keys), fix)
    elif state.is_back:
        fix = _(
            "Find out who put it there, then `sameview keys destroy %(key_class)s %(version)s --yes`.",
            key_class=state.key_class,
            version=state.version,
        )
        yield Concern(
            True,
            _(
                "%(name)s was destroyed on %(destroyed_on)s and is there again: it opens backups",
                name=name,
                destroyed_on=state.destroyed_on,
            ),
            fix,
        )
    elif state.is_here and age is not None and age < 0:
        fix = _("Correct the clock; the next `sameview jobs nightly` replaces the key.")
        yield Concern(
            False, _("%(name)s is dated %(since)s, after today: the clock was wrong", name=name, since=state.since), fix
        )


def _of_ages(states: list[State], today: dt.date, horizon: int) -> Iterator[Concern]:
    """Say in one line which keys outlive the horizon; the day itself is a warning, since the night may still come."""
    aged = {name_of(each): each.age_days(today) or 0 for each in states if each.is_here}
    old = {name: age for name, age in aged.items() if age >= horizon}
    if old:
        what = _(
            "%(listing)s: up to %(max)s days old. What was erased opens from backups of then",
            listing=listing(list(old)),
            max=max(old.values()),
        )
        fix = _(
            "Run `sameview jobs nightly` every night: it replaces keys before they are %(horizon)s days old.",
            horizon=horizon,
        )
        yield Concern(max(old.values()) > horizon, what, fix)


def _of_data_keys(system: System) -> Iterator[Concern]:
    """Say of which classes some data keys do not unwrap; each class is tried as far as its first thousand."""
    for key_class in sorted(system.keys.classes):
        tried = islice(system.keys.prove(key_class), _PROVED)
        broken = [reason for _, reason in tried if reason is not None]
        if broken:
            what = ngettext(
                "%(num)s data key of class %(key_class)s cannot be unwrapped: %(reason)s",
                "%(num)s data keys of class %(key_class)s cannot be unwrapped, the first: %(reason)s",
                len(broken),
                key_class=key_class,
                reason=broken[0],
            )
            fix = _("Put the key store back from its newest backup; `sameview log verify` names whom it concerns.")
            yield Concern(True, what, fix)


def _of_escrow(system: System, states: list[State]) -> Iterator[Concern]:
    try:
        state = escrow_state(system, states)
    except EscrowRefused as error:
        yield Concern(True, str(error), _("Until then nobody knows whether lost keys could be recovered."))
        return
    if not state.applies or (state.receipt is not None and not state.missing and state.lying is None):
        return
    fix = _("Run `sameview keys escrow --output FILE`, and keep the file elsewhere; the nightly job makes one, too.")
    if state.lying is not None and not state.missing:
        fix = _("Move %(lying)s to another machine or medium: it is of no use where the keys are.", lying=state.lying)
    if state.fingerprint is None:
        fix = _("Run `sameview keys escrow-key --output DIR`, then `sameview keys escrow --output FILE`.")
    yield Concern(False, state.sentence.rstrip("."), fix)
