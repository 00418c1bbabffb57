"""The front of a witness: what does not arrive stops nobody else, and what is not complete is not read."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from witness_house import free_port, post_when_it_listens
from witnessed import LOG, NAME, ORIGIN, SEED, Tree, words

from portal.headers import ALWAYS
from portal.witness.app import address, create_app
from portal.witness.front import LONGEST_REQUEST, Front
from privacy.cosignature import CosignatureSigner
from privacy.witness import Witness
from privacy.witness_store import WitnessStore

KNOWN = Tree(*words(5))
Event = dict[str, Any]


@pytest.fixture
def witness(tmp_path: Path, clock: Clock) -> Iterator[Witness]:
    found = Witness(WitnessStore(tmp_path / "witness.db"), CosignatureSigner(NAME, SEED), [LOG.verifier], clock)
    yield found
    found.store.close()


def ask(witness: Witness, method: str, path: str, *events: Event, length: int | None = None) -> list[Event]:
    """Send a request in these pieces, then nothing more, and return what was answered. Bodies have 50 ms to arrive."""
    pieces, sent = list(events), []
    headers = [(b"host", b"council.example")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http", "headers": headers}

    async def receive() -> Event:
        if not pieces:
            await asyncio.Event().wait()
        return pieces.pop(0)

    async def send(event: Event) -> None:
        sent.append(event)

    front = Front(create_app(witness), body_seconds=0.05)
    with ThreadPoolExecutor(1) as thread:  # the thread of the tests has a loop that runs, after the browser's tests
        thread.submit(lambda: asyncio.run(front(scope, receive, send))).result()
    return sent


def piece(body: bytes, more: bool = False) -> Event:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_request_in_pieces_is_answered_as_a_whole(witness: Witness) -> None:
    body = KNOWN.request(0)

    start, rest = ask(witness, "POST", "/add-checkpoint", piece(body[:9], more=True), piece(body[9:]), length=len(body))

    assert start["status"] == 200
    assert witness.signer.verifier.cosignature(KNOWN.note() + rest["body"].decode()).name == NAME


def test_pages_come_with_their_headers(witness: Witness) -> None:
    witness.add_checkpoint(KNOWN.request(0))

    for path in ("/", f"/logs/{address(ORIGIN)}/checkpoint", "/verify.py"):
        start, rest = ask(witness, "GET", path, piece(b""))
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert start["status"] == 200
        assert headers["content-length"] == str(len(rest["body"]))
        assert {name.lower(): value for name, value in ALWAYS.items()}.items() <= headers.items()


def test_a_body_that_does_not_arrive_is_given_up(witness: Witness) -> None:
    start, _ = ask(witness, "POST", "/add-checkpoint", piece(b"old 0\n", more=True), length=20_000)

    assert start["status"] == 408


def test_half_a_request_changes_nothing(witness: Witness) -> None:
    body = KNOWN.request(0)

    hung_up = ask(witness, "POST", "/add-checkpoint", piece(body, more=True), {"type": "http.disconnect"})
    cut_off = ask(witness, "POST", "/add-checkpoint", piece(body), length=len(body) + 1)

    assert hung_up == cut_off == []
    assert witness.store.latest(ORIGIN).size == 0


@pytest.mark.parametrize("length", [None, LONGEST_REQUEST + 1], ids=["as it arrives", "as it is declared"])
def test_what_is_too_long_is_not_waited_for(witness: Witness, length: int | None) -> None:
    pieces = [] if length else [piece(bytes(LONGEST_REQUEST), more=True), piece(b"1", more=True)]

    start, _ = ask(witness, "POST", "/add-checkpoint", *pieces, length=length)

    assert start["status"] == 413


SERVE = """
import sys
from pathlib import Path
from portal.witness.home import Place
from portal.witness.server import serve
serve(Place(Path(sys.argv[1]), sys.argv[2], (sys.argv[3],)), "127.0.0.1", int(sys.argv[4]))
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[int]:
    """The port of a witness as it is run."""
    port = free_port()
    command = [sys.executable, "-c", SERVE, str(tmp_path / "council"), NAME, str(LOG.verifier), str(port)]
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        assert post_when_it_listens(f"http://127.0.0.1:{port}", KNOWN.request(0)) == 200
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def said(port: int, request: bytes) -> bytes:
    """Return what the witness answers, until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_bodies_that_do_not_arrive_keep_nobody_else_from_the_witness(served: int) -> None:
    slow = b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\nold 0\n"
    with contextlib.ExitStack() as held:
        for _ in range(100):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", served)))
            connection.sendall(slow)

        answer = said(served, b"GET /verify.py HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_arrive_is_answered_and_hung_up_on(served: int) -> None:
    answer = said(served, b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\nold 0\n")

    assert answer.startswith(b"HTTP/1.1 408")
