"""What a manager gets of a person's week and what the person is shown of it are the same bytes, or neither gets any."""

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.period import Period, week_name, week_of
from privacy.policy import POLICY, Purpose, Relation, Rule
from tests.meetings import meet

TOMORROW = dt.date(2026, 11, 20)
HIRED = dt.datetime(2026, 9, 1, 8, 0, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
PURPOSES = (Purpose.ONE_TO_ONE, Purpose.TEAM_RHYTHM, Purpose.TARGET_SETTING)
_numbers = itertools.count()

milliseconds = st.integers(0, 86_400_000)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def days_of(draw: st.DrawFn, week: Period) -> dict[dt.date, dict[Field, Any]]:
    """Draw the figures of some days of a week, in the shapes of the summaries."""
    return {
        day: {
            Field.ACTIVE_TIME: {"active_seconds": draw(milliseconds) / 1000},
            Field.CATEGORIES: {name: ms / 1000 for name, ms in draw(st.dictionaries(names, milliseconds)).items()},
            Field.FOCUS: {
                "blocks": draw(st.integers(0, 9)),
                "seconds": draw(milliseconds) / 1000,
                "longest_seconds": draw(milliseconds) / 1000,
            },
        }
        for day in draw(st.sets(st.sampled_from(list(week.days()))))
    }


@st.composite
def policies(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Draw a policy: what managers may see, why, and at which tier; the employee sees everything in each."""
    fields = draw(st.sampled_from([SHARED_FIELDS, frozenset(Field), frozenset({Field.ACTIVE_TIME}), frozenset()]))
    tiers = draw(st.sampled_from([frozenset({Tier.WEEK}), frozenset(Tier), frozenset({Tier.SUMMARY})]))
    purposes = draw(st.sets(st.sampled_from(PURPOSES), min_size=1))
    kept = tuple(rule for rule in POLICY if rule.relation is not Relation.MANAGER)
    return kept + tuple(Rule(Relation.MANAGER, each, fields, tiers, "drawn") for each in sorted(purposes))


def newcomer(office: Any, timezone: str) -> str:
    """Add a member of Ana's team who was told in September and meets her tomorrow, and return their name."""
    name = f"person-{next(_numbers)}"
    office.clock.now = HIRED
    subject = office.add(name)
    with office.system.people.changing(None) as changes:
        changes.update(subject, timezone=timezone)
        changes.join(subject, "claims")
    meet(office.system, subject, office.ids["ana"], TOMORROW)
    office.clock.now = NOW
    return name


def both(office: Any, who: str, week: str, purpose: str) -> tuple[Any, Any]:
    path = f"/api/v1/team/claims/people/{office.ids[who]}/weeks/{week}?purpose={purpose}"
    manager = office.client("ana").get(path)
    mirror = f"/api/v1/me/as-seen-by-manager?week={week}&purpose={purpose}&viewer={office.ids['ana']}"
    return manager, office.client(who).get(mirror)


def payload_bytes(answer: Any) -> bytes:
    """Return the bytes of the payload as they stand in the answer."""
    return answer.data.partition(b'"payload":')[2].removesuffix(b"}")


@given(
    data=st.data(),
    policy=policies(),
    weeks_back=st.integers(1, 8) | st.integers(-1, 10),
    purpose=st.sampled_from(PURPOSES),
    timezone=st.sampled_from(["Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "UTC"]),
)
@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is a person and requests: too dear to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_both_sides_of_a_week_are_the_same_bytes(
    office: Any, data: st.DataObject, policy: tuple[Rule, ...], weeks_back: int, purpose: Purpose, timezone: str
) -> None:
    week = week_of(NOW.date() - dt.timedelta(weeks=weeks_back))
    who = newcomer(office, timezone)
    office.file_days(who, data.draw(days_of(week)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.system.gate, "_rules_since", lambda _: policy)
        manager, mirror = both(office, who, week_name(week), purpose.value)

    assert (manager.status_code == 200) == (mirror.status_code == 200)
    if manager.status_code == 200:
        assert payload_bytes(manager) == payload_bytes(mirror)
        assert manager.json["digest"] == mirror.json["digest"]
        assert json.loads(payload_bytes(manager)) == manager.json["payload"]


def test_the_receipt_in_the_log_has_the_digest_of_both(office: Any) -> None:
    manager, mirror = both(office, "ben", "2026-W46", "one_to_one")

    shown = [each for each in office.entries("ben") if each.outcome == "shown"]
    assert [each.digest for each in shown] == [manager.json["digest"]] == [mirror.json["digest"]]


def test_late_data_changes_neither_side_of_a_frozen_week(office: Any) -> None:
    before, _ = both(office, "ben", "2026-W46", "one_to_one")

    office.file_days("ben", {dt.date(2026, 11, 14): {Field.ACTIVE_TIME: {"active_seconds": 3600}}})
    after, mirror = both(office, "ben", "2026-W46", "one_to_one")

    assert payload_bytes(before) == payload_bytes(after) == payload_bytes(mirror)


def test_the_pages_of_both_draw_the_same_fragment(office: Any) -> None:
    path = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    manager = office.client("ana").get(path).text
    digest = office.client("ben").get("/api/v1/me/as-seen-by-manager?week=2026-W46").json["digest"]

    assert digest in manager
