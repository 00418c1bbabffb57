"""Rotation: no key-encryption key outlives the erasure horizon, and the access log says so before a key dies.

Whoever was erased can still be in an old backup of the key store, wrapped by the KEK of that time. When that KEK is
destroyed, the backup opens no more: so each version is replaced and destroyed a day before the horizon at the latest.
How old one is, two say: the key store, whose days can be moved by whoever writes there, and the log. The older counts.
Every step can be interrupted and is done again; an entry whose step did not come about claims too much, never too
little.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from privacy import key_history, key_store, key_versions
from privacy.fields import KeyClass
from privacy.key_history import DESTROYED, NOTED, ROTATED, KeyHistory, Said
from privacy.key_provider import KeyGone, KeyRefused, KeyStillUsed
from privacy.log_entries import Draft
from privacy.policy import Purpose, Relation
from privacy.wrapping import Progress, Wrapping, silent

_TOLERATED: Final = dt.timedelta(days=1)  # two processes can see midnight a little apart


class Log(Protocol):
    """What a rotation needs of the access log."""

    def append(self, draft: Draft) -> Any:
        """Append durably; raises if the log cannot be written."""


class ReadLog(Log, key_history.Log, Protocol):
    """What a night needs of it."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a rotation of a class did: the version that wraps now, and those that were destroyed."""

    key_class: KeyClass
    version: int
    destroyed: tuple[int, ...]


class RenewalIncomplete(KeyRefused):
    """Keys of some classes do not unwrap, which the text names; `done` is what was done for the other classes."""

    def __init__(self, reasons: list[str], done: list[Renewed]) -> None:
        super().__init__("; ".join(reasons))
        self.done = done


@dataclass(frozen=True, slots=True)
class State:
    """One version of a class's KEK. Dates are unknown of a version that nobody recorded yet.

    `made_on` is what the key store says, `said` what the log says, if it was asked.
    """

    key_class: KeyClass
    version: int
    made_on: dt.date | None = None
    destroyed_on: dt.date | None = None
    is_here: bool | None = None  # whether the provider has it; None if this process was not given the class
    keys: int = 0
    oldest: int | None = None
    newest: int | None = None
    said: Said | None = None

    @property
    def since(self) -> dt.date | None:
        """The day from which on it was there: the older of the two that are said."""
        known = [day for day in (self.made_on, self.said.day if self.said else None) if day is not None]
        return min(known, default=None)

    def age_days(self, today: dt.date) -> int | None:
        """Return for how many days it has been in use; less than 0 where a clock went backwards."""
        return None if self.since is None else (today - self.since).days

    @property
    def is_redated(self) -> bool:
        """Whether the key store makes it younger than the log, which would let it live for longer."""
        if self.made_on is None or self.said is None or (self.destroyed_on is not None and not self.is_here):
            return False
        return self.made_on > self.said.day + _TOLERATED

    @property
    def is_lost(self) -> bool:
        """Whether keys need it and the provider does not have it."""
        return self.is_here is False and self.keys > 0

    @property
    def is_back(self) -> bool:
        """Whether it was destroyed and is there again: whoever has it opens old backups."""
        return self.is_here is True and self.destroyed_on is not None


def key_entry(outcome: str, key_class: KeyClass, version: int) -> Draft:
    """Return the draft of an entry of the organisation about a version of a KEK, named as its file is."""
    name = f"kek-{key_class}-{version}"
    return Draft(None, None, Relation.OPERATIONS, [name], Purpose.OPERATIONS, None, outcome)


def renew(
    ring: Wrapping,
    log: Log,
    key_class: KeyClass,
    *,
    anew: bool = False,
    keep_old: bool = False,
    progress: Progress = silent,
) -> Renewed:
    """Rotate a class, and destroy its older versions unless they are to be kept; finishes an interrupted rotation."""
    version = ring.rotate(key_class, anew=anew, progress=progress)
    log.append(key_entry(ROTATED, key_class, version))
    return Renewed(key_class, version, () if keep_old else destroy_older(ring, log, key_class, version))


def destroy_older(ring: Wrapping, log: Log, key_class: KeyClass, version: int) -> tuple[int, ...]:
    """Destroy every version of a class before `version`, and return which they were."""
    older = [each for each in ring.provider.versions(key_class) if each < version]
    return tuple(each for each in older if _destroy_emptied(ring, log, key_class, each))


def destroy(ring: Wrapping, log: Log, key_class: KeyClass, version: int) -> None:
    """Destroy one version that nothing uses; KeyStillUsed or KeyGone, and no entry, if it cannot be."""
    ring.refuse_needed(key_class, version)
    log.append(key_entry(DESTROYED, key_class, version))
    ring.destroy_version(key_class, version)


def _destroy_emptied(ring: Wrapping, log: Log, key_class: KeyClass, version: int) -> bool:
    """Destroy an older version; what was filed under it meanwhile is rewrapped first. False if another was faster."""
    while True:
        try:
            destroy(ring, log, key_class, version)
        except KeyStillUsed:
            ring.rewrap(key_class)
        except KeyGone:
            return False
        else:
            return True


def due(states: list[State], today: dt.date, horizon_days: int) -> list[State]:
    """Return the versions that would outlive the horizon if they were kept for another night.

    One that is dated after today is due as well: nobody knows how old it is.
    """
    ages = [(each, each.age_days(today)) for each in states if each.is_here]
    return [each for each, age in ages if age is not None and not 0 <= age < max(horizon_days - 1, 1)]


def contradictions(states: list[State]) -> Iterator[str]:
    """Yield which living versions the key store makes younger than they are, as `place: reason`."""
    for each in states:
        if each.is_redated and each.said is not None:
            yield (
                f"kek-{each.key_class}-{each.version}: the key store dates it {each.made_on}, but it was there on"
                f" {each.said.day}, says entry {each.said.entry} of the log: the key store was changed from outside, or"
                f" put back; `sameview keys rotate --class {each.key_class} --new` replaces the key"
            )


def renew_due(
    ring: Wrapping, log: ReadLog, today: dt.date, horizon_days: int, step: Callable[[str, float, float], None]
) -> list[Renewed]:
    """Replace what is due, finish what was interrupted, and return what was done.

    Classes are independent: RenewalIncomplete names what does not unwrap when all of them were tried.
    """
    ring.record()
    history = key_history.read(log)
    states = report(ring, history)
    if history.is_whole:
        _note_unsaid(log, states)
    old = due(states, today, horizon_days)
    done: list[Renewed] = []
    refused: list[str] = []
    for key_class in sorted(ring.classes):
        try:
            done += _renew_one(ring, log, key_class, states, old, _told(step, key_class))
        except KeyRefused as error:
            refused.append(str(error))
    if refused:
        raise RenewalIncomplete(refused, done)
    return done


def _note_unsaid(log: Log, states: list[State]) -> None:
    """Let the log say which versions are here that no entry shows, such as one whose rotation died: it dates them."""
    for each in states:
        if each.is_here and each.said is None:
            log.append(key_entry(NOTED, each.key_class, each.version))


def _renew_one(
    ring: Wrapping, log: Log, key_class: KeyClass, states: list[State], old: list[State], progress: Progress
) -> Iterator[Renewed]:
    here = [each for each in states if each.key_class is key_class and each.is_here]
    if here and here[-1] in old:
        yield renew(ring, log, key_class, anew=True, progress=progress)
    elif here and (any(each in old for each in here) or ring.unfinished(key_class)):
        version = ring.rewrap(key_class, progress)
        yield Renewed(key_class, version, destroy_older(ring, log, key_class, version))


def _told(step: Callable[[str, float, float], None], key_class: KeyClass) -> Progress:
    return lambda number, total: step(f"{key_class} keys", number, total)


def report(ring: Wrapping, history: KeyHistory | None = None) -> list[State]:
    """Return every version of every class that is, was or is missed, by class, oldest first. Writes nothing."""
    said = (history or KeyHistory()).since
    known = {(each.key_class, each.version): each for each in key_versions.recorded(ring.engine)}
    counts = {(KeyClass(each.key_class), each.kek_version): each for each in key_store.counts(ring.engine)}
    existing = {(c, version) for c in ring.classes for version in ring.provider.versions(c)}
    places = sorted(known.keys() | counts.keys() | existing)
    states = [_state(place, known.get(place), place in existing, counts.get(place), ring.classes) for place in places]
    return [replace(each, said=said.get((each.key_class, each.version))) for each in states]


def _state(
    place: tuple[KeyClass, int],
    known: key_versions.Version | None,
    exists: bool,
    count: key_store.Count | None,
    given: Collection[KeyClass],
) -> State:
    return State(
        *place,
        made_on=known.made_on if known else None,
        destroyed_on=known.destroyed_on if known else None,
        is_here=exists if place[0] in given else None,
        keys=count.keys if count else 0,
        oldest=count.oldest if count else None,
        newest=count.newest if count else None,
    )


def newest_of(states: list[State]) -> Iterator[State]:
    """Yield of each class the newest version that is there, or that wraps keys."""
    for key_class in KeyClass:
        of_class = [each for each in states if each.key_class is key_class and (each.is_here or each.keys)]
        if of_class:
            yield of_class[-1]
