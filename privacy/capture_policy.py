"""A capture policy: one readable text (TOML) that says what may be recorded, when, how long, and who else sees it.

Category rules and sharing are parts of it, so that the biggest lever does not hide. `read` takes all of the text or
none of it: an unknown key, an expression that cannot be read or that takes too long, and a rule that would never be
reached are refused, with the line and the fix. Whoever signs the text signs what they read, so letters that cannot be
seen are refused, too.

A text without version, organisation and effective moment is a *draft*: a preset to begin with (`privacy.presets`).
"""

import datetime as dt
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from privacy.policy_lines import Lines, PolicyBroken, Table
from privacy.policy_parts import (
    ADDRESS,
    ANY,
    BECAUSE,
    BROWSER,
    CATEGORY,
    TEXT_KEYS,
    Category,
    Effect,
    Never,
    Retention,
    Rule,
    Schedule,
    Sharing,
)
from privacy.policy_sections import categories_of, never_of, retention_of, rules_of, schedules_of, sharing_of

__all__ = ["CapturePolicy", "PolicyBroken", "read"]

MOST_CHARACTERS: Final = 1_000_000
LONGEST_GRID: Final = 900
MOST_PRIVATE_MINUTES: Final = 1440
_NO_MOMENT: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_IN_FIGURES: Final = frozenset({"app", "audible", "status", CATEGORY})
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, eq=False)
class CapturePolicy:
    """One version of the policy, read from `text`. Two are equal only if they are the same object: compare texts.

    Version 0 is a draft. `grid_seconds` 0 means no grid.
    """

    version: int
    organisation: str
    effective: dt.datetime
    name: str
    summary: str
    rules: tuple[Rule, ...]
    never: tuple[Never, ...]
    schedules: tuple[Schedule, ...]
    grid_seconds: int
    private_minutes: int
    retention: Retention
    sharing: Sharing
    categories: tuple[Category, ...]
    text: str

    @property
    def text_days(self) -> int | None:
        """How long titles and addresses stay, None where they are never stored."""
        return self.retention.text_days or None

    @property
    def is_draft(self) -> bool:
        return self.version == 0

    def schedule(self, name: str | None = None) -> Schedule:
        """Return the working time of a name, or the first, which holds for everybody without another."""
        return next((each for each in self.schedules if each.name == name), self.schedules[0])

    def schedule_of(self, teams: Collection[str]) -> Schedule:
        """Return the working time of a member of teams."""
        return next((each for each in self.schedules if not each.teams.isdisjoint(teams)), self.schedules[0])

    def rule_for(self, stream: str, key: str) -> Rule:
        """Return the rule that a key of a stream meets: one that names it goes before one for any key."""
        by_key = self._by_key.get(stream) or self._by_key[ANY]
        return by_key.get(key) or by_key[ANY]

    def keeps_page_texts(self) -> bool:
        """Say whether title and address of a web page both stay whole, so that its category can be found later."""
        return all(self.rule_for(BROWSER, key).effect is Effect.KEEP for key in TEXT_KEYS)

    @cached_property
    def keeps_texts_beside(self) -> bool:
        """Whether it keeps anything that is filed beside the figures: titles, addresses, keys that it alone names."""
        kept = (rule for rule in self.rules if rule.effect in (Effect.KEEP, Effect.DOMAIN))
        return any(rule.keys - _IN_FIGURES for rule in kept)

    def because(self, id: str) -> str:
        """Return the reason of a rule by its id: at the door, on the never-list, or one that every policy has."""
        named = {each.id: each.because for each in self.rules} | {each.id: each.because for each in self.never}
        return named.get(id) or BECAUSE.get(id, "")

    @cached_property
    def conduct(self) -> str:
        """What the policy does to an event, in one text: two policies with the same one do the same."""
        rules = [(r.id, sorted(r.streams), sorted(r.keys), r.effect.value) for r in self.rules]
        never = [(each.id, each.apps, each.domains, each.titles) for each in self.never]
        return repr((rules, never, [(each.name, each.days) for each in self.schedules], self.grid_seconds))

    @cached_property
    def _by_key(self) -> dict[str, dict[str, Rule]]:
        found: dict[str, dict[str, Rule]] = {}
        for rule in self.rules:
            for stream in rule.streams:
                found.setdefault(stream, {}).update(dict.fromkeys(rule.keys, rule))
        return found


def read(text: str, *, draft: bool = False, tried: bool = False) -> CapturePolicy:
    """Read a policy; PolicyBroken names what is wrong, its line, and the fix. A `draft` lacks what a version needs.

    `tried` is for a text that was accepted: its expressions took no time then, and a machine that is busy now must not
    let an older policy hold in its place.
    """
    _refuse_unreadable(text)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyBroken(f"the policy is not TOML: {error}; text stands in quotes, lists in [brackets]") from error
    except RecursionError as error:
        raise PolicyBroken("the policy is nested too deeply; write it as the presets are written") from error
    table = Table(Lines(text), content)
    version, organisation, effective = _header(table, draft)
    times = table.table("time")
    grid = _grid(times)
    private = times.whole("private_minutes", 0, MOST_PRIVATE_MINUTES, 0)
    times.finish()
    policy = CapturePolicy(
        version,
        organisation,
        effective,
        table.text("name"),
        table.text("summary"),
        rules_of(table),
        never_of(table, tried=tried),
        schedules_of(table, grid),
        grid,
        private,
        retention_of(table),
        sharing_of(table),
        categories_of(table, tried=tried),
        text,
    )
    table.finish()
    _refuse_contradictions(policy, table)
    return policy


def _refuse_unreadable(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise PolicyBroken(f"the policy is longer than {MOST_CHARACTERS} characters; nobody could read what they sign")
    if not text.endswith("\n"):
        raise PolicyBroken("the policy does not end with a line feed; signatures are over whole lines")
    for number, line in enumerate(text.split("\n"), start=1):
        unseen = (each for each in line if not each.isprintable() and unicodedata.category(each) in _UNSEEN)
        if (letter := next(unseen, None)) is not None:
            raise PolicyBroken(
                f"line {number}: U+{ord(letter):04X} cannot be seen, so nobody could know what they sign; leave it out,"
                " or write it as an escape"
            )


def _header(table: Table, draft: bool) -> tuple[int, str, dt.datetime]:
    if draft and "version" not in table:
        return 0, "", _NO_MOMENT
    version = table.whole("version", 1, 1_000_000)
    organisation = table.text("organisation")
    effective = table.value("effective")
    if not isinstance(effective, dt.datetime) or effective.tzinfo is None:
        raise table.broken("effective", "is no moment with its zone; write effective = 2027-01-04T00:00:00Z")
    if effective.microsecond:
        raise table.broken("effective", "has parts of a second; write effective = 2027-01-04T00:00:00Z")
    return version, organisation, effective.astimezone(dt.UTC)


def _grid(times: Table) -> int:
    grid = times.whole("grid_seconds", 0, LONGEST_GRID, 0)
    if grid and LONGEST_GRID % grid:
        raise times.broken("grid_seconds", f"{LONGEST_GRID} is no multiple of {grid}; write 60, 300 or {LONGEST_GRID}")
    return grid


def _refuse_contradictions(policy: CapturePolicy, table: Table) -> None:
    ids = Counter([each.id for each in policy.rules] + [each.id for each in policy.never])
    if twice := [id for id, count in ids.items() if count > 1]:
        raise table.broken("rule", f"two lines have the id {twice[0]!r}; the ledger could not tell them apart")
    if _keeps_text(policy) and not policy.text_days:
        raise table.broken("retention", "titles or addresses are kept, but text_days is 0; say for how many days")


def _keeps_text(policy: CapturePolicy) -> bool:
    named = {key for rule in policy.rules for key in rule.keys}
    asked = {*TEXT_KEYS, ADDRESS, *(ANY if ANY in named else ())}
    streams = {stream for rule in policy.rules for stream in rule.streams}
    kept = (Effect.KEEP, Effect.DOMAIN)
    return any(policy.rule_for(stream, key).effect in kept for stream in streams for key in asked)
