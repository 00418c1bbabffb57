"""What is recorded, in words: generated from the policy and the capture preset in force, never written beside them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from portal.log_words import FIELD_NAMES, PURPOSE_NAMES
from portal.policy_words import Agreement, agreement, plain
from portal.sentences import field_words
from portal.show import listing
from privacy.capture import AWAY, BROWSER, CATEGORY, WINDOW, CapturePolicy, Effect
from privacy.capture import Rule as DoorRule
from privacy.decisions import AGREED
from privacy.fields import Field, Tier
from privacy.policies import InForce
from privacy.policy import FORBIDDEN_USES, POLICY_VERSION, Relation, Rule, explain
from privacy.policy_parts import INCOGNITO, TEXT_KEYS

if TYPE_CHECKING:
    from portal.wiring import System

NEVER: Final = ("Keystrokes", "Screenshots", "Sound and pictures", "The contents of documents and mails")
"""No rule can switch these on: there is no place to store them."""

_WHAT: Final = (
    ("Active and away time", AWAY, "status"),
    ("Category of the work", WINDOW, CATEGORY),
    ("Application", WINDOW, "app"),
    ("Window titles", WINDOW, "title"),
    ("Web addresses", BROWSER, "url"),
    ("Private browser windows", BROWSER, "incognito"),
)
_KINDS: Final = {Effect.KEEP: "yes", Effect.COARSEN: "part", Effect.DOMAIN: "part", Effect.DROP: "no"}
_EFFECTS: Final = {
    Effect.KEEP: "kept",
    Effect.COARSEN: "category only",
    Effect.DOMAIN: "site only, kept",
    Effect.DROP: "dropped",
}
_AT_DOOR: Final = {
    Effect.KEEP: "kept",
    Effect.COARSEN: "coarsened",
    Effect.DOMAIN: "site only",
    Effect.DROP: "dropped",
}
_WHO: Final = {Relation.SELF: "You", Relation.MANAGER: "Your manager", Relation.OPERATIONS: "The system itself"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: what, what becomes of it, and why. `kind` is yes, part or no."""

    kind: str
    what: str
    effect: str
    because: str = ""


_NEVER_LINE: Final = Line("no", "Keystrokes, screenshots", "never captured")


@dataclass(frozen=True, slots=True)
class Reader:
    """A rule of the policy in words."""

    who: str
    what: str
    because: str


@dataclass(frozen=True, slots=True)
class FieldLine:
    """Fields with the same readers, who they are besides the employee, and the policy's sentences."""

    name: str
    shared: bool
    who: str
    because: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The policy and the preset as the employee reads them."""

    version: int
    preset: str
    summary: str
    text_days: int | None
    capture: tuple[Line, ...]
    rules_at_door: tuple[Line, ...]
    rules: tuple[Reader, ...]
    fields: tuple[FieldLine, ...]
    kept: tuple[Line, ...] = ()
    agreement: Agreement | None = None
    never: tuple[str, ...] = NEVER
    forbidden: tuple[str, ...] = FORBIDDEN_USES


def notice(system: "System") -> Notice:
    """Return the notice of an installation."""
    policy = system.policies.now()
    kept = _kept(policy, system.config.erasure_horizon)
    return replace(notice_of(policy), kept=kept, agreement=agreement(system))


def notice_of(preset: CapturePolicy) -> Notice:
    """Return the notice under a policy."""
    rules = rules_of(preset)
    return Notice(
        version=POLICY_VERSION,
        preset=preset.name,
        summary=preset.summary,
        text_days=preset.text_days,
        capture=(
            *(_captured(preset, *each) for each in _WHAT),
            Line("no", "Keystrokes, screenshots", "never captured"),
        ),
        rules_at_door=tuple(_at_door(rule) for rule in preset.rules),
        rules=tuple(_reader(rule) for rule in rules),
        fields=_fields(rules),
        forbidden=preset.sharing.forbidden,
    )


def rules_of(policy: CapturePolicy) -> tuple[Rule, ...]:
    """Return who may see what under a policy."""
    return InForce((policy,)).rules_since(policy.effective)


def _kept(policy: CapturePolicy, horizon: int) -> tuple[Line, ...]:
    """Return how long what is kept; then it goes with its keys, in the night (`portal.retention`)."""
    months, years = f"{policy.retention.months} whole months", f"{policy.retention.log_years} whole years"
    texts = f"{policy.text_days} days" if policy.text_days else "never stored"
    return (
        Line("yes", "Figures", months, "Days, weeks and what you looked at yourself; the running month comes on top."),
        Line("yes" if policy.text_days else "no", "Window titles and web addresses", texts),
        Line("yes", "Who looked at you", years, "Your access log; the running year comes on top."),
        Line("yes", "What you set", "until you change it", "Goals, planned week, and the names of your collectors."),
        Line("part", "Copies in backups", f"{horizon} days", "Then their keys are worthless."),
    )


def _captured(policy: CapturePolicy, what: str, stream: str, key: str) -> Line:
    rule = policy.rule_for(stream, key)
    if key == INCOGNITO and rule.effect is Effect.KEEP:
        return Line("no", what, _EFFECTS[Effect.DROP])
    effect = _EFFECTS[rule.effect]
    if rule.effect is Effect.COARSEN and key == CATEGORY:
        effect = "top level only"
    if rule.effect in (Effect.KEEP, Effect.DOMAIN) and policy.text_days and key in TEXT_KEYS:
        effect = f"{effect} {policy.text_days} days"
    return Line(_KINDS[rule.effect], what, effect)


def _at_door(rule: DoorRule) -> Line:
    return Line(_KINDS[rule.effect], plain(rule.id), _AT_DOOR[rule.effect], rule.because)


def _reader(rule: Rule) -> Reader:
    what = "everything" if rule.fields == frozenset(Field) else field_words(sorted(rule.fields))
    if rule.relation is Relation.MANAGER:
        what = f"{what}, {_tier_words(rule)}, {PURPOSE_NAMES[rule.purpose]}"
    return Reader(_WHO[rule.relation], what, rule.because)


def _tier_words(rule: Rule) -> str:
    if rule.fields <= AGREED:
        return "as they stand"
    return "totals of closed weeks" if rule.tiers == {Tier.WEEK} else "single days"


def _fields(rules: tuple[Rule, ...]) -> tuple[FieldLine, ...]:
    """Return the fields in groups of the same readers, shared ones first."""
    groups: dict[tuple[bool, str, str], list[str]] = {}
    for field in Field:
        readers = [r for r in rules if field in r.fields and r.relation not in (Relation.SELF, Relation.OPERATIONS)]
        who = ", ".join(f"{_WHO[r.relation].lower()}: {_tier_words(r)}" for r in readers) or "nobody"
        sentences = [r.because for r in readers] if readers else explain(field, rules)[:1]
        groups.setdefault((bool(readers), who, " ".join(sentences)), []).append(FIELD_NAMES[field])
    found = (FieldLine(_capital(listing(names)), *group) for group, names in groups.items())
    return tuple(sorted(found, key=lambda line: not line.shared))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
