"""The works council's machine: what it serves, what it is started with, and what it refuses to start with."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import sameview
from conftest import Clock
from flask.testing import FlaskClient
from witness_house import free_port, post_when_it_listens
from witnessed import LOG, NAME, ORIGIN, SEED, Tree, words

from portal.headers import ALWAYS
from portal.witness import app as witness_app
from portal.witness.app import address, create_app
from portal.witness.home import Place, WitnessMisplaced
from privacy.checkpoint import Signer
from privacy.cosignature import CosignatureSigner, CosignatureVerifier
from privacy.witness import Witness
from privacy.witness_store import WitnessStore

KNOWN = Tree(*words(5))
OTHER = Tree(*words(5, word="other"))
CHECKPOINT = f"/logs/{address(ORIGIN)}/checkpoint"


@pytest.fixture
def witness(tmp_path: Path, clock: Clock) -> Iterator[Witness]:
    found = Witness(WitnessStore(tmp_path / "witness.db"), CosignatureSigner(NAME, SEED), [LOG.verifier], clock)
    yield found
    found.store.close()


@pytest.fixture
def client(witness: Witness) -> FlaskClient:
    return create_app(witness).test_client()


def test_a_log_posts_its_checkpoint_and_gets_the_line(client: FlaskClient) -> None:
    answer = client.post("/add-checkpoint", data=KNOWN.request(0))

    assert answer.status_code == 200
    assert CosignatureSigner(NAME, SEED).verifier.cosignature(KNOWN.note() + answer.text).name == NAME


def test_a_conflict_has_the_size_and_the_type_of_the_specification(client: FlaskClient) -> None:
    client.post("/add-checkpoint", data=KNOWN.request(0))

    answer = client.post("/add-checkpoint", data=OTHER.request(5, []))

    assert (answer.status_code, answer.text, answer.content_type) == (409, "5\n", "text/x.tlog.size")


def test_a_request_that_is_too_long_is_not_read(client: FlaskClient) -> None:
    assert client.post("/add-checkpoint", data=bytes(40_000)).status_code == 413


def test_everybody_gets_the_co_signed_checkpoint_that_opens_with_both_keys(client: FlaskClient) -> None:
    assert client.get(CHECKPOINT).status_code == 404
    client.post("/add-checkpoint", data=KNOWN.request(0))

    note = client.get(CHECKPOINT).text

    assert LOG.verifier.open_checkpoint(note).size == 5
    assert CosignatureSigner(NAME, SEED).verifier.cosignature(note)


@pytest.mark.parametrize("path", ["/nothing", "/logs/nothing/checkpoint", "/app.py", "/..%2fsettings.py", "/sign-in"])
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_says_what_was_co_signed_and_by_whom_it_can_be_checked(client: FlaskClient) -> None:
    assert "Nothing was co-signed yet" in client.get("/").text
    client.post("/add-checkpoint", data=KNOWN.request(0))

    page = client.get("/").text

    assert "19 Nov 2026, 09:30 UTC" in page
    assert "It has only ever grown" in page
    for part in (ORIGIN, str(LOG.verifier), KNOWN.root.hex()[:4], CHECKPOINT):
        assert part in page


def test_the_page_shows_both_notes_of_a_fork(client: FlaskClient) -> None:
    client.post("/add-checkpoint", data=KNOWN.request(0))
    client.post("/add-checkpoint", data=OTHER.request(5, []))

    page = client.get("/").text

    assert "This log was forked." in page
    for note in (KNOWN.note(), OTHER.note()):
        assert note in page


def test_a_checkpoint_without_a_proof_waits_for_it_and_accuses_nobody(client: FlaskClient) -> None:
    client.post("/add-checkpoint", data=KNOWN.request(0))
    client.post("/add-checkpoint", data=Tree(*words(9)).request(5, []))

    page = client.get("/").text

    assert "A checkpoint waits for its proof." in page
    assert "It has only ever grown" in page
    assert "forked" not in page


def test_whoever_sends_checkpoints_without_proofs_does_not_change_what_the_page_says_of_an_honest_log(
    client: FlaskClient,
) -> None:
    client.post("/add-checkpoint", data=KNOWN.request(0))
    for size in (5, 7, 9):  # the one that is co-signed, one that is left out later, the next
        client.post("/add-checkpoint", data=Tree(*words(size)).request(5, [bytes(32)]))
    client.post("/add-checkpoint", data=Tree(*words(9)).request(5))

    page = client.get("/").text

    assert "It has only ever grown" in page
    assert "waits for its proof" not in page


def test_the_verifier_is_served_with_the_digest_that_the_page_names(client: FlaskClient) -> None:
    served = client.get("/verify.py")

    assert served.data == (witness_app.VERIFIER / "verify.py").read_bytes()
    assert hashlib.sha256(served.data).hexdigest() in client.get("/").text


@pytest.mark.parametrize("path", ["/", "/verify.py", CHECKPOINT, "/add-checkpoint"])
def test_every_answer_has_the_strict_headers(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert ALWAYS.items() <= dict(answer.headers).items()


# Where it is started


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "council", NAME, (str(LOG.verifier),))


def test_the_first_start_makes_a_key_that_is_the_owner_s_alone_and_the_next_one_finds_it(place: Place) -> None:
    first, second = place.open(), place.open()

    assert str(first.signer.verifier) == str(second.signer.verifier)
    assert stat.S_IMODE(place.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.home.stat().st_mode) == 0o700
    for each in (first, second):
        each.store.close()


def test_two_witnesses_have_two_keys(place: Place, tmp_path: Path) -> None:
    keys = [each.open() for each in (place, replace(place, home=tmp_path / "another"))]

    assert len({str(each.signer.verifier) for each in keys}) == 2
    for each in keys:
        each.store.close()


def readable(place: Place) -> Place:
    place.key.chmod(0o644)
    return place


def without_key(place: Place) -> Place:
    place.key.unlink()
    return place


def garbled(place: Place) -> Place:
    place.key.write_text("nonsense\n")
    return place


REFUSED = [
    pytest.param(readable, "chmod 600", id="others can read the key"),
    pytest.param(without_key, "put the key back", id="the key is gone, what it signed is there"),
    pytest.param(garbled, "backup", id="the key is garbled"),
    pytest.param(lambda place: replace(place, name="council.example/other"), "--name", id="another name"),
    pytest.param(lambda place: replace(place, logs=("nonsense",)), "--log", id="no verifier key"),
    pytest.param(lambda place: replace(place, logs=(str(CosignatureSigner(NAME, SEED).verifier),)), "--log", id="kind"),
    pytest.param(
        lambda place: replace(place, logs=(*place.logs, str(Signer(ORIGIN, bytes(32)).verifier))), "fork", id="two keys"
    ),
]


@pytest.mark.parametrize(("change", "says"), REFUSED)
def test_a_witness_that_would_not_be_itself_does_not_start(place: Place, change, says: str) -> None:
    place.open().store.close()

    with pytest.raises(WitnessMisplaced, match=says):
        change(place).open()


@pytest.mark.parametrize("name", ["", "with space", "a+b"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(place: Place, name: str) -> None:
    with pytest.raises(WitnessMisplaced, match="--name"):
        replace(place, name=name).open()


def test_what_was_mistyped_at_the_first_start_is_in_nobody_s_way_at_the_second(place: Place) -> None:
    for mistyped in (replace(place, name="a+b"), replace(place, logs=("nonsense",))):
        with pytest.raises(WitnessMisplaced):
            mistyped.open()

    place.open().store.close()


def test_the_home_of_a_portal_is_no_place_for_a_witness(place: Place) -> None:
    (place.home / "kek").mkdir(parents=True)

    with pytest.raises(WitnessMisplaced, match="folder of its own"):
        place.open()

    assert not place.key.exists()


def test_a_wrong_log_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = sameview("log", "witness", "--name", NAME, "--home", tmp_path, "--log", "nonsense")

    assert done.exit_code == 1
    assert done.stderr.startswith("sameview: --log nonsense: ")
    assert done.stderr.count("\n") == 1


def test_the_command_serves_needs_no_portal_and_remembers_after_a_kill(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "portal.cli",
        "log",
        "witness",
        "--name",
        NAME,
        "--home",
        str(tmp_path / "council"),
    ]
    command += ["--log", str(LOG.verifier), "--port", str(port)]
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}
    statuses = []

    for body in (KNOWN.request(0), OTHER.request(5, [])):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        statuses.append(post_when_it_listens(f"http://127.0.0.1:{port}", body))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        process.stdout.close()

    assert statuses == [200, 409]
    assert CosignatureVerifier.parse(said.rpartition(": ")[2].strip()).name == NAME
    assert not (tmp_path / "council" / "keys").exists()
