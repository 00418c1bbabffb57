"""The escrow: every KEK of the file provider, sealed to a public key whose private half is kept elsewhere.

HPKE, RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256) + HKDF-SHA256 + AES-256-GCM. A hybrid with ML-KEM was rejected:
no RFC defines it yet, and whoever opens an escrow in an emergency needs a form that any library knows; what it holds
dies with the erasure horizon, long before a machine that breaks X25519. The `info` of each KEK binds the log's origin,
its class and version, and a digest over the whole list: a KEK under another name, from another escrow, or missing from
the list is refused.

A key of a PKCS#11 token cannot be exported, and so is not in an escrow: there the token's own backup takes its place.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from privacy.canonical import canonical, digest
from privacy.escrow_key import EscrowRefused, fingerprint
from privacy.fields import KeyClass
from privacy.kek import unwrap_under
from privacy.key_provider import KeyGone
from privacy.seal import aad

FORMAT: Final = "sameview-escrow/v1"
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Place = tuple[KeyClass, int]
"""(class, version)."""


class SealedKek(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A KEK in an escrow: `sealed` is HPKE's encapsulated key and ciphertext."""

    key_class: KeyClass
    version: int
    sealed: bytes


class Escrow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An escrow as it is filed, in JSON."""

    format: str
    origin: str
    day: dt.date
    recipient: str  # fingerprint of the public key, hex
    keys: tuple[SealedKek, ...]

    @property
    def places(self) -> frozenset[Place]:
        """Which KEKs it holds."""
        return frozenset((each.key_class, each.version) for each in self.keys)

    def encoded(self) -> bytes:
        """Return its canonical JSON."""
        return canonical(msgspec.to_builtins(self)) + b"\n"


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept here of an escrow that was handed out: its day, its digest, and which KEKs it holds."""

    day: dt.date
    digest: str
    places: frozenset[Place]


def seal(origin: str, day: dt.date, public: X25519PublicKey, keks: Mapping[Place, bytes]) -> Escrow:
    """Seal KEKs to a public key."""
    places = sorted(keks)
    empty = Escrow(FORMAT, origin, day, fingerprint(public).hex(), tuple(SealedKek(*place, b"") for place in places))
    listing = _listing(empty)
    sealed = [SealedKek(*p, _SUITE.encrypt(keks[p], public, info=_info(origin, p, listing))) for p in places]
    return msgspec.structs.replace(empty, keys=tuple(sealed))


def read(content: bytes, place: str) -> Escrow:
    """Read an escrow from a file; EscrowRefused names `place`."""
    try:
        found = msgspec.json.decode(content, type=Escrow)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise EscrowRefused(f"{place} is no escrow: {error}") from error
    if found.format != FORMAT:
        raise EscrowRefused(f"{place} has the format {found.format}; this version reads {FORMAT}")
    return found


def unseal(escrow: Escrow, origin: str, private: X25519PrivateKey) -> dict[Place, bytes]:
    """Return the KEKs of an escrow; EscrowRefused if it is another installation's, another key's, or was changed."""
    if escrow.origin != origin:
        raise EscrowRefused(f"this is the escrow of {escrow.origin}, not of {origin}")
    named = fingerprint(private.public_key()).hex()
    if escrow.recipient != named:
        raise EscrowRefused(f"this escrow was sealed to the key {escrow.recipient}, and the key given is {named}")
    listing = _listing(escrow)
    opened = {}
    for each in escrow.keys:
        place = (each.key_class, each.version)
        try:
            opened[place] = _SUITE.decrypt(each.sealed, private, info=_info(origin, place, listing))
        except (InvalidTag, ValueError) as error:
            name = f"kek-{each.key_class}-{each.version}"
            raise EscrowRefused(f"{name} does not open: the escrow was changed; take another copy of it") from error
    return opened


def _listing(escrow: Escrow) -> str:
    """Return the digest over all of an escrow but what is sealed in it."""
    listed: dict[str, Any] = {
        "format": escrow.format,
        "origin": escrow.origin,
        "day": escrow.day.isoformat(),
        "recipient": escrow.recipient,
        "keys": [[each.key_class.value, each.version] for each in escrow.keys],
    }
    return digest(listed)


def _info(origin: str, place: Place, listing: str) -> bytes:
    return aad("escrow", 1, origin, place[0], place[1], listing)


class RecoveredKeys:
    """A provider of KEKs that were recovered, in memory alone: it unwraps, and changes nothing."""

    def __init__(self, keks: Mapping[Place, bytes]) -> None:
        self._keks = {place: AESGCM(key) for place, key in keks.items()}

    def check(self) -> None:
        """Find nothing: these keys are in memory."""

    def warnings(self) -> list[str]:
        return []

    def versions(self, key_class: KeyClass) -> list[int]:
        return sorted(version for c, version in self._keks if c is key_class)

    def wrap(self, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        raise EscrowRefused("nothing is wrapped under a key of an escrow: recover it first")

    def unwrap(self, key_class: KeyClass, version: int, wrapped: bytes, aad: bytes) -> bytes:
        if (kek := self._keks.get((key_class, version))) is None:
            raise KeyGone(f"the escrow has no kek-{key_class}-{version}")
        return unwrap_under(kek, key_class, version, wrapped, aad)

    def rotate(self, key_class: KeyClass) -> int:
        raise EscrowRefused(f"kek-{key_class} cannot be rotated in an escrow")

    def destroy(self, key_class: KeyClass, version: int) -> None:
        raise EscrowRefused(f"kek-{key_class}-{version} cannot be destroyed in an escrow")
