"""Hostile input at `/api/0` and `/api/v1/events`: a 4xx with a message, never a 5xx, nobody else touched."""

import datetime as dt
import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import uploads
from auth.tokens import Scope
from tests.portal.conftest import NOVEMBER, Office, opened
from tests.portal.ingest.test_collectors import AT, Desk, an_event, an_upload

MANY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@pytest.fixture(scope="module")
def ben(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all of the module: what it did before is in its way, too."""
    with opened(furnished, tmp_path_factory.mktemp("hostile") / "home", lambda: NOVEMBER) as office:
        desk = Desk(office, "ben", Scope.INGEST, Scope.READ)
        desk.bucket("w")
        yield desk


def refused_well(answer: Any, path: str) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and path.startswith("/api/0"):
        assert answer.get_json()["message"] is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TIMESTAMPS = st.sampled_from([AT, "2026-11-16 09:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "0001-01-01", ""])
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "timestamp": TIMESTAMPS | JSON,
        "duration": st.sampled_from([0, 1.5, -1, 1e308, -1e308, 10**30, True, "1"]) | JSON,
        "data": JSON,
        "id": JSON,
    },
)
BODIES = st.one_of(
    st.binary(max_size=60),
    JSON.map(lambda value: json.dumps(value).encode()),
    EVENTS.map(lambda value: json.dumps(value).encode()),
    st.lists(EVENTS, max_size=4).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b'{"timestamp": NaN}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "duration": NaN, "data": {}}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "duration": Infinity, "data": {}}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "data": {"t": "\\ud800"}}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "data": {"t": "\\u0000"}}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "data": {"t": 1e400}}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "data": {"n": 123456789012345678901234567890}}',
            b'{"timestamp": "2026-11-16T08:00:00Z", "data": {"app": "a", "app": "b"}}',
            b"[" * 50_000,
            b'{"a":' * 50_000,
            b"\xff\xfe[\x00]",
        ]
    ),
)
NAMES = st.one_of(
    st.sampled_from(["w", "..", "%2e%2e%2fw", "w%00", "%F0%9F%90%8C", "w;x", "..%5c", "A" * 300, "%ff", "events"]),
    st.text("abw%/.?#\\ é\u202e", min_size=1, max_size=8),
)
PATHS = st.builds(
    lambda rule, name, query: rule.replace("{}", name) + query,
    st.sampled_from(
        [
            "/api/0/buckets/{}",
            "/api/0/buckets/{}/events",
            "/api/0/buckets/{}/events/count",
            "/api/0/buckets/{}/events/{}",
            "/api/0/buckets/{}/heartbeat",
            "/api/0/buckets/{}/export",
            "/api/0/settings/{}",
            "/api/0/import",
            "/api/0/query/",
            "/api/0/{}",
            "/api/v1/events",
        ]
    ),
    NAMES,
    st.sampled_from(
        ["", "?pulsetime=1", "?pulsetime=nan", "?pulsetime=inf", "?pulsetime=-1e300", "?limit=-5", "?limit=x",
         "?limit=99999999999999999999", "?start=x", "?start=2026-11-16T08:00:00 01:00&end=0001-01-01", "?force=1",
         "?start=9999-12-31T23:59:59Z", "?end=0001-01-01T00:00:00Z", "?%00=1"]
    ),
)  # fmt: skip


@MANY
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    PATHS,
    BODIES,
    st.sampled_from([{}, {"Content_Encoding": "gzip"}, {"Content_Encoding": "zstd"}, {"Content_Type": "text/plain"}]),
)
def test_no_request_of_any_kind_is_a_fault_of_ours(
    ben: Desk, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    refused_well(ben.call(method, path, body, **headers), path)


@MANY
@given(BODIES)
def test_no_body_of_a_heartbeat_or_a_batch_is_a_fault_of_ours(ben: Desk, body: bytes) -> None:
    for path in ("/api/0/buckets/w/heartbeat?pulsetime=5", "/api/0/buckets/w/events"):
        refused_well(ben.call("POST", path, body), path)
    assert ben.call("GET", "/api/0/buckets/w/events?limit=5").status_code == 200


FULL = json.loads(uploads.encode(an_upload()))


@MANY
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [(key,) for key in FULL]
                + [("events", 0, key) for key in FULL["events"][0]]
                + [("dropped", 0, key) for key in FULL["dropped"][0]]
                + [("buckets", 0, key) for key in FULL["buckets"][0]]
                + [("not_captured", 0, key) for key in FULL["not_captured"][0]]
            ),
            JSON | st.sampled_from([2**62, -(2**62), 2**64, "9999-12-31", "x" * 70_000]),
        ),
        max_size=3,
    )
)
def test_no_upload_that_was_tampered_with_is_a_fault_of_ours(ben: Desk, changes: list[tuple[Any, Any]]) -> None:
    sent = json.loads(json.dumps(FULL))
    for place, value in changes:
        inner = sent
        for step in place[:-1]:
            if not isinstance(inner, dict | list) or not inner:
                break
            inner = inner[step] if isinstance(inner, list) or step in inner else sent
        if isinstance(inner, dict):
            inner[place[-1]] = value

    answer = ben.call("POST", "/api/v1/events", json.dumps(sent).encode())

    refused_well(answer, "/api/v1/events")
    assert ben.call("GET", "/api/v1/me/days/2026-11-16").status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/events", "/api/0/buckets/w/events", "/api/0/buckets/w/heartbeat?pulsetime=1"]
)
@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_takes_no_more_memory_than_a_body_may_have(ben: Desk, path: str, encoding: str) -> None:
    bomb = gzip.compress(bytes(256 << 20)) if encoding == "gzip" else uploads.pack(bytes(256 << 20), uploads.ZSTD)
    tracemalloc.start()
    try:
        answer = ben.call("POST", path, bomb, Content_Encoding=encoding)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert answer.status_code == 413
    assert peak < 64 << 20


def test_a_packed_export_is_no_larger_unpacked_than_another_may_be(ben: Desk) -> None:
    small, bomb = (gzip.compress(b'{"buckets": {' + b" " * size + b"}}") for size in (10, 65 << 20))

    assert ben.call("POST", "/api/0/import", small).status_code == 200
    assert ben.call("POST", "/api/0/import", bomb).status_code == 413
    assert ben.call("POST", "/api/0/import", small[:-9]).status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/0/buckets/w/events", "/api/0/settings/k", "/api/0/query/"])
def test_a_body_of_ten_megabytes_is_refused(ben: Desk, path: str) -> None:
    body = b'{"a":"' + b"x" * (10 << 20) + b'"}'

    assert ben.call("POST", path, body).status_code == 413


def test_what_is_of_too_many_days_is_refused_with_a_sentence(ben: Desk) -> None:
    first = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
    days = [first + dt.timedelta(days=n) for n in range(uploads.MOST_DAYS + 1)]
    start = [int(each.timestamp()) * 1_000_000 for each in days]
    of_a_relay = an_upload(events=[uploads.Event(0, each, 0, {"app": "a"}) for each in start], dropped=[])
    listed = [{"timestamp": each.isoformat(), "duration": 0, "data": {"app": "a"}} for each in days]

    for path, body in (("/api/v1/events", uploads.encode(of_a_relay)), ("/api/0/buckets/w/events", listed)):
        refused = ben.call("POST", path, body)
        assert (refused.status_code, "1,101 different days" in refused.text) == (422, True)
    assert ben.call("POST", "/api/0/buckets/w/events", listed[1:]).status_code == 200


def test_nobody_makes_more_buckets_than_anybody_has(office: Office) -> None:
    desk = Desk(office, "ben", Scope.INGEST, Scope.READ)
    names = [uploads.BucketInfo(f"b{n}", "currentwindow", "pc") for n in range(600)]
    for n in range(0, 600, 150):
        own = names[n : n + 150]
        answer = desk.call("POST", "/api/v1/events", uploads.encode(an_upload(buckets=own, events=[], dropped=[])))
        assert answer.status_code == (200 if n < 450 else 409)

    refused = desk.call("POST", "/api/0/buckets/more", {"client": "c", "type": "t", "hostname": "h"})
    assert (refused.status_code, "500 buckets" in refused.get_json()["message"]) == (400, True)
    assert len(desk.call("GET", "/api/0/buckets/").get_json()) == 500


def test_settings_have_a_limit(office: Office) -> None:
    desk = Desk(office, "ben", Scope.INGEST, Scope.READ)

    assert desk.call("POST", "/api/0/settings/a", ["x" * 60_000]).status_code == 200
    assert desk.call("POST", "/api/0/settings/b", ["x" * 60_000]).status_code == 413
    assert list(desk.call("GET", "/api/0/settings").get_json()) == ["a"]


@pytest.mark.parametrize(
    "query",
    [
        "RETURN = categorize(query_bucket('w'), [[['x'], {'type': 'regex', 'regex': '(a+)+$'}]]);",
        "RETURN = __import__('os');",
        "RETURN = " + "(" * 5_000 + ";",
        "RETURN = query_bucket('/etc/passwd');",
        "",
    ],
)
def test_no_query_is_a_fault_of_ours(ben: Desk, query: str) -> None:
    ben.call("POST", "/api/0/buckets/w/events", [an_event(app="a" * 40 + "!")])

    answer = ben.call("POST", "/api/0/query/", {"query": [query], "timeperiods": [f"{AT}/2026-11-17T00:00:00+00:00"]})

    refused_well(answer, "/api/0")
    assert answer.status_code in (200, 400)


def test_a_query_whose_answer_grows_for_ever_is_refused_before_it_fills_the_memory(ben: Desk) -> None:
    ten_times = "x = [x, x, x, x, x, x, x, x, x, x];"
    lines = [f"x = '{'A' * 50_000}';", *[ten_times] * 7, "RETURN = x;"]
    tracemalloc.start()
    try:
        answer = ben.call("POST", "/api/0/query/", {"query": lines, "timeperiods": [f"{AT}/2026-11-17T00:00:00+00:00"]})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert answer.status_code == 400
    assert peak < 256 << 20


@pytest.mark.parametrize("value", [1 << 64, {"a": [-(1 << 70)]}])
def test_a_setting_that_no_store_takes_is_refused_with_a_reason(ben: Desk, value: Any) -> None:
    answer = ben.call("POST", "/api/0/settings/k", value)

    assert (answer.status_code, "64 bits" in answer.get_json()["message"]) == (400, True)


def test_gaps_of_all_the_years_that_there_were_are_not_summed_up_anew(ben: Desk) -> None:
    year = 365 * 86_400_000_000
    gaps = [uploads.Gap(n * year, (n + 1) * year, "queue full") for n in range(57)]

    answer = ben.call("POST", "/api/v1/events", uploads.encode(an_upload(events=[], dropped=[], not_captured=gaps)))

    assert answer.status_code == 200
    assert ben.call("GET", "/api/v1/me/days/2016-11-16").get_json()["payload"]["fields"] == {}


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31", "2026-02-30"])
def test_a_drop_of_a_day_that_nobody_worked_on_is_refused_and_spoils_no_page(ben: Desk, day: str) -> None:
    drop = uploads.Dropped(0, day, "incognito", 1)

    answer = ben.call("POST", "/api/v1/events", uploads.encode(an_upload(events=[], dropped=[drop], not_captured=[])))

    assert (answer.status_code, sum(answer.get_json()["refused"].values())) == (200, 1)
    assert ben.call("GET", "/api/v1/me/days/2026-11-16").status_code == 200
