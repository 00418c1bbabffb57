"""The account page: sessions can be ended, the password changed, and what is wrong stands beside its field."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from auth.tokens import Scope

PASSWORD = "brown otter over seven hills"
BETTER = "grey heron under nine bridges"


@pytest.fixture
def ready(office: Any) -> Any:
    """The office, in which Ben has a password."""
    office.give_password("ben")
    return office


def elsewhere(office: Any, who: str) -> tuple[FlaskClient, str]:
    """Return another browser in which somebody is signed in, and the id of its session."""
    client, token = office.app.test_client(), office.system.sessions.start(office.ids[who])
    client.set_cookie("sameview", token)
    return client, office.system.sessions.find(token).id


def check(client: FlaskClient) -> dict[str, str]:
    """Return the header that shows that a program of the same site asks."""
    text = client.get("/me/account").text
    return {"X-CSRFToken": text.partition('name="csrf_token" value="')[2].partition('"')[0]}


def change(form: Any, current: str = PASSWORD, new: str = BETTER, again: str = BETTER) -> Any:
    return form("ben", "/me/account/password", page="/me/account", current=current, new=new, again=again)


def test_sessions_are_listed_by_day_with_this_one_marked(office: Any) -> None:
    office.client("ben")
    elsewhere(office, "ben")

    text = office.client("ben").get("/me/account").text

    assert text.count("This browser") == text.count("in use now") == 1
    assert text.count("Another browser") == 1
    assert text.count("signed in on 19 Nov 2026") == 2
    assert "/me/account" in office.client("ben").get("/").text


def test_one_session_is_ended_and_no_other(office: Any, form: Any) -> None:
    office.client("ben")
    ended, name = elsewhere(office, "ben")
    kept, _ = elsewhere(office, "ben")

    form("ben", f"/me/account/sessions/{name}/end", page="/me/account")

    assert ended.get("/").status_code == 302
    assert kept.get("/").status_code == office.client("ben").get("/").status_code == 200


def test_all_others_are_ended_and_this_one_stays(office: Any, form: Any) -> None:
    office.client("ben")
    others = [elsewhere(office, "ben")[0] for _ in range(2)]

    form("ben", "/me/account/sessions/end", page="/me/account")

    assert [each.get("/").status_code for each in others] == [302, 302]
    assert office.client("ben").get("/").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(office: Any, form: Any) -> None:
    hers, name = elsewhere(office, "eva")

    form("ben", f"/me/account/sessions/{name}/end", page="/me/account")
    form("ben", "/me/account/sessions/end", page="/me/account")
    headers = check(office.client("ben"))
    gone = office.client("ben").delete(f"/api/v1/me/sessions/{name}", headers=headers)

    assert gone.status_code == 404
    assert hers.get("/").status_code == 200


def test_a_changed_password_signs_in_and_signs_every_other_browser_out(ready: Any, form: Any) -> None:
    other, _ = elsewhere(ready, "ben")

    answer = change(form)

    assert answer.location == "/me/account"
    assert other.get("/").status_code == 302
    assert "Your password was changed" in ready.client("ben").get("/me/account").text
    assert form(None, "/sign-in", email="ben@example.org", password=PASSWORD).status_code == 401
    assert form(None, "/sign-in", email="ben@example.org", password=BETTER).status_code == 302
    assert "credential-changed" in {each.outcome for each in ready.entries("ben")}
    assert "Your password was changed" in ready.system.announcements.of(ready.ids["ben"])[0].sentence


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        pytest.param({"current": "wrong"}, "current", "The current password is not right.", id="current"),
        pytest.param({"new": "short", "again": "short"}, "new", "at least 12 characters", id="weak"),
        pytest.param({"again": BETTER + "s"}, "again", "These two are not the same.", id="typed otherwise"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(
    ready: Any, form: Any, fields: dict[str, str], field: str, sentence: str
) -> None:
    other, _ = elsewhere(ready, "ben")

    answer = change(form, **fields)

    assert answer.status_code == 422
    assert sentence in answer.text.partition(f'id="d-{field}"')[2].partition("</p>")[0]
    assert "autofocus" in answer.text.partition(f'id="f-{field}"')[2].partition(">")[0]
    assert other.get("/").status_code == 200
    assert form(None, "/sign-in", email="ben@example.org", password=PASSWORD).status_code == 302


def test_passwords_are_not_sent_back(ready: Any, form: Any) -> None:
    text = change(form, current="wrong otter over seven").text

    assert "wrong otter" not in text
    assert BETTER not in text


def test_an_open_browser_is_no_way_to_guess_and_shares_the_count_of_the_sign_in(ready: Any, form: Any) -> None:
    for _ in range(3):
        change(form, current="wrong")
        form(None, "/sign-in", email="ben@example.org", password="wrong")

    refused = change(form)

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Try again in" in refused.text.partition('id="d-current"')[2].partition("</p>")[0]


def test_an_account_without_a_password_gets_none_here(office: Any, form: Any) -> None:
    answer = form("eva", "/me/account/password", page="/me/account", current="", new=BETTER, again=BETTER)

    assert answer.status_code == 422
    assert "no password yet" in answer.text
    assert not office.system.directory.person(office.ids["eva"]).has_password


def test_the_same_sessions_through_json(office: Any) -> None:
    client = office.client("ben")
    other, name = elsewhere(office, "ben")
    headers = check(client)

    listed = client.get("/api/v1/me/sessions").json["sessions"]
    ended = client.delete(f"/api/v1/me/sessions/{name}", headers=headers)

    assert [each["current"] for each in listed] == [True, False]
    assert {each["created_on"] for each in listed} == {"2026-11-19"}
    assert (listed[1]["id"], ended.status_code) == (name, 204)
    assert other.get("/").status_code == 302


def test_a_token_reads_the_sessions_and_ends_none(office: Any) -> None:
    secret = office.system.tokens.issue(office.ids["ben"], "mine", [Scope.READ], 30)
    headers = {"Authorization": f"Bearer {secret}"}
    office.client("ben")

    read = office.client(None).get("/api/v1/me/sessions", headers=headers)
    ended = office.client(None).delete("/api/v1/me/sessions", headers=headers)

    assert [each["current"] for each in read.json["sessions"]] == [False]
    assert ended.status_code == 403
    assert office.client("ben").get("/").status_code == 200


def test_the_sign_in_page_promises_no_link_that_nobody_sends(office: Any) -> None:
    text = office.client(None).get("/sign-in").text

    assert "Lost your password? Ask your operator" in text
    assert "not sent by this version" in text
