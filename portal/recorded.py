"""What is recorded, in words: generated from the policy and the capture preset in force, never written beside them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from portal.locale import N_, _, ngettext
from portal.log_words import FIELD_NAMES, PURPOSE_NAMES
from portal.policy_words import Agreement, agreement, plain
from portal.sentences import field_words
from portal.show import listing
from privacy.capture import AWAY, BROWSER, CATEGORY, WINDOW, CapturePolicy, Effect
from privacy.capture import Rule as DoorRule
from privacy.decisions import STANDING
from privacy.fields import Field, Tier
from privacy.policies import InForce
from privacy.policy import FORBIDDEN_USES, POLICY_VERSION, Relation, Rule, explain
from privacy.policy_parts import INCOGNITO, TEXT_KEYS

if TYPE_CHECKING:
    from portal.wiring import System

NEVER: Final = (
    N_("Keystrokes"),
    N_("Screenshots"),
    N_("Sound and pictures"),
    N_("The contents of documents and mails"),
)
"""No rule can switch these on: there is no place to store them."""

_WHAT: Final = (
    (N_("Active and away time"), AWAY, "status"),
    (N_("Category of the work"), WINDOW, CATEGORY),
    (N_("Application"), WINDOW, "app"),
    (N_("Window titles"), WINDOW, "title"),
    (N_("Web addresses"), BROWSER, "url"),
    (N_("Private browser windows"), BROWSER, "incognito"),
)
_KINDS: Final = {Effect.KEEP: "yes", Effect.COARSEN: "part", Effect.DOMAIN: "part", Effect.DROP: "no"}
_EFFECTS: Final = {
    Effect.KEEP: N_("kept"),
    Effect.COARSEN: N_("category only"),
    Effect.DOMAIN: N_("site only, kept"),
    Effect.DROP: N_("dropped"),
}
_AT_DOOR: Final = {
    Effect.KEEP: N_("kept"),
    Effect.COARSEN: N_("coarsened"),
    Effect.DOMAIN: N_("site only"),
    Effect.DROP: N_("dropped"),
}
_WHO: Final = {
    Relation.SELF: N_("You"),
    Relation.MANAGER: N_("Your manager"),
    Relation.OPERATIONS: N_("The system itself"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: what, what becomes of it, and why. `kind` is yes, part or no."""

    kind: str
    what: str
    effect: str
    because: str = ""


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


@dataclass(frozen=True, slots=True)
class Short:
    """What a page says in passing: the version, and what is captured."""

    version: int
    capture: tuple[Line, ...]


def short(system: "System") -> Short:
    """Return the notice in short, which takes a tenth of the time of the whole one."""
    return Short(POLICY_VERSION, _capture(system.policies.now()))


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
        summary=_(preset.summary),
        text_days=preset.text_days,
        capture=_capture(preset),
        rules_at_door=tuple(_at_door(rule) for rule in preset.rules),
        rules=tuple(_reader(rule) for rule in rules),
        fields=_fields(rules),
        never=tuple(map(_, NEVER)),
        forbidden=tuple(map(_, preset.sharing.forbidden)),
    )


def rules_of(policy: CapturePolicy) -> tuple[Rule, ...]:
    """Return who may see what under a policy."""
    return InForce((policy,)).rules_since(policy.effective)


def _kept(policy: CapturePolicy, horizon: int) -> tuple[Line, ...]:
    """Return how long what is kept; then it goes with its keys, in the night (`portal.retention`)."""
    months = ngettext("%(num)s whole month", "%(num)s whole months", policy.retention.months)
    years = ngettext("%(num)s whole year", "%(num)s whole years", policy.retention.log_years)
    texts = ngettext("%(num)s day", "%(num)s days", policy.text_days) if policy.text_days else _("never stored")
    return (
        Line(
            "yes",
            _("Figures"),
            months,
            _("Days, weeks and what you looked at yourself; the running month comes on top."),
        ),
        Line("yes" if policy.text_days else "no", _("Window titles and web addresses"), texts),
        Line("yes", _("Who looked at you"), years, _("Your access log; the running year comes on top.")),
        Line(
            "yes",
            _("What you set"),
            _("until you change it"),
            _("Goals, planned week, and the names of your collectors."),
        ),
        Line(
            "part",
            _("Copies in backups"),
            ngettext("%(num)s day", "%(num)s days", horizon),
            _("Then their keys are worthless."),
        ),
    )


def _capture(policy: CapturePolicy) -> tuple[Line, ...]:
    never = Line("no", _("Keystrokes, screenshots"), _("never captured"))
    return (*(_captured(policy, *each) for each in _WHAT), never)


def _captured(policy: CapturePolicy, what: str, stream: str, key: str) -> Line:
    rule = policy.rule_for(stream, key)
    if key == INCOGNITO and rule.effect is Effect.KEEP:
        return Line("no", _(what), _(_EFFECTS[Effect.DROP]))
    effect = _(_EFFECTS[rule.effect])
    if rule.effect is Effect.COARSEN and key == CATEGORY:
        effect = _("top level only")
    if rule.effect in (Effect.KEEP, Effect.DOMAIN) and policy.text_days and key in TEXT_KEYS:
        effect = _("%(effect)s %(days)s days", effect=effect, days=policy.text_days)
    return Line(_KINDS[rule.effect], _(what), effect)


def _at_door(rule: DoorRule) -> Line:
    return Line(_KINDS[rule.effect], plain(rule.id), _(_AT_DOOR[rule.effect]), _(rule.because))


def _reader(rule: Rule) -> Reader:
    what = _("everything") if rule.fields == frozenset(Field) else field_words(sorted(rule.fields))
    if rule.relation is Relation.MANAGER:
        what = f"{what}, {_tier_words(rule)}, {_(PURPOSE_NAMES[rule.purpose])}"
    return Reader(_(_WHO[rule.relation]), what, _(rule.because))


def _reader_word(rule: Rule) -> str:
    return _("your manager") if rule.relation is Relation.MANAGER else _(_WHO[rule.relation])


def _tier_words(rule: Rule) -> str:
    if rule.fields <= STANDING:
        return _("as they stand")
    return _("totals of closed weeks") if rule.tiers == {Tier.WEEK} else _("single days")


def _fields(rules: tuple[Rule, ...]) -> tuple[FieldLine, ...]:
    """Return the fields in groups of the same readers, shared ones first."""
    groups: dict[tuple[bool, str, str], list[str]] = {}
    for field in Field:
        readers = [r for r in rules if field in r.fields and r.relation not in (Relation.SELF, Relation.OPERATIONS)]
        who = ", ".join(f"{_reader_word(r)}: {_tier_words(r)}" for r in readers) or _("nobody")
        sentences = [_(each) for each in ([r.because for r in readers] if readers else explain(field, rules)[:1])]
        groups.setdefault((bool(readers), who, " ".join(sentences)), []).append(_(FIELD_NAMES[field]))
    found = (FieldLine(_capital(listing(names)), *group) for group, names in groups.items())
    return tuple(sorted(found, key=lambda line: not line.shared))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
