"""How `policy show` prints who may see what, and what is captured."""

import textwrap
from typing import Final

from portal.log_words import PURPOSE_NAMES
from portal.policy_words import clauses
from portal.recorded import rules_of
from portal.show import listing
from privacy.capture import ANY, CATEGORY, CapturePolicy
from privacy.capture import Rule as CaptureRule
from privacy.decisions import STANDING
from privacy.fields import Field, Tier
from privacy.policy import POLICY_VERSION, Relation, Rule

WIDTH: Final = 100
WHO: Final[dict[Relation, str]] = {
    Relation.SELF: "The employee",
    Relation.MANAGER: "The manager",
    Relation.COMPLIANCE: "The compliance reviewer",
    Relation.OPERATIONS: "The system itself",
}
HOW_FINE: Final[dict[Tier, str]] = {
    Tier.DAY: "single events",
    Tier.SUMMARY: "a day's figures",
    Tier.WEEK: "a closed week's totals",
}


def shared(policy: CapturePolicy) -> str:
    """Return who may see what."""
    *others, last = policy.sharing.forbidden
    return "\n".join(
        [
            f"WHO MAY SEE WHAT, policy version {POLICY_VERSION}",
            *map(_shared, rules_of(policy)),
            f"\nNo purpose covers {', '.join(others)} or {last}. What no rule names is refused to everybody.",
        ]
    )


def _shared(rule: Rule) -> str:
    """Return a rule of the policy with the names that settings, log and API use."""
    what = "every field" if rule.fields == frozenset(Field) else ", ".join(sorted(rule.fields))
    fine = "as they stand" if rule.fields <= STANDING else listing([HOW_FINE[t] for t in HOW_FINE if t in rule.tiers])
    who = f"\n{WHO[rule.relation]}, {PURPOSE_NAMES[rule.purpose]} ({rule.relation}, {rule.purpose})"
    return "\n".join([who, _indented(f"{what}: {fine}"), _indented(rule.because)])


def captured(policy: CapturePolicy, signed: bool) -> str:
    """Return the rules at the door, in the order in which they are read, and the other clauses."""
    by = "signed" if signed else "signed by nobody"
    head = f"\nWHAT IS CAPTURED, policy {policy.name}, version {policy.version} of {policy.effective:%Y-%m-%d}, {by}"
    lines = [head, _indented(policy.summary)]
    for rule in policy.rules:
        lines += [f"\n{rule.effect:<8} {_what(rule)} ({rule.id})", _indented(rule.because, " " * 9)]
    lines.append("")
    lines += [_indented(f"{each.what}: {each.says} {each.because}".rstrip()) for each in clauses(policy)]
    return "\n".join(lines)


def _what(rule: CaptureRule) -> str:
    keys = {ANY: "everything" if ANY in rule.streams else "everything else", CATEGORY: "the category"}
    what = ", ".join(keys.get(each, each) for each in sorted(rule.keys))
    where = ", ".join("any other watcher" if each == ANY else each for each in sorted(rule.streams))
    return f"{what} of {where}"


def _indented(text: str, margin: str = "  ") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)
