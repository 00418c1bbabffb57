"""The keys of the log: what seals its rows, and the tags by which the rows of a person are found.

No other module of the log touches a key. An entry is sealed under its subject's `audit` key of the year, an own read
under the `private` key of the month, so that nobody who reads the log sees an employee look. The key's epoch, which
every envelope names, tells the two apart. Tags differ from month to month and between subject and viewer, so that plain
columns do not join up into a person's history.
"""

import datetime as dt
import hmac
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from privacy.fields import KeyClass, epoch_of
from privacy.keys import KeyGone, KeyRefused, KeyRing
from privacy.log_entries import SALT_BYTES, Chain
from privacy.seal import FieldKey, SealBroken, aad, pad, padded_size, steps_of_two, unpad
from privacy.vault import ORGANISATION

SUBJECT_TAG: Final = b"sameview/v1/tag/subject"
VIEWER_TAG: Final = b"sameview/v1/tag/viewer"
TAG_BYTES: Final = 16
FIRST_PRIVATE_EPOCH: Final = 10_000
"""Years, the epochs of `audit`, are below; months, the epochs of `private`, are above (see `fields.epoch_of`)."""

Failures = tuple[type[KeyGone] | type[KeyRefused], ...]
UNUSABLE: Final[Failures] = (KeyGone, KeyRefused)
"""How a key can fail that was destroyed, or damaged."""

_TAG_SECONDS: Final = 60.0
_SIGNING_EPOCH: Final = 0  # no year: the key that seals the signing key outlives the years


@dataclass(slots=True)
class Filed:
    """The columns of an entry that is not erased."""

    index: int
    leaf_hash: bytes
    commitment: bytes
    day: dt.date
    subject_tag: bytes
    viewer_tag: bytes
    sealed: bytes = b""

    def aad(self) -> bytes:
        """Return what the seal is bound to: every plain column but the index, which is unknown until the commit."""
        return aad("access_log.entry", 1, self.leaf_hash, self.commitment, self.day, self.subject_tag, self.viewer_tag)


class ChainHead(msgspec.Struct, array_like=True):
    """The end of a chain. `seen` maps own reads of `day` (`log_entries.once_key`) to the entry that stands for them."""

    sequence: int = -1
    commitment: bytes = b""
    day: int = 0
    seen: dict[bytes, int] = msgspec.field(default_factory=dict)


_head_encoder = msgspec.msgpack.Encoder()
_head_decoder = msgspec.msgpack.Decoder(ChainHead)


def class_of(chain: str) -> KeyClass:
    """Return the class of key that seals entries and the head of a chain."""
    return KeyClass.PRIVATE if chain == Chain.SELF else KeyClass.AUDIT


def epoch_named(sealed: bytes) -> int:
    """Return the key epoch that an envelope names; SealBroken if it is too short to name one."""
    if len(sealed) < 8:
        raise SealBroken(f"truncated: {len(sealed)} bytes")
    return int.from_bytes(sealed[4:8], "big")


def is_own_read(sealed: bytes) -> bool:
    """Tell whether an entry belongs to a chain of own reads, by its key's epoch alone."""
    return epoch_named(sealed) >= FIRST_PRIVATE_EPOCH


class LogSeals:
    """Seals and opens the log's rows, and derives its tags. Safe to share between threads."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._tags: dict[tuple[bytes, str, int, int], bytes] = {}
        self._gone: dict[tuple[str, int], str] = {}
        self._forget_tags_at = 0.0

    # Tags

    def tag(self, label: bytes, subject: str, day: dt.date, *, create: bool = False) -> bytes:
        """Return the tag of a subject (or viewer) in the month of `day`; KeyGone without the year's audit key."""
        now = time.monotonic()
        if now >= self._forget_tags_at:
            self._tags, self._gone, self._forget_tags_at = {}, {}, now + _TAG_SECONDS
        place = (label, subject, day.year, day.month)
        if (found := self._tags.get(place)) is None:
            epoch = epoch_of(KeyClass.AUDIT, day)
            key = self._keys.derive(subject, KeyClass.AUDIT, epoch, label, 32, create)
            month = f"{day.year:04}-{day.month:02}"
            found = self._tags[place] = hmac.digest(key, month.encode(), "sha256")[:TAG_BYTES]
        return found

    def tags(self, label: bytes, subject: str, months: Iterable[dt.date]) -> list[bytes]:
        """Return the tags of a subject in each of `months` whose audit key still exists."""
        return self.tags_found(label, subject, months, (KeyGone,))[0]

    def tags_found(
        self, label: bytes, subject: str, months: Iterable[dt.date], missing: Failures = UNUSABLE
    ) -> tuple[list[bytes], list[KeyGone | KeyRefused]]:
        """Return the tags of a subject in those of `months` whose audit key can be used, and why others cannot.

        Failures that `missing` does not name are raised: whoever reads somebody's log must not take damage for silence.
        The log may be older than somebody by years. No key of a year that is over is made any more, so one that is gone
        is remembered as long as tags are.
        """
        found: list[bytes] = []
        failed: dict[int, KeyGone | KeyRefused] = {}
        ordered = list(months)
        running = max((month.year for month in ordered), default=0)
        for month in ordered:
            if month.year in failed:
                continue
            try:
                if (reason := self._gone.get((subject, month.year))) is not None:
                    raise KeyGone(reason)
                found.append(self.tag(label, subject, month))
            except missing as error:
                failed[month.year] = error
                if isinstance(error, KeyGone) and month.year < running:
                    self._gone[subject, month.year] = str(error)
        return found, list(failed.values())

    def forget(self) -> None:
        """Forget all tags, after keys were destroyed."""
        self._tags, self._gone = {}, {}

    # Entries

    def entry_key(self, subject: str, chain: str, day: dt.date) -> FieldKey:
        """Return the key for a new entry of a chain, made if it does not exist yet."""
        key_class = class_of(chain)
        return self._keys.field_key(subject, key_class, epoch_of(key_class, day), "access_log", create=True)

    def open_entry(self, subject: str, row: Filed) -> tuple[bytes, bytes]:
        """Return (salt, payload) of a row; SealBroken, KeyGone or KeyClassWithheld if it does not open."""
        opened = self._key_named(subject, row.sealed, "access_log").open(row.sealed, row.aad())
        return opened[:SALT_BYTES], opened[SALT_BYTES:]

    # Chain heads

    def seal_head(self, subject: str, chain: str, day: dt.date, head: ChainHead) -> bytes:
        """Return the sealed end of a chain, padded so that its size does not tell how often somebody looked."""
        key_class = class_of(chain)
        key = self._keys.field_key(subject, key_class, epoch_of(key_class, day), "access_chain", create=True)
        plain = _head_encoder.encode(head)
        return key.seal(pad(plain, steps_of_two(padded_size(plain))), aad("access_log.chain_head", 1, subject, chain))

    def open_head(self, subject: str, chain: str, sealed: bytes) -> ChainHead:
        """Return the end of a chain; SealBroken, KeyGone or KeyClassWithheld if it does not open."""
        key = self._key_named(subject, sealed, "access_chain")
        opened = unpad(key.open(sealed, aad("access_log.chain_head", 1, subject, chain)))
        try:
            return _head_decoder.decode(opened)
        except msgspec.MsgspecError as e:
            raise SealBroken("not the head of a chain") from e

    # The signing key

    def seal_signing_key(self, origin: str, seed: bytes) -> bytes:
        """Return the sealed seed of the log's signing key."""
        key = self._keys.field_key(ORGANISATION, KeyClass.AUDIT, _SIGNING_EPOCH, "log_key", create=True)
        return key.seal(seed, aad("key_store.log_key", 1, origin))

    def open_signing_key(self, origin: str, sealed: bytes) -> bytes:
        """Return the seed of the log's signing key."""
        key = self._keys.field_key(ORGANISATION, KeyClass.AUDIT, _SIGNING_EPOCH, "log_key")
        return key.open(sealed, aad("key_store.log_key", 1, origin))

    def _key_named(self, subject: str, sealed: bytes, name: str) -> FieldKey:
        epoch = epoch_named(sealed)
        key_class = KeyClass.PRIVATE if epoch >= FIRST_PRIVATE_EPOCH else KeyClass.AUDIT
        return self._keys.field_key(subject, key_class, epoch, name)


def new_salt() -> bytes:
    """Return the random salt of one entry."""
    return os.urandom(SALT_BYTES)
