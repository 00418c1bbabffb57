"""One export of a person at a time, whichever process sends it; who takes nothing, or dies, keeps nobody waiting."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal import create_app, export_turns
from portal.config import Config
from portal.export_turns import STALLED_SECONDS, Turns
from portal.wiring import System, build
from tests.installation import NOW, Copies, subject_of
from tests.portal.conftest import check_value

ROOT = Path(__file__).resolve().parents[2]
SENDS = """
import os, sys
from portal import create_app
from portal.config import Config
from portal.wiring import build
from tests.installation import NOW
from tests.portal.conftest import check_value

system = build(Config.from_environ(os.environ), lambda: NOW)
client = create_app(system).test_client()
client.set_cookie("sameview", sys.argv[1])
check = {"csrf_token": check_value(client, "/me/data")}
sent = client.post("/me/data/export", data=check, headers={"Sec-Fetch-Site": "same-origin"}, buffered=False)
portions = iter(sent.response)
next(portions, None)
print(sent.status_code, flush=True)
for line in sys.stdin:
    print(sum(map(len, portions)), flush=True)
    sent.close()
"""


@pytest.fixture
def system(copies: Copies) -> Iterator[System]:
    found = build(copies(), lambda: NOW)
    yield found
    found.close()


def browser(system: System, who: str) -> FlaskClient:
    client: Any = create_app(system).test_client()
    client.set_cookie("sameview", system.sessions.start(subject_of(system, who)))
    return client  # type: ignore[no-any-return]


def ask(client: FlaskClient) -> int:
    """Ask for an export as the page does, take all of it, and return the status."""
    sent = {"csrf_token": check_value(client, "/me/data")}
    return client.post("/me/data/export", data=sent, headers={"Sec-Fetch-Site": "same-origin"}).status_code


@contextmanager
def another_process(config: Config, cookie: str) -> Iterator["subprocess.Popen[str]"]:
    """Let another process begin to send an export over the same stores, and stop after its first bytes."""
    given = {"HOME": str(config.home), "DATABASE_URL": config.database_url, "KEY_DATABASE_URL": config.key_database_url}
    settings = {f"SAMEVIEW_{name}": value for name, value in given.items() if value is not None}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SAMEVIEW_")}
    process = subprocess.Popen(
        [sys.executable, "-c", SENDS, cookie],
        env={**plain, **settings, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: "subprocess.Popen[str]") -> int:
    """Return the next number that the other process says; what it logs is skipped."""
    assert process.stdout is not None
    return next(int(each) for each in process.stdout if each.strip().isdecimal())


def test_two_processes_send_one_person_one_export_at_a_time(system: System) -> None:
    ben, ana = browser(system, "ben"), browser(system, "ana")
    cookie = system.sessions.start(subject_of(system, "ben"))

    with another_process(system.config, cookie) as other:
        assert line(other) == 200
        assert (ask(ben), ask(ana)) == (503, 200), "another person has a turn of their own"
        assert other.stdin is not None
        other.stdin.write("go on\n")
        other.stdin.flush()
        assert line(other) > 1000
        assert ask(ben) == 200


def test_the_turn_of_a_process_that_dies_is_over(system: System) -> None:
    ben = browser(system, "ben")
    cookie = system.sessions.start(subject_of(system, "ben"))

    with another_process(system.config, cookie) as other:
        assert line(other) == 200
        assert ask(ben) == 503
        other.kill()
        other.wait()
    assert ask(ben) == 200


def test_what_this_process_sends_keeps_the_other_one_waiting_until_its_reader_stalls(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(export_turns.time, "monotonic", lambda: now[0])
    ben = subject_of(system, "ben")
    turns = Turns(2)
    turn = turns.take(system, ben)
    assert turn is not None

    with another_process(system.config, system.sessions.start(ben)) as other:
        assert line(other) == 503
    now[0] = STALLED_SECONDS + 1
    turns._tick()
    with another_process(system.config, system.sessions.start(ben)) as other:
        assert line(other) == 200
        assert turns.take(system, ben) is None, "what reads on does so without a turn"
        turns.leave(ben, turn)


def test_whoever_takes_nothing_keeps_nobody_else_waiting(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(export_turns.time, "monotonic", lambda: now[0])
    turns = Turns(2)
    stalled, reading = turns.take(system, "a"), turns.take(system, "b")
    assert stalled is not None
    assert reading is not None

    now[0] = STALLED_SECONDS + 1
    reading.moved_at = now[0]

    assert turns.take(system, "b") is None
    third = turns.take(system, "c")
    assert third is not None
    assert turns.take(system, "d") is None
    turns.leave("a", stalled)
    turns.leave("b", reading)
    fourth = turns.take(system, "d")
    assert fourth is not None
    turns.leave("c", third)
    turns.leave("d", fourth)


def test_a_turn_that_cannot_be_had_leaves_nothing_behind(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(1)

    def away(*_: Any) -> None:
        raise OSError("no database")

    monkeypatch.setattr(turns, "_hold", away)
    with pytest.raises(OSError, match="no database"):
        turns.take(system, "a")
    monkeypatch.undo()

    turn = turns.take(system, "a")
    assert turn is not None
    turns.leave("a", turn)
    assert turns.of("a") is None
