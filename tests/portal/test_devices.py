"""A person's computers: confirmed by them in their own browser, listed, renamed and taken off; what a relay is told."""

import re
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from werkzeug.serving import make_server

from portal import shapes
from portal.relay import enrolling
from portal.relay.policing import Offer
from portal.relay.portal_calls import Portal

ASK = "/api/v1/relay/enrolments"
DESK = {"name": "my desk", "host": "pc-17.example.org"}


@pytest.fixture
def relay(office: Any) -> Any:
    """A program without a session."""
    return office.app.test_client()


def ask(relay: Any, **changes: str) -> shapes.EnrolmentAsked:
    answer = relay.post(ASK, json=DESK | changes)
    assert answer.status_code == 201
    return msgspec.json.decode(answer.data, type=shapes.EnrolmentAsked)


def enrol(relay: Any, form: Callable[..., Any], who: str = "ben", **changes: str) -> dict[str, str]:
    """Ask, let somebody confirm, and return the header of the device's token."""
    asked = ask(relay, **changes)
    form(who, "/me/devices/new", "/me/devices", code=asked.user_code, answer="confirm")
    found = msgspec.json.decode(relay.get(f"{ASK}/{asked.device_code}").data, type=shapes.Enrolled)
    return {"Authorization": f"Bearer {found.token}"}


def test_a_computer_waits_is_confirmed_and_gets_its_token_once(
    relay: Any, office: Any, form: Callable[..., Any]
) -> None:
    asked = ask(relay)
    place = f"{ASK}/{asked.device_code}"
    assert asked.url.endswith(f"/me/devices/new?code={asked.user_code}")
    assert (asked.expires_in, relay.get(place).status_code) == (600, 202)

    page = office.client("ben").get(f"/me/devices/new?code={asked.user_code}").text
    answer = form("ben", "/me/devices/new", "/me/devices", code=asked.user_code, answer="confirm")
    first, second = relay.get(place), relay.get(place)

    for words in ("my desk", "pc-17.example.org", "ben@example.org", "Window titles"):
        assert words in page
    assert answer.location == "/me/devices"
    found = msgspec.json.decode(first.data, type=shapes.Enrolled)
    assert (found.origin, found.signers) == (office.system.organisation.origin, None)
    assert found.log_key == str(office.system.log.signer.verifier)
    assert second.status_code == 404


def test_the_page_shows_and_changes_the_computers_of_whoever_asks(
    relay: Any, office: Any, form: Callable[..., Any]
) -> None:
    enrol(relay, form)
    (device,) = office.system.devices.of(office.ids["ben"])

    form("ben", f"/me/devices/{device.id}/rename", "/me/devices", name="At the window")
    renamed = office.client("ben").get("/me/devices").text
    other = office.client("eva").get("/me/devices").text
    form("eva", f"/me/devices/{device.id}/revoke", "/me/devices")
    assert office.system.devices.of(office.ids["ben"])[0].revoked_on is None
    form("ben", f"/me/devices/{device.id}/revoke", "/me/devices")

    assert "At the window" in renamed
    assert "No computer yet" in other
    assert "taken off 19 Nov" in office.client("ben").get("/me/devices").text


def test_no_hour_is_on_the_page_or_in_the_json(relay: Any, office: Any, form: Callable[..., Any]) -> None:
    header = enrol(relay, form)
    assert relay.get("/api/v1/relay/policy", headers=header).status_code == 200

    page = office.client("ben").get("/me/devices").text
    (listed,) = office.client("ben").get("/api/v1/me/devices").json["devices"]

    assert "sent something today" in page
    assert not re.search(r"\b\d\d:\d\d\b", page[page.index("<main") : page.index("</main>")])
    assert listed["last_seen_on"] == "2026-11-19"
    msgspec.convert(listed, shapes.Device)


def test_the_same_through_json(relay: Any, office: Any, form: Callable[..., Any]) -> None:
    enrol(relay, form)
    client = office.client("ben")
    (device,) = client.get("/api/v1/me/devices").json["devices"]
    place = f"/api/v1/me/devices/{device['id']}"
    value = client.get("/welcome").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    headers = {"X-CSRFToken": value, "Sec-Fetch-Site": "same-origin"}

    renamed = client.patch(place, json={"name": "home"}, headers=headers)
    refused = client.patch(place, json={"name": "\n"}, headers=headers)
    listed = client.get("/api/v1/me/devices").json["devices"]
    gone = [client.delete(place, headers=headers).status_code for _ in range(2)]

    assert (renamed.status_code, refused.status_code, gone) == (204, 400, [204, 404])
    assert [each["name"] for each in listed] == ["home"]


def test_a_computer_that_was_taken_off_is_nobody(relay: Any, office: Any, form: Callable[..., Any]) -> None:
    header = enrol(relay, form)
    (device,) = office.system.devices.of(office.ids["ben"])

    form("ben", f"/me/devices/{device.id}/revoke", "/me/devices")

    assert relay.get("/api/v1/relay/policy", headers=header).status_code == 401


def test_a_refused_computer_gets_nothing(relay: Any, office: Any, form: Callable[..., Any]) -> None:
    asked = ask(relay)

    form("ben", "/me/devices/new", "/me/devices", code=asked.user_code, answer="refuse")

    assert relay.get(f"{ASK}/{asked.device_code}").status_code == 404
    assert office.system.devices.of(office.ids["ben"]) == []


def test_too_late_is_gone_and_says_so(relay: Any, office: Any, form: Callable[..., Any]) -> None:
    asked = ask(relay)
    office.clock.advance(minutes=11)

    late = form("ben", "/me/devices/new", "/me/devices", code=asked.user_code, answer="confirm")
    answer = relay.get(f"{ASK}/{asked.device_code}")

    assert (late.status_code, answer.status_code) == (404, 410)
    assert "not valid" in late.text
    assert "Nobody confirmed" in answer.json["detail"]


def test_guessing_is_slowed_down(relay: Any, office: Any) -> None:
    asked = ask(relay)
    statuses = [office.client("eva").get("/me/devices/new?code=BBBBBBBB").status_code for _ in range(21)]

    assert statuses == [404] * 20 + [429]
    assert office.client("eva").get(f"/me/devices/new?code={asked.user_code}").status_code == 429
    assert office.client("ben").get(f"/me/devices/new?code={asked.user_code}").status_code == 200


def test_nothing_is_taken_of_somebody_who_has_not_read_the_notice(
    relay: Any, office: Any, form: Callable[..., Any]
) -> None:
    office.add("una", acknowledged=False)
    asked = ask(relay)

    page = office.client("una").get(f"/me/devices/new?code={asked.user_code}")
    form("una", "/me/devices/new", "/welcome", code=asked.user_code, answer="confirm")

    assert page.location == "/welcome"
    assert relay.get(f"{ASK}/{asked.device_code}").status_code == 202
    assert office.system.devices.of(office.ids["una"]) == []


def test_a_device_of_somebody_who_has_not_read_the_notice_is_refused_with_a_sentence(office: Any, relay: Any) -> None:
    una = office.add("una", acknowledged=False)
    token = office.system.tokens.issue(una, "collector", {"ingest"})

    answer = relay.get("/api/v1/relay/policy", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 403
    assert answer.json["detail"] == "Read the notice on what is recorded first, at /welcome."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"name": "x"}',
        b'{"name": "", "host": "x"}',
        b'{"name": " ", "host": "x"}',
        b'{"name": "x", "host": "a\\u0000b"}',
        b'{"name": "x", "host": "y", "subject": "z"}',
        b'{"name": "' + b"x" * 70_000 + b'", "host": "y"}',
    ],
)
def test_a_request_that_cannot_be_read_is_refused_with_the_reason(relay: Any, body: bytes) -> None:
    answer = relay.post(ASK, data=body)

    assert answer.status_code in (400, 413)
    assert answer.json["detail"]


@pytest.mark.parametrize("code", ["x", "%00", "%F0%9F%99%82", "a" * 3000])
def test_a_code_that_nobody_has_is_not_found(relay: Any, office: Any, code: str) -> None:
    assert relay.get(f"{ASK}/{code}").status_code in (400, 404)
    assert office.client("ben").get(f"/me/devices/new?code={code}").status_code in (400, 404)


def test_a_relay_learns_the_policy_and_its_persons_clock(relay: Any, office: Any, form: Callable[..., Any]) -> None:
    header = enrol(relay, form)

    found = msgspec.json.decode(relay.get("/api/v1/relay/policy", headers=header).data, type=shapes.RelayPolicy)

    policy = office.system.policies.now()
    assert (found.policy, found.version, found.signed) == (policy.text, policy.version, False)
    assert (found.timezone, found.day_start, found.schedule, found.next) == ("Europe/Berlin", "00:00", "anytime", None)
    assert found.notice


def test_a_device_reads_nothing_else(relay: Any, form: Callable[..., Any]) -> None:
    header = enrol(relay, form)

    for path in ("/api/v1/me/days/2026-11-12", "/api/v1/me/devices", "/api/v1/me/access"):
        assert relay.get(path, headers=header).status_code == 403


def test_a_real_relay_enrols_itself_and_learns_its_policy(office: Any) -> None:
    """The relay's own code against the portal on a socket: it asks, waits, and takes the policy that it gets."""
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        portal = Portal(url)
        asked = enrolling.ask(portal, "my desk")
        pauses: list[float] = []

        def confirm(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 2:
                office.system.enrolments.confirm(office.ids["ben"], asked.user_code)

        enrolment = enrolling.wait(portal, asked, url, "my desk", "", sleep=confirm)
        reply = Portal(url, enrolment.token).get("/api/v1/relay/policy")
    finally:
        server.shutdown()
        server.server_close()

    offer = msgspec.json.decode(reply.body, type=Offer)
    assert (pauses, enrolment.origin, enrolment.signers) == ([5.0, 5.0], office.system.organisation.origin, {})
    assert (offer.policy, offer.timezone) == (office.system.policies.now().text, "Europe/Berlin")
    assert [each.name for each in office.system.devices.of(office.ids["ben"])] == ["my desk"]


def test_the_same_forged_by_another_site_confirms_nothing(relay: Any, office: Any) -> None:
    asked = ask(relay)

    forged = office.client("ben").post(
        "/me/devices/new",
        data={"code": asked.user_code, "answer": "confirm"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert forged.status_code == 403
    assert office.system.devices.of(office.ids["ben"]) == []
