"""Category rules in ActivityWatch's forms, and the categoriser that applies them with aw-core's semantics.

A rules file is JSON in one of three forms, all of which ActivityWatch writes or takes: the `classes` of a query
(`[[["Work", "ERP"], {"type": "regex", "regex": "…"}], …]`), the web UI's setting (`[{"name": […], "rule": {…}}, …]`)
and the web UI's export (`{"categories": […]}`). Beyond ActivityWatch's keys a rule or category may carry `core`: if
time in it is core work. The flag holds for all below it; without any, the top-level category `Work` is core.

A rule matches if its expression is found in any text of an event's data (`aw_transform/classify.py` of aw-core 0.5.18).
The highest `priority` wins (default: ten for each level, so the deepest), and of equal ones the later rule.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import regex

from privacy.capture_policy import CapturePolicy
from privacy.patterns import Pattern, PatternError, Texts, compile_pattern, runs_away
from privacy.policy_parts import Category

SEPARATOR: Final = " > "
UNCATEGORIZED: Final = "Uncategorized"
DEFAULT_CORE: Final = "Work"
_KEPT_TEXTS: Final = 200_000


class RulesError(ValueError):
    """A rules file cannot be used; the message names the rule and what to change."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One category with at most one expression; `core` is None where the rules do not say."""

    category: tuple[str, ...]
    pattern: Pattern | None = None
    select_keys: tuple[str, ...] = ()
    priority: int | None = None
    core: bool | None = None

    @property
    def name(self) -> str:
        """The category's whole path."""
        return SEPARATOR.join(self.category)

    @property
    def rank(self) -> int:
        """The rule's weight against other rules that match."""
        return len(self.category) * 10 if self.priority is None else self.priority


@dataclass(frozen=True)
class Rules:
    """A rules file, read; `disabled` names the categories whose expression took too long when it was tried."""

    rules: tuple[Rule, ...]
    disabled: tuple[str, ...] = ()

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Every category with all above it, in the order of the file, and Uncategorized last."""
        paths = (rule.category[:depth] for rule in self.rules for depth in range(1, len(rule.category) + 1))
        return tuple(dict.fromkeys([*map(SEPARATOR.join, paths), UNCATEGORIZED]))

    @cached_property
    def core(self) -> frozenset[str]:
        """The categories that are core work: the nearest flag at or above decides, else the top level is `Work`."""
        flags = {rule.name: rule.core for rule in self.rules if rule.core is not None}
        return frozenset(name for name in self.categories if _is_core(name, flags))


def top_level(category: str) -> str:
    """Return the first level of a category's path."""
    return category.partition(SEPARATOR)[0]


def read(text: str | bytes) -> Rules:
    """Read rules from JSON; RulesError names the first rule that cannot be used."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise RulesError(
            f"the rules are not JSON ({error}); export them again from ActivityWatch's settings"
        ) from error
    if isinstance(content, dict):
        content = content.get("categories") or content.get("classes")
    if not isinstance(content, list):
        raise RulesError('the rules are no list; expected [[["Work"], {"type": "regex", "regex": "…"}], …]')
    rules, disabled = [], []
    for number, entry in enumerate(content, start=1):
        rule = _rule(entry, number)
        if rule.pattern and runs_away(rule.pattern):
            disabled.append(rule.name)
            rule = Rule(rule.category, core=rule.core)
        rules.append(rule)
    return Rules(tuple(rules), tuple(disabled))


def load(path: Path | None = None) -> Rules:
    """Read a rules file, or the rules that Sameview brings for a back office."""
    if path is None:
        return read((resources.files("analytics") / "default_rules.json").read_bytes())
    return read(path.read_bytes())


def of_policy(policy: CapturePolicy) -> Rules:
    """Return the category rules that a policy states; its expressions were tried when it was read."""
    return Rules(tuple(map(_stated, policy.categories)))


def _stated(each: Category) -> Rule:
    pattern = compile_pattern(each.regex, each.ignore_case) if each.regex else None
    return Rule(each.path, pattern, each.select_keys, each.priority, each.core)


def as_stated(rules: Rules) -> tuple[Category, ...]:
    """Return rules as a policy states them; those that were disabled have no expression any more."""
    return tuple(
        Category(
            tuple(each.name.split(SEPARATOR)),
            each.pattern.compiled.pattern if each.pattern else None,
            bool(each.pattern and each.pattern.compiled.flags & regex.IGNORECASE),
            each.select_keys,
            each.priority,
            each.core,
        )
        for each in rules.rules
    )


def _is_core(category: str, flags: Mapping[str, bool | None]) -> bool:
    path = category
    while path:
        if (flag := flags.get(path)) is not None:
            return flag
        path = path.rpartition(SEPARATOR)[0]
    return top_level(category) == DEFAULT_CORE


def _rule(entry: Any, number: int) -> Rule:
    """Read one rule of either form."""
    category, rule, core = _parts(entry, number)
    where = f"rule {number} ({SEPARATOR.join(category)})"
    if rule.get("type", "regex") not in ("regex", "none", None):
        raise RulesError(f'{where}: the type {rule["type"]!r} is unknown; use "regex" or "none"')
    keys = rule.get("select_keys") or ()
    if not isinstance(keys, list | tuple) or not all(isinstance(key, str) for key in keys):
        raise RulesError(f'{where}: select_keys is no list of names; write ["app"] or leave it out')
    priority = rule.get("priority", rule.get("weight"))
    if isinstance(priority, bool) or not isinstance(priority, int | None):
        raise RulesError(f"{where}: the priority is no whole number; write 15 or leave it out")
    return Rule(category, _pattern(rule, where), tuple(keys), priority, core)


def _pattern(rule: Mapping[str, Any], where: str) -> Pattern | None:
    """Compile a rule's expression; none and the empty one match nothing, as in ActivityWatch."""
    expression = rule.get("regex")
    if not expression or rule.get("type", "regex") != "regex":
        return None
    if not isinstance(expression, str):
        raise RulesError(f"{where}: the regex is no text; put it in quotes")
    try:
        return compile_pattern(expression, bool(rule.get("ignore_case", False)))
    except PatternError as error:
        raise RulesError(f"{where}: {error}; put a \\ before characters that mean themselves") from error


def _parts(entry: Any, number: int) -> tuple[tuple[str, ...], dict[str, Any], bool | None]:
    """Return the path, the rule and the flag `core` of an entry in either form."""
    if isinstance(entry, dict):
        name, rule, holders = entry.get("name"), entry.get("rule") or {}, [entry, entry.get("data")]
    elif isinstance(entry, list) and len(entry) == 2:
        (name, rule), holders = entry, []
    else:
        raise RulesError(f'rule {number}: expected [["Work"], {{…}}] or {{"name": ["Work"], "rule": {{…}}}}')
    path = name.split(SEPARATOR) if isinstance(name, str) else name
    if not isinstance(path, list) or not path or not all(isinstance(level, str) and level for level in path):
        raise RulesError(f'rule {number}: the name is no path of categories; write ["Work", "ERP"]')
    if not isinstance(rule, dict):
        raise RulesError(f'rule {number} ({SEPARATOR.join(path)}): write the rule as {{"type": "regex", "regex": "…"}}')
    flags = [holder["core"] for holder in (rule, *holders) if isinstance(holder, dict) and "core" in holder]
    if not all(isinstance(flag, bool) for flag in flags):
        raise RulesError(f"rule {number} ({SEPARATOR.join(path)}): core is neither true nor false")
    return tuple(path), rule, flags[0] if flags else None


class _Candidate(NamedTuple):
    """What the categoriser's loop needs of a rule; `place` is its place among the ranked rules."""

    place: int
    pattern: Pattern
    keys: tuple[str, ...]


_About: TypeAlias = str | tuple[str, str]
"""A text, with its key if any rule asks for that key."""


def _may_match(keys: tuple[str, ...], about: _About) -> bool:
    return not keys or (not isinstance(about, str) and about[0] in keys)


class Categoriser:
    """Finds the category of an event's data, remembering every text that it has seen, up to `kept_texts`.

    `disabled` counts, per category, the expressions that took too long and are not used any more.
    """

    def __init__(self, rules: Rules, kept_texts: int = _KEPT_TEXTS) -> None:
        self.rules = rules
        self._kept_texts = kept_texts
        self.disabled = Counter(rules.disabled)
        used = [(rule.rank, number, rule) for number, rule in enumerate(rules.rules) if rule.pattern]
        used.sort(key=lambda item: item[:2], reverse=True)  # of any two that match, the winner comes first
        self._names = [*(rule.name for _, _, rule in used), UNCATEGORIZED]
        self._candidates = [
            _Candidate(place, rule.pattern, rule.select_keys) for place, (_, _, rule) in enumerate(used) if rule.pattern
        ]
        self._keyed = frozenset(key for candidate in self._candidates for key in candidate.keys)
        self._known: dict[_About, int] = {}

    def of(self, data: Mapping[str, Any]) -> str:
        """Return the category of an event with this data: "Work > ERP", or Uncategorized."""
        return self.of_each([data])[0]

    def of_each(self, events: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the category of each event's data; texts that are new are searched together, which is quicker."""
        known, keyed, nothing = self._known, self._keyed, len(self._names) - 1
        if len(known) > self._kept_texts:
            known.clear()
        asked = [
            [(key, text) if key in keyed else text for key, text in data.items() if isinstance(text, str)]
            for data in events
        ]
        while new := dict.fromkeys(about for each in asked for about in each if about not in known):
            self._learn(list(new))  # which forgets what it knew if an expression is given up
        return [self._names[min(map(known.__getitem__, each), default=nothing)] for each in asked]

    def _learn(self, abouts: Sequence[_About]) -> None:
        """Remember of texts the place of the first rule that matches, or the place of Uncategorized."""
        texts = [about if isinstance(about, str) else about[1] for about in abouts]
        laid = Texts(texts)
        nothing = len(self._names) - 1
        found = [nothing] * len(texts)
        for candidate in self._candidates:
            holding = laid.holding(candidate.pattern.words, candidate.pattern.folded)
            left = [at for at in holding if found[at] == nothing and _may_match(candidate.keys, abouts[at])]
            for at in self._matching(candidate, texts, left):
                found[at] = candidate.place
        self._known.update(zip(abouts, found, strict=True))

    def _matching(self, candidate: _Candidate, texts: Sequence[str], places: list[int]) -> list[int]:
        """Search texts; an expression that takes too long is given up, and what it has found so far forgotten."""
        if candidate.pattern.exact:
            return places
        try:
            return [at for at in places if candidate.pattern.search(texts[at])]
        except TimeoutError:
            self.disabled[self._names[candidate.place]] += 1
            self._candidates = [other for other in self._candidates if other is not candidate]
            self._known.clear()
            return []


class Categorisers:
    """The categoriser of each policy, made once."""

    def __init__(self) -> None:
        self._made: dict[str, Categoriser] = {}

    def __call__(self, policy: CapturePolicy) -> Categoriser:
        """Return the categoriser that applies a policy's rules."""
        if policy.text not in self._made:
            self._made[policy.text] = Categoriser(of_policy(policy))
        return self._made[policy.text]
