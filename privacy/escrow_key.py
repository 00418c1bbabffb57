"""The escrow's key pair: the public half stays here, the private half leaves the machine, whole or in shares.

A share is written to be printed and typed in again: base32 in groups, with what it belongs to and a check, so that a
slip of the pen, a share of another key and a share too few are told apart before anything is opened.

    share: format u8 | threshold u8 | number u8 | fingerprint of the key 8 | share of the private key 32 | check 4

The check is the head of a SHA-256 over what precedes it. A whole key is the one share of a threshold of one.
"""

import base64
import hashlib
import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from privacy import shamir

FINGERPRINT_BYTES: Final = 8
_FORMAT: Final = 1
_LAYOUT: Final = struct.Struct(">BBB8s32s")
_CHECK_BYTES: Final = 4
_GROUP: Final = 5
_GROUPS_A_LINE: Final = 6
_LINE: Final = re.compile(r"\s*([1-9]):((?:\s*[A-Z2-7])+)\s*")
_SLIPS: Final = str.maketrans("018", "OIB")  # what base32 has no use for, and people write nevertheless


class EscrowRefused(Exception):
    """The escrow cannot be made or opened; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Share:
    """One share of a private key: `threshold` of them restore it."""

    threshold: int
    number: int
    fingerprint: bytes
    value: bytes

    def printed(self) -> str:
        """Return it as numbered lines of groups of five letters and digits."""
        body = _LAYOUT.pack(_FORMAT, self.threshold, self.number, self.fingerprint, self.value)
        text = _spelled(body + _check(body))
        groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
        lines = [groups[at : at + _GROUPS_A_LINE] for at in range(0, len(groups), _GROUPS_A_LINE)]
        return "\n".join(f"{number}: {' '.join(line)}" for number, line in enumerate(lines, 1))


def fingerprint(public: X25519PublicKey) -> bytes:
    """Return the eight bytes by which shares, escrows and the log name a public key."""
    return hashlib.sha256(b"sameview/escrow-key/v1\0" + public.public_bytes_raw()).digest()[:FINGERPRINT_BYTES]


def make(threshold: int, shares: int) -> tuple[X25519PublicKey, list[Share]]:
    """Make a key pair, and return its public half and the private one in shares; ValueError for numbers that are none.

    The private key is in memory here, this once.
    """
    private = X25519PrivateKey.generate()
    named = fingerprint(private.public_key())
    values = shamir.split(private.private_bytes_raw(), threshold, shares)
    return private.public_key(), [Share(threshold, number, named, value) for number, value in values.items()]


def read_share(text: str, place: str) -> Share:
    """Read a share from a file or a paper that was typed in; only its numbered lines count, in whatever order.

    EscrowRefused names `place`, never what stands there.
    """
    lines = {}
    for line in text.upper().splitlines():
        number, colon, groups = line.partition(":")
        if found := _LINE.fullmatch(number + colon + groups.translate(_SLIPS)):
            lines[int(found[1])] = "".join(found[2].split())
    code = "".join(lines[number] for number in sorted(lines))
    try:
        content = base64.b32decode(code + "=" * (-len(code) % 8))
        body, check = content[: _LAYOUT.size], content[_LAYOUT.size :]
        kind, threshold, number, named, value = _LAYOUT.unpack(body)
    except (ValueError, struct.error) as error:
        raise EscrowRefused(f"{place} holds no share of an escrow key: compare it with the paper") from error
    if kind != _FORMAT or not hmac.compare_digest(check, _check(body)) or _spelled(content) != code:
        raise EscrowRefused(f"{place}: the check does not fit: compare it with the paper, group by group")
    return Share(threshold, number, named, value)


def combine(shares: Sequence[Share]) -> X25519PrivateKey:
    """Return the private key of enough shares; EscrowRefused if they are too few or of different keys."""
    if len({(each.fingerprint, each.threshold) for each in shares}) != 1:
        raise EscrowRefused("these are shares of different keys: give shares of one")
    values = {each.number: each.value for each in shares}
    threshold = shares[0].threshold
    if len(values) < threshold:
        raise EscrowRefused(f"{threshold} different shares are needed, {len(values)} given")
    private = X25519PrivateKey.from_private_bytes(shamir.combine(values))
    if not hmac.compare_digest(fingerprint(private.public_key()), shares[0].fingerprint):
        raise EscrowRefused("these shares make no key: one of them was not made with the others")
    return private


def _spelled(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=")


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]
