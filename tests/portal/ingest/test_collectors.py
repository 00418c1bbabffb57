"""Collectors at the portal's door: whose token may do what, what is acknowledged, and how refusals are told."""

import gzip
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from analytics import uploads
from analytics.hot import Bucket
from analytics.uploads import BucketInfo, Dropped, Event, Gap, Upload
from auth.tokens import Scope
from portal.ingest.known_tokens import KnownTokens
from privacy.access_log import AccessLog
from privacy.log_entries import LogUnavailable
from tests.portal.conftest import Office

US = 1_000_000
NINE = 1_794_819_600 * US
"""2026-11-16T09:00Z, an hour after `AT`."""
AT = "2026-11-16T08:00:00+00:00"


class Desk:
    """A client with one token."""

    def __init__(self, office: Office, who: str, *scopes: Scope) -> None:
        self.office = office
        self.token = office.system.tokens.issue(office.ids[who], f"{who}'s", scopes)
        self.client: FlaskClient = office.app.test_client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            path, method=method, data=data, headers={"Authorization": f"Bearer {self.token}", **named}
        )

    def bucket(self, name: str, kind: str = "currentwindow") -> None:
        body = {"client": "test", "type": kind, "hostname": "pc"}
        assert self.call("POST", f"/api/0/buckets/{name}", body).status_code in (200, 304)


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office, "ben", Scope.INGEST)


def reading(office: Office, who: str = "ben") -> Desk:
    return Desk(office, who, Scope.READ)


def an_event(**data: Any) -> dict[str, Any]:
    return {"timestamp": AT, "duration": 60.0, "data": data or {"app": "EXCEL.EXE", "title": "Invoice"}}


def an_upload(**changes: Any) -> Upload:
    said = {
        "batch": "0" * 32,
        "policy": 1,
        "buckets": [BucketInfo("w", "currentwindow", "pc"), BucketInfo("web", "web.tab.current", "pc")],
        "events": [Event(0, NINE, 60 * US, {"app": "EXCEL.EXE"}, "Work", ["title-to-category"])],
        "dropped": [Dropped(1, "2026-11-16", "incognito", 77)],
        "not_captured": [Gap(NINE + 3600 * US, NINE + 3900 * US, "queue full")],
    }
    return Upload(**(said | changes))


def day(office: Office) -> dict[str, Any]:
    found = reading(office).call("GET", "/api/v1/me/days/2026-11-16").get_json()
    return dict(found["payload"]["fields"])


def test_heartbeats_are_in_the_figures_at_once(office: Office, desk: Desk) -> None:
    desk.bucket("w")
    for second in range(3):
        sent = an_event() | {"timestamp": f"2026-11-16T08:00:0{second}+00:00", "duration": 0}
        assert desk.call("POST", "/api/0/buckets/w/heartbeat?pulsetime=2", sent).status_code == 200

    found = day(office)

    assert found["active_time"] == {"active_seconds": 2.0}
    assert found["capture_ledger"]["coarsened"] == {"title-to-category": 1}


def test_an_upload_counts_once_however_often_it_comes(office: Office, desk: Desk) -> None:
    bodies = [uploads.pack(uploads.encode(an_upload(batch=f"{n:032x}")), uploads.ZSTD) for n in (1, 1, 2)]

    answers = [desk.call("POST", "/api/v1/events", each, Content_Encoding="zstd") for each in bodies]

    assert [each.get_json()["taken"] for each in answers] == [2, 2, 2]
    found = day(office)
    assert found["active_time"] == {"active_seconds": 60.0}
    assert found["capture_ledger"] == {
        "received": 2,
        "kept": 1,
        "coarsened": {"title-to-category": 1},
        "dropped": {"incognito": 1},
        "not_captured": {"queue full": 300.0},
    }


def test_the_policy_is_applied_again_to_what_a_desk_lets_through(office: Office, desk: Desk) -> None:
    leaky = [
        Event(0, NINE, US, {"app": "EXCEL.EXE", "title": "canary"}, "Work > ERP"),
        Event(1, NINE, US, {"url": "https://canary.test", "incognito": True}, ""),
    ]

    assert desk.call("POST", "/api/v1/events", uploads.encode(an_upload(events=leaky, dropped=[]))).status_code == 200

    found = day(office)["capture_ledger"]
    assert (found["coarsened"], found["dropped"]) == ({"title-to-category": 1}, {"incognito": 1})
    assert "canary" not in reading(office).call("GET", "/api/0/export").text


def test_events_of_a_clock_that_is_a_year_ahead_are_refused_and_counted(office: Office, desk: Desk) -> None:
    ahead = [Event(0, NINE + 366 * 86_400 * US, US, {"app": "a"}), Event(0, NINE, US, {"app": "b"})]

    answer = desk.call("POST", "/api/v1/events", uploads.encode(an_upload(events=ahead, dropped=[])))

    assert answer.get_json()["refused"] == {"later than tomorrow: the clock was wrong": 1}
    assert answer.get_json()["taken"] == 1
    desk.bucket("w")
    late = an_event() | {"timestamp": "2027-11-16T08:00:00Z"}
    for path in ("/api/0/buckets/w/events", "/api/0/buckets/w/heartbeat?pulsetime=1"):
        refused = desk.call("POST", path, late)
        assert (refused.status_code, "clock was wrong" in refused.get_json()["message"]) == (400, True)


def test_a_desk_under_an_older_policy_is_told_to_fetch_it(desk: Desk) -> None:
    answer = desk.call("POST", "/api/v1/events", uploads.encode(an_upload(policy=0)))

    assert (answer.status_code, answer.get_json()["type"]) == (409, "urn:sameview:problem:policy-too-old")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 422),
        (b"", {}, 422),
        (b"not packed", {"Content_Encoding": "gzip"}, 400),
        (b"{}", {"Content_Encoding": "br"}, 415),
        (gzip.compress(bytes(9 << 20)), {"Content_Encoding": "gzip"}, 413),
        (bytes(9 << 20), {}, 413),
        (uploads.encode(an_upload()).replace(b'"pad"', b'"canary"'), {}, 422),
    ],
)
def test_what_is_no_upload_is_refused_and_not_quoted(
    desk: Desk, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = desk.call("POST", "/api/v1/events", body, **headers)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/api/v1/events", Scope.READ),
        ("POST", "/api/0/buckets/w/heartbeat?pulsetime=1", Scope.READ),
        ("POST", "/api/0/buckets/w/events", Scope.READ),
        ("POST", "/api/0/buckets/w", Scope.READ),
        ("POST", "/api/0/settings/classes", Scope.READ),
        ("GET", "/api/0/buckets/", Scope.INGEST),
        ("GET", "/api/0/buckets/w/events", Scope.INGEST),
        ("GET", "/api/0/export", Scope.INGEST),
        ("GET", "/api/0/settings", Scope.INGEST),
        ("POST", "/api/0/query/", Scope.INGEST),
    ],
)
def test_a_token_does_what_its_scope_says_and_no_more(office: Office, method: str, path: str, scope: Scope) -> None:
    Desk(office, "ben", Scope.INGEST).bucket("w")

    answer = Desk(office, "ben", scope).call(method, path, an_event())

    assert answer.status_code == 403


def test_nobody_without_a_token_gets_in(office: Office) -> None:
    client = office.app.test_client()

    for path in ("/api/v1/events", "/api/0/buckets/w/heartbeat?pulsetime=1"):
        for headers in ({}, {"Authorization": "Bearer sv_" + "a" * 43}):
            assert client.post(path, json=an_event(), headers=headers).status_code == 401
    assert client.get("/api/0/info").status_code == 200


def test_nothing_is_taken_of_somebody_who_has_not_read_the_notice(office: Office) -> None:
    office.add("fay", acknowledged=False)
    desk = Desk(office, "fay", Scope.INGEST)
    office.system.receiver.create_bucket(office.ids["fay"], Bucket("w", "currentwindow", "pc", "test", 0))
    before = office.system.intake.hot.places(office.system.stores.data, office.ids["fay"])

    for path in ("/api/v1/events", "/api/0/buckets/w", "/api/0/buckets/w/heartbeat?pulsetime=1"):
        answer = desk.call("POST", path, an_event())
        assert (answer.status_code, answer.get_json()["title"]) == (403, "Notice not read")
    assert office.system.intake.hot.places(office.system.stores.data, office.ids["fay"]) == before


def test_another_person_s_buckets_do_not_exist(office: Office, desk: Desk) -> None:
    desk.bucket("w")
    desk.call("POST", "/api/0/buckets/w/events", [an_event()])
    eva, eva_reads = Desk(office, "eva", Scope.INGEST), reading(office, "eva")

    for path in ("/api/0/buckets/w/events", "/api/0/buckets/w/heartbeat?pulsetime=1"):
        assert eva.call("POST", path, an_event()).status_code == 404
    for path in ("/api/0/buckets/w", "/api/0/buckets/w/events", "/api/0/buckets/w/export"):
        assert eva_reads.call("GET", path).status_code == 404
    assert eva_reads.call("GET", "/api/0/buckets/").get_json() == {}
    eva.bucket("w")
    assert eva_reads.call("GET", "/api/0/buckets/w/events").get_json() == []
    assert reading(office).call("GET", "/api/0/buckets/w/events/count").get_json() == 1


def test_a_revoked_token_is_refused_a_moment_later(office: Office, desk: Desk) -> None:
    desk.bucket("w")
    (token,) = office.system.tokens.of(office.ids["ben"])

    office.system.tokens.revoke(office.ids["ben"], token.id)
    office.system.known_tokens.forget()

    assert desk.call("POST", "/api/0/buckets/w/heartbeat?pulsetime=1", an_event()).status_code == 401


def test_a_token_is_remembered_for_two_seconds_and_only_by_its_hash() -> None:
    now, asked = [0.0], []
    known = KnownTokens(lambda token: asked.append(token), monotonic=lambda: now[0])  # type: ignore[arg-type, func-returns-value]

    assert known.find("sv_secret") is None
    assert known.find("sv_secret") is None

    assert asked == ["sv_secret", "sv_secret"]  # a stranger is not remembered
    assert "sv_secret" not in repr(known._known)


def test_reading_is_logged_as_own_reading(office: Office, desk: Desk) -> None:
    desk.bucket("w")
    desk.call("POST", "/api/0/buckets/w/events", [an_event()])
    before = office.system.log.size

    events = reading(office).call("GET", "/api/0/buckets/w/events").get_json()

    assert [each["data"] for each in events] == [{"app": "EXCEL.EXE"}]
    assert office.system.log.size > before
    newest = office.entries("ben")[-1]
    assert (newest.relation, newest.purpose) == ("self", "own_review")


def test_receiving_goes_on_when_the_log_cannot_be_written_and_reading_stops(
    office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bucket("w")

    def full(*_: Any, **__: Any) -> Any:
        raise LogUnavailable("database or disk is full")

    reader = reading(office)
    with monkeypatch.context() as broken:
        broken.setattr(AccessLog, "append", full)
        assert desk.call("POST", "/api/0/buckets/w/heartbeat?pulsetime=1", an_event()).status_code == 200
        assert (
            desk.call("POST", "/api/v1/events", uploads.encode(an_upload(buckets=an_upload().buckets))).status_code
            == 200
        )
        stopped = reader.call("GET", "/api/0/buckets/w/events")

    assert stopped.status_code == 503
    assert "log cannot be written" in stopped.get_json()["message"]
    assert reader.call("GET", "/api/0/buckets/w/events/count").get_json() == 2


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8000", "127.0.0.1.evil.test", "[::2]:80"])
def test_a_name_that_is_not_this_server_s_is_refused(desk: Desk, host: str) -> None:
    for path in ("/api/0/info", "/api/0/buckets/w/heartbeat?pulsetime=1"):
        answer = desk.call("GET" if path.endswith("info") else "POST", path, None, Host=host)
        assert (answer.status_code, answer.get_json()["message"]) == (400, "host header is invalid")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "LOCALHOST:5600", "[::1]:8000"])
def test_this_computer_s_names_are_taken(desk: Desk, host: str) -> None:
    assert desk.call("GET", "/api/0/info", None, Host=host).status_code == 200


def test_browser_extensions_may_call_and_other_sites_may_not(desk: Desk) -> None:
    extension = "moz-extension://12345678-1234-1234-1234-123456789abc"

    asked = desk.client.options("/api/0/buckets/w/heartbeat", headers={"Origin": extension})
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == extension
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    for origin in ("https://evil.test", "null", "moz-extension://x/../../evil", "http://127.0.0.1:27180"):
        answer = desk.call("GET", "/api/0/info", None, Origin=origin)
        assert "Access-Control-Allow-Origin" not in answer.headers, origin


def test_the_short_way_of_a_heartbeat_answers_as_the_framework_does(office: Office, desk: Desk) -> None:
    for name in ("short", "long"):
        desk.bucket(name)
    sent = [an_event(app=app, n=n) for n, app in enumerate("aab")]

    answers = {
        name: [desk.call("POST", f"/api/0/buckets/{name}/heartbeat?pulsetime=5", each, **headers) for each in sent]
        for name, headers in {"short": {}, "long": {"Content_Encoding": "identity"}}.items()
    }

    for short, long in zip(*answers.values(), strict=True):
        assert short.status_code == long.status_code == 200
        named, other = short.get_json(), long.get_json()
        assert named.pop("id") != other.pop("id")
        assert named == other
        assert {name for name, _ in long.headers} - {"Set-Cookie"} <= {name for name, _ in short.headers}
    for path in ("/api/0/buckets/short/heartbeat", "/api/0/buckets/none/heartbeat?pulsetime=1"):
        assert desk.call("POST", path, sent[0]).get_json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        an_event(app="a"),
        [an_event(app="a"), an_event(app="b", n=1)],
        {"timestamp": "1969-12-31T00:00:00Z", "data": {"app": "a"}},
        [{"timestamp": "no moment", "data": {}}],
        [{"timestamp": "2026-11-19T09:00:00Z", "data": 5}],
        "no event",
    ],
)
def test_the_short_way_of_events_answers_as_the_framework_does(office: Office, desk: Desk, body: Any) -> None:
    desk.bucket("w")

    short, long, nowhere = (
        desk.call("POST", f"/api/0/buckets/{name}/events", body, **headers)
        for name, headers in (("w", {}), ("w", {"Content_Encoding": "identity"}), ("none", {}))
    )

    assert (short.status_code, short.get_json()) == (long.status_code, long.get_json())
    assert {name for name, _ in long.headers} - {"Set-Cookie"} <= {name for name, _ in short.headers}
    assert nowhere.status_code in (400, 404)


def test_deleting_is_for_testing_mode_alone(desk: Desk) -> None:
    desk.bucket("w")

    assert desk.call("DELETE", "/api/0/buckets/w").status_code == 401
    assert desk.call("DELETE", "/api/0/buckets/w?force=1").status_code == 403
    assert desk.call("DELETE", "/api/0/buckets/w/events/5").status_code == 403
