"""What changes from one policy to another, a sentence for each change, and whether more is recorded or seen by it.

Wider is whatever is not surely narrower: a rule that is loosened, a pattern that is taken off the never-list, an hour
more, a day longer, a field more, and any change of category rules, since categories decide what counts as work.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from privacy.capture_policy import CapturePolicy
from privacy.messages import N_, Said
from privacy.policy_parts import SEPARATOR, WEEKDAYS, Category, Effect, Never, Schedule, Span
from privacy.policy_terms import known, named, plain, what_of

_STRENGTH: Final = {Effect.KEEP: 0, Effect.DOMAIN: 1, Effect.COARSEN: 2, Effect.DROP: 3}
_WORDS: Final = {
    Effect.KEEP: N_("kept"),
    Effect.DOMAIN: N_("kept as its domain"),
    Effect.COARSEN: N_("coarsened"),
    Effect.DROP: N_("dropped"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change in words; `wider` if more is recorded, longer kept or more widely seen, None if it is neither."""

    sentence: str
    wider: bool | None


def changes(old: CapturePolicy, new: CapturePolicy) -> list[Change]:
    """Return every change, in the order of the text. Its header is no change."""
    return [
        *_texts(old, new),
        *_times(old, new),
        *_lasting(old, new),
        *_sharing(old, new),
        *_schedules(old, new),
        *_rules(old, new),
        *_never(old, new),
        *_categories(old, new),
    ]


def is_wider(old: CapturePolicy, new: CapturePolicy) -> bool:
    """Tell whether anything is recorded, kept or seen under `new` that is not under `old`."""
    return any(change.wider for change in changes(old, new))


def _texts(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    for what, before, after in ((N_("name"), old.name, new.name), (N_("summary"), old.summary, new.summary)):
        if before != after:
            said = N_("The %(what)s is “%(after)s”, it was “%(before)s”.")
            yield Change(Said(said, what=Said(what), after=known(after), before=known(before)), None)


def _numbers(what: str, before: int, after: int, wider: Callable[[int, int], bool]) -> Iterator[Change]:
    if before != after:
        yield Change(
            Said(N_("%(what)s: %(after)s, it was %(before)s."), what=Said(what), after=after, before=before),
            wider(before, after),
        )


def _times(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    finer = _finer(old.grid_seconds, new.grid_seconds)
    yield from _numbers(
        N_("Times are moved to a grid of seconds"), old.grid_seconds, new.grid_seconds, lambda *_: finer
    )
    yield from _numbers(
        N_("Minutes of private time a day"), old.private_minutes, new.private_minutes, lambda a, b: b < a
    )


def _finer(before: int, after: int) -> bool:
    """Tell whether marks of the second grid lie between those of the first; no grid is the finest."""
    return bool(before) and (not after or after % before != 0)


def _lasting(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    before, after = old.retention, new.retention
    longer: Callable[[int, int], bool] = lambda a, b: b > a  # noqa: E731 - read beside its uses
    yield from _numbers(N_("Days that titles and addresses are kept"), before.text_days, after.text_days, longer)
    yield from _numbers(N_("Months that figures are kept"), before.months, after.months, longer)
    if before.log_years != after.log_years:
        yield Change(
            Said(
                N_("Years that the access log is kept: %(after)s, it was %(before)s."),
                after=after.log_years,
                before=before.log_years,
            ),
            None,
        )


def _sharing(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    before, after = old.sharing, new.sharing
    yield from _numbers(
        N_("The smallest group of a team figure"), before.smallest_group, after.smallest_group, lambda a, b: b < a
    )
    yield from _numbers(
        N_("Weeks that a new manager only listens"), before.listen_weeks, after.listen_weeks, lambda a, b: b < a
    )
    for what, had, has in (
        (N_("Managers may read"), before.manager, after.manager),
        (N_("Purposes of a manager"), before.purposes, after.purposes),
    ):
        for each in sorted(has - had):
            yield Change(Said(N_("%(what)s: %(each)s, which was not so."), what=Said(what), each=named(each)), True)
        for each in sorted(had - has):
            yield Change(Said(N_("%(what)s: %(each)s no longer."), what=Said(what), each=named(each)), False)
    for use in sorted({*after.forbidden} - {*before.forbidden}):
        yield Change(Said(N_("Forbidden, too: %(use)s."), use=Said(use.replace("%", "%%"))), False)
    for use in sorted({*before.forbidden} - {*after.forbidden}):
        yield Change(Said(N_("No longer forbidden: %(use)s."), use=Said(use.replace("%", "%%"))), True)


def _schedules(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    before, after = ({each.name: each for each in policy.schedules} for policy in (old, new))
    first = new.schedules[0].name
    if first != old.schedules[0].name:
        inside = _within(new.schedules[0], old.schedules[0])
        hours = _hours(new.schedules[0])
        yield Change(
            Said(
                N_("The working time of everybody without another is “%(first)s”: %(hours)s."), first=first, hours=hours
            ),
            not inside,
        )
    for name, schedule in after.items():
        if name not in before:
            if name != first:
                yield Change(
                    Said(N_("A working time “%(name)s” is new: %(hours)s."), name=name, hours=_hours(schedule)), True
                )
        elif schedule.days != before[name].days:
            inside = _within(schedule, before[name])
            yield Change(
                Said(N_("The working time “%(name)s” is %(hours)s."), name=name, hours=_hours(schedule)), not inside
            )
    for team in sorted({team for policy in (old, new) for each in policy.schedules for team in each.teams}):
        had, has = old.schedule_of([team]), new.schedule_of([team])
        if had.name != has.name:
            yield Change(
                Said(N_("The working time of the team %(team)s is “%(name)s”."), team=team, name=has.name),
                not _within(has, had),
            )
    for name in before:
        if name not in after and name != old.schedules[0].name:
            yield Change(
                Said(N_("There is no working time “%(name)s” any more."), name=name),
                not _within(new.schedules[0], before[name]),
            )


def _within(inner: Schedule, outer: Schedule) -> bool:
    if outer.days is None or inner.days is None:
        return outer.days is None
    return all(
        any(low <= begin and end <= high for low, high in there)
        for here, there in zip(inner.days, outer.days, strict=True)
        for begin, end in here
    )


def _hours(schedule: Schedule) -> Said:
    if schedule.days is None:
        return Said(N_("at any time"))
    together: list[tuple[list[str], tuple[Span, ...]]] = []
    for day, spans in zip(WEEKDAYS, schedule.days, strict=True):
        if together and together[-1][1] == spans:
            together[-1][0].append(day)
        else:
            together.append(([day], spans))
    said = [
        Said("%(days)s %(spans)s", days=_days(days), spans=", ".join(map(_span, spans)))
        for days, spans in together
        if spans
    ]
    return functools.reduce(_then, said) if said else Said("")


def _then(before: Said, each: Said) -> Said:
    return Said("%(before)s; %(each)s", before=before, each=each)


def _days(days: list[str]) -> Said:
    first, last = Said(days[0].capitalize()), Said(days[-1].capitalize())
    return first if len(days) == 1 else Said(N_("%(first)s to %(last)s"), first=first, last=last)


def _span(span: Span) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def _rules(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    named = {(stream, key) for policy in (old, new) for r in policy.rules for stream in r.streams for key in r.keys}
    streams = {stream for stream, _ in named}
    for stream, key in sorted(named | {(stream, key) for stream in streams for _, key in named}):
        before, after = (policy.rule_for(stream, key).effect for policy in (old, new))
        if before is not after:
            what = what_of(stream, key)
            wider = _STRENGTH[after] < _STRENGTH[before]
            yield Change(
                Said(
                    N_("%(what)s: %(after)s (%(rule)s), was %(before)s."),
                    what=what,
                    after=Said(_WORDS[after]),
                    rule=plain(new.rule_for(stream, key).id),
                    before=Said(_WORDS[before]),
                ),
                wider,
            )
    said = {rule.id: rule.because for rule in old.rules}
    for rule in new.rules:
        if said.get(rule.id, rule.because) != rule.because:
            said_now = N_("The reason of %(id)s is “%(because)s”.")
            yield Change(Said(said_now, id=plain(rule.id), because=known(rule.because)), None)


def _never(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    before, after = _forbidden(old), _forbidden(new)
    for kind, what in sorted(after - before):
        yield Change(Said(N_("Never kept any more: %(kind)s %(what)s."), kind=Said(kind), what=what), False)
    for kind, what in sorted(before - after):
        yield Change(Said(N_("Not on the never-list any more: %(kind)s %(what)s."), kind=Said(kind), what=what), True)


def _forbidden(policy: CapturePolicy) -> set[tuple[str, str]]:
    return {(kind, each) for line in policy.never for kind, found in _kinds(line) for each in found}


def _kinds(line: Never) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (N_("applications"), line.apps), (N_("sites of"), line.domains), (N_("texts with"), line.titles)


def _categories(old: CapturePolicy, new: CapturePolicy) -> Iterator[Change]:
    before, after = list(old.categories), list(new.categories)
    for each in after:
        if each not in before:
            yield Change(Said(N_("Category rule: %(category)s."), category=_category(each)), True)
    for each in before:
        if each not in after:
            yield Change(Said(N_("No longer a category rule: %(category)s."), category=_category(each)), True)
    if before != after and sorted(map(repr, before)) == sorted(map(repr, after)):
        yield Change(N_("The category rules stand in another order."), True)


def _category(each: Category) -> str:
    parts: list[Any] = [SEPARATOR.join(each.path)]
    parts += [f"texts with {each.regex}"] if each.regex else []
    parts += [f"in {', '.join(each.select_keys)}"] if each.select_keys else []
    parts += [] if each.core is None else ["core work" if each.core else "no core work"]
    parts += [] if each.priority is None else [f"priority {each.priority}"]
    return ", ".join(parts)
