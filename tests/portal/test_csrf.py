"""A change is made only by a form of ours, sent from one of our own pages."""

from typing import Any

import pytest

HERE = {"Sec-Fetch-Site": "same-origin"}


def check_value(client: Any, page: str) -> str:
    return client.get(page).text.partition('name="csrf_token" value="')[2].partition('"')[0]


def changing_rules(office: Any) -> list[tuple[str, str]]:
    rules = office.app.url_map.iter_rules()
    return sorted((rule.rule, method) for rule in rules for method in rule.methods - {"GET", "HEAD", "OPTIONS"})


def filled(rule: str) -> str:
    for name, value in {"subject": "0" * 32, "person": "0" * 32, "int:index": "0", "int:number": "0"}.items():
        rule = rule.replace(f"<{name}>", value)
    return rule.replace("<", "").replace(">", "")


def test_no_change_without_the_check_value(office: Any) -> None:
    for rule, method in changing_rules(office):
        allowed = (office.client(who).open(filled(rule), method=method, headers=HERE) for who in ("oda", "cleo", "ana"))
        assert (rule, [each.status_code for each in allowed if each.status_code != 404][:1]) == (rule, [400])


def test_the_check_value_of_another_browser_is_worth_nothing(office: Any) -> None:
    foreign = check_value(office.client("eva"), "/welcome")

    answer = office.client("ben").post("/sign-out", data={"csrf_token": foreign}, headers=HERE)

    assert answer.status_code == 400
    assert office.client("ben").get("/").status_code == 200


def test_the_check_value_from_before_sign_in_is_worth_nothing_after_it(office: Any) -> None:
    client = office.app.test_client()
    before = check_value(client, "/sign-in")

    client.set_cookie("sameview", office.system.sessions.start(office.ids["ben"]))
    answer = client.post("/sign-out", data={"csrf_token": before}, headers=HERE)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a sibling host"),
        pytest.param({"Origin": "https://evil.example"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="a sandbox"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, id="both, in conflict"),
    ],
)
def test_a_request_from_elsewhere_is_refused_even_with_the_check_value(office: Any, headers: dict[str, str]) -> None:
    value = check_value(office.client("ben"), "/welcome")

    answer = office.client("ben").post("/sign-out", data={"csrf_token": value}, headers=headers)

    assert answer.status_code == 403
    assert office.client("ben").get("/").status_code == 200


def test_a_form_of_ours_from_our_own_page_is_accepted(office: Any) -> None:
    value = check_value(office.client("ben"), "/welcome")

    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    answer = office.client("ben").post("/sign-out", data={"csrf_token": value}, headers=headers)

    assert answer.location == "/sign-in"


def test_over_https_the_page_must_be_ours_too(office: Any) -> None:
    client, base = office.app.test_client(), "https://localhost"
    client.set_cookie("__Host-sameview", office.system.sessions.start(office.ids["ben"]), secure=True)
    page = client.get("/welcome", base_url=base).text
    value = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    headers = {**HERE, "Referer": "https://localhost/welcome"}

    foreign = client.post("/sign-out", base_url=base, data={"csrf_token": value}, headers=HERE)
    ours = client.post("/sign-out", base_url=base, data={"csrf_token": value}, headers=headers)

    assert (foreign.status_code, ours.status_code) == (400, 302)


def test_the_check_value_is_not_the_session(office: Any) -> None:
    token = office.client("ben").get_cookie("sameview").value

    assert token not in office.client("ben").get("/welcome").text
