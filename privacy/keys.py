"""Keys: a KEK per class wraps a DEK per (subject, class, epoch), from which every field has a key of its own.

A process that was not given a class cannot open it: neither the provider nor the key ring unwraps a class that is
withheld. Unwrapped keys are kept for a minute at most, by the monotonic clock, and are forgotten at once when they are
destroyed here; a key destroyed by another process is used for the rest of that minute.
"""

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine

from privacy import key_store
from privacy.fields import KeyClass
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyProvider, KeyRefused, KeyStillUsed, ProviderRefused
from privacy.key_store import Epoch
from privacy.seal import FieldKey
from privacy.stores import empty_journal, writing
from privacy.wrapping import Wrapping, today_utc

CACHE_SECONDS: Final = 60.0
DEK_BYTES: Final = 32
_FIELD_INFO: Final = "sameview/v1/field/"


class _Dek:
    """An unwrapped DEK, the keys derived from it, and when to forget all of them."""

    __slots__ = ("derived", "fields", "forget_at", "secret")

    def __init__(self, secret: bytes, forget_at: float) -> None:
        self.secret = secret
        self.forget_at = forget_at
        self.fields: dict[str, FieldKey] = {}
        self.derived: dict[tuple[bytes, int], bytes] = {}


class KeyRing(Wrapping):
    """Unwraps, makes and destroys DEKs, and derives what is used from them. Safe to share between threads."""

    def __init__(
        self,
        engine: Engine,
        provider: KeyProvider,
        *,
        classes: Collection[KeyClass] = frozenset(KeyClass),
        monotonic: Callable[[], float] = time.monotonic,
        today: Callable[[], dt.date] = today_utc,
    ) -> None:
        super().__init__(engine, provider, classes=classes, today=today)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._cache: dict[tuple[str, KeyClass, int], _Dek] = {}
        self._sweep_at = 0.0
        self._evictions = 0

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
        dek = self._dek(subject, key_class, epoch, create)
        if (found := dek.derived.get((info, length))) is None:
            found = dek.derived[info, length] = _hkdf(dek.secret, info, length)
        return found

    def ensure(self, subject: str, epochs: Iterable[Epoch]) -> None:
        """Make the DEKs that do not exist yet, in one transaction, and keep all of them at hand.

        Two processes may ask at once: whoever files first wins, and both use what is filed.
        """
        missing = self._not_cached(subject, epochs)
        if missing := missing - self._load(subject, missing):
            with writing(self.engine) as connection:
                key_store.lock_for_filing(connection)
                fresh = [self.wrap(subject, c, e, os.urandom(DEK_BYTES)) for c, e in sorted(missing)]
                key_store.file_new(connection, fresh)
            self._load(subject, missing)

    def warm(self, subject: str, epochs: Iterable[Epoch]) -> None:
        """Fetch those DEKs that exist in one query, before they are used one by one."""
        self._load(subject, self._not_cached(subject, epochs))

    def warm_all(self, subjects: Collection[str], wanted: Callable[[KeyClass, int], bool]) -> None:
        """Fetch those DEKs of several subjects that a job is about to use, in one query for all of them.

        What does not unwrap is left: whoever uses it hears why. So is what was read before an eviction.
        """
        evictions, forget_at = self._evictions, self._monotonic() + CACHE_SECONDS
        with self.engine.connect() as connection:
            found = key_store.read_all(connection, subjects, self.classes)
        unwrapped = {}
        for key in found:
            if wanted(key.key_class, key.epoch):
                with suppress(KeyGone, KeyRefused):
                    unwrapped[key.subject, key.key_class, key.epoch] = _Dek(self.unwrap(key), forget_at)
        with self._lock:
            if evictions == self._evictions:
                self._cache.update(unwrapped)

    def destroy(self, subject: str, epochs: Collection[Epoch] | None = None) -> int:
        """Destroy the DEKs of a subject (all, or those of `epochs`) and with them what they sealed; return how many.

        StillRead if they are gone, and somebody's reading keeps their wrapped bytes in the journal.
        """
        with writing(self.engine) as connection:
            count = key_store.destroy(connection, subject, epochs)
        self.evict(subject)
        empty_journal(self.engine)
        return count

    def evict(self, subject: str | None = None) -> None:
        """Forget the unwrapped keys of a subject, or all."""
        with self._lock:
            self._evictions += 1
            for place in [p for p in self._cache if subject in (None, p[0])]:
                del self._cache[place]

    def destroy_version(self, key_class: KeyClass, version: int) -> None:
        """Destroy an old KEK for good, and forget what it unwrapped (see Wrapping)."""
        super().destroy_version(key_class, version)
        self.evict()

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
            self.require(key_class)
        return {e for e in wanted if self._cached(subject, *e) is None}

    def _load(self, subject: str, epochs: set[Epoch]) -> set[Epoch]:
        """Unwrap what is filed among `epochs` into the cache, and return those.

        What was read before an eviction may be destroyed by now: it is dropped, and read again.
        """
        while epochs:
            evictions = self._evictions
            forget_at = self._monotonic() + CACHE_SECONDS
            with self.engine.connect() as connection:
                found = key_store.read(connection, subject, epochs)
            unwrapped = {(subject, k.key_class, k.epoch): _Dek(self.unwrap(k), forget_at) for k in found}
            with self._lock:
                if evictions == self._evictions:
                    self._cache.update(unwrapped)
                    return {(k.key_class, k.epoch) for k in found}
        return set()


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=info).derive(secret)


__all__ = [
    "CACHE_SECONDS",
    "KeyClassWithheld",
    "KeyGone",
    "KeyProvider",
    "KeyRefused",
    "KeyRing",
    "KeyStillUsed",
    "ProviderRefused",
]
