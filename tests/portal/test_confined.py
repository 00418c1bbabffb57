"""A server without the keys of private data: the manager's side works; what is private stays closed and says so."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from portal import create_app
from portal.wiring import build
from privacy.fields import KeyClass


@pytest.fixture
def confined(office: Any) -> Iterator[Flask]:
    config = replace(office.system.config, key_classes=frozenset({KeyClass.SHARED, KeyClass.GRANTED, KeyClass.AUDIT}))
    system = build(config, office.clock)
    yield create_app(system)
    system.close()


def _get(app: Flask, office: Any, who: str, path: str) -> Any:
    client = app.test_client()
    client.set_cookie("sameview", office.system.sessions.start(office.ids[who]))
    app.testing = False
    return client.get(path)


def test_the_manager_s_pages_work_without_private_keys(confined: Flask, office: Any) -> None:
    path = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"

    assert _get(confined, office, "ana", path).status_code == 200
    assert _get(confined, office, "ana", f"/api/v1{path}").json["payload"]["fields"]


@pytest.mark.parametrize("path", ["/trust", "/log/fingerprint"])
def test_the_trust_centre_says_which_keys_the_server_was_not_given(confined: Flask, office: Any, path: str) -> None:
    answer = _get(confined, office, "ana", path)

    assert answer.status_code == 200
    assert ("no key of private and text" in answer.text) == (path == "/trust")


@pytest.mark.parametrize("path", ["/", "/me/trends", "/api/v1/me/days/2026-11-12"])
def test_what_is_private_stays_closed_and_says_so(confined: Flask, office: Any, path: str) -> None:
    answer = _get(confined, office, "ben", path)

    assert answer.status_code == 503
    assert "not given the keys" in answer.text
