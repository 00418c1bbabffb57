"""The policy: who may see which fields, for which purpose, at which tier. Read it from top to bottom.

`because` is the sentence that the employee reads. A combination without a rule is refused. There is no rule for
compliance reviewers: they read the access log, never the data.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.messages import N_


class Relation(enum.StrEnum):
    """What a viewer is to a subject."""

    SELF = "self"
    MANAGER = "manager"
    COMPLIANCE = "compliance"
    OPERATIONS = "operations"
    GRANTEE = "grantee"  # of one grant of the subject's own (privacy.grants); no rule of the policy speaks of it
    ADDRESSEE = "addressee"  # of one conversation that the subject began (privacy.threads); the same


class Purpose(enum.StrEnum):
    """Why somebody looks. The list is closed."""

    OWN_REVIEW = "own_review"
    ONE_TO_ONE = "one_to_one"
    TEAM_RHYTHM = "team_rhythm"
    TARGET_SETTING = "target_setting"
    COMPLIANCE_REVIEW = "compliance_review"
    SUBJECT_REQUEST = "subject_request"
    OPERATIONS = "operations"


FORBIDDEN_USES: Final = (N_("discipline"), N_("pay"), N_("ranking"))
"""What no purpose covers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One permission, and the sentence with which it is told to the employee."""

    relation: Relation
    purpose: Purpose
    fields: frozenset[Field]
    tiers: frozenset[Tier]
    because: str
    listen_weeks: int = 0  # so long after somebody was told of a manager, it gives that manager nothing


TEAM_FIELDS: Final = frozenset(
    {
        Field.ACTIVE_TIME,
        Field.ANNOTATIONS,
        Field.CATEGORIES,
        Field.CATEGORY_DETAIL,
        Field.FOCUS,
        Field.RHYTHM,
        Field.WORKING_PATTERN,
    }
)
"""What team figures are made of: `privacy.aggregates` decides what of them is said."""

_EVERYTHING: Final = frozenset(Field)
_EVERY_TIER: Final = frozenset(Tier)

POLICY_VERSION: Final = 1
POLICY: Final[tuple[Rule, ...]] = (
    Rule(
        Relation.SELF,
        Purpose.OWN_REVIEW,
        _EVERYTHING,
        _EVERY_TIER,
        N_("You see everything that is kept about you, at any time: it is your data."),
    ),
    Rule(
        Relation.SELF,
        Purpose.SUBJECT_REQUEST,
        _EVERYTHING,
        _EVERY_TIER,
        N_("You may take a copy of everything with you."),
    ),
    Rule(
        Relation.MANAGER,
        Purpose.ONE_TO_ONE,
        SHARED_FIELDS,
        frozenset({Tier.WEEK}),
        N_(
            "Your manager may open the totals of your closed weeks on the sheet of a one-to-one that both of you agreed"
            " to, from three working days before it to three after: the weeks since the last one, 48 hours after a"
            " week's end at the earliest, at most eight weeks back. You see the same figures, and every time they are"
            " opened."
        ),
    ),
    Rule(
        Relation.MANAGER,
        Purpose.ONE_TO_ONE,
        frozenset({Field.ONE_TO_ONES}),
        frozenset({Tier.SUMMARY}),
        N_(
            "You and your manager both see the sheets of your one-to-ones, as they stand: topics, questions, what you"
            " chose to show, and what you agreed on. What is between you and one manager, no other manager sees. No"
            " figure of yours is among it."
        ),
    ),
    Rule(
        Relation.MANAGER,
        Purpose.TARGET_SETTING,
        frozenset({Field.AGREED_GOALS}),
        frozenset({Tier.SUMMARY}),
        N_(
            "You and your manager both see the goals that you agree on, as they stand, with their reason and what"
            " they are to bring you. Either of you proposes; none holds before both have agreed. No figure of yours"
            " is among them."
        ),
    ),
    Rule(
        Relation.OPERATIONS,
        Purpose.TEAM_RHYTHM,
        TEAM_FIELDS,
        frozenset({Tier.SUMMARY}),
        N_(
            "Team figures are means of at least five people, of a closed week or of four, decided once by the system"
            " itself. Your own figures are opened for them, which you see in your log; nobody is shown them."
        ),
    ),
    Rule(
        Relation.OPERATIONS,
        Purpose.OPERATIONS,
        _EVERYTHING,
        _EVERY_TIER,
        N_("The system itself adds up your days and weeks. It shows them to nobody, and logs each time."),
    ),
)

GRANTABLE: Final = frozenset(
    {
        Field.ACTIVE_TIME,
        Field.AWAY_TIME,
        Field.CATEGORIES,
        Field.CATEGORY_DETAIL,
        Field.FOCUS,
        Field.RHYTHM,
        Field.RECOVERY,
        Field.APPS,
        Field.ANNOTATIONS,
    }
)
"""What a person can let others see themselves (`privacy.grants`): figures and own notes, never texts of windows."""

NOBODY: Final = N_("Nobody but you can open it.")
UNLESS_SHARED: Final = N_("Nobody but you can open it, unless you share it with somebody, for a time that you choose.")
"""The same about what can be granted."""


def permitted(
    relations: Collection[Relation], purpose: Purpose, tier: Tier, policy: tuple[Rule, ...] = POLICY
) -> frozenset[Field]:
    """Return the fields that somebody in `relations` may see for `purpose` at `tier`."""
    granted = (r.fields for r in policy if r.relation in relations and r.purpose is purpose and tier in r.tiers)
    return frozenset[Field]().union(*granted)


def explain(field: Field, policy: tuple[Rule, ...] = POLICY) -> tuple[str, ...]:
    """Return who may see `field`, as the sentences for the employee, in the order of the policy."""
    rules = [r for r in policy if field in r.fields]
    sentences = [r.because for r in rules]
    if all(r.relation in (Relation.SELF, Relation.OPERATIONS) for r in rules):
        sentences.insert(0, UNLESS_SHARED if field in GRANTABLE else NOBODY)
    return tuple(sentences)
