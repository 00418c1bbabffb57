"""What a policy drops or coarsens is in no file of the desk, in no answer to others, in no message, in no upload."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.capture import COACHING, STRICT, preset_text
from tests.relay.desks import AFK, WEB, WINDOW, desk, iso
from tests.relay.fake_portal import fake_portal

STREAMS = {
    WINDOW: ("app", "title", "file"),
    WEB: ("url", "title", "audible", "incognito", "tabCount"),
    AFK: ("status", "note"),
    "app.editor.activity": ("file", "project", "language"),
}
TIDY = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
NEVER = """
[[never]]
id = "health"
titles = ["canary-never"]
because = "Nobody's business."
"""


def line(id: str, stream: str, key: str, effect: str) -> str:
    return f"""
[[rule]]
id = "{id}"
streams = ["{stream}"]
keys = ["{key}"]
effect = "{effect}"
because = "So it was agreed."
"""


def policy(kept: frozenset[tuple[str, str]], domains: bool) -> str:
    """Return a policy that keeps some keys of some streams, of addresses perhaps the site alone, and nothing else."""
    body, rules = preset_text("coaching"), [NEVER]
    for number, (stream, key) in enumerate(sorted(kept)):
        effect = "domain" if key == "url" and domains else "drop" if key == "incognito" else "keep"
        rules.append(line(f"kept-{number}", stream, key, effect))
    for number, stream in enumerate(sorted({stream for stream, _ in kept})):
        rules.append(line(f"other-{number}", stream, "*", "coarsen"))
        rules.append(line(f"path-{number}", stream, "$category", "keep"))
    rules.append(line("rest", "*", "*", "drop"))
    return body[: body.index("[[rule]]")].replace("text_days = 0", "text_days = 14") + "".join(rules)


def events() -> Iterator[tuple[str, str, str, Any, bool]]:
    """Yield stream, key, canary and whether the event is forbidden as a whole, once for every key."""
    for stream, keys in STREAMS.items():
        for key in keys:
            canary = f"canary-{stream.replace('.', '-')}-{key}-x".lower()
            value = f"https://site.example/{canary}" if key == "url" else canary
            yield stream, key, canary, value, key == "incognito"


@TIDY
@given(
    st.sets(st.sampled_from([(stream, key) for stream, keys in STREAMS.items() for key in keys]), min_size=1),
    st.booleans(),
)
def test_for_any_policy_only_what_it_keeps_leaves_memory(chosen: set[tuple[str, str]], domains: bool) -> None:
    kept = frozenset(chosen)
    with tempfile.TemporaryDirectory() as folder, fake_portal(policy(kept, domains)) as portal:
        with desk(Path(folder) / "relay", portal) as here:
            assert here.status()["policy"] is not None, here.status()["refused_policy"]
            for number, (stream, key, _, value, _) in enumerate(events()):
                here.beat(here.bucket(stream, stream), 100 * number, {key: value}, lasting=1)
                here.beat(stream, 100 * number + 50, {key: value, "title": "a canary-never b", "app": "x"}, lasting=1)
            opened = repr(list(here.relay.queue.entries())) + repr(here.call("GET", "export"))
            here.relay.desk.use(here.relay.desk.door)
            here.send()
            opened += repr(here.status())
        sent = b"".join(portal.bodies).decode()

    for stream, key, canary, _, forbidden in events():
        may = (stream, key) in kept and not forbidden and not (key == "url" and domains)
        for place in (opened, sent):
            assert (f"'{canary}'" in place or f'"{canary}"' in place or f"/{canary}" in place) <= may, (stream, key)
    assert "canary-never" not in opened + sent


def test_nothing_that_was_sent_stands_in_an_answer_of_refusal(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        here.bucket()
        said = [
            here.call("POST", "buckets/window/heartbeat?pulsetime=1", body)[1]
            for body in (
                {"timestamp": "canary", "data": {}},
                {"timestamp": iso(0), "duration": "canary", "data": {}},
                {"timestamp": iso(0), "data": "canary"},
                {"canary": 1},
                b'{"canary',
            )
        ]
        said.append(here.call("POST", "buckets/canary/heartbeat?pulsetime=1", {"timestamp": iso(0)})[1])
        said.append(here.call("GET", "canary")[1])
        said.append(here.call("POST", "buckets/x", {"client": "canary", "type": 7, "hostname": "h"})[1])

    assert "canary" not in json.dumps(said)


@pytest.mark.parametrize("shipped", [STRICT.name, COACHING.name])
def test_private_windows_and_titles_are_never_in_what_is_sent(tmp_path: Path, shipped: str) -> None:
    with fake_portal(preset_text(shipped)) as portal, desk(tmp_path / "relay", portal) as here:
        here.beat(here.bucket("web", WEB), 0, {"url": "https://canary.example", "title": "canary", "incognito": True})
        here.beat(here.bucket(), 0, {"app": "A", "title": "canary"})
        here.relay.desk.use(here.relay.desk.door)
        here.send()

        assert b"canary" not in b"".join(portal.bodies)
        assert portal.dropped() == {"incognito": 1}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Host": "127.0.0.1.evil.example:80"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, 403),
        ({"Origin": "moz-extension://6c4f2a8e-0000-4000-8000-000000000001"}, 200),
        ({"Origin": "chrome-extension://nglaklhklhcoonedhgnpgddginnjdadi"}, 200),
    ],
)
def test_a_page_of_the_web_cannot_call_and_the_browser_extension_can(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    with desk(tmp_path / "relay") as here:
        assert here.call("GET", "info", **headers)[0] == status
        assert here.call("OPTIONS", "info", **headers)[0] == status


def test_hostile_bodies_are_answered_and_the_relay_goes_on(tmp_path: Path) -> None:
    import socket

    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        here.bucket()
        for raw in (
            b"\0" * 5_000,
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /api/0/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
            b"POST /api/0/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            b"POST /api/0/import HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"GET /api/0/info HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        ):
            with socket.create_connection(("127.0.0.1", here.port), 5) as connection:
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(100)
            assert answer[9:10] in (b"4", b"5", b""), raw[:60]
            assert not answer.startswith(b"HTTP/1.1 500"), raw[:60]
        for body in (b"[" * 200_000, b'{"a":' * 50_000, b'"' + b"x" * 7_000_000 + b'"', b"1e999", b"nul"):
            assert here.call("POST", "buckets/window/events", body)[0] == 400
        assert here.call("GET", "info")[0] == 200
