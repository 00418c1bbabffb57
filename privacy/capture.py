"""The capture policy at the door: what becomes of each part of an event before anything is stored.

Read a preset from top to bottom. Whatever it does not name is not kept. Every rule that took something away is counted
in the employee's capture ledger under its id, and `because` is the sentence beside the count.
"""

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

WINDOW: Final = "currentwindow"
AWAY: Final = "afkstatus"
BROWSER: Final = "web.tab.current"
ANY: Final = "*"
"""As a stream: every type of bucket that the preset does not name. As a key: every key that it does not name there."""
CATEGORY: Final = "$category"
"""The category that was computed from the whole event; a key that no watcher sends."""

SEPARATOR: Final = " > "
"""Between the levels of a category's path."""


class Effect(enum.StrEnum):
    """What a rule does."""

    KEEP = "keep"
    COARSEN = "coarsen"  # the value is left out, or made coarser; the event stays
    DROP = "drop"  # the whole event goes, where the key is there and neither false nor empty


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a preset: which key of which streams, what becomes of it, and why."""

    id: str
    streams: frozenset[str]
    keys: frozenset[str]
    effect: Effect
    because: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A capture policy to choose. `text_days` is how long titles and URLs stay, None where they are never stored."""

    name: str
    summary: str
    text_days: int | None
    rules: tuple[Rule, ...]


class Captured(NamedTuple):
    """What is left of an event's data. `data` is None if the event was dropped, by the one rule in `rules`."""

    data: dict[str, Any] | None
    category: str
    rules: tuple[str, ...]


def _rule(id: str, stream: str, keys: str, effect: Effect, because: str) -> Rule:
    return Rule(id, frozenset(stream.split()), frozenset(keys.split()), effect, because)


_TEXTS: Final = frozenset({"app", "status"})
"""Keys that are kept by name only where they hold text; anything else there is treated as a key without a name."""

_ALL: Final = f"{WINDOW} {AWAY} {BROWSER}"
_STATUS: Final = _rule("status", AWAY, "status", Effect.KEEP, "Whether you were at the desk makes your active time.")
_SOUND: Final = _rule("sound", BROWSER, "audible", Effect.KEEP, "A tab that plays sound counts as active time.")
_APP: Final = _rule("app", WINDOW, "app", Effect.KEEP, "Your own page shows time per application.")
_PATH: Final = _rule("category", _ALL, CATEGORY, Effect.KEEP, "Time per category is what this is for.")
_INCOGNITO: Final = _rule(
    "incognito", BROWSER, "incognito", Effect.DROP, "What you do in a private browser window is nobody's business."
)
_BROWSER_DETAILS: Final = _rule(
    "browser-details", BROWSER, "tabCount", Effect.COARSEN, "How many tabs are open is of no use to anybody here."
)
_OTHER_KEYS: Final = _rule(
    "unknown-key", _ALL, ANY, Effect.COARSEN, "What the policy does not name is not kept: nobody agreed to it."
)
_OTHER_STREAMS: Final = _rule(
    "unknown-stream", ANY, ANY, Effect.DROP, "Only windows, presence and browsers were agreed; other watchers are not."
)

STRICT: Final = Preset(
    "strict",
    "Only how long, and in which top-level category.",
    None,
    (
        _STATUS,
        _SOUND,
        _INCOGNITO,
        _rule("category-to-top-level", _ALL, CATEGORY, Effect.COARSEN, "Of a category only its top level is kept."),
        _rule("app-to-category", WINDOW, "app", Effect.COARSEN, "Of an application only its category is kept."),
        _rule(
            "title-to-category", f"{WINDOW} {BROWSER}", "title", Effect.COARSEN, "Of a title only its category is kept."
        ),
        _rule("url-to-category", BROWSER, "url", Effect.COARSEN, "Of an address only its category is kept."),
        _BROWSER_DETAILS,
        _OTHER_KEYS,
        _OTHER_STREAMS,
    ),
)
COACHING: Final = Preset(
    "coaching",
    "Applications and categories; titles and addresses only choose the category and are then forgotten.",
    None,
    (
        _STATUS,
        _SOUND,
        _INCOGNITO,
        _PATH,
        _APP,
        _rule(
            "title-to-category", f"{WINDOW} {BROWSER}", "title", Effect.COARSEN, "Of a title only its category is kept."
        ),
        _rule("url-to-category", BROWSER, "url", Effect.COARSEN, "Of an address only its category is kept."),
        _BROWSER_DETAILS,
        _OTHER_KEYS,
        _OTHER_STREAMS,
    ),
)
OWN_INSIGHT: Final = Preset(
    "own_insight",
    "Everything that your own ActivityWatch recorded, for your eyes; titles and addresses for 14 days.",
    14,
    (
        _rule(
            "everything", f"{_ALL} {ANY}", f"{ANY} {CATEGORY}", Effect.KEEP, "It is your own record, kept as it came."
        ),
    ),
)

PRESETS: Final[Mapping[str, Preset]] = {each.name: each for each in (STRICT, COACHING, OWN_INSIGHT)}
DEFAULT_PRESET: Final = COACHING.name


def apply(preset: Preset, stream: str, data: Mapping[str, Any], category: str) -> Captured:
    """Return what `preset` leaves of an event of a `stream` (a bucket's type). Pure: equal input, equal answer.

    `category` is the full path, computed from the event as it came; its coarsening is counted if it had more levels.
    """
    plan = _plan(preset.name, stream, tuple(data))
    for key, rule in plan.drops:
        if key == ANY or data[key]:
            return Captured(None, "", (rule,))
    rules = plan.coarsened
    kept = dict(data) if len(plan.kept) == len(data) else {key: data[key] for key in plan.kept}
    for key in plan.texts:
        if not isinstance(kept[key], str):
            del kept[key]
            rules = _with(rules, plan.unnamed)
    if plan.category is not None and SEPARATOR in category:
        category = category.partition(SEPARATOR)[0]
        rules = _with(rules, plan.category)
    return Captured(kept, category, rules)


def _with(rules: tuple[str, ...], rule: str) -> tuple[str, ...]:
    return tuple(sorted({*rules, rule}))


class _Plan(NamedTuple):
    """What a preset does with an event that has certain keys, before anybody looks at the values."""

    drops: tuple[tuple[str, str], ...]  # key and rule: dropped if the value is neither false nor empty
    kept: tuple[str, ...]
    texts: tuple[str, ...]  # of those kept, the ones that have to be text
    coarsened: tuple[str, ...]
    category: str | None  # the rule that coarsens it
    unnamed: str  # the rule for keys without a name


@functools.lru_cache(maxsize=4096)
def _plan(preset: str, stream: str, keys: tuple[str, ...]) -> _Plan:
    rules = PRESETS[preset].rules
    name = stream if any(stream in each.streams for each in rules) else ANY
    by_key = {key: each for each in rules if name in each.streams for key in each.keys}
    other = by_key[ANY]
    found = {key: by_key.get(key, other) for key in keys}
    drops = [(key, rule.id) for key, rule in found.items() if rule.effect is Effect.DROP]
    kept = tuple(key for key, rule in found.items() if rule.effect is Effect.KEEP)
    path = by_key.get(CATEGORY, other)
    return _Plan(
        ((ANY, other.id),) if other.effect is Effect.DROP else tuple(drops),
        kept,
        tuple(key for key in kept if key in _TEXTS and found[key] is not other),
        tuple(sorted({rule.id for rule in found.values() if rule.effect is Effect.COARSEN})),
        path.id if path.effect is Effect.COARSEN else None,
        other.id,
    )


def text_is_kept(preset: Preset) -> bool:
    """Say whether titles and addresses outlive the door."""
    return preset.text_days is not None
