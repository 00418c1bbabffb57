"""For machines: health, readiness, counters and the server's own log, none of which names a person."""

import json
from typing import Any

import pytest


def test_alive_and_ready(office: Any) -> None:
    assert office.client(None).get("/healthz").text == "ok\n"
    assert office.client(None).get("/readyz").status_code == 200


def test_not_ready_when_a_store_cannot_be_read(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = office.system.config.home / "keys" / "keys.db"
    office.system.stores.keys.dispose()
    keys.rename(keys.with_suffix(".away"))
    keys.mkdir()

    answer = office.client(None).get("/readyz")

    assert answer.status_code == 503
    assert str(office.system.config.home) not in answer.text


def test_neither_counters_nor_the_servers_log_name_anybody(office: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = f"/api/v1/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    office.client("ana").get(path)
    office.client("ben").get("/api/v1/me/days/2026-11-12")
    office.client(None).open("/anything", method="BEN")

    seen = office.client(None).get("/metrics").text + "".join(capsys.readouterr())

    assert "/api/v1/team/<team>/people/<person>/weeks/<week>" in seen
    for private in (*office.ids.values(), "2026", "claims", "one_to_one", "anything", "BEN", "127.0.0.1"):
        assert private not in seen


def test_a_fault_is_logged_without_what_it_was_about(
    office: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"row of {office.ids['ben']} on 2026-11-12")

    office.app.testing = False
    monkeypatch.setattr(office.system.vault, "_open", broken)
    answer = office.client("ben").get("/api/v1/me/days/2026-11-12")

    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (fault,) = [each for each in logged if each["event"] == "unexpected"]
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert fault["kind"] == "RuntimeError"
    assert office.ids["ben"] not in json.dumps(logged) + answer.text
