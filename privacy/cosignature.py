"""Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519, `cosignature/v1`). Pure functions of text.

A witness that has seen a log only grow signs `cosignature/v1`, a line with the time, and the text of the checkpoint. It
says: as of this time, this is the largest tree of this log that I know, and it grew out of every one before. Its line
stands in the note below the log's own signature. Key id and verifier key are those of C2SP signed-note with the type
0x04. Rejected for now: ML-DSA-44, which the specification prefers and no library of ours has.
"""

import datetime as dt
import struct
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy.checkpoint import NoteBroken, NoteVerifier, signature_line, split_note

_TIME: Final = struct.Struct(">Q")
_SIGNATURE_BYTES: Final = _TIME.size + 64
_LATEST: Final = 253_402_300_799  # the last second of the year 9999, which is as far as `datetime` reaches


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One witness's statement: who, when (aware, UTC), and its line in the note, ending in a newline."""

    name: str
    at: dt.datetime
    line: str


class CosignatureVerifier(NoteVerifier):
    """A witness's public key."""

    KIND = b"\x04"

    def _verify(self, text: str, signature: bytes) -> None:
        if len(signature) != _SIGNATURE_BYTES:
            raise InvalidSignature
        (seconds,) = _TIME.unpack_from(signature)
        if seconds > _LATEST:
            raise InvalidSignature
        self._key.verify(signature[_TIME.size :], signed_message(text, seconds))

    def cosignature(self, note: str) -> Cosignature:
        """Return this witness's newest cosignature in a note. NoteBroken if there is none, or if one is wrong."""
        _, mine = self.signed(note)
        newest = max(mine, key=lambda signature: _TIME.unpack_from(signature)[0])
        at = dt.datetime.fromtimestamp(_TIME.unpack_from(newest)[0], dt.UTC)
        return Cosignature(self.name, at, signature_line(self, newest))


class CosignatureSigner:
    """A witness's private key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = CosignatureVerifier(name, self._key.public_key().public_bytes_raw())

    def cosign(self, text: str, at: dt.datetime) -> Cosignature:
        """Return the cosignature over the text of a checkpoint at a time, to the second."""
        seconds = int(at.timestamp())
        signature = _TIME.pack(seconds) + self._key.sign(signed_message(text, seconds))
        moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
        return Cosignature(self.verifier.name, moment, signature_line(self.verifier, signature))


def signed_message(text: str, seconds: int) -> bytes:
    """Return what a witness signs: a header, the time in seconds since 1970, and the text of the note."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def merge(note: str, lines: str) -> str:
    """Return a note with further signature lines below its own; a line that it has already is not repeated."""
    split_note(note)
    there = note.rpartition("\n\n")[2].splitlines(keepends=True)
    added = dict.fromkeys(line for line in lines.splitlines(keepends=True) if line not in there)
    merged = note + "".join(added)
    split_note(merged)
    return merged


__all__ = ["Cosignature", "CosignatureSigner", "CosignatureVerifier", "NoteBroken", "merge", "signed_message"]
