"""A dry run: what a version of the policy would have done to one's own last days, and what nobody can count of it.

It is shown to the person alone. Nobody else is shown such figures, of one person or of many: counting them for a page
would open days that are not the reader's, and whoever opens a day leaves an entry in its person's log.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from analytics import trial
from analytics.categories import top_level
from analytics.palette import UNNAMED, tones_of
from analytics.trial import Trial
from portal import own
from portal.access import system, viewer
from portal.ledgers import RuleCount
from portal.locale import N_, _, ngettext
from portal.policy_words import plain, reason
from portal.proposed import Proposed, tried_on
from privacy.capture_policy import CapturePolicy
from privacy.period import Period
from privacy.policy_parts import GRID, OUTSIDE

DAYS: Final = 7
_GONE: Final = N_("No longer kept")
_COARSENED: Final = N_("coarsened")
_DONE: Final = {OUTSIDE: N_("cut"), GRID: N_("moved")}
"""What the rules about time do to an event that stays."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in percent of the time that is kept now."""

    name: str
    seconds: float
    share: float
    offset: float
    tone: str


@dataclass(frozen=True, slots=True)
class Time:
    """The time of one category, as it is kept now and as it would be kept."""

    category: str
    before: float
    after: float

    @property
    def differs(self) -> bool:
        return round(self.before / 60) != round(self.after / 60)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the page shows. `events` of `days` were looked at, entry `entry` of the log says so."""

    period: Period
    days: int
    events: int
    untouched: int
    rules: tuple[RuleCount, ...]
    times: tuple[Time, ...]
    now: tuple[Part, ...]
    then: tuple[Part, ...]
    unknown: tuple[str, ...]
    entry: int


def dry_run(version: Proposed, policy: CapturePolicy) -> DryRun:
    """Try a version on the asker's own last days, as a look of their own."""
    current = own.current_day()
    period = Period(current - dt.timedelta(days=DAYS - 1), current + dt.timedelta(days=1))
    found = trial.of_days(own.stored(trial.FIELDS, period), tried_on(system(), viewer(), policy, own.zone()))
    return shown(found, version, policy, period)


def shown(found: Trial, version: Proposed, policy: CapturePolicy, period: Period) -> DryRun:
    """Return a trial in the words and pictures of the page."""
    now, then = _bars(_by_top(found.before), _by_top(found.after))
    return DryRun(
        period=period,
        days=found.days,
        events=found.events,
        untouched=found.events - found.dropped.total() - max(found.coarsened.values(), default=0),
        rules=tuple(_rules(found, policy)),
        times=tuple(_times(found)),
        now=now,
        then=then,
        unknown=tuple(_unknown(found, version, policy, period)),
        entry=found.entry,
    )


def _rules(found: Trial, policy: CapturePolicy) -> Iterator[RuleCount]:
    for effect, counts in ((N_("dropped"), +found.dropped), (_COARSENED, +found.coarsened)):
        for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            done = _DONE.get(rule, effect) if effect == _COARSENED else effect
            yield RuleCount(plain(rule), _(done), count, reason(policy, rule))


def _times(found: Trial) -> Iterator[Time]:
    for name in sorted({*found.before, *found.after}, key=lambda name: (-found.before.get(name, 0.0), name)):
        yield Time(name, found.before.get(name, 0.0), found.after.get(name, 0.0))


def _by_top(seconds: Mapping[str, float]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for name, value in seconds.items():
        totals[top_level(name)] = totals.get(top_level(name), 0.0) + value
    return totals


def _bars(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return two bars of one scale and one order; what the second one has less is hatched at its end."""
    core = system().categorisers(system().policies.now()).rules.core
    tones = tones_of({*before, *after}, core)
    names = sorted(tones, key=lambda name: (name not in core, -before.get(name, 0.0), name))
    scale = max(sum(before.values()), sum(after.values()))
    gone = {_(_GONE): scale - sum(after.values())}
    return (
        _parts({name: before.get(name, 0.0) for name in names}, scale, tones),
        _parts({name: after.get(name, 0.0) for name in names} | gone, scale, tones | {_(_GONE): "hatch"}),
    )


def _parts(seconds: Mapping[str, float], scale: float, tones: Mapping[str, str]) -> tuple[Part, ...]:
    found, offset = [], 0.0
    for name, value in seconds.items():
        if round(value):
            share = value / scale * 100
            found.append(Part(name, value, round(share, 2), round(offset, 2), tones.get(name, UNNAMED)))
            offset += share
    return tuple(found)


def _unknown(found: Trial, version: Proposed, policy: CapturePolicy, period: Period) -> Iterator[str]:
    """Yield what a dry run cannot know, as far as it concerns this version and these days."""
    if (without := len(list(period.days())) - found.days) > 0:
        yield ngettext(
            "Of %(num)s day of these %(days)s nothing is stored, so nothing can be tried.",
            "Of %(num)s days of these %(days)s nothing is stored, so nothing can be tried.",
            without,
            days=DAYS,
        )
    if version.is_wider:
        yield (
            _(
                "What the changes marked “wider” would add: it was never stored, so there is nothing to count."
                " What they"
                " allow is kept only of what comes from their moment on."
            )
        )
    if found.refused:
        yield ngettext(
            "%(num)s event of these days were dropped when they came. Nobody knows any more what they said.",
            "%(num)s events of these days were dropped when they came. Nobody knows any more what they said.",
            found.refused,
        )
    if not found.wordless:
        return
    if policy.categories != system().policies.now().categories:
        yield (
            _(
                "The category rules are others. %(windows)s without a stored title stay where they were put: "
                "which category they would get is not known.",
                windows=_windows(found.wordless),
            )
        )
    if any(line.domains or line.titles for line in policy.never):
        yield (
            _(
                "The never-list looks at addresses and titles. Of %(windows)s they were never stored, so they "
                "are not found by it here; at the door they would be.",
                windows=_windows(found.wordless),
            )
        )


def _windows(count: int) -> str:
    return ngettext("%(num)s window or page", "%(num)s windows and pages", count)
