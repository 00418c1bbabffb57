"""A key-encryption key in memory: AES-256-GCM with a random nonce of 96 bits, bound to its version and the DEK's place.

A wrapped DEK is `wrapping u8 | nonce 12 | ciphertext 32 | tag 16`; the only wrapping is 1.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.fields import KeyClass
from privacy.key_provider import KeyRefused
from privacy.seal import NONCE_BYTES, element

_WRAPPING: Final = b"\x01"


def wrap_under(kek: AESGCM, version: int, key: bytes, aad: bytes) -> bytes:
    """Return `key` wrapped under the KEK of this version."""
    nonce = os.urandom(NONCE_BYTES)
    return _WRAPPING + nonce + kek.encrypt(nonce, key, aad + element(version))


def unwrap_under(kek: AESGCM, key_class: KeyClass, version: int, wrapped: bytes, aad: bytes) -> bytes:
    """Return the key, or raise KeyRefused if `wrapped`, the version or `aad` differ."""
    nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
    try:
        if wrapped[:1] != _WRAPPING:
            raise ValueError("unknown wrapping")
        return kek.decrypt(nonce, sealed, aad + element(version))
    except (InvalidTag, ValueError) as e:
        raise KeyRefused(
            f"a key wrapped by kek-{key_class}-{version} was changed or moved: the key store is damaged, put it back"
            " from its newest backup"
        ) from e
