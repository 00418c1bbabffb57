"""The sections of a policy's text: rules, never-list, working times, retention, sharing and categories."""

import re
import time
from collections.abc import Iterator
from typing import Final

from privacy.fields import Field
from privacy.never import compiled
from privacy.patterns import Pattern, PatternError, compile_pattern, runs_away
from privacy.policy import FORBIDDEN_USES, POLICY, Purpose, Relation
from privacy.policy_lines import Table
from privacy.policy_parts import (
    ADDRESS,
    ANY,
    ANYTIME,
    BECAUSE,
    CATEGORY,
    INCOGNITO,
    MINUTES_A_DAY,
    SEPARATOR,
    WEEKDAYS,
    Category,
    Effect,
    Never,
    Retention,
    Rule,
    Schedule,
    Sharing,
    Span,
)

MOST_RULES: Final = 29
"""Of each kind: the ids of all of them are bits of one number (`analytics.door`)."""
MOST_PATTERNS: Final = 200
MOST_CATEGORIES: Final = 5_000
MOST_SCHEDULES: Final = 50
MOST_LISTEN_WEEKS: Final = 26
TRIAL_SECONDS: Final = 20.0
"""So long all expressions of a policy together are tried, before the policy is refused as a whole."""

_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_SPAN: Final = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")
_MANAGERS: Final = tuple(rule for rule in POLICY if rule.relation is Relation.MANAGER)
_LONGEST_EXPRESSION: Final = 20_000


def rules_of(table: Table) -> tuple[Rule, ...]:
    """Return the rules at the door; each stream says what becomes of keys without a name, and there is one for all."""
    found = []
    met: dict[tuple[str, str], str] = {}
    for each in table.tables("rule", MOST_RULES):
        rule = _rule(each)
        for stream in rule.streams:
            for key in rule.keys:
                if (stream, key) in met:
                    other = met[stream, key]
                    raise each.broken("keys", f"{key} of {stream} is ruled by {other!r} already; keep one of the two")
                met[stream, key] = rule.id
        found.append(rule)
    for stream in {stream for stream, _ in met} | {ANY}:
        if (stream, ANY) not in met:
            raise table.broken(
                "rule", f'what becomes of other keys of {stream}? Name it in a rule with keys = ["*"], best to coarsen'
            )
    return tuple(found)


def _rule(each: Table) -> Rule:
    id, because = _named(each)
    streams, keys = each.texts("streams"), each.texts("keys")
    effect = Effect(each.chosen_one("effect", list(Effect)))
    each.finish()
    if effect is Effect.DOMAIN and keys != (ADDRESS,):
        raise each.broken("effect", f'only an address has a domain; write keys = ["{ADDRESS}"]')
    if CATEGORY in keys and effect not in (Effect.KEEP, Effect.COARSEN):
        raise each.broken("effect", 'a category is kept, or coarsened to its top level; write effect = "coarsen"')
    if INCOGNITO in keys and effect in (Effect.KEEP, Effect.DOMAIN):
        raise each.broken("effect", 'private browsing is never kept; write effect = "drop"')
    return Rule(id, frozenset(streams), frozenset(keys), effect, because)


def _named(each: Table) -> tuple[str, str]:
    id, because = each.text("id"), each.text("because")
    if not _ID.fullmatch(id):
        raise each.broken("id", f"{id!r} is no name of small letters, digits and hyphens")
    if id in BECAUSE and id != INCOGNITO:
        raise each.broken("id", f"{id!r} is the name of a rule that every policy has; choose another")
    return id, because


def never_of(table: Table, *, tried: bool = False) -> tuple[Never, ...]:
    """Return the never-list; `tried` says that its expressions were tried before."""
    found, trial = [], _Trial(tried)
    for each in table.tables("never", MOST_RULES):
        id, because = _named(each)
        apps, domains, titles = (each.texts(key, needed=False) for key in ("apps", "domains", "titles"))
        each.finish()
        if not apps + domains + titles:
            raise each.broken("id", 'names nothing; write domains = ["clinic.example"], or leave it out')
        if len(apps + domains + titles) > MOST_PATTERNS:
            raise each.broken("id", f"names more than {MOST_PATTERNS} things; divide it")
        if strange := [domain for domain in domains if not _DOMAIN.fullmatch(domain)]:
            raise each.broken("domains", f"{strange[0]!r} is no domain; write clinic.example, nothing around it")
        for title in titles:
            trial.pattern(each, "titles", title, ignore_case=True)
        line = compiled(id, apps, domains, titles, because)
        for pattern in line.app_patterns:
            trial.run(each, "apps", pattern)
        found.append(line)
    return tuple(found)


class _Trial:
    """Tries expressions, within one time for all of them; none that were tried before."""

    def __init__(self, tried: bool) -> None:
        self._tried = tried
        self._until = time.monotonic() + TRIAL_SECONDS

    def pattern(self, each: Table, key: str, expression: str, ignore_case: bool) -> None:
        if len(expression) > _LONGEST_EXPRESSION:
            raise each.broken(key, f"an expression is longer than {_LONGEST_EXPRESSION} characters; divide it")
        try:
            pattern = compile_pattern(expression, ignore_case)
        except PatternError as error:
            raise each.broken(key, f"{error}; put a \\ before characters that mean themselves") from error
        self.run(each, key, pattern)

    def run(self, each: Table, key: str, pattern: Pattern) -> None:
        if self._tried:
            return
        if runs_away(pattern):
            raise each.broken(key, f"{pattern.compiled.pattern!r} takes too long; repeat nothing that repeats itself")
        if time.monotonic() > self._until:
            raise each.broken(key, f"all expressions together take over {TRIAL_SECONDS:.0f} seconds; leave some out")


def schedules_of(table: Table, grid_seconds: int) -> tuple[Schedule, ...]:
    """Return the working times, the first of which holds for everybody without another; none means at any time."""
    found: list[Schedule] = []
    for each in table.tables("schedule", MOST_SCHEDULES):
        name, anytime = each.text("name"), each.flag("anytime")
        teams = frozenset(each.texts("teams", needed=False))
        spans = {day: each.texts(day, needed=False) for day in WEEKDAYS}
        each.finish()
        if name in {other.name for other in found}:
            raise each.broken("name", f"two working times are called {name!r}")
        if anytime and any(spans.values()):
            raise each.broken("anytime", "is true, but days have hours; keep one of the two")
        if not anytime and not any(spans.values()):
            raise each.broken("name", 'has no hours, so nothing would be kept; write monday = ["08:00-18:00"]')
        if bool(teams) != bool(found):
            raise each.broken("teams", "the first working time is everybody's; each other one names its teams")
        if twice := sorted(team for other in found for team in other.teams & teams):
            raise each.broken("teams", f"{twice[0]!r} has another working time already; keep one of the two")
        schedule = Schedule(name, None if anytime else _week(each, spans), teams)
        if grid_seconds and any(border * 60 % grid_seconds for border in schedule.borders()):
            raise each.broken("name", f"begins or ends between two marks of the grid of {grid_seconds} seconds")
        found.append(schedule)
    return tuple(found) or (ANYTIME,)


def _week(each: Table, spans: dict[str, tuple[str, ...]]) -> tuple[tuple[Span, ...], ...]:
    week: list[list[Span]] = [[] for _ in WEEKDAYS]
    for number, (day, texts) in enumerate(spans.items()):
        for text in texts:
            begin, end = _span(each, day, text)
            if begin < end:
                week[number].append((begin, end))
            else:  # over midnight
                week[number].append((begin, MINUTES_A_DAY))
                week[(number + 1) % len(week)] += [(0, end)] if end else []
    return tuple(tuple(_joined(sorted(each))) for each in week)


def _span(each: Table, day: str, text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise each.broken(day, f'{text!r} are no hours; write {day} = ["08:00-12:00", "13:00-18:00"]')
    hours = [int(part) for part in found.groups()]
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if begin >= MINUTES_A_DAY or end > MINUTES_A_DAY or begin == end:
        raise each.broken(day, f"{text!r} are no hours of a day; 00:00-24:00 is a whole one")
    return begin, end


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Yield spans that neither overlap nor touch."""
    begin, end = -1, -1
    for first, last in spans:
        if first > end and end >= 0:
            yield begin, end
        begin = first if first > end or end < 0 else begin
        end = max(end, last)
    if end >= 0:
        yield begin, end


def retention_of(table: Table) -> Retention:
    each = table.table("retention")
    found = Retention(
        each.whole("text_days", 0, 14, 0), each.whole("months", 3, 120, 13), each.whole("log_years", 1, 30, 3)
    )
    each.finish()
    return found


def sharing_of(table: Table) -> Sharing:
    """Return who else sees what; it can be less than Sameview offers, never more."""
    each = table.table("sharing")
    offered = sorted(field.value for rule in _MANAGERS for field in rule.fields)
    purposes = sorted({rule.purpose.value for rule in _MANAGERS})
    found = Sharing(
        each.whole("smallest_group", 5, 1000, 5),
        frozenset(map(Field, each.chosen("manager", offered, needed=False))),
        frozenset(map(Purpose, each.chosen("purposes", purposes, needed=False))),
        each.texts("forbidden", needed=False) or FORBIDDEN_USES,
        each.whole("listen_weeks", 0, MOST_LISTEN_WEEKS, 0),
    )
    each.finish()
    if missing := [use for use in FORBIDDEN_USES if use not in found.forbidden]:
        raise each.broken("forbidden", f"{missing[0]!r} is missing; no policy allows it")
    return found


def categories_of(table: Table, *, tried: bool = False) -> tuple[Category, ...]:
    found, trial = [], _Trial(tried)
    for each in table.tables("category", MOST_CATEGORIES):
        path, regex = each.texts("path"), each.value("regex")
        if any(SEPARATOR in level for level in path):
            raise each.broken("path", f"a level holds {SEPARATOR!r}; write each level as a text of its own")
        if regex is not None and (not isinstance(regex, str) or not regex):
            raise each.broken("regex", "is no text; put it between ' and ', or leave it out")
        ignore_case = bool(each.flag("ignore_case"))
        if regex:
            trial.pattern(each, "regex", regex, ignore_case)
        priority = each.whole("priority", -1_000_000_000, 1_000_000_000) if "priority" in each else None
        keys = each.texts("select_keys", needed=False)
        found.append(Category(path, regex, ignore_case, keys, priority, each.flag("core")))
        each.finish()
    return tuple(found)
