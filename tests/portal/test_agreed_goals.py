"""Agreed goals: both see the same, nothing holds before both agreed, and the employee sees every look and change."""

from collections.abc import Callable
from typing import Any

import pytest

from privacy.fields import Field
from privacy.policy import Purpose, Relation

Form = Callable[..., Any]
MINE = "/me/agreed-goals"
TERMS = {
    "text": "Two quiet hours for reserve cases",
    "measure": "focus_time",
    "low": "1:30",
    "high": "2:30",
    "reason": "Reserve cases wait longest",
    "benefit": "Fewer interruptions, less overtime",
    "begins": "2026-11-19",
    "review": "2027-02-01",
}


def theirs(office: Any, who: str = "ben", team: str = "claims") -> str:
    return f"/team/{team}/people/{office.ids[who]}/goals"


def propose_as_manager(office: Any, form: Form, **changed: str) -> Any:
    return form("ana", theirs(office), **{**TERMS, **changed})


def page(office: Any, who: str = "ben") -> str:
    answer = office.client(who).get(MINE if who == "ben" else theirs(office))
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_goal_holds_once_both_have_agreed(office: Any, form: Form) -> None:
    assert propose_as_manager(office, form).status_code == 303
    asked = page(office)
    form("ben", f"{MINE}/1/answer", MINE, agree="yes", seen="1")

    assert "It holds only if you agree." in asked
    for who in ("ben", "ana"):
        text = page(office, who)
        assert "Agreed, holds" in text
        assert "Focus time</a> from 1h 30m to 2h 30m, a working day on average" in text
        for said in ("text", "reason", "benefit"):
            assert TERMS[said] in text


def test_the_employee_proposes_and_the_manager_answers(office: Any, form: Form) -> None:
    form("ben", MINE, manager=office.ids["ana"], **{**TERMS, "measure": "", "low": "", "high": ""})
    form("ana", f"{theirs(office)}/1/answer", theirs(office), agree="no", seen="1")

    assert "Not agreed" in page(office)
    assert "Ben proposed a goal" in office.client("ana").get("/me/notices").text
    assert "Ana did not agree to the goal that you proposed." in office.client("ben").get("/me/notices").text


def test_a_change_is_a_new_version_and_the_old_one_holds_until_both_agree(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    form("ben", f"{MINE}/1/answer", MINE, agree="yes", seen="1")

    form("ben", MINE, manager=office.ids["ana"], number="1", seen="1", **{**TERMS, "text": "One quiet hour"})

    text = page(office, "ana")
    assert "A change is proposed: One quiet hour" in text
    assert "2 versions" in text
    assert "Agreed, holds" in text


def test_nobody_agrees_to_what_they_have_not_seen(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    propose_as_manager(office, form, number="1", seen="1", high="4:00")

    answer = form("ben", f"{MINE}/1/answer", MINE, agree="yes", seen="1")

    assert answer.status_code == 409
    assert "The goal has changed since you opened this page." in answer.text
    assert "Agreed, holds" not in page(office)


def test_nobody_agrees_to_their_own_proposal(office: Any, form: Form) -> None:
    propose_as_manager(office, form)

    assert form("ana", f"{theirs(office)}/1/answer", theirs(office), agree="yes", seen="1").status_code == 409


def test_either_side_ends_a_goal_alone_and_it_stays_to_be_read(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    form("ben", f"{MINE}/1/answer", MINE, agree="yes", seen="1")

    form("ben", f"{MINE}/1/end", MINE)

    assert "Ended 19 Nov" in page(office, "ana")
    assert form("ana", f"{theirs(office)}/1/end", theirs(office)).status_code == 409


def test_each_look_and_each_change_of_the_manager_is_in_the_employees_log(office: Any, form: Form) -> None:
    before = office.entries("ben")[-1].index

    shown = page(office, "ana")
    propose_as_manager(office, form)

    found = [each for each in office.entries("ben") if each.index > before and each.viewer == office.ids["ana"]]
    assert [each.outcome for each in found] == [
        "disclosed",
        "shown",
        "disclosed",
        "shown",
        "disclosed",
        "goal-proposed",
    ]
    for each in found[:5]:
        assert each.fields == (Field.AGREED_GOALS,)
        assert (each.relation, each.purpose) == (Relation.MANAGER, Purpose.TARGET_SETTING)
    assert found[1].digest in shown
    log = office.client("ben").get("/me/access").text
    assert "proposed a goal to you" in log
    assert "agreed goals" in log


def test_the_employee_can_recompute_what_the_manager_was_shown(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    page(office, "ana")

    (digest,) = {each.digest for each in office.entries("ben")[-1:]}
    assert digest in page(office)


def test_the_managers_page_shows_no_figure_and_opens_nothing_private(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    before = office.entries("ben")[-1].index

    text = page(office, "ana")

    opened = {field for each in office.entries("ben") if each.index > before for field in each.fields}
    assert opened == {Field.AGREED_GOALS}
    assert "active" not in text.partition("<main")[2].partition("</main>")[0].lower()


@pytest.mark.parametrize(
    ("viewer", "team"),
    [("gus", "claims"), ("gus", "payroll"), ("ana", "payroll"), ("ana", "nowhere")],
)
def test_somebody_elses_person_is_not_found_and_sees_the_attempt(
    office: Any, form: Form, viewer: str, team: str
) -> None:
    address = theirs(office, team=team)

    asked = office.client(viewer).get(address)
    written = form(viewer, address, "/team/", **TERMS)

    assert (asked.status_code, written.status_code) == (404, 404)
    refused = office.entries("ben")[-2:]
    assert [(each.outcome, each.viewer) for each in refused] == [("refused", office.ids[viewer])] * 2
    assert "Nothing yet." in page(office)


def test_nobody_proposes_to_somebody_who_does_not_manage_them(office: Any, form: Form) -> None:
    refused = form("ben", MINE, manager=office.ids["gus"], **TERMS)

    assert refused.status_code == 409
    assert "Whoever you proposed this to does not manage you now. Nothing was sent." in refused.text
    assert "Nothing yet." in page(office)


def test_what_was_written_to_a_manager_who_is_dismissed_meanwhile_is_not_lost(office: Any, form: Form) -> None:
    page(office)
    with office.system.people.changing(None) as changes:
        changes.dismiss(office.ids["ana"], "claims")

    refused = form("ben", MINE, page="/me/goals/breaks", manager=office.ids["ana"], **TERMS)

    assert refused.status_code == 409
    assert '<p class="wrong" id="d-manager" role="alert">' in refused.text
    for said in ("text", "reason", "benefit"):
        assert TERMS[said] in refused.text


def test_who_manages_no_longer_opens_it_no_more(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    with office.system.people.changing(None) as changes:
        changes.dismiss(office.ids["ana"], "claims")

    assert office.client("ana").get(theirs(office)).status_code == 404
    assert "does not manage you now, and cannot open this" in page(office)


@pytest.mark.parametrize(
    ("changed", "place", "said"),
    [
        ({"reason": " "}, "reason", "Say why: a goal without a reason cannot be proposed."),
        ({"benefit": ""}, "benefit", "Say what it brings the employee"),
        ({"text": ""}, "text", "Say what the goal is."),
        ({"begins": "2026-11-18"}, "begins", "It begins today or later; this day is over."),
        ({"begins": "2026-02-30"}, "begins", "The calendar has no 2026-02-30."),
        ({"review": "2026-11-19"}, "review", "Both look at it again after it begins"),
        ({"high": "1:30"}, "high", "The band ends above where it begins: a goal without tolerance is none."),
        ({"high": "30:00"}, "high", "A day’s goal has at most 16 hours."),
        ({"low": "2"}, "low", "Write a time as hours and minutes, such as 1:30."),
        ({"low": ""}, "low", "Write from where to where it is good enough."),
        ({"measure": "active_time"}, "measure", "This measure cannot be agreed on."),
        ({"measure": ""}, "measure", "A band needs a measure."),
    ],
)
@pytest.mark.parametrize("who", ["ben", "ana"])
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    office: Any, form: Form, who: str, changed: dict[str, str], place: str, said: str
) -> None:
    fields = {**TERMS, **changed} | ({"manager": office.ids["ana"]} if who == "ben" else {})

    answer = form(who, MINE if who == "ben" else theirs(office), **fields)

    assert answer.status_code == 400
    assert f'id="d-{place}">{said}' in answer.text
    for name in ("text", "begins", "review", "low", "high"):
        assert f'value="{fields[name]}"' in answer.text
    assert "Nothing yet." in page(office)
