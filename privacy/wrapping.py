"""Wrapping: the DEKs of the key store under the KEKs of a provider, and the life of those KEKs.

A KEK is replaced in three steps, each of which can be interrupted anywhere and done again: a new version is made; what
older ones wrap is rewrapped under it, a batch a transaction; the older ones are destroyed. No DEK is ever filed under
a version that is gone: whoever files wraps behind a lock that whoever destroys must wait for.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Final

from sqlalchemy import Engine

from privacy import key_store, key_versions
from privacy.fields import KeyClass
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyProvider, KeyRefused, KeyStillUsed
from privacy.key_store import Filed
from privacy.seal import aad
from privacy.stores import StillRead, empty_journal, writing

BATCH: Final = 1000
_NAMED: Final = 5

Progress = Callable[[int, int], None]
"""Told how many keys are done, and of how many."""


def silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def today_utc() -> dt.date:
    """Return the present day, UTC."""
    return dt.datetime.now(dt.UTC).date()


class Wrapping:
    """Wraps and unwraps DEKs, and replaces and destroys KEKs. Keeps no key in memory."""

    def __init__(
        self,
        engine: Engine,
        provider: KeyProvider,
        *,
        classes: Collection[KeyClass] = frozenset(KeyClass),
        today: Callable[[], dt.date] = today_utc,
    ) -> None:
        self.engine = engine
        self.provider = provider
        self.classes = frozenset(classes)
        self._today = today

    def rotate(self, key_class: KeyClass, *, anew: bool = False, progress: Progress = silent) -> int:
        """Rewrap every DEK of a class under a new KEK, and return its version. Data and older KEKs stay.

        What an interrupted rotation left is finished with the KEK that it made; `anew` makes another one nevertheless.
        """
        self.require(key_class)
        if anew or not self.unfinished(key_class):
            self.new_version(key_class)
        return self.rewrap(key_class, progress)

    def new_version(self, key_class: KeyClass) -> int:
        """Make a new KEK, and return its version."""
        self.require(key_class)
        version = self.provider.rotate(key_class)
        self.record()
        return version

    def rewrap(self, key_class: KeyClass, progress: Progress = silent) -> int:
        """Rewrap under the newest KEK whatever older ones wrap, and return its version.

        A key that does not unwrap stays as it is and the others go on; KeyRefused names such keys at the end.
        """
        version = self._newest(key_class)
        with self.engine.connect() as connection:
            total = key_store.count_older(connection, key_class, version)
        progress(done := 0, total)
        while True:  # again until nothing moves: somebody may have filed a key under an older version meanwhile
            refused: list[str] = []
            moved = 0
            for batch in self._rewrap_batches(key_class, version, refused):
                moved += batch
                done += batch
                progress(done, max(total, done))
            if not moved:
                break
        if refused:
            raise KeyRefused(
                f"{len(refused)} of the {key_class} keys do not unwrap and were left as they are: {_some(refused)}; "
                "put them back from a backup of the key store. Older versions of the class were kept"
            )
        return version

    def destroy_version(self, key_class: KeyClass, version: int) -> None:
        """Destroy an old KEK for good; KeyStillUsed while DEKs are wrapped by it, KeyGone if there is none."""
        self.require(key_class)
        with writing(self.engine) as connection:
            key_store.lock_for_moving(connection)
            if count := key_store.count_of_version(connection, key_class, version):
                raise KeyStillUsed(f"kek-{key_class}-{version} wraps {count} keys: rotate the class first")
            key_versions.record(connection, key_class, self.provider.versions(key_class), self._today())
            self.provider.destroy(key_class, version)
            key_versions.record_destroyed(connection, key_class, version, self._today())
        with suppress(StillRead):  # what the journal may still hold is wrapped by the key that is gone now
            empty_journal(self.engine)

    def refuse_needed(self, key_class: KeyClass, version: int) -> None:
        """Raise KeyGone for a version that does not exist, KeyStillUsed for the newest and for one that wraps keys."""
        if version not in (existing := self._existing(key_class)):
            known = key_versions.destroyed_on(self.engine, key_class, version)
            said = "there is no" if known is None else f"destroyed on {known}:"
            raise KeyGone(f"{said} kek-{key_class}-{version}; {key_class} has {_versions(existing)}")
        if version == existing[-1]:
            raise KeyStillUsed(f"kek-{key_class}-{version} is the newest: rotate the class first")
        with self.engine.connect() as connection:
            if count := key_store.count_of_version(connection, key_class, version):
                raise KeyStillUsed(f"kek-{key_class}-{version} wraps {count} keys: rotate the class first")

    def record(self) -> None:
        """Bring the record of versions up to date with what exists.

        A version that is gone was destroyed, by a process that died before it wrote so, unless it still wraps keys:
        then it is lost, and its record stays open.
        """
        for key_class in sorted(self.classes):
            with writing(self.engine) as connection:
                key_store.lock_for_moving(connection)
                existing = self.provider.versions(key_class)
                key_versions.record(connection, key_class, existing, self._today())
                for each in key_versions.read(connection):
                    here = each.key_class is not key_class or each.destroyed_on or each.version in existing
                    if not here and not key_store.count_of_version(connection, key_class, each.version):
                        key_versions.record_destroyed(connection, key_class, each.version, self._today())

    def unfinished(self, key_class: KeyClass) -> bool:
        """Return whether DEKs are still wrapped by another KEK than the newest."""
        with self.engine.connect() as connection:
            return key_store.count_older(connection, key_class, self._newest(key_class)) > 0

    def prove(self, key_class: KeyClass) -> Iterator[tuple[Filed, str | None]]:
        """Unwrap every DEK of a class, and yield each with the reason for which it does not open, or None."""
        after = None
        while True:
            with self.engine.connect() as connection:
                batch = key_store.every(connection, key_class, after, BATCH)
            for filed in batch:
                yield filed, self._fault(filed)
            if len(batch) < BATCH:
                return
            after = (batch[-1].subject, batch[-1].epoch)

    def require(self, key_class: KeyClass) -> None:
        """Raise KeyClassWithheld unless this process was given the class."""
        if key_class not in self.classes:
            raise KeyClassWithheld(
                f"this process was not given the {key_class} keys: name that class in SAMEVIEW_KEY_CLASSES, or run "
                "the command where it is named"
            )

    def wrap(self, subject: str, key_class: KeyClass, epoch: int, key: bytes) -> Filed:
        """Wrap a DEK for its place, under the newest KEK. The caller holds one of the key store's locks."""
        bound = aad("wrapped_key", 1, subject, key_class, epoch)
        return Filed(subject, key_class, epoch, *self.provider.wrap(key_class, key, bound))

    def unwrap(self, filed: Filed) -> bytes:
        """Unwrap a DEK; KeyGone or KeyRefused name its place."""
        bound = aad("wrapped_key", 1, filed.subject, filed.key_class, filed.epoch)
        try:
            return self.provider.unwrap(filed.key_class, filed.kek_version, filed.wrapped, bound)
        except (KeyGone, KeyRefused) as error:
            raise type(error)(f"the {_place(filed)} does not unwrap: {error}{self._destroyed(filed)}") from error

    def _newest(self, key_class: KeyClass) -> int:
        return self._existing(key_class)[-1]

    def _existing(self, key_class: KeyClass) -> list[int]:
        self.require(key_class)
        if not (existing := self.provider.versions(key_class)):
            raise KeyGone(
                f"no key-encryption key of class {key_class} is here: recover it with `sameview keys recover`, or from"
                " your own copy of the keys; no `sameview backup` holds such keys"
            )
        return existing

    def _rewrap_batches(self, key_class: KeyClass, version: int, refused: list[str]) -> Iterator[int]:
        """Rewrap all that older versions wrap, and yield how many of each batch; name in `refused` what cannot be."""
        after = None
        while True:
            with writing(self.engine) as connection:
                key_store.lock_for_moving(connection)
                batch = key_store.older(connection, key_class, version, after, BATCH)
                moved = []
                for filed in batch:
                    try:
                        moved.append(self.wrap(filed.subject, key_class, filed.epoch, self.unwrap(filed)))
                    except (KeyGone, KeyRefused):
                        refused.append(_place(filed))
                key_store.replace(connection, moved)
            if not batch:
                return
            yield len(moved)
            after = (batch[-1].subject, batch[-1].epoch)

    def _fault(self, filed: Filed) -> str | None:
        try:
            self.unwrap(filed)
        except (KeyGone, KeyRefused) as error:
            return str(error)
        return None

    def _destroyed(self, filed: Filed) -> str:
        day = key_versions.destroyed_on(self.engine, filed.key_class, filed.kek_version)
        return "" if day is None else f" (kek-{filed.key_class}-{filed.kek_version} was destroyed on {day})"


def _place(filed: Filed) -> str:
    return f"{filed.key_class} key of subject {filed.subject} for epoch {filed.epoch}"


def _some(places: list[str]) -> str:
    more = f", and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return ", ".join(places[:_NAMED]) + more


def _versions(existing: list[int]) -> str:
    return ("version " if len(existing) == 1 else "versions ") + ", ".join(map(str, existing))
