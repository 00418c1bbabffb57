"""The parts of a capture policy: what each line of its text means, once it is read. Values only; no text, no clock."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from privacy.fields import Field
from privacy.patterns import Pattern
from privacy.policy import Purpose

WINDOW: Final = "currentwindow"
AWAY: Final = "afkstatus"
BROWSER: Final = "web.tab.current"
ANY: Final = "*"
"""As a stream: every type of bucket that the policy does not name. As a key: every key that it does not name there."""
CATEGORY: Final = "$category"
"""The category that was computed from the whole event; a key that no watcher sends."""
SEPARATOR: Final = " > "
"""Between the levels of a category's path."""

ADDRESS: Final = "url"
TEXT_KEYS: Final = ("title", ADDRESS)
INCOGNITO: Final = "incognito"
"""A key and a rule: where a watcher says that it is true, the event is never kept, whatever the policy says."""
OUTSIDE: Final = "outside-working-time"
"""The rule of what lies outside the working time, wholly or in part."""
GRID: Final = "time-grid"
"""The rule that moves times to a grid."""
PRIVATE_APP: Final = "private-app"
"""The rule of an application that its person keeps private (`analytics.own_times`)."""

EARLIER: Final = "earlier-rule"
"""Stands for rules of earlier policies where there are more than an event's account has room for."""

BECAUSE: Final[dict[str, str]] = {
    INCOGNITO: "What you do in a private browser window is nobody's business.",
    OUTSIDE: "Outside your agreed working time nothing is kept.",
    EARLIER: "A rule of an earlier policy took it away.",
    PRIVATE_APP: "You keep this application private: nothing of it is ever kept.",
    GRID: "When exactly something began is not kept, only when about.",
}
"""The reasons of the rules that are not written as `[[rule]]` or `[[never]]`."""

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_A_DAY: Final = 1440


class Effect(enum.StrEnum):
    """What a rule does."""

    KEEP = "keep"
    COARSEN = "coarsen"  # the value is left out, or made coarser; the event stays
    DOMAIN = "domain"  # of an address only the site stays
    DROP = "drop"  # the whole event goes, where the key is there and neither false nor empty


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy: which key of which streams, what becomes of it, and why."""

    id: str
    streams: frozenset[str]
    keys: frozenset[str]
    effect: Effect
    because: str


@dataclass(frozen=True, slots=True)
class Never:
    """What is never kept, whatever it is: applications and sites by name, anything else by expressions in its texts.

    `apps`, `domains` and `titles` are as they are written, the patterns the same, compiled (`privacy.never`).
    """

    id: str
    apps: tuple[str, ...]
    domains: tuple[str, ...]
    titles: tuple[str, ...]
    because: str
    app_patterns: tuple[Pattern, ...] = ()
    domain_patterns: tuple[Pattern, ...] = ()
    title_patterns: tuple[Pattern, ...] = ()


Span = tuple[int, int]
"""From a minute of a local day to another, half-open."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A working time by name: for each weekday, Monday first, the spans in it. Without days it is at any time.

    It holds for the members of `teams`, or, as the first of a policy, for everybody without another.
    """

    name: str
    days: tuple[tuple[Span, ...], ...] | None = None
    teams: frozenset[str] = frozenset()

    def borders(self) -> Iterator[int]:
        """Yield every minute at which a span begins or ends."""
        for spans in self.days or ():
            for span in spans:
                yield from span


ANYTIME: Final = Schedule("anytime")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept: days of titles and addresses (0: never stored), whole months, whole years."""

    text_days: int
    months: int
    log_years: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who else sees what: the smallest group of a team figure, and what managers may read of closed weeks and why."""

    smallest_group: int
    manager: frozenset[Field]
    purposes: frozenset[Purpose]
    forbidden: tuple[str, ...]
    listen_weeks: int = 0  # so long a new manager listens: opens nothing of a person, and publishes no target


@dataclass(frozen=True, slots=True)
class Category:
    """A category rule as it is written; `core` is None where the rules do not say."""

    path: tuple[str, ...]
    regex: str | None = None
    ignore_case: bool = False
    select_keys: tuple[str, ...] = ()
    priority: int | None = None
    core: bool | None = None
