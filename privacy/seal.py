"""Sealing: authenticated encryption of one row's bytes, bound to every plain column of the row.

The envelope is `"SV" | version u8 | algorithm u8 | key_epoch u32 | nonce 12 | ciphertext | tag 16`, numbers
big-endian. Every blob names the epoch of its key, and none is ever tried with several keys, since AES-GCM does not
commit to its key. The nonce is 96 random bits: about 2,100 for a field key and month, against a limit of 2^32 (NIST SP
800-38D §8.3).
"""

import datetime as dt
import functools
import os
import struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC: Final = b"SV"
VERSION: Final = 1
AES_256_GCM: Final = 1
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_HEADER: Final = struct.Struct(">2sBBI")
OVERHEAD_BYTES: Final = _HEADER.size + NONCE_BYTES + TAG_BYTES
_LENGTH: Final = struct.Struct(">I")

Column = str | int | bytes | dt.date


class SealBroken(Exception):
    """A sealed value is not what was written for this place: changed, moved, relabelled, swapped or cut short."""


def aad(table: str, version: int, *columns: Column) -> bytes:
    """Return the associated data of one row: the table with its schema version, then each plain column.

    Every element is preceded by its length (u16), so that no two rows share a form, whatever their columns hold.
    Integers are eight bytes, signed; dates are ISO 8601. A column of 64 KiB or more is a ValueError.
    """
    return element(f"{table}/{version}") + b"".join(map(element, columns))


@functools.lru_cache(8192)
def element(value: Column) -> bytes:
    """Return one length-prefixed element of an AAD structure."""
    if isinstance(value, str):
        encoded = value.encode()
    elif isinstance(value, bytes):
        encoded = value
    elif isinstance(value, int):
        encoded = value.to_bytes(8, "big", signed=True)
    else:
        encoded = value.isoformat().encode()
    if len(encoded) > 0xFFFF:
        raise ValueError("a column of associated data holds at most 65,535 bytes")
    return len(encoded).to_bytes(2, "big") + encoded


class FieldKey:
    """The key of one field of one person in one epoch."""

    __slots__ = ("_aead", "_header", "epoch")

    def __init__(self, secret: bytes, epoch: int) -> None:
        self.epoch = epoch
        self._aead = AESGCM(secret)
        self._header = _HEADER.pack(MAGIC, VERSION, AES_256_GCM, epoch)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Return the envelope of `plaintext`; it opens with the same key and the same `aad` only."""
        nonce = os.urandom(NONCE_BYTES)
        return self._header + nonce + self._aead.encrypt(nonce, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the plaintext, or raise SealBroken with the reason."""
        if len(sealed) < OVERHEAD_BYTES:
            raise SealBroken(f"truncated: {len(sealed)} bytes")
        if not sealed.startswith(self._header):
            raise SealBroken(_wrong_header(sealed, self.epoch))
        start = _HEADER.size + NONCE_BYTES
        try:
            return self._aead.decrypt(sealed[_HEADER.size : start], sealed[start:], aad)
        except InvalidTag as e:
            raise SealBroken("authentication failed: changed, moved, swapped or cut short") from e


def _wrong_header(sealed: bytes, epoch: int) -> str:
    magic, version, algorithm, named = _HEADER.unpack_from(sealed)
    if magic != MAGIC:
        return "not a sealed value"
    if (version, algorithm) != (VERSION, AES_256_GCM):
        return f"unknown version {version} or algorithm {algorithm}"
    return f"sealed in key epoch {named}, filed under {epoch}"


def steps_of_two(length: int) -> int:
    """Return the next power of two, 256 at least: the exact length would tell what a value holds."""
    return max(256, 1 << max(length - 1, 0).bit_length())


def pad(plaintext: bytes, length: int) -> bytes:
    """Return `plaintext` behind its length (u32), filled with zeros to `length` bytes in all."""
    return _LENGTH.pack(len(plaintext)) + plaintext + bytes(length - _LENGTH.size - len(plaintext))


def padded_size(plaintext: bytes) -> int:
    """Return how many bytes `pad` needs at least."""
    return _LENGTH.size + len(plaintext)


def unpad(padded: bytes) -> bytes:
    """Return what `pad` was given; SealBroken if the length inside does not fit."""
    if len(padded) < _LENGTH.size or (length := _LENGTH.unpack_from(padded)[0]) > len(padded) - _LENGTH.size:
        raise SealBroken("the padding does not fit its length")
    return padded[_LENGTH.size : _LENGTH.size + length]
