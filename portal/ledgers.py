"""A day's capture ledger for its person: what the door did to its events, and the times of which nothing was captured.

Every count has the plain reason of its rule: of the policy in force, of an earlier one under which the event came, or
of the computer itself, which keeps nothing before a policy and the notice have arrived.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from analytics.own_times import FORGOTTEN, PAUSED
from portal.locale import N_, _
from portal.policy_words import plain
from portal.relay.doors import ENDED, NO_NOTICE, NO_POLICY, OVERSIZE
from portal.relay.entries import QUEUE_FULL
from privacy.policies import InForce

OF_DESKS: Final = {
    NO_POLICY: N_("Your computer had not got the policy yet. Until then it keeps nothing."),
    NO_NOTICE: N_("You had not acknowledged the notice on what is recorded yet. Until then nothing is kept."),
    ENDED: N_("The computer had been taken off your list. It keeps nothing any more."),
    OVERSIZE: N_("It was larger than anything that a watcher means to say, and no store takes it."),
}
"""Rules that no policy states, since a desk has them before it has one."""

WHY_NOT: Final = {
    PAUSED: N_("You paused. Others see “not captured”, never why."),
    FORGOTTEN: N_("You let this time be forgotten. Others see “not captured”, never why."),
    QUEUE_FULL: N_("What waited to be sent had filled the room for it on your computer, so the newest was lost."),
}
_UNEXPLAINED: Final = N_("Your computer said so, and no more.")
_NO_REASON: Final = N_("No policy that is known here has a rule of that name, so nobody can say why.")
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in percent."""

    name: str
    count: int
    share: float
    offset: float
    tone: str


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many events a rule met, or would meet; `whose` says so if it is no rule of the policy in force."""

    name: str
    effect: str
    count: int
    because: str
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """For how long nothing was captured for one reason, and when as far as that is known, in ms since the day began."""

    name: str
    seconds: float
    because: str
    times: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """A day's capture ledger as pictures and tables. `missed` may be there without any event, and the other way round.

    An event can meet several rules that coarsen and the ledger counts per rule, so with two such rules or more the
    number of coarsened events is known only to be at least the largest count: then `exact` is false.
    """

    received: int
    kept: int
    coarsened: int
    dropped: int
    exact: bool
    parts: tuple[Part, ...]
    rules: tuple[RuleCount, ...]
    missed: tuple[Missed, ...] = ()
    gaps: tuple[Part, ...] = ()
    """Where in the day the missed times lie, as far as that is known."""


Interval = tuple[int, int, str]
"""Where a time without capture begins and ends, in ms since the day began, and why."""


def ledger(
    counts: Mapping[str, Any] | None, in_force: InForce, gaps: Iterable[Interval] = (), day_ms: int = _DAY_MS
) -> Ledger | None:
    """Return the picture of a day's `capture_ledger`, None if nothing arrived and nothing is known to be missing.

    `gaps` are the intervals that are known; of others the ledger knows only how long they were.
    """
    said, known = counts or {}, _joined(gaps)
    missed = tuple(_missed(said.get("not_captured", {}), known))
    if counts is None and not missed:
        return None
    kept, dropped_by, coarsened_by = said.get("kept", 0), said.get("dropped", {}), said.get("coarsened", {})
    coarsened, dropped = min(kept, max(coarsened_by.values(), default=0)), sum(dropped_by.values())
    met = [(N_("coarsened"), *each) for each in coarsened_by.items()] + [
        (N_("dropped"), *each) for each in dropped_by.items()
    ]
    return Ledger(
        received=said.get("received", 0),
        kept=kept,
        coarsened=coarsened,
        dropped=dropped,
        exact=len(coarsened_by) < 2,
        parts=_parts({_("Kept as it came"): kept - coarsened, _("Coarsened"): coarsened, _("Dropped"): dropped}),
        rules=tuple(RuleCount(plain(id), _(effect), count, *_reason(id, in_force)) for effect, id, count in met),
        missed=missed,
        gaps=tuple(_drawn(known, day_ms)),
    )


def _reason(id: str, in_force: InForce) -> tuple[str, str]:
    """Return the reason of a rule, and whose rule it is if not one of the policy in force."""
    if reason := in_force.now.because(id):
        return _(reason), ""
    if id in OF_DESKS:
        return _(OF_DESKS[id]), _("your computer’s own rule")
    for earlier in reversed(in_force.policies[:-1]):
        if reason := earlier.because(id):
            return _(reason), _("a rule of version %(version)s, which held before", version=earlier.version)
    return _(_NO_REASON), _("a rule of no known policy")


def _joined(gaps: Iterable[Interval]) -> dict[str, list[tuple[int, int]]]:
    """Return the intervals of each reason; what is told twice is there once."""
    found: dict[str, list[tuple[int, int]]] = {}
    for start, end, reason in sorted(gaps):
        spans = found.setdefault(reason, [])
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
        else:
            spans.append((start, end))
    return found


def _missed(told: Mapping[str, float], known: Mapping[str, list[tuple[int, int]]]) -> Iterable[Missed]:
    """Yield how long, by reason: what the ledger was told of may be older than a pause that still runs."""
    for reason in sorted({*told, *known}):
        times = tuple(known.get(reason, ()))
        seconds = max(sum(end - start for start, end in times) / 1000, told.get(reason, 0.0))
        yield Missed(plain(reason), seconds, _(WHY_NOT.get(reason, _UNEXPLAINED)), times)


def _drawn(known: Mapping[str, list[tuple[int, int]]], day_ms: int) -> Iterable[Part]:
    for reason, spans in known.items():
        for start, end in spans:
            share, offset = (round(each / day_ms * 100, 2) for each in (end - start, start))
            yield Part(plain(reason), 1, max(share, 0.4), offset, "hatch")


def _parts(counts: Mapping[str, int]) -> tuple[Part, ...]:
    total, offset = sum(counts.values()) or 1, 0.0
    parts = []
    for (name, count), tone in zip(counts.items(), ("task", "core", "hatch"), strict=True):
        share = count / total * 100
        parts.append(Part(name, count, round(share, 2), round(offset, 2), tone))
        offset += share
    return tuple(parts)
