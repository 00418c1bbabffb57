"""The capture policy at the door: what becomes of each part of an event before anything is stored.

Read a preset (`privacy/presets/*.toml`) from top to bottom. Whatever it does not name is not kept. Every rule that took
something away is counted in the employee's capture ledger under its id, and `because` is the sentence beside the count.
"""

import functools
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

from privacy.capture_policy import CapturePolicy, read
from privacy.never import matching
from privacy.policy_parts import (
    ADDRESS,
    ANY,
    AWAY,
    BROWSER,
    CATEGORY,
    INCOGNITO,
    SEPARATOR,
    WINDOW,
    Effect,
    Rule,
)
from privacy.sites import site_of

__all__ = [
    "ANY",
    "AWAY",
    "BROWSER",
    "CATEGORY",
    "COACHING",
    "DEFAULT_PRESET",
    "OWN_INSIGHT",
    "PRESETS",
    "STRICT",
    "WINDOW",
    "CapturePolicy",
    "Captured",
    "Effect",
    "Rule",
    "apply",
    "apply_each",
    "preset_text",
    "text_is_kept",
]

PRESET_NAMES: Final = ("strict", "coaching", "own_insight")

_TEXTS: Final = frozenset({"app", "status", "title", ADDRESS})
"""Keys that are kept by name only where they hold text; anything else there is treated as a key without a name."""


class Captured(NamedTuple):
    """What is left of an event's data. `data` is None if the event was dropped, by the one rule in `rules`."""

    data: dict[str, Any] | None
    category: str
    rules: tuple[str, ...]


def preset_text(name: str) -> str:
    """Return a shipped preset as it is written: a draft, without version, organisation and moment."""
    return (resources.files("privacy") / "presets" / f"{name}.toml").read_text(encoding="utf-8")


PRESETS: Final[Mapping[str, CapturePolicy]] = {name: read(preset_text(name), draft=True) for name in PRESET_NAMES}
STRICT: Final = PRESETS["strict"]
COACHING: Final = PRESETS["coaching"]
OWN_INSIGHT: Final = PRESETS["own_insight"]
DEFAULT_PRESET: Final = COACHING.name


def apply(policy: CapturePolicy, stream: str, data: Mapping[str, Any], category: str) -> Captured:
    """Return what `policy` leaves of an event of a `stream` (a bucket's type). Pure; applied again, it changes nothing.

    `category` is the full path, computed from the event as it came; its coarsening is counted if it had more levels.
    """
    if policy.never and (forbidden := matching(policy.never, data)) is not None:
        return Captured(None, "", (forbidden,))
    plan = _plan(policy, stream, tuple(data))
    for key, rule in plan.drops:
        if key == ANY or data[key]:
            return Captured(None, "", (rule,))
    rules = plan.coarsened
    kept = dict(data) if len(plan.kept) == len(data) else {key: data[key] for key in plan.kept}
    for key in plan.texts:
        if not isinstance(kept[key], str):
            del kept[key]
            rules = _with(rules, plan.unnamed)
    if plan.site is not None and ADDRESS in kept:
        address = kept.pop(ADDRESS)
        site = site_of(address)
        if site is not None:
            kept[ADDRESS] = site
        if site != address:
            rules = _with(rules, plan.site)
    if plan.category is not None and SEPARATOR in category:
        category = category.partition(SEPARATOR)[0]
        rules = _with(rules, plan.category)
    return Captured(kept, category, rules)


def apply_each(stages: Sequence[CapturePolicy], stream: str, data: Mapping[str, Any], category: str) -> Captured:
    """Return what several policies, one after the other, leave of an event: the portal and a desk apply them alike."""
    left = apply(stages[0], stream, data, category)
    for policy in stages[1:]:
        if left.data is None:
            return left
        then = apply(policy, stream, left.data, left.category)
        rules = then.rules if then.data is None else tuple(sorted({*left.rules, *then.rules}))
        left = then._replace(rules=rules)
    return left


def _with(rules: tuple[str, ...], rule: str) -> tuple[str, ...]:
    return tuple(sorted({*rules, rule}))


class _Plan(NamedTuple):
    """What a policy does with an event that has certain keys, before anybody looks at the values."""

    drops: tuple[tuple[str, str], ...]  # key and rule: dropped if the value is neither false nor empty
    kept: tuple[str, ...]
    texts: tuple[str, ...]  # of those kept, the ones that have to be text
    coarsened: tuple[str, ...]
    site: str | None  # the rule that leaves of an address its site
    category: str | None  # the rule that coarsens it
    unnamed: str  # the rule for keys without a name


@functools.lru_cache(maxsize=4096)
def _plan(policy: CapturePolicy, stream: str, keys: tuple[str, ...]) -> _Plan:
    other, path = policy.rule_for(stream, ANY), policy.rule_for(stream, CATEGORY)
    found = {key: policy.rule_for(stream, key) for key in keys}
    drops = [(key, rule.id) for key, rule in found.items() if rule.effect is Effect.DROP]
    if INCOGNITO in found and found[INCOGNITO].effect is Effect.KEEP:
        drops.append((INCOGNITO, INCOGNITO))
    kept = tuple(key for key, rule in found.items() if rule.effect in (Effect.KEEP, Effect.DOMAIN))
    by_name = tuple(key for key in kept if key in _TEXTS and found[key] is not other)
    return _Plan(
        ((ANY, other.id),) if other.effect is Effect.DROP else tuple(drops),
        kept,
        by_name,
        tuple(sorted({rule.id for rule in found.values() if rule.effect is Effect.COARSEN})),
        found[ADDRESS].id if ADDRESS in found and found[ADDRESS].effect is Effect.DOMAIN else None,
        path.id if path.effect is Effect.COARSEN else None,
        other.id,
    )


def text_is_kept(policy: CapturePolicy) -> bool:
    """Say whether titles and addresses outlive the door."""
    return policy.text_days is not None
