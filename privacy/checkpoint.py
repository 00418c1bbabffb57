"""Checkpoints of the log (C2SP tlog-checkpoint) in signed notes (C2SP signed-note), Ed25519. Pure functions of text.

A checkpoint is three lines: the log's origin, the tree size, the root hash in base64. The note adds a blank line and
one line for each signature: an em dash, the key's name, and base64 of the key id and the signature. The log's own
signature comes first, its witnesses' after it (`cosignature`). Everything here can be checked with
golang.org/x/mod/sumdb/note.
"""

import base64
import binascii
import hashlib
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy.merkle import HASH_BYTES

_KEY_ID_BYTES: Final = 4
_SIGNATURE: Final = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME: Final = re.compile(r"[^\s+]+")


class NoteBroken(Exception):
    """A note or checkpoint is malformed, or is not signed by the key it has to be signed by."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log states: its origin, how many leaves it has, and their root hash."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note's text: three lines, each ending in a newline."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a checkpoint; extension lines after the third are allowed and ignored (C2SP tlog-checkpoint)."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteBroken("a checkpoint is at least three lines, each ending in a newline")
        origin, size, root = lines[:3]
        if not _SIZE.fullmatch(size):
            raise NoteBroken(f"not a tree size: {size!r}")
        decoded = decode_base64(root)
        if len(decoded) != HASH_BYTES:
            raise NoteBroken("the root hash has not 32 bytes")
        return cls(origin, int(size), decoded)


class NoteVerifier(ABC):
    """A public Ed25519 key with the name it signs under; what exactly it signs depends on the kind of signature."""

    KIND: ClassVar[bytes]
    """The signature type identifier byte (C2SP signed-note, "Signature types")."""

    def __init__(self, name: str, public: bytes) -> None:
        if not _NAME.fullmatch(name):
            raise NoteBroken(f"a key's name has no space and no plus sign: {name!r}")
        self.name = name
        self.public = public
        self.key_id = hashlib.sha256(name.encode() + b"\n" + self.KIND + public).digest()[:_KEY_ID_BYTES]
        self._key = Ed25519PublicKey.from_public_bytes(public)

    def __str__(self) -> str:
        """Return the verifier key: `name+hash+base64`, as people hand it on."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(self.KIND + self.public)}"

    @classmethod
    def parse(cls, verifier_key: str) -> Self:
        """Read a verifier key; NoteBroken if its hash does not fit or it is not an Ed25519 key of this kind."""
        name, _, rest = verifier_key.partition("+")
        hash_, _, key = rest.partition("+")
        decoded = decode_base64(key)
        if len(decoded) != 1 + 32 or decoded[:1] != cls.KIND:
            raise NoteBroken(f"not an Ed25519 verifier key of the kind {cls.KIND.hex()}")
        verifier = cls(name, decoded[1:])
        if hash_ != verifier.key_id.hex():
            raise NoteBroken("the verifier key's hash does not fit its name and key")
        return verifier

    def open(self, note: str) -> str:
        """Return the text of a note that this key signed; others' signatures are left alone. Else NoteBroken."""
        return self.signed(note)[0]

    def signed(self, note: str) -> tuple[str, list[bytes]]:
        """Return the text of a note and this key's signatures, all of which verify. NoteBroken if there is none."""
        text, signatures = split_note(note)
        mine = [s for name, key_id, s in signatures if name == self.name and key_id == self.key_id]
        if not mine:
            raise NoteBroken(f"no signature by {self.name}+{self.key_id.hex()}")
        for signature in mine:
            try:
                self._verify(text, signature)
            except InvalidSignature as e:
                raise NoteBroken(f"the signature by {self.name} is wrong") from e
        return text, mine

    @abstractmethod
    def _verify(self, text: str, signature: bytes) -> None:
        """Raise InvalidSignature unless this key made the signature over the note's text."""


class Verifier(NoteVerifier):
    """The log's public key: it signs the note's text as it is."""

    KIND = b"\x01"

    _opened: tuple[str, Checkpoint] | None = None
    """The last note and its checkpoint: pages show the same one for hours, and a signature stays as good as it was."""

    def _verify(self, text: str, signature: bytes) -> None:
        self._key.verify(signature, text.encode())

    def open_checkpoint(self, note: str) -> Checkpoint:
        """Return the checkpoint of a note that this key signed and whose origin is this key's name."""
        if (known := self._opened) is not None and known[0] == note:
            return known[1]
        checkpoint = Checkpoint.parse(self.open(note))
        if checkpoint.origin != self.name:
            raise NoteBroken(f"signed by {self.name}, but the origin is {checkpoint.origin!r}")
        self._opened = note, checkpoint
        return checkpoint


class Signer:
    """The log's private key. Ed25519 is deterministic (RFC 8032): a checkpoint signed again is the same note."""

    def __init__(self, origin: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(origin, self._key.public_key().public_bytes_raw())

    @property
    def origin(self) -> str:
        return self.verifier.name

    def sign(self, size: int, root: bytes) -> str:
        """Return the signed note of a checkpoint."""
        text = Checkpoint(self.origin, size, root).text()
        return f"{text}\n{signature_line(self.verifier, self._key.sign(text.encode()))}"


def signature_line(verifier: NoteVerifier, signature: bytes) -> str:
    """Return the line of a note with a signature of this key, ending in a newline."""
    return f"\u2014 {verifier.name} {encode_base64(verifier.key_id + signature)}\n"


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return a note's text and its signatures as (name, key id, signature), unchecked; NoteBroken if malformed."""
    text, blank, signed = note.rpartition("\n\n")
    if not blank or not signed.endswith("\n"):
        raise NoteBroken("a note is text, a blank line, and signature lines")
    if any(ord(c) < 0x20 and c != "\n" for c in note):
        raise NoteBroken("a note holds no control characters")
    signatures = []
    for line in signed[:-1].split("\n"):
        if (match := _SIGNATURE.fullmatch(line)) is None or len(decoded := decode_base64(match[2])) <= _KEY_ID_BYTES:
            raise NoteBroken("a signature line is malformed")
        signatures.append((match[1], decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:]))
    return text + "\n", signatures


def encode_base64(data: bytes) -> str:
    """Return standard base64 (RFC 4648 §4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str) -> bytes:
    """Read the one base64 form of some bytes; NoteBroken for any other text."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise NoteBroken("not base64") from e
    if encode_base64(decoded) != text:
        raise NoteBroken("not the one base64 form of its bytes")
    return decoded
