"""What verify.py takes for a signed checkpoint, a proof, a key: one form each, whoever signed it."""

import re
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.verifier import verify
from privacy.checkpoint import Verifier
from privacy.merkle import EMPTY_ROOT, leaf_hash, node_hash

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
NAME = "sameview/example-0123abcd"
VERIFIER = Verifier(NAME, PRIVATE.public_key().public_bytes_raw())
KEY = verify.read_key(str(VERIFIER), verify.LOG_KEY)
ROOT = b64encode(bytes(32)).decode()
TEXT = f"{NAME}\n7\n{ROOT}\n"


def note(text: str, name: str = NAME) -> str:
    """Return a note that the log's key really signed."""
    return f"{text}\n\u2014 {name} {b64encode(VERIFIER.key_id + PRIVATE.sign(text.encode())).decode()}\n"


def test_a_checkpoint_is_read_from_its_note() -> None:
    assert verify.open_checkpoint(note(TEXT), KEY) == verify.Checkpoint(7, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        f"another/log\n7\n{ROOT}\n",
        f"{NAME}\n07\n{ROOT}\n",
        f"{NAME}\n-7\n{ROOT}\n",
        f"{NAME}\n7\n{ROOT}\nextension\n",
        f"{NAME}\n7\n",
        f"{NAME}\n7\n{b64encode(bytes(31)).decode()}\n",
        f"{NAME}\n7\n{ROOT[:-2]}B=\n",
        f"{NAME}\n7\n{ROOT}\n\0\n",
        f"{NAME}\n7\r\n{ROOT}\n",
    ],
    ids=["origin", "leading zero", "negative", "extension", "no root", "short root", "loose base64", "zero", "return"],
)
def test_what_the_key_signed_is_no_checkpoint_in_another_form(text: str) -> None:
    with pytest.raises((verify.Wrong, ValueError)):
        verify.open_checkpoint(note(text), KEY)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda signed: signed.removesuffix("\n"), "not a signed note"),
        (lambda signed: signed + "\n", "not signed by|not a signed note"),
        (lambda signed: signed.replace("\u2014", "-"), "not a signed note"),
        (lambda signed: signed + "more\n", "not a signed note"),
        (lambda signed: signed.partition("\n\n")[0], "not a signed note"),
        (lambda signed: signed.replace(f"\u2014 {NAME}", "\u2014 another"), "not signed by"),
    ],
)
def test_a_note_in_another_form_is_refused(change: object, said: str) -> None:
    changed = change(note(TEXT))  # type: ignore[operator]

    with pytest.raises(verify.Wrong, match=said):
        verify.open_checkpoint(changed, KEY)


def test_signatures_of_others_are_left_alone() -> None:
    stranger = "\u2014 council.example/w1 " + b64encode(b"1234" + bytes(72)).decode() + "\n"

    assert verify.open_checkpoint(note(TEXT) + stranger, KEY).size == 7


def test_every_signature_of_the_key_has_to_be_right() -> None:
    wrong = f"\u2014 {NAME} {b64encode(VERIFIER.key_id + bytes(64)).decode()}\n"

    with pytest.raises(verify.InvalidSignature):
        verify.open_checkpoint(note(TEXT) + wrong, KEY)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        str(VERIFIER).replace("sameview/", "sameviev/"),
        str(VERIFIER)[:-1],
        str(VERIFIER) + "AAAA",
        f"{NAME}+00000000+{str(VERIFIER).rpartition('+')[2]}",
    ],
)
def test_a_key_with_a_slip_of_the_pen_is_refused(text: str) -> None:
    with pytest.raises(verify.Wrong, match=f"not the verifier key of a log: {re.escape(repr(text))}"):
        verify.read_key(text, verify.LOG_KEY)


def test_a_witness_s_key_is_no_log_s() -> None:
    with pytest.raises(verify.Wrong, match="of a witness"):
        verify.read_key(str(VERIFIER), verify.WITNESS_KEY)


A, B, C = (leaf_hash(name) for name in (b"a", b"b", b"c"))
AB = node_hash(A, B)
TREES = {1: A, 2: AB, 3: node_hash(AB, C)}


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [(0, 3, [B]), (0, 3, [B, C, C]), (0, 1, [B]), (3, 3, [AB]), (-1, 3, [B, C])],
    ids=["too short", "too long", "of nothing", "beyond", "before"],
)
def test_a_proof_of_another_length_proves_nothing(index: int, size: int, proof: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"the proof is too|beyond the end"):
        verify.root_above(b"a", index, size, proof)


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        ((2, AB), (3, TREES[3]), []),
        ((2, AB), (3, TREES[3]), [C, C]),
        ((2, A), (3, TREES[3]), [C]),
        ((3, TREES[3]), (2, AB), []),
        ((2, AB), (2, A), []),
        ((2, AB), (2, AB), [C]),
        ((0, EMPTY_ROOT), (2, AB), []),
    ],
    ids=["too short", "too long", "another", "smaller", "forked", "too much", "of nothing"],
)
def test_growth_that_is_not_proved_is_refused(
    old: tuple[int, bytes], new: tuple[int, bytes], proof: list[bytes]
) -> None:
    verify.check_growth(verify.Checkpoint(2, AB), verify.Checkpoint(3, TREES[3]), [C])

    with pytest.raises(verify.Wrong, match="is not the beginning"):
        verify.check_growth(verify.Checkpoint(*old), verify.Checkpoint(*new), proof)
