"""A witness is asked without being trusted: whatever it answers, only its own line over this checkpoint counts."""

import datetime as dt
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from conftest import Clock
from witness_house import SIGNER, said, somebody_on_loopback, witness_on_loopback
from witnessed import LOG, NAME, SEED, Tree, words

from portal import witnessing
from portal.witnessing import Asked, NoAnswer, WitnessRefused, ask
from privacy.checkpoint import Signer, split_note
from privacy.cosignature import CosignatureSigner

NOW = Clock().now
TREE = Tree(*words(7))
TEXT = split_note(TREE.note())[0]


def asked_for(tree: Tree, signer: Signer = LOG) -> Asked:
    return Asked(tree.note(signer), tree.size, tree.growth)


@pytest.mark.parametrize("known", [0, 3, 5, 7, 99], ids=lambda known: f"believed to know {known}")
def test_whatever_the_portal_believes_the_witness_gets_the_proof_that_it_needs(tmp_path: Path, known: int) -> None:
    with witness_on_loopback(tmp_path, LOG.verifier, Clock()) as (witness, address):
        witness.add_checkpoint(Tree(*words(5)).request(0))

        found = ask(SIGNER.verifier, address, asked_for(TREE), known, NOW)

    assert (found.name, found.at) == (NAME, NOW)
    assert SIGNER.verifier.open(TREE.note() + found.line) == TEXT


REFUSALS = [
    pytest.param(Tree(*words(3), *words(7, 3, "other")), LOG, witnessing.FORKED, id="the same size, another history"),
    pytest.param(Tree(*words(4)), LOG, witnessing.SHRUNK, id="fewer entries"),
    pytest.param(Tree(*words(3), *words(9, 3, "other")), LOG, witnessing.UNPROVED, id="larger, another history"),
    pytest.param(Tree(*words(9)), Signer(LOG.origin, bytes(32)), witnessing.OTHER_KEY, id="another key"),
    pytest.param(Tree(*words(9)), Signer("sameview/other", bytes(32)), witnessing.UNKNOWN, id="another log"),
]


@pytest.mark.parametrize(("tree", "signer", "reason"), REFUSALS)
@pytest.mark.parametrize("known", [0, 7])
def test_a_refusal_says_what_the_witness_did_not_accept(
    tmp_path: Path, tree: Tree, signer: Signer, reason: str, known: int
) -> None:
    with witness_on_loopback(tmp_path, LOG.verifier, Clock()) as (witness, address):
        witness.add_checkpoint(TREE.request(0))

        with pytest.raises(WitnessRefused) as refused:
            ask(SIGNER.verifier, address, asked_for(tree, signer), known, NOW)

    assert refused.value.reason == reason


def line(text: str = TEXT, at: dt.datetime = NOW, name: str = NAME, seed: bytes = SEED) -> bytes:
    return CosignatureSigner(name, seed).cosign(text, at).line.encode()


def over_more() -> bytes:
    """A line over the note and more: it would verify if the answer were simply put behind the note."""
    whole = TREE.note() + "evil\n"
    return b"evil\n\n" + CosignatureSigner(NAME, SEED).cosign(whole, NOW).line.encode()


LIES = [
    pytest.param(200, line(seed=bytes(32)), id="another key"),
    pytest.param(200, line(name="council.example/other"), id="another name"),
    pytest.param(200, line(text=Tree(*words(6)).note().rpartition("\n\n")[0] + "\n"), id="another note"),
    pytest.param(200, line(at=NOW - dt.timedelta(days=3)), id="an old line, played again"),
    pytest.param(200, line(at=NOW + dt.timedelta(days=3)), id="a clock ahead"),
    pytest.param(200, line()[:-1], id="no newline"),
    pytest.param(200, b"", id="nothing"),
    pytest.param(200, b"<html>Please sign in to this network</html>\n", id="somebody else's page"),
    pytest.param(200, b"\xff\xfe\n", id="not UTF-8"),
    pytest.param(200, over_more(), id="a line over more than the note"),
    pytest.param(200, b"\n" + line(), id="a blank line before it"),
    pytest.param(200, line() * 1000, id="too long"),
    pytest.param(302, b"", id="a redirect"),
    pytest.param(409, b"many\n", id="a conflict without a size"),
    pytest.param(409, b"3\n", id="a conflict for ever"),
    pytest.param(500, b"", id="a fault"),
]


@pytest.mark.parametrize(("status", "body"), LIES)
def test_what_is_no_cosignature_of_this_checkpoint_by_this_key_counts_as_no_answer(status: int, body: bytes) -> None:
    with somebody_on_loopback(said(status, body)) as address, pytest.raises(NoAnswer):
        ask(SIGNER.verifier, address, asked_for(TREE), 0, NOW)


def test_others_lines_beside_the_agreed_one_are_ignored() -> None:
    body = line(name="council.example/other") + line(seed=bytes(32)) + line()

    with somebody_on_loopback(said(200, body)) as address:
        assert ask(SIGNER.verifier, address, asked_for(TREE), 0, NOW).line.encode() == line()


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "https://127.0.0.1:{port}", "http://", "http://\udc80"])
def test_a_witness_that_cannot_be_reached_is_no_answer(address: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(NoAnswer):
        ask(SIGNER.verifier, address.format(port=port), asked_for(TREE), 0, NOW)


def one_byte_now_and_then(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.02)
    except OSError:
        return


def nothing_at_all(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    time.sleep(1)


def headers_for_ever(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    one_byte_now_and_then(handler, b"")


@pytest.mark.parametrize("slow", [one_byte_now_and_then, nothing_at_all, headers_for_ever])
def test_however_slow_a_witness_is_asking_it_ends(
    slow: Callable[[BaseHTTPRequestHandler, bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "SECONDS", 0.2)

    with somebody_on_loopback(slow) as address, pytest.raises(NoAnswer):
        ask(SIGNER.verifier, address, asked_for(TREE), 0, NOW)
