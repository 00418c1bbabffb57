"""Keys: a KEK per class wraps a DEK per (subject, class, epoch), from which every field has a key of its own.

A process that was not given a class cannot open it: neither the provider nor the key ring unwraps a class that is
withheld. Unwrapped keys are kept for a minute at most, by the monotonic clock, and are forgotten at once when they are
destroyed here; a key destroyed by another process is used for the rest of that minute.
"""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Final, Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine

from privacy import key_store
from privacy.fields import KeyClass
from privacy.key_store import Epoch, Filed
from privacy.seal import FieldKey, aad
from privacy.stores import writing

CACHE_SECONDS: Final = 60.0
DEK_BYTES: Final = 32
_FIELD_INFO: Final = "sameview/v1/field/"
_REWRAP_BATCH: Final = 1000


class KeyGone(LookupError):
    """A key does not exist: it was never made, or it was destroyed and what it sealed cannot be read any more."""


class KeyClassWithheld(PermissionError):
    """This process was not given the class of the key (SAMEVIEW_KEY_CLASSES)."""


class KeyStillUsed(Exception):
    """A version of a KEK cannot be destroyed: it is the current one, or keys are still wrapped by it."""


class KeyRefused(Exception):
    """A wrapped key does not unwrap: it was changed or filed in another's place."""


class KeyProvider(Protocol):
    """Keeps the KEKs. Versions of a class count up from 1; only the newest wraps.

    `aad` is a structure of `seal.aad`; the provider appends the KEK's version to it, so that a wrapping is bound to
    (subject, class, epoch, KEK version).
    """

    def wrap(self, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        """Return the version that wrapped and the wrapped key."""

    def unwrap(self, key_class: KeyClass, version: int, wrapped: bytes, aad: bytes) -> bytes:
        """Return the key; KeyGone if the version was destroyed, KeyRefused if `wrapped` or `aad` differ."""

    def rotate(self, key_class: KeyClass) -> int:
        """Make a new version and return its number; keys wrapped before still unwrap."""

    def destroy(self, key_class: KeyClass, version: int) -> None:
        """Destroy a version for good; KeyStillUsed for the newest, KeyGone if there is none."""

    def versions(self, key_class: KeyClass) -> list[int]:
        """Return the versions that exist, oldest first."""


class _Dek:
    """An unwrapped DEK, the field keys derived from it, and when to forget both."""

    __slots__ = ("fields", "forget_at", "secret")

    def __init__(self, secret: bytes, forget_at: float) -> None:
        self.secret = secret
        self.forget_at = forget_at
        self.fields: dict[str, FieldKey] = {}


class KeyRing:
    """Unwraps, makes and destroys DEKs, and derives what is used from them. Safe to share between threads."""

    def __init__(
        self,
        engine: Engine,
        provider: KeyProvider,
        *,
        classes: Collection[KeyClass] = frozenset(KeyClass),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self.provider = provider
        self.classes = frozenset(classes)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._cache: dict[tuple[str, KeyClass, int], _Dek] = {}
        self._sweep_at = 0.0

    def field_key(self, subject: str, key_class: KeyClass, epoch: int, name: str, create: bool = False) -> FieldKey:
        """Return the key of field `name`; KeyGone if its DEK does not exist and `create` is false."""
        dek = self._dek(subject, key_class, epoch, create)
        if (key := dek.fields.get(name)) is None:
            key = dek.fields[name] = FieldKey(_hkdf(dek.secret, (_FIELD_INFO + name).encode(), DEK_BYTES), epoch)
        return key

    def derive(
        self, subject: str, key_class: KeyClass, epoch: int, info: bytes, length: int, create: bool = False
    ) -> bytes:
        """Return `length` bytes derived from a DEK for a use other than a field's key (tags, salts)."""
        if info.startswith(_FIELD_INFO.encode()):
            raise ValueError("field keys come from field_key() only")
        return _hkdf(self._dek(subject, key_class, epoch, create).secret, info, length)

    def ensure(self, subject: str, epochs: Iterable[Epoch]) -> None:
        """Make the DEKs that do not exist yet, in one transaction, and keep all of them at hand.

        Two processes may ask at once: whoever files first wins, and both use what is filed.
        """
        missing = self._not_cached(subject, epochs)
        if missing := missing - self._load(subject, missing):
            fresh = [
                Filed(subject, c, e, *self._wrap(subject, c, e, os.urandom(DEK_BYTES))) for c, e in sorted(missing)
            ]
            with writing(self.engine) as connection:
                key_store.file_new(connection, fresh)
            self._load(subject, missing)

    def warm(self, subject: str, epochs: Iterable[Epoch]) -> None:
        """Fetch those DEKs that exist in one query, before they are used one by one."""
        self._load(subject, self._not_cached(subject, epochs))

    def destroy(self, subject: str, epochs: Collection[Epoch] | None = None) -> int:
        """Destroy the DEKs of a subject (all, or those of `epochs`) and with them what they sealed; return how many."""
        with writing(self.engine) as connection:
            count = key_store.destroy(connection, subject, epochs)
        self.evict(subject)
        key_store.truncate_journal(self.engine)
        return count

    def evict(self, subject: str | None = None) -> None:
        """Forget the unwrapped keys of a subject, or all."""
        with self._lock:
            for place in [p for p in self._cache if subject in (None, p[0])]:
                del self._cache[place]

    def rotate(self, key_class: KeyClass) -> int:
        """Make a new KEK, rewrap every DEK of the class under it, and return its version. Data stay untouched."""
        self._require(key_class)
        version = self.provider.rotate(key_class)
        while self._rewrap_some(key_class, version):
            pass
        return version

    def destroy_version(self, key_class: KeyClass, version: int) -> None:
        """Destroy an old KEK; KeyStillUsed while DEKs are wrapped by it."""
        self._require(key_class)
        with self.engine.connect() as connection:
            if count := key_store.count_of_version(connection, key_class, version):
                raise KeyStillUsed(f"kek-{key_class}-{version} wraps {count} keys: rotate the class first")
        self.provider.destroy(key_class, version)
        self.evict()

    def _rewrap_some(self, key_class: KeyClass, version: int) -> int:
        with writing(self.engine) as connection:
            found = key_store.wrapped_by_older(connection, key_class, version, _REWRAP_BATCH)
            for filed in found:
                rewrapped = self._wrap(filed.subject, key_class, filed.epoch, self._unwrap(filed))
                key_store.replace(connection, Filed(*filed[:3], *rewrapped))
        return len(found)

    def _dek(self, subject: str, key_class: KeyClass, epoch: int, create: bool) -> _Dek:
        if (dek := self._cached(subject, key_class, epoch)) is not None:
            return dek
        (self.ensure if create else self.warm)(subject, [(key_class, epoch)])
        if (dek := self._cached(subject, key_class, epoch)) is None:
            raise KeyGone(f"no {key_class} key of subject {subject} for epoch {epoch}: never made, or destroyed")
        return dek

    def _cached(self, subject: str, key_class: KeyClass, epoch: int) -> _Dek | None:
        now = self._monotonic()
        with self._lock:
            if now >= self._sweep_at:
                self._cache = {place: dek for place, dek in self._cache.items() if now < dek.forget_at}
                self._sweep_at = now + CACHE_SECONDS / 4
            dek = self._cache.get((subject, key_class, epoch))
        return dek if dek is not None and now < dek.forget_at else None

    def _not_cached(self, subject: str, epochs: Iterable[Epoch]) -> set[Epoch]:
        wanted = set(epochs)
        for key_class, _ in wanted:
            self._require(key_class)
        return {e for e in wanted if self._cached(subject, *e) is None}

    def _load(self, subject: str, epochs: set[Epoch]) -> set[Epoch]:
        """Unwrap what is filed among `epochs` into the cache, and return those."""
        if not epochs:
            return set()
        forget_at = self._monotonic() + CACHE_SECONDS
        with self.engine.connect() as connection:
            found = key_store.read(connection, subject, epochs)
        unwrapped = {(subject, k.key_class, k.epoch): _Dek(self._unwrap(k), forget_at) for k in found}
        with self._lock:
            self._cache.update(unwrapped)
        return {(k.key_class, k.epoch) for k in found}

    def _wrap(self, subject: str, key_class: KeyClass, epoch: int, key: bytes) -> tuple[int, bytes]:
        return self.provider.wrap(key_class, key, aad("wrapped_key", 1, subject, key_class, epoch))

    def _unwrap(self, filed: Filed) -> bytes:
        bound = aad("wrapped_key", 1, filed.subject, filed.key_class, filed.epoch)
        return self.provider.unwrap(filed.key_class, filed.kek_version, filed.wrapped, bound)

    def _require(self, key_class: KeyClass) -> None:
        if key_class not in self.classes:
            raise KeyClassWithheld(f"this process was not given the {key_class} keys: see SAMEVIEW_KEY_CLASSES")


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=info).derive(secret)
