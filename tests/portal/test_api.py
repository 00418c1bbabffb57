"""The JSON: its shapes, its digests, its refusals, and its description."""

import datetime as dt
import hashlib
import json
from typing import Any

import msgspec
import pytest
import rfc8785

from auth.permissions import Role
from auth.tokens import Scope
from portal import shapes
from portal.openapi import document
from privacy.bundle import check_bundle

DAY = "/api/v1/me/days/2026-11-12"


def held_to(shape: Any, answer: Any) -> Any:
    """Check an answer against the shape that the description promises, members that are not promised included."""
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.data, type=shape)


def fake_token(office: Any, who: str, *scopes: Scope) -> dict[str, str]:
    token = office.system.tokens.issue(office.ids[who], "script", scopes or (Scope.READ,))
    return {"Authorization": f"Bearer {token}"}


def test_a_day_has_every_field_and_the_digest_of_its_payload(office: Any) -> None:
    answer = office.client("ben").get(DAY)

    held_to(shapes.Answer[shapes.Day], answer)
    assert answer.json["payload"]["fields"]["active_time"] == {"active_seconds": 21_680.25}
    assert answer.json["payload"]["timezone"] == "Europe/Berlin"
    assert "timeline" not in answer.json["payload"]["fields"]["rhythm"]
    canonical = rfc8785.dumps(answer.json["payload"])
    assert answer.json["digest"] == "sha256:" + hashlib.sha256(canonical).hexdigest()
    assert canonical in answer.data


def test_a_day_without_data_is_missing_and_never_zero(office: Any) -> None:
    payload = office.client("ben").get("/api/v1/me/days/2026-11-15").json["payload"]

    assert payload["fields"] == {}
    assert set(payload["marks"].values()) == {"missing"}


def test_a_range_is_half_open_and_can_name_fields(office: Any) -> None:
    answer = office.client("ben").get("/api/v1/me/days?from=2026-11-09&to=2026-11-12&fields=active_time,focus")

    held_to(shapes.Answer[shapes.Days], answer)
    days = answer.json["payload"]["days"]
    assert [day["date"] for day in days] == ["2026-11-09", "2026-11-10", "2026-11-11"]
    assert {name for day in days for name in day["fields"]} == {"active_time", "focus"}


def test_own_reads_of_a_day_share_one_entry_a_session(office: Any) -> None:
    first = office.client("ben").get(DAY).json["entry"]
    again = office.client("ben").get("/api/v1/me/days/2026-11-11").json["entry"]
    other = office.client("ben").get(DAY, headers=fake_token(office, "ben")).json["entry"]

    assert first == again != other


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/me/days/yesterday",
        "/api/v1/me/days/2026-02-30",
        "/api/v1/me/days/２０２６-11-12",
        "/api/v1/me/days",
        "/api/v1/me/days?from=2026-11-12&to=2026-11-12",
        "/api/v1/me/days?from=2026-11-12&to=2026-11-11",
        "/api/v1/me/days?from=2020-01-01&to=2026-01-01",
        "/api/v1/me/days/2026-11-12?fields=salary",
        "/api/v1/me/as-seen-by-manager?week=2026-46",
        "/api/v1/me/as-seen-by-manager?week=2026-W54",
        "/api/v1/me/as-seen-by-manager?week=9999-W52",
        "/api/v1/me/days/9999-12-31",
        "/api/v1/me/days/0001-01-01",
        "/api/v1/me/access/proofs?entries=one",
        "/api/v1/me/access/proofs?old=99999999",
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(office: Any, path: str) -> None:
    answer = office.client("ben").get(path)

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert msgspec.json.decode(answer.data, type=shapes.Problem).detail


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/api/v1/me/access", shapes.LogEntries),
        ("/api/v1/me/access/proofs", shapes.Bundle),
        ("/api/v1/me/recorded", shapes.Recorded),
        ("/api/v1/me/notices", shapes.Notices),
        ("/api/v1/me/tokens", shapes.Tokens),
        ("/api/v1/me/as-seen-by-manager?week=2026-W46", shapes.Answer[shapes.Week]),
    ],
)
def test_what_is_ones_own_has_the_promised_shape(office: Any, path: str, shape: Any) -> None:
    office.system.tokens.issue(office.ids["ben"], "script", {Scope.READ, Scope.INGEST})

    held_to(shape, office.client("ben").get(path))


@pytest.mark.parametrize(
    ("who", "path", "shape"),
    [
        ("ana", "/api/v1/team", shapes.Roster),
        ("cleo", "/api/v1/log", shapes.LogPage),
        ("cleo", "/api/v1/log/entries/5", shapes.EntryDetail),
        ("cleo", "/api/v1/log/verification", shapes.Verification),
    ],
)
def test_what_concerns_others_has_the_promised_shape(office: Any, who: str, path: str, shape: Any) -> None:
    held_to(shape, office.client(who).get(path))


def test_my_proofs_verify_and_are_about_me_alone(office: Any) -> None:
    bundle = office.client("ben").get("/api/v1/me/access/proofs").json
    strangers = office.entries("eva")[0].index

    checked = check_bundle(bundle, office.system.log.signer.verifier)
    foreign = office.client("ben").get(f"/api/v1/me/access/proofs?entries={strangers}")

    assert checked.size == office.system.log.size
    assert foreign.status_code == 404


def test_my_proofs_show_that_the_log_only_grew(office: Any) -> None:
    kept = office.client("ben").get("/api/v1/log/checkpoint").text
    office.client("ben").get(DAY)

    bundle = office.client("ben").get(f"/api/v1/me/access/proofs?old={kept.splitlines()[1]}").json

    assert bundle["old"].splitlines()[:3] == kept.splitlines()[:3]
    assert check_bundle(bundle, office.system.log.signer.verifier).size > int(kept.splitlines()[1])


def test_a_read_token_reads_and_does_nothing_else(office: Any) -> None:
    client, header = office.app.test_client(), fake_token(office, "ben")

    assert client.get(DAY, headers=header).status_code == 200
    assert client.post("/api/v1/me/tokens", headers=header, json={"name": "x", "scopes": ["read"]}).status_code == 403
    assert client.get("/", headers=header).location.startswith("/sign-in")


def test_an_ingest_token_reads_nothing(office: Any) -> None:
    header = fake_token(office, "ben", Scope.INGEST)

    assert office.app.test_client().get(DAY, headers=header).status_code == 403


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer sv_" + "A" * 43])
def test_an_unknown_token_is_nobody(office: Any, header: str) -> None:
    answer = office.app.test_client().get(DAY, headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


def test_a_revoked_token_is_nobody_from_then_on(office: Any) -> None:
    header, client = fake_token(office, "ben"), office.app.test_client()
    (token,) = office.system.tokens.of(office.ids["ben"])

    office.system.tokens.revoke(office.ids["ben"], token.id)

    assert client.get(DAY, headers=header).status_code == 401


def test_a_cookie_does_not_help_a_bad_token(office: Any) -> None:
    assert office.client("ben").get(DAY, headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_a_token_is_shown_once_and_can_be_revoked(office: Any) -> None:
    client = office.client("ben")
    value = client.get("/welcome").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    headers = {"X-CSRFToken": value, "Sec-Fetch-Site": "same-origin"}

    made = client.post("/api/v1/me/tokens", headers=headers, json={"name": "sheet", "scopes": ["read"]})
    (listed,) = client.get("/api/v1/me/tokens").json["tokens"]
    gone = client.delete(f"/api/v1/me/tokens/{listed['id']}", headers=headers)

    assert made.status_code == 201
    assert made.json["token"] not in json.dumps(listed)
    assert gone.status_code == 204
    assert client.delete(f"/api/v1/me/tokens/{listed['id']}", headers=headers).status_code == 404


@pytest.mark.parametrize("body", ["", "[]", '{"name": "", "scopes": ["read"]}', '{"name": "x", "scopes": ["admin"]}'])
def test_a_token_that_cannot_be_made_is_refused(office: Any, body: str) -> None:
    client = office.client("ben")
    value = client.get("/welcome").text.partition('name="csrf_token" value="')[2].partition('"')[0]

    answer = client.post("/api/v1/me/tokens", headers={"X-CSRFToken": value}, data=body)

    assert answer.status_code == 400


def test_every_address_of_the_json_is_described(office: Any) -> None:
    with office.app.app_context():
        described = document(office.app)["paths"]

    rules = [rule for rule in office.app.url_map.iter_rules() if rule.rule.startswith("/api/v1")]
    methods = {(rule.rule, method) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"}}
    plain = {
        (path.replace("{", "<").replace("}", ">"), method.upper()) for path in described for method in described[path]
    }
    assert {(rule.replace("<int:", "<"), method) for rule, method in methods} - plain == {
        ("/api/v1/openapi.json", "GET")
    }


def test_the_description_resolves_and_is_for_whoever_is_signed_in(office: Any) -> None:
    answer = office.client("dan").get("/api/v1/openapi.json")
    schemas = answer.json["components"]["schemas"]

    names = {text.partition('"')[0] for text in answer.text.split('"#/components/schemas/')[1:]}
    assert answer.json["openapi"] == "3.1.0"
    assert names <= set(schemas)
    assert office.client(None).get("/api/v1/openapi.json").status_code == 401


def test_nothing_is_shown_when_the_log_cannot_be_written(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr(office.system.log, "append", full)
    answer = office.client("ben").get(DAY)

    assert answer.status_code == 503
    assert "21680" not in answer.text


def test_somebody_without_recorded_days_has_a_log_but_no_days(office: Any) -> None:
    office.add("fay", Role.REVIEWER)

    assert office.client("fay").get("/api/v1/me/access").status_code == 200
    assert office.client("fay").get(DAY).status_code == 404


def test_days_are_local_days_of_the_person(office: Any) -> None:
    office.clock.now = dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC)

    assert office.client("ben").get("/api/v1/me/days/2026-11-20").status_code == 200
