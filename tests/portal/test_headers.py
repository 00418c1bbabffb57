"""The headers of every answer."""

from typing import Any

import pytest

PATHS = ["/sign-in", "/", "/nowhere", "/static/style.css", "/api/v1/me/days/2026-11-12", "/api/v1/nowhere", "/healthz"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", [None, "ben"])
def test_every_answer_has_the_strict_policy(office: Any, path: str, who: str | None) -> None:
    with office.client(who).get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[each] for each in ("script-src", "style-src", "img-src", "font-src", "connect-src")} == {"'self'"}
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/static")])
def test_no_page_is_kept_in_a_cache(office: Any, path: str) -> None:
    assert office.client("ben").get(path).headers["Cache-Control"] == "no-store"


def test_https_is_remembered_only_over_https(office: Any) -> None:
    secure = office.client(None).get("/sign-in", base_url="https://sameview.example")
    plain = office.client(None).get("/sign-in")

    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in plain.headers


def test_the_server_does_not_say_what_it_is_made_of(office: Any) -> None:
    answer = office.client("ben").get("/nowhere")

    assert "Traceback" not in answer.text
    assert "X-Powered-By" not in answer.headers
