"""Promises of the product, checked on the policy table itself."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.decisions import AGREED, SHEETS, STANDING
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.policy import (
    FORBIDDEN_USES,
    GRANTABLE,
    NOBODY,
    POLICY,
    UNLESS_SHARED,
    Purpose,
    Relation,
    Rule,
    explain,
    permitted,
)

rules = pytest.mark.parametrize("rule", POLICY, ids=lambda r: f"{r.relation}: {r.purpose}")
OWN = frozenset({Relation.SELF})


@rules
def test_employee_sees_everything_that_anyone_else_sees(rule: Rule) -> None:
    for tier in rule.tiers:
        assert rule.fields <= permitted(OWN, Purpose.OWN_REVIEW, tier)


@given(st.sets(st.sampled_from(Relation)), st.sampled_from(Purpose), st.sampled_from(Tier))
def test_no_relations_together_see_more_than_the_employee(
    relations: set[Relation], purpose: Purpose, tier: Tier
) -> None:
    seen = permitted(relations, purpose, tier)

    assert seen <= permitted(OWN, Purpose.OWN_REVIEW, tier)
    assert seen == frozenset().union(*(permitted({r}, purpose, tier) for r in relations))


@pytest.mark.parametrize(("purpose", "tier"), [*itertools.product(Purpose, Tier)])
def test_no_relation_no_fields(purpose: Purpose, tier: Tier) -> None:
    assert permitted((), purpose, tier) == frozenset()


@pytest.mark.parametrize(("purpose", "tier"), [*itertools.product(Purpose, Tier)])
def test_reviewers_of_the_log_see_no_data(purpose: Purpose, tier: Tier) -> None:
    assert permitted({Relation.COMPLIANCE}, purpose, tier) == frozenset()


@pytest.mark.parametrize(("purpose", "tier"), [*itertools.product(Purpose, Tier)])
def test_managers_see_the_shared_totals_of_weeks_and_what_both_agreed_on_and_nothing_else(
    purpose: Purpose, tier: Tier
) -> None:
    expected = {
        (Purpose.ONE_TO_ONE, Tier.WEEK): SHARED_FIELDS,
        (Purpose.ONE_TO_ONE, Tier.SUMMARY): SHEETS,
        (Purpose.TARGET_SETTING, Tier.SUMMARY): AGREED,
    }

    assert permitted({Relation.MANAGER}, purpose, tier) == expected.get((purpose, tier), frozenset())


@rules
def test_every_rule_has_a_sentence_for_the_employee(rule: Rule) -> None:
    assert rule.because.endswith(".")
    assert rule.fields
    assert rule.tiers


def test_no_rule_is_stated_twice() -> None:
    assert len({(r.relation, r.purpose, r.tiers) for r in POLICY}) == len(POLICY)


@pytest.mark.parametrize("field", Field)
def test_every_field_is_explained(field: Field) -> None:
    sentences = explain(field)

    nobody = {NOBODY, UNLESS_SHARED}.intersection(sentences)
    assert bool(nobody) == (field not in SHARED_FIELDS | STANDING)
    assert not nobody or (UNLESS_SHARED in nobody) == (field in GRANTABLE)
    assert any("manager" in s for s in sentences) == (field in SHARED_FIELDS | STANDING)


def test_discipline_pay_and_ranking_are_no_purposes() -> None:
    assert FORBIDDEN_USES == ("discipline", "pay", "ranking")
    assert not any(use in purpose for use in FORBIDDEN_USES for purpose in Purpose)
