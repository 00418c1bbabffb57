"""Checkpoints are C2SP signed notes: others' notes open here, and nothing that was changed does."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import merkle
from privacy.checkpoint import Checkpoint, NoteBroken, Signer, Verifier

VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "signed_note.json").read_text())
ORIGIN = "sameview/back-office-0123abcd"
SIGNER = Signer(ORIGIN, bytes(range(32)))
ROOT = merkle.leaf_hash(b"one")
NOTE = SIGNER.sign(1, ROOT)


def test_a_published_note_opens_with_its_published_key() -> None:
    verifier = Verifier.parse(VECTOR["verifier_key"])

    text = verifier.open(VECTOR["note"])

    assert text == VECTOR["note"].split("\n\n")[0] + "\n"
    assert str(verifier) == VECTOR["verifier_key"]


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    origin, size, root, blank, signature, end = NOTE.split("\n")

    assert (origin, size, blank, end) == (ORIGIN, "1", "", "")
    assert base64.b64decode(root) == ROOT
    assert signature.startswith(f"\u2014 {ORIGIN} ")


def test_a_signed_checkpoint_opens_with_the_verifier_key_that_people_hand_on() -> None:
    verifier = Verifier.parse(str(SIGNER.verifier))

    assert verifier.open_checkpoint(NOTE) == Checkpoint(ORIGIN, 1, ROOT)


def test_the_same_checkpoint_signed_again_is_the_same_note() -> None:
    assert Signer(ORIGIN, bytes(range(32))).sign(1, ROOT) == NOTE


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_a_note_with_one_changed_character_does_not_open(place: int, character: str) -> None:
    changed = NOTE[:place] + character + NOTE[place + 1 :]

    if changed != NOTE:
        with pytest.raises(NoteBroken):
            SIGNER.verifier.open_checkpoint(changed)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        NOTE[:-1],
        "\x01" + NOTE,
        NOTE + "more\n",
        NOTE.replace(f"\u2014 {ORIGIN}", "\u2014 somebody else"),
        NOTE.replace(f"\u2014 {ORIGIN}", "\u2014 somebody-else"),
    ],
    ids=range(8),
)
def test_malformed_notes_and_notes_of_others_are_refused(note: str) -> None:
    with pytest.raises(NoteBroken):
        SIGNER.verifier.open(note)


def test_a_cosignature_beside_ours_changes_nothing() -> None:
    witness = Signer("council.example/witness", bytes(32)).sign(1, ROOT).rsplit("\n\n")[1]

    assert SIGNER.verifier.open_checkpoint(NOTE + witness).size == 1


def test_a_checkpoint_of_another_log_is_refused_even_if_our_key_signed_it() -> None:
    other = Signer("sameview/other-0123abcd", bytes(range(32)))

    with pytest.raises(NoteBroken):
        SIGNER.verifier.open_checkpoint(other.sign(1, ROOT))


@pytest.mark.parametrize(
    "text",
    ["", "origin\n1\n", "origin\n01\nAAAA\n", "origin\n-1\nAAAA\n", "origin\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n"],
    ids=range(6),
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteBroken):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "key",
    [
        "",
        VECTOR["verifier_key"].replace("c74f20a3", "c74f20a4"),
        VECTOR["verifier_key"].replace("Peter", "Paul"),
        VECTOR["verifier_key"].replace("+ARpc", "+Axpc"),
        VECTOR["verifier_key"][:-1],
    ],
    ids=range(5),
)
def test_verifier_keys_that_do_not_fit_together_are_refused(key: str) -> None:
    with pytest.raises(NoteBroken):
        Verifier.parse(key)
