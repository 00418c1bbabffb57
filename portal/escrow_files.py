"""The files of the escrow: the public key and the last receipt in HOME/escrow; what leaves the machine, written once.

Nothing that leaves is ever written over, and nothing of the private key is written below HOME. The nightly job leaves
its escrow in HOME/escrow, sealed: whoever moves it away has handed it out.
"""

import datetime as dt
import os
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from privacy.escrow import Receipt
from privacy.escrow_key import EscrowRefused, Share, fingerprint

_FORMAT: Final = "sameview-escrow-key/v1"
_MOST_BYTES: Final = 1024 * 1024
_Filed = TypeVar("_Filed")


class PublicKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public key as it is filed here."""

    format: str
    key: bytes
    made_on: dt.date

    @property
    def fingerprint(self) -> str:
        """Return the 16 hex digits that the shares and the escrows name."""
        return fingerprint(self.loaded).hex()

    @property
    def loaded(self) -> X25519PublicKey:
        return X25519PublicKey.from_public_bytes(self.key)


class EscrowFolder:
    """HOME/escrow."""

    def __init__(self, home: Path) -> None:
        self.key_file = home / "escrow" / "public-key.json"
        self._receipt = home / "escrow" / "handed-out.json"

    def public(self) -> PublicKey | None:
        """Return the public key that lies there, None if none was made; EscrowRefused if the file is damaged.

        Whoever can write there can replace it: nothing is sealed to it before `portal.key_records` asked the log.
        """
        found = _read(self.key_file, PublicKey)
        if found is not None and (found.format != _FORMAT or len(found.key) != 32):
            raise EscrowRefused(f"{self.key_file} is no public key of an escrow: restore it, or make a new pair")
        return found

    def keep_public(self, key: X25519PublicKey, day: dt.date) -> None:
        """Keep a public key; the receipt of an escrow for another one goes."""
        _replace(self.key_file, msgspec.json.encode(PublicKey(_FORMAT, key.public_bytes_raw(), day)))
        self._receipt.unlink(missing_ok=True)

    def place(self, receipt: Receipt) -> Path:
        """Return where the nightly job puts the escrow of a receipt; it lies there until somebody moves it away."""
        return self._receipt.parent / f"escrow-{receipt.day}-{receipt.digest.partition(':')[2][:8]}.json"

    def lying(self) -> list[Path]:
        """Return the escrows that nobody moved away yet, oldest first."""
        return sorted(self._receipt.parent.glob("escrow-*.json"))

    def receipt(self) -> Receipt | None:
        """Return what is known of the escrow that was handed out last."""
        return _read(self._receipt, Receipt)

    def keep_receipt(self, receipt: Receipt) -> None:
        _replace(self._receipt, msgspec.json.encode(receipt))


def write_once(path: Path, content: bytes) -> None:
    """Write a file that leaves the machine, readable by its owner alone, durably; EscrowRefused if it exists."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise EscrowRefused(f"{path} exists already, and is not written over: name another place") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()  # nothing half-written stays, such as on a full disk
        raise


def share_page(share: Share, shares: int, origin: str, day: dt.date) -> bytes:
    """Return the text of a share's file, to be printed."""
    whole = share.threshold == 1
    what = "This is the whole escrow key" if whole else f"This is share {share.number} of {shares} of the escrow key"
    need = "Whoever has it" if whole else f"Whoever has {share.threshold} different shares"
    return f"""Sameview escrow key

{what} of
{origin}
made on {day}, fingerprint {share.fingerprint.hex()}.

{need} and a copy of the escrow opens every key of this installation, and with them everybody's record.
Print this page, put it into a sealed envelope in a safe, and delete the file from the machine.
To use it, give this file, or a file into which the numbered lines were typed:

    sameview keys drill ESCROW {"--key" if whole else "--share"} FILE

{share.printed()}
""".encode()


def read_escrow(path: Path) -> bytes:
    """Return the bytes of a file of an escrow or a share; EscrowRefused if it is too long to be one."""
    if path.stat().st_size > _MOST_BYTES:
        raise EscrowRefused(f"{path} is longer than a megabyte: this is no escrow")
    return path.read_bytes()


def _read(path: Path, kind: type[_Filed]) -> _Filed | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise EscrowRefused(f"{path} is damaged ({error}): restore it, or make a new escrow key") from error


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    write_once(partial, content)
    partial.replace(path)
