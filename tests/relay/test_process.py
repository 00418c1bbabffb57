"""The real command in a process of its own: what it loads, whom it answers, how it ends, and what a kill leaves."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from portal.relay.home import Enrolment, Home
from portal.relay.running import Relay
from tests.relay.desks import MORNING, iso
from tests.relay.fake_portal import TOKEN, FakePortal, fake_portal
from tests.relay.processes import ROOT, begin, environment, free_port, kill, relay_process, until_it_listens

HEAVY = ("flask", "sqlalchemy", "altair", "numpy", "pandas", "jinja2", "rich")


def enrolled(folder: Path, portal: FakePortal) -> Path:
    home = Home(folder)
    home.prepare()
    home.enrol(Enrolment(portal.url, TOKEN, "my desk"))
    return folder


def post(port: int, path: str, content: object) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", f"/api/0/{path}", json.dumps(content), {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def make_bucket(port: int) -> None:
    assert post(port, "buckets/window", {"client": "w", "type": "currentwindow", "hostname": "desk"}) in (200, 304)


@pytest.mark.parametrize("words", [("-m", "portal.cli", "relay", "run"), ("-m", "portal.relay")])
def test_the_command_loads_neither_web_framework_nor_database_toolkit_nor_charts(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    port = free_port()
    more = ("run",) if words[-1] == "portal.relay" else ()
    process = begin(*words, *more, "--home", tmp_path / "relay", "--port", port)
    try:
        until_it_listens(process, port)
        make_bucket(port)
        mapped = Path(f"/proc/{process.pid}/maps").read_text()
        status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        resident = int(next(line for line in status if line.startswith("VmRSS")).split()[1])
    finally:
        kill(process)

    assert [name for name in HEAVY if f"/{name}/" in mapped] == []
    assert resident < 60 * 1024


def test_no_module_of_the_relay_leads_to_the_rest_of_the_portal() -> None:
    code = "import sys, portal.relay.__main__, portal.relay.running; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())

    assert {name.partition(".")[0] for name in loaded} & set(HEAVY) == set()
    assert [name for name in loaded if name.startswith("portal.") and not name.startswith("portal.relay")] == []


def test_the_relay_ends_when_it_is_told_to(tmp_path: Path) -> None:
    port = free_port()
    process = begin("-m", "portal.relay", "run", "--home", tmp_path / "relay", "--port", port)
    until_it_listens(process, port)

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    kill(process)


def test_a_taken_port_is_named_with_the_fix(tmp_path: Path) -> None:
    port = free_port()
    with relay_process(tmp_path / "one", port):
        process = begin("-m", "portal.relay", "run", "--home", tmp_path / "two", "--port", port)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said.startswith(f"sameview: 127.0.0.1:{port} cannot be used")
    assert "aw-client.toml" in said


def acknowledged_under_kills(folder: Path, port: int, portal: FakePortal, kills: int) -> set[int]:
    """Let eight watchers report different events while the relay is killed again and again."""
    acknowledged: set[int] = set()
    done = threading.Event()

    def watch(number: int) -> None:
        at = number
        while not done.is_set():
            event = {"timestamp": iso(at), "duration": 0.5, "data": {"app": "A", "title": str(at)}}
            try:
                if post(port, "buckets/window/events", [event]) == 200:
                    acknowledged.add(at)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            at += 8

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(8)]
    for number in range(kills):
        with relay_process(folder, port, every=0.3) as process:
            make_bucket(port)
            if not number:
                for each in threads:
                    each.start()
            time.sleep(0.4 + 0.13 * number)
            process.send_signal(signal.SIGKILL)
    done.set()
    for each in threads:
        each.join()
    return acknowledged


def test_kill_9_at_any_moment_under_eight_watchers_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with fake_portal() as portal:
        folder = enrolled(tmp_path / "relay", portal)
        with relay_process(folder, port := free_port(), every=0.3):
            time.sleep(1.0)  # the policy arrives
        acknowledged = acknowledged_under_kills(folder, port, portal, kills=6)
        portal.delay = 0
        last = Relay(Home(folder))
        assert last.uploading.attempt()
        assert last.queue.count() == 0
        last.close()

        arrived = {(start - round(MORNING * 1e6)) // 1_000_000 for _, start, _, _ in portal.events()}
        ids = [each.batch for each in portal.taken if each.events]
        assert len(acknowledged) > 50
        assert acknowledged - arrived == set()
        assert len(set(ids)) > 1


def test_an_upload_whose_answer_never_came_is_sent_again_under_its_number(tmp_path: Path) -> None:
    """The portal took it, the relay died before it heard: the same batch again, which changes nothing."""
    with fake_portal() as portal:
        folder = enrolled(tmp_path / "relay", portal)
        with relay_process(folder, port := free_port(), every=0.3) as process:
            time.sleep(0.8)
            portal.delay = 1.5
            make_bucket(port)
            post(port, "buckets/window/events", [{"timestamp": iso(0), "duration": 1, "data": {"app": "A"}}])
            before = len(portal.taken)
            while len(portal.taken) == before or not portal.taken[-1].events:
                time.sleep(0.01)
                if len(portal.taken) > before and not portal.taken[-1].events:
                    before = len(portal.taken)
            process.send_signal(signal.SIGKILL)
        portal.delay = 0
        again = Relay(Home(folder))
        again.uploading.attempt()
        again.close()

        sent = [each for each in portal.taken if each.events]
        assert len(sent) in (1, 2)
        assert len({each.batch for each in sent}) == 1
        assert len(portal.events()) == 1


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to become somebody else: sudo make test")
def test_a_process_of_another_account_is_refused_and_reads_nothing(tmp_path: Path) -> None:
    port = free_port()
    code = f"""
import os, http.client
"x".encode("idna")  # loaded while the interpreter's folder may still be read
os.setgid(65534); os.setuid(65534)
for method, path in (("GET", "export"), ("POST", "buckets/b"), ("GET", "info")):
    connection = http.client.HTTPConnection("127.0.0.1", {port}, timeout=10)
    connection.request(method, "/api/0/" + path, '{{"client": "c", "type": "t", "hostname": "h"}}')
    answer = connection.getresponse()
    print(answer.status, answer.read().decode())
"""
    with relay_process(tmp_path / "relay", port):
        make_bucket(port)
        post(port, "buckets/window/events", [{"timestamp": iso(0), "duration": 1, "data": {"app": "canary"}}])
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        own = http.client.HTTPConnection("127.0.0.1", port)
        own.request("GET", "/api/0/buckets/")
        buckets = json.loads(own.getresponse().read())
        own.close()

    answers = done.stdout.splitlines()
    assert [each.split()[0] for each in answers] == ["403"] * 3
    assert all("belongs to another account" in each for each in answers)
    assert "canary" not in done.stdout
    assert list(buckets) == ["window"]
