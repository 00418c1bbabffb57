"""The description of the JSON names every status that its views give.

Besides, `hold_to_description` holds every test of this folder to it, those with requests that are made up included.
"""

import ast
import importlib
import inspect
from typing import Any

import pytest

from analytics import uploads
from auth import enrolments
from auth.enrolments import LIVES
from auth.throttle import Limit
from auth.tokens import Scope
from portal.openapi import EVERYWHERE, WITH_BODY, document


def literal_statuses(node: ast.AST) -> set[int]:
    """Every status that a view's own lines name: of a problem, of an abort, of an answer."""
    found: set[int] = set()
    for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        given = [*call.args[:1]] if name in ("Problem", "abort") else [*call.args[1:2]] if name == "plain" else []
        given += [each.value for each in call.keywords if each.arg == "status"] if name == "Response" else []
        found |= {each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, int)}
    for pair in (each for each in ast.walk(node) if isinstance(each, ast.Tuple) and len(each.elts) == 2):
        first = pair.elts[0]  # (410, "Gone")
        if isinstance(first, ast.Constant) and type(first.value) is int and 200 <= first.value < 600:
            found.add(first.value)
    return found


def test_a_view_declares_every_status_that_its_own_lines_give(lasting_office: Any) -> None:
    named = 0
    for view in lasting_office.app.view_functions.values():
        operation = getattr(view, "operation", None)
        if operation is None:
            continue
        own = literal_statuses(ast.parse(inspect.getsource(inspect.unwrap(view)).strip()))
        named += len(own)
        assert own <= {operation.status, *operation.refusals}, view.__name__
    assert named > 15


def test_the_same_holds_of_what_the_checks_before_every_view_give() -> None:
    for name in ("portal.access", "portal.parse"):
        module = importlib.import_module(name)
        assert literal_statuses(ast.parse(inspect.getsource(module))) <= EVERYWHERE.keys(), name


def test_no_status_is_described_that_is_none(lasting_office: Any) -> None:
    with lasting_office.app.app_context():
        paths = document(lasting_office.app)["paths"]
    for operations in paths.values():
        for operation in operations.values():
            codes = set(map(int, operation["responses"]))
            assert set(EVERYWHERE) <= codes
            assert ("requestBody" in operation) <= (set(WITH_BODY) <= codes)
            assert all(each["description"] for each in operation["responses"].values())


def an_upload(office: Any, **changed: Any) -> bytes:
    version = changed.pop("policy", office.system.policies.now().version)
    return uploads.encode(uploads.Upload("0" * 32, version, **changed))


def buckets(first: int, count: int) -> list[uploads.BucketInfo]:
    return [uploads.BucketInfo(f"bucket {n}", "test", "pc") for n in range(first, first + count)]


def test_rare_statuses_are_given_and_described(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = office.app.test_client()
    token = office.system.tokens.issue(office.ids["ben"], "desk", {Scope.INGEST})

    def send(body: bytes, **more: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **more}
        return client.post("/api/v1/events", data=body, headers=headers)

    asked = client.post("/api/v1/relay/enrolments", json={"name": "a", "host": "pc"}).json
    waits = client.get(f"/api/v1/relay/enrolments/{asked['device_code']}").status_code
    office.clock.advance(seconds=LIVES.total_seconds() + 1)
    over = client.get(f"/api/v1/relay/enrolments/{asked['device_code']}").status_code
    monkeypatch.setattr(enrolments, "ASK_LIMIT", Limit(free=1, longest_steps=1))
    many = [client.post("/api/v1/relay/enrolments", json={"name": "a", "host": "pc"}).status_code for _ in range(3)]
    for first in (0, 200, 400):
        full = send(an_upload(office, buckets=buckets(first, 200)))
    older = send(an_upload(office, policy=0))

    assert (waits, over, many[-1]) == (202, 410, 429)
    assert (full.status_code, older.status_code) == (409, 409)
    assert full.json["type"] == "urn:sameview:problem:too-many-buckets"
    assert full.json["buckets"] == [f"bucket {n}" for n in range(500, 600)]
    assert send(an_upload(office, buckets=buckets(0, 200))).status_code == 200
    assert [send(b"{", **more).status_code for more in ({}, {"Content-Encoding": "br"})] == [422, 415]
    assert send(bytes(9 << 20)).status_code == 413


def test_an_answer_that_is_not_described_fails_its_test(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    view = office.app.view_functions["api.notices"]

    def other(**_: Any) -> tuple[str, int]:
        return "", 418

    other.permission = view.permission  # type: ignore[attr-defined]
    monkeypatch.setitem(office.app.view_functions, "api.notices", other)

    with pytest.raises(AssertionError, match="418"):
        office.client("ben").get("/api/v1/me/notices")
