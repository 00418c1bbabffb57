"""The manager's pages: only closed weeks, only for a stated purpose, and always with the person's knowledge."""

import datetime as dt
import re
from typing import Any

import pytest

from privacy.policy import Purpose, Relation

TOLD = "You may open weeks that began after Ben was told that you manage the team (1 September 2026)."


def page(
    office: Any, week: str = "2026-W46", purpose: str = "one_to_one", team: str = "claims", who: str = "ben"
) -> str:
    return f"/team/{team}/people/{office.ids.get(who, who)}/weeks/{week}?purpose={purpose}"


def test_the_roster_names_the_team_and_nobody_else(office: Any) -> None:
    text = office.client("ana").get("/team/").text

    assert "Ben" in text
    assert "Eva" in text
    assert "Payroll" not in text


def test_nothing_is_read_before_a_purpose_is_stated(office: Any) -> None:
    before = len(office.entries("ben"))

    text = office.client("ana").get(f"/team/claims/people/{office.ids['ben']}").text

    assert "Ben sees that you looked" in text
    assert text.count("formaction=") == 8
    assert "Not yet" in text
    assert len(office.entries("ben")) == before


def test_a_read_is_logged_before_it_is_shown_with_the_digest_of_what_was_shown(office: Any) -> None:
    answer = office.client("ana").get(page(office))

    opened, shown = office.entries("ben")[-2:]
    assert answer.status_code == 200
    assert (opened.outcome, shown.outcome) == ("disclosed", "shown")
    assert (shown.viewer, shown.relation, shown.purpose) == (office.ids["ana"], Relation.MANAGER, Purpose.ONE_TO_ONE)
    assert shown.digest in answer.text
    assert opened.index < shown.index


@pytest.mark.parametrize(
    ("week", "status", "said"),
    [
        pytest.param("2026-W47", 409, "Not yet", id="running week"),
        pytest.param("2026-W48", 409, "Not yet", id="week to come"),
        pytest.param("2026-W35", 403, TOLD, id="before the appointment was told"),
        pytest.param("2026-46", 400, "2026-W46", id="no week"),
    ],
)
def test_only_a_closed_week_opens(office: Any, week: str, status: int, said: str) -> None:
    answer = office.client("ana").get(page(office, week))

    assert answer.status_code == status
    assert said in answer.text


def test_manager_and_employee_read_the_same_reason_for_an_early_week(office: Any) -> None:
    office.clock.advance(days=-70)
    week = "2026-W36"

    offered = office.client("ana").get(f"/team/claims/people/{office.ids['ben']}").text
    refused = office.client("ana").get(f"/api/v1{page(office, week)}").json
    mirror = office.client("ben").get(f"/me/as-seen-by-manager?week={week}").text
    same = office.client("ben").get(f"/api/v1/me/as-seen-by-manager?week={week}").json

    assert refused["reason"] == same["reason"] == "not-told"
    assert refused["detail"] == same["detail"] == TOLD
    assert TOLD in offered
    assert TOLD in mirror


def test_the_grace_of_48_hours_is_kept_to_the_hour(office: Any) -> None:
    office.clock.now = dt.datetime(2026, 11, 17, 22, 59, tzinfo=dt.UTC)  # 23:59 on Tuesday in Berlin
    early = office.client("ana").get(page(office))

    office.clock.advance(minutes=1)

    assert (early.status_code, office.client("ana").get(page(office)).status_code) == (409, 200)


@pytest.mark.parametrize("purpose", ["", "gossip", "discipline", "own_review", "operations", "team_rhythm"])
def test_any_other_purpose_is_refused_and_logged(office: Any, purpose: str) -> None:
    answer = office.client("ana").get(page(office, purpose=purpose))

    assert answer.status_code == 403
    assert office.entries("ben")[-1].outcome == "refused"
    assert office.entries("ben")[-1].viewer == office.ids["ana"]


@pytest.mark.parametrize(
    ("viewer", "team"),
    [
        pytest.param("gus", "claims", id="manager of another team"),
        pytest.param("gus", "payroll", id="through their own team"),
        pytest.param("ana", "payroll", id="a team that is not hers"),
        pytest.param("ana", "nowhere", id="no team"),
    ],
)
def test_somebody_elses_person_is_not_found_and_sees_the_attempt(office: Any, viewer: str, team: str) -> None:
    answer = office.client(viewer).get(page(office, team=team))
    nobody = office.client(viewer).get(page(office, team=team, who="f" * 32))

    assert (answer.status_code, nobody.status_code) == (404, 404)
    assert office.entries("ben")[-1].outcome == "refused"
    pages = (re.sub(r'name="csrf_token" value="[^"]*"', "", each.text) for each in (answer, nobody))  # has the time
    found, none = (page.replace(id, "") for page, id in zip(pages, (office.ids["ben"], "f" * 32), strict=True))
    assert found == none


def test_a_week_with_too_few_days_is_withheld(office: Any) -> None:
    answer = office.client("ana").get(page(office, who="eva"))

    assert answer.status_code == 200
    assert "Withheld" in answer.text


def test_a_dismissed_manager_opens_nothing_from_then_on(office: Any) -> None:
    assert office.client("ana").get(page(office)).status_code == 200

    office.system.people.dismiss(office.ids["ana"], "claims")

    assert office.client("ana").get(page(office)).status_code == 404


def test_an_operator_who_appoints_himself_finds_every_earlier_week_closed(office: Any) -> None:
    office.system.people.appoint(office.ids["oda"], "claims", by=office.ids["oda"])

    answer = office.client("oda").get(page(office))

    assert answer.status_code == 403
    told = [each.sentence for each in office.system.announcements.of(office.ids["ben"])]
    assert any("Oda manages Claims" in sentence for sentence in told)


def test_the_page_shows_no_single_day_and_nothing_private(office: Any) -> None:
    text = office.client("ana").get(page(office)).text

    for hidden in ("EXCEL", "ERP", "Music", "08:58", "1800", "2026-11-12", "Thursday"):
        assert hidden not in text


@pytest.mark.parametrize("who", ["dan", "eva", "cleo", "oda"])
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_whoever_manages_nobody_is_refused_by_name_in_the_person_s_log(office: Any, who: str, prefix: str) -> None:
    before = len(office.entries("ben"))

    answer = office.client(who).get(
        f"{prefix}/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    )

    assert answer.status_code == 404
    (refusal,) = office.entries("ben")[before:]
    assert (refusal.viewer, refusal.outcome) == (office.ids[who], "refused")


def test_a_nul_is_refused_at_the_door(office: Any) -> None:
    assert office.client("ana").get("/team/claims/people/%00/weeks/2026-W46").status_code == 400
    assert office.client("ana").get("/?day=%00").status_code == 400
