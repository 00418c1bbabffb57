"""Key files: one key-encryption key (KEK) each, readable by its owner alone.

    format 1: "SVKEK" | 1 | key 32                                                              | check 4
    format 2: "SVKEK" | 2 | memory KiB u32 | passes u32 | lanes u8 | salt 16 | nonce 12 | key 48 | check 4

The check is the head of a SHA-256 over what precedes it, so that a damaged file is told from a wrong passphrase. In
format 2 the key is random as well: the passphrase, through Argon2id (RFC 9106), makes the AES-256-GCM key that wraps
it, with the file's name and header as AAD. It never is the KEK, which could not be destroyed then. What the header
asks of Argon2id is bounded before any of it is spent: a forged file must not exhaust the memory.
"""

import hashlib
import os
import stat
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from privacy.key_provider import KeyGone, ProviderRefused
from privacy.seal import NONCE_BYTES

KEY_BYTES: Final = 32
_PLAIN: Final = b"SVKEK\x01"
_WRAPPED: Final = b"SVKEK\x02"
_HEADER: Final = struct.Struct(">6sIIB16s12s")
_SALT_BYTES: Final = 16
_CHECK_BYTES: Final = 4
_MOST_BYTES: Final = 1024
_SETTING: Final = "SAMEVIEW_KEY_PASSPHRASE"
RESTORED: Final = (
    "recover it from the escrow with `sameview keys recover`, or from a copy of the key folder; no `sameview backup`"
    " holds such keys"
)
"""How a key file comes back: whoever is told that one is missing must not be led to make another in its place."""


class KeyFileRefused(ProviderRefused):
    """A key file or its directory is unsafe or damaged; the message names it and the fix."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What deriving a wrapping key from a passphrase costs: memory in KiB, passes over it, and lanes."""

    memory_kib: int
    passes: int
    lanes: int

    def is_bearable(self) -> bool:
        """Return whether Argon2id takes these figures, and a small server can afford them."""
        return 1 <= self.lanes <= 8 and 1 <= self.passes <= 16 and 8 * self.lanes <= self.memory_kib <= 256 * 1024


STANDARD_COST: Final = Cost(memory_kib=64 * 1024, passes=3, lanes=4)  # RFC 9106 §4, second recommended option
INSECURE_COST_FOR_TESTS: Final = Cost(memory_kib=8, passes=1, lanes=1)


def encode(name: str, key: bytes, passphrase: str | None, cost: Cost) -> bytes:
    """Return the content of the file `name`, which holds `key`, wrapped if there is a passphrase."""
    if passphrase is None:
        body = _PLAIN + key
    else:
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(NONCE_BYTES)
        header = _HEADER.pack(_WRAPPED, cost.memory_kib, cost.passes, cost.lanes, salt, nonce)
        body = header + _wrapping(passphrase, salt, cost).encrypt(nonce, key, header + name.encode())
    return body + _check(body)


def decode(path: Path, content: bytes, passphrases: Sequence[str]) -> bytes:
    """Return the key in the content of `path`, or raise KeyFileRefused; the first passphrase that opens it will do.

    A plain file is read with passphrases, too.
    """
    body, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
    sizes = {_PLAIN: len(_PLAIN) + KEY_BYTES, _WRAPPED: _HEADER.size + KEY_BYTES + 16}
    if len(body) != sizes.get(body[: len(_PLAIN)]) or check != _check(body):
        raise KeyFileRefused(f"{path} is truncated or damaged: move it away, and {RESTORED}")
    return body[len(_PLAIN) :] if body.startswith(_PLAIN) else _unwrapped(path, body, passphrases)


def is_wrapped(path: Path) -> bool:
    """Return whether a passphrase is needed to read the file."""
    return read(path).startswith(_WRAPPED)


def read(path: Path) -> bytes:
    """Return the content of a key file that is a regular file of ours, which nobody else can read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as e:
        raise KeyGone(f"{path} is missing: {RESTORED}") from e
    except OSError as e:
        if path.is_symlink():
            raise KeyFileRefused(f"{path} is a symbolic link: put the key file itself there") from e
        raise
    try:
        _refuse_unsafe(path, os.fstat(descriptor))
        return os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)


def write(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, durably; FileExistsError if there is one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _refuse_unsafe(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileRefused(f"{path} is not a file: move it away")
    if found.st_mode & 0o077:
        raise KeyFileRefused(f"{path} can be read by others (mode {stat.S_IMODE(found.st_mode):o}): chmod 600 {path}")
    if os.geteuid() not in (0, found.st_uid):
        raise KeyFileRefused(f"{path} belongs to user {found.st_uid}: chown it to the user that runs sameview")


def _unwrapped(path: Path, body: bytes, passphrases: Sequence[str]) -> bytes:
    if not passphrases:
        raise KeyFileRefused(f"{path} is wrapped by a passphrase: set {_SETTING} or {_SETTING}_FILE")
    header, sealed = body[: _HEADER.size], body[_HEADER.size :]
    _, memory_kib, passes, lanes, salt, nonce = _HEADER.unpack(header)
    cost = Cost(memory_kib, passes, lanes)
    if not cost.is_bearable():
        raise KeyFileRefused(f"{path} asks for {memory_kib} KiB and {passes} passes: move it away, and {RESTORED}")
    for passphrase in passphrases:
        with suppress(InvalidTag):
            return _wrapping(passphrase, salt, cost).decrypt(nonce, sealed, header + path.name.encode())
    raise KeyFileRefused(f"{path} does not open with this passphrase: correct {_SETTING} (or the file was renamed)")


def _wrapping(passphrase: str, salt: bytes, cost: Cost) -> AESGCM:
    derived = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    ).derive(passphrase.encode())
    return AESGCM(derived)


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]
