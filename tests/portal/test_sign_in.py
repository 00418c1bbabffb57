"""Signing in and out, one-time links, and the notice before anything else."""

from typing import Any

import pytest

from auth.invitations import Invitations, Kind
from auth.permissions import Role
from portal.access import safe_next

PASSWORD = "brown otter over seven hills"


@pytest.fixture
def ready(office: Any) -> Any:
    """The office, in which Ben has a password."""
    office.give_password("ben")
    return office


def cookie_of(response: Any) -> str:
    return next((each for each in response.headers.getlist("Set-Cookie") if "sameview=" in each), "")


def test_the_right_password_opens_the_page_that_was_wanted(ready: Any, form: Any) -> None:
    answer = form(None, "/sign-in", email="Ben@Example.org", password=PASSWORD, next="/me/access")

    assert (answer.status_code, answer.location) == (302, "/me/access")
    assert ready.client(None).get("/").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ben@example.org", "wrong", id="wrong password"),
        pytest.param("nobody@example.org", PASSWORD, id="unknown account"),
        pytest.param("eva@example.org", PASSWORD, id="account without a password"),
    ],
)
def test_a_refused_sign_in_never_says_what_was_wrong(ready: Any, form: Any, email: str, password: str) -> None:
    answer = form(None, "/sign-in", email=email, password=password)

    assert answer.status_code == 401
    assert "The e-mail address or the password is not right." in answer.text
    assert ready.client(None).get("/").status_code == 302


def test_guessing_is_slowed_down(ready: Any, form: Any) -> None:
    answers = [form(None, "/sign-in", email="ben@example.org", password="wrong") for _ in range(7)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(ready: Any, form: Any) -> None:
    answer = form(None, "/sign-in", email="ben@example.org", password=PASSWORD)

    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie_of(answer).split("; "))
    assert "Domain" not in cookie_of(answer)
    assert "Secure" not in cookie_of(answer)


def test_on_https_the_cookie_is_bound_to_this_host(office: Any) -> None:
    answer = office.app.test_client().get("/sign-in", base_url="https://sameview.example")

    assert cookie_of(answer).startswith("__Host-sameview=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie_of(answer).split("; "))


def test_a_planted_cookie_is_worth_nothing_after_sign_in(ready: Any, form: Any) -> None:
    planted = "A" * 43
    ready.client(None).set_cookie("sameview", planted)

    form(None, "/sign-in", email="ben@example.org", password=PASSWORD)

    assert ready.client(None).get_cookie("sameview").value != planted
    assert ready.system.sessions.find(planted) is None


def test_signing_in_again_ends_the_session_before(ready: Any, form: Any) -> None:
    form(None, "/sign-in", email="ben@example.org", password=PASSWORD)
    before = ready.client(None).get_cookie("sameview").value

    form(None, "/sign-in", page="/welcome", email="ben@example.org", password=PASSWORD)

    assert ready.client(None).get_cookie("sameview").value != before
    assert ready.system.sessions.find(before) is None


def test_signing_out_ends_the_session_on_the_server(office: Any, form: Any) -> None:
    token = office.client("ben").get_cookie("sameview")
    before = office.system.sessions.find(office.client("ben").get_cookie("sameview").value)

    answer = form("ben", "/sign-out", page="/welcome")

    assert before is not None
    assert answer.location == "/sign-in"
    assert office.system.sessions.find(token.value) is None


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n//evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "///evil.example",
        "/%0d%0aLocation:evil\r\n",
    ],
)
def test_no_link_to_the_sign_in_leads_to_another_site(ready: Any, form: Any, target: str) -> None:
    answer = form(None, "/sign-in", email="ben@example.org", password=PASSWORD, next=target)

    assert answer.location == "/"


@pytest.mark.parametrize("target", ["/", "/me/trends?week=2026-W46", "/team/claims/people/1"])
def test_a_path_of_the_portal_is_kept(target: str) -> None:
    assert safe_next(target) == target


def test_a_stranger_is_asked_to_sign_in_and_comes_back(office: Any) -> None:
    answer = office.client(None).get("/team/?a=1")

    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/team/?a%3D1"


def test_the_invitation_says_who_issued_it_and_what_is_recorded(office: Any, form: Any) -> None:
    office.add("fay", acknowledged=False)
    token = office.system.invitations.issue(office.ids["fay"], Kind.INVITATION, by=office.ids["oda"])

    page = office.client(None).get(f"/invitation/{token}").text

    assert "Issued by Oda" in page
    assert "What is recorded" in page
    assert "opened from 127.0.0.1" in page


def test_accepting_an_invitation_sets_the_password_and_reads_the_notice(office: Any, form: Any) -> None:
    office.add("fay", acknowledged=False)
    token = office.system.invitations.issue(office.ids["fay"], Kind.INVITATION, by=office.ids["oda"])

    weak = form(None, f"/invitation/{token}", password="short")
    done = form(None, f"/invitation/{token}", password=PASSWORD)

    assert weak.status_code == 422
    assert done.location == "/"
    assert office.system.directory.acknowledged(office.ids["fay"])
    assert office.client(None).get("/").status_code == 200
    assert office.app.test_client().get(f"/invitation/{token}").status_code == 404


def test_a_sign_in_link_works_once_with_one_request(office: Any) -> None:
    system = office.system
    trial = Invitations(system.stores.data, system.journal, system.hasher, system.clock, system.stamps, throw_away=True)
    system.__dict__["invitations"] = trial
    token = trial.issue(office.ids["ben"], Kind.SIGN_IN)

    first = office.client(None).get(f"/sign-in-link/{token}")
    second = office.app.test_client().get(f"/sign-in-link/{token}")

    assert (first.status_code, first.location) == (302, "/")
    assert office.client(None).get("/").status_code == 200
    assert second.status_code == 404


def test_nothing_is_shown_before_the_notice_is_read(office: Any, form: Any) -> None:
    office.add("fay", acknowledged=False)

    page = office.client("fay").get("/")
    program = office.client("fay").get("/api/v1/me/days/2026-11-12")
    read = form("fay", "/welcome")

    assert (page.status_code, page.location) == (302, "/welcome")
    assert (program.status_code, program.json["title"]) == (403, "Notice not read")
    assert read.location == "/"
    assert office.client("fay").get("/").status_code == 200


@pytest.mark.parametrize(("role", "first"), [(Role.REVIEWER, "/compliance/"), (Role.OPERATOR, "/admin/")])
def test_somebody_without_a_day_of_their_own_begins_at_their_work(office: Any, role: Role, first: str) -> None:
    office.add("fay", role)

    answer = office.client("fay").get("/")

    assert answer.location == first
    assert office.client("fay").get(first).status_code == 200


def test_a_session_ends_when_it_was_idle(office: Any) -> None:
    assert office.client("ben").get("/").status_code == 200

    office.clock.advance(hours=13)

    assert office.client("ben").get("/").location.startswith("/sign-in")


def test_a_page_that_keeps_itself_current_takes_no_message_from_another_one(office: Any, form: Any) -> None:
    form("ben", "/me/settings/wishes", "/me/settings", wish="recap")
    ben = office.client("ben")

    ben.get("/", headers={"X-Sameview-Live": "1"})

    assert "Kept. It concerns only you" in ben.get("/me/settings").text
    assert "Kept. It concerns only you" not in ben.get("/me/settings").text
