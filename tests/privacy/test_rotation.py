"""Rotation: keys are replaced and die in time, whatever interrupts it, and no data key is left behind."""

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cast import BEN, DAN
from sqlalchemy import Engine, select, update

from privacy import wrapping
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_store import WrappedKey
from privacy.keys import KeyClassWithheld, KeyGone, KeyRefused, KeyRing, KeyStillUsed
from privacy.rotation import destroy, renew
from privacy.stores import Stores
from tests.privacy.key_life import INFO, MONTHS, SHARED, TODAY, Days, Journal, Quiet, derived, filed, state_of


class Interrupted(Exception):
    """The process died here."""


class Mortal:
    """A provider that dies at its nth call."""

    def __init__(self, inner: FileKeyProvider) -> None:
        self.inner = inner
        self.calls_left: int | None = None

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        def call(*arguments: Any) -> Any:
            if self.calls_left is not None:
                self.calls_left -= 1
                if self.calls_left < 0:
                    raise Interrupted(name)
            return method(*arguments)

        return call


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    return FileKeyProvider(tmp_path / "kek").create()


@pytest.fixture
def days() -> Days:
    return Days()


@pytest.fixture
def ring(stores: Stores, provider: FileKeyProvider, days: Days) -> KeyRing:
    made = KeyRing(stores.keys, provider, today=days)
    made.record()
    return made


@pytest.fixture
def journal(provider: FileKeyProvider) -> Journal:
    return Journal(provider)


def test_a_rotation_replaces_the_key_destroys_the_old_one_and_says_so_before(
    ring: KeyRing, journal: Journal, days: Days
) -> None:
    ring.ensure(BEN, MONTHS)
    before = derived(ring)
    days.today += dt.timedelta(days=29)

    done = renew(ring, journal, SHARED)

    assert (done.version, done.destroyed) == (2, (1,))
    assert journal.entries == [("rotated", "kek-shared-2"), ("key-destroyed", "kek-shared-1")]
    assert ring.provider.versions(SHARED) == [2]
    assert derived(ring) == before
    assert state_of(ring, 1).made_on == TODAY
    assert (state_of(ring, 1).destroyed_on, state_of(ring, 2).made_on) == (days.today, days.today)
    assert (state_of(ring, 2).keys, state_of(ring, 2).oldest, state_of(ring, 2).newest) == (7, 24300, 24306)


def test_older_keys_are_kept_on_request(ring: KeyRing, journal: Journal) -> None:
    ring.ensure(BEN, MONTHS)

    done = renew(ring, journal, SHARED, keep_old=True)

    assert done.destroyed == ()
    assert ring.provider.versions(SHARED) == [1, 2]
    assert set(filed(ring.engine).values()) == {2}


def test_progress_counts_every_key_once(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wrapping, "BATCH", 3)
    ring.ensure(BEN, MONTHS)
    told: list[tuple[int, int]] = []

    ring.rotate(SHARED, progress=lambda done, total: told.append((done, total)))

    assert told == [(0, 7), (3, 7), (6, 7), (7, 7)]


def test_a_rotation_that_is_interrupted_anywhere_is_finished_by_the_next(
    stores: Stores, provider: FileKeyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wrapping, "BATCH", 3)
    mortal = Mortal(provider)
    ring, journal = KeyRing(stores.keys, mortal), Journal(provider)
    ring.ensure(BEN, MONTHS)
    before = [ring.derive(BEN, *month, INFO, 32) for month in MONTHS]

    died = 0
    while True:
        mortal.calls_left = died
        try:
            renew(ring, journal, SHARED)
        except Interrupted:
            mortal.calls_left = None
            assert _opens_all(provider, stores, before), f"after dying at call {died}"
            renew(ring, journal, SHARED)
        else:
            break
        assert _opens_all(provider, stores, before), f"finished after dying at call {died}"
        assert len(provider.versions(SHARED)) == 1
        died += 1

    assert died > 20


def _opens_all(provider: FileKeyProvider, stores: Stores, before: list[bytes]) -> bool:
    fresh = KeyRing(stores.keys, FileKeyProvider(provider.directory))
    return [fresh.derive(BEN, *month, INFO, 32) for month in MONTHS] == before


@pytest.mark.parametrize("batch", range(4))
def test_an_interruption_between_batches_makes_no_further_key(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(wrapping, "BATCH", 3)
    ring.ensure(BEN, MONTHS)
    before = derived(ring)

    with pytest.raises(Interrupted):
        ring.rotate(SHARED, progress=_dies_at(batch))
    assert derived(ring) == before
    version = ring.rotate(SHARED)

    assert version == (2 if batch < 3 else 3)  # after the last batch nothing was left to finish
    assert derived(ring) == before
    assert set(filed(ring.engine).values()) == {version}


def _dies_at(batch: int) -> Callable[[int, int], None]:
    seen = iter(range(100))

    def progress(_done: int, _total: int) -> None:
        if next(seen) == batch:
            raise Interrupted

    return progress


def test_another_key_is_made_on_request_although_a_rotation_is_unfinished(ring: KeyRing) -> None:
    ring.ensure(BEN, MONTHS)
    ring.new_version(SHARED)

    assert ring.rotate(SHARED, anew=True) == 3
    assert set(filed(ring.engine).values()) == {3}


def test_nothing_is_destroyed_while_the_log_cannot_be_written(ring: KeyRing, journal: Journal) -> None:
    ring.ensure(BEN, MONTHS)
    journal.full = True

    with pytest.raises(OSError, match="no space"):
        renew(ring, journal, SHARED)

    assert ring.provider.versions(SHARED) == [1, 2]


def test_damaged_keys_are_named_the_others_go_on_and_the_old_key_stays(ring: KeyRing, journal: Journal) -> None:
    ring.ensure(BEN, MONTHS)
    ring.ensure(DAN, MONTHS)
    damaged = (WrappedKey.subject_id == DAN, WrappedKey.epoch == 24303)
    with ring.engine.begin() as connection:
        sound = connection.scalar(select(WrappedKey.wrapped).where(*damaged))
        connection.execute(update(WrappedKey).where(*damaged).values(wrapped=b"\x01" + bytes(60)))

    with pytest.raises(KeyRefused, match=f"1 of the shared keys .*shared key of subject {DAN} for epoch 24303"):
        renew(ring, journal, SHARED)

    assert journal.entries == []
    assert ring.provider.versions(SHARED) == [1, 2]
    assert [place for place, version in filed(ring.engine).items() if version == 1] == [(DAN, "shared", 24303)]
    with ring.engine.begin() as connection:
        connection.execute(update(WrappedKey).where(*damaged).values(wrapped=sound))
    assert renew(ring, journal, SHARED).destroyed == (1,)


def test_what_a_destroyed_key_wrapped_is_gone_and_the_error_says_since_when(ring: KeyRing, journal: Journal) -> None:
    ring.ensure(BEN, MONTHS)
    backup = _rows(ring.engine)
    renew(ring, journal, SHARED)
    _put_back(ring.engine, backup)

    with pytest.raises(KeyGone, match=rf"shared key of subject {BEN} for epoch 24300 .*was destroyed on {TODAY}"):
        KeyRing(ring.engine, ring.provider).derive(BEN, *MONTHS[0], INFO, 32)


def _rows(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(WrappedKey.__table__)).mappings()]


def _put_back(engine: Engine, rows: list[dict[str, Any]]) -> None:
    with engine.begin() as connection:
        connection.execute(WrappedKey.__table__.delete())  # type: ignore[attr-defined]
        connection.execute(WrappedKey.__table__.insert(), rows)  # type: ignore[attr-defined]


class Slow:
    """A provider that lets somebody else act between the wrapping of a key and its filing."""

    def __init__(self, inner: FileKeyProvider, meanwhile: Callable[[], object]) -> None:
        self.inner = inner
        self.meanwhile: Callable[[], object] | None = meanwhile
        self.thread: threading.Thread | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def wrap(self, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        wrapped = self.inner.wrap(key_class, key, aad)
        if self.meanwhile is not None:
            self.thread, self.meanwhile = threading.Thread(target=self.meanwhile), None
            self.thread.start()
            self.thread.join(0.5)  # whoever would not wait for our lock is done by now
        return wrapped


def test_a_key_wrapped_while_another_process_destroys_its_version_is_not_lost(
    stores: Stores, provider: FileKeyProvider
) -> None:
    other = KeyRing(stores.keys, FileKeyProvider(provider.directory))
    slow = Slow(provider, lambda: renew(other, Journal(provider), SHARED))
    ring = KeyRing(stores.keys, slow)

    ring.ensure(BEN, MONTHS)
    assert slow.thread is not None
    slow.thread.join()

    assert set(filed(stores.keys).values()) <= set(provider.versions(SHARED))
    assert provider.versions(SHARED) == [2]
    assert derived(other) == [ring.derive(BEN, *month, INFO, 32) for month in MONTHS]


def test_processes_that_file_keys_while_two_others_rotate_lose_none(stores: Stores, provider: FileKeyProvider) -> None:
    stop = threading.Event()

    def file_keys(subject: str) -> int:
        ring, epoch = KeyRing(stores.keys, FileKeyProvider(provider.directory)), 0
        while not stop.is_set() or epoch < 5:
            ring.ensure(subject, [(SHARED, epoch)])
            epoch += 1
        return epoch

    def rotate() -> None:
        ring = KeyRing(stores.keys, FileKeyProvider(provider.directory))
        for _ in range(4):
            renew(ring, Quiet(), SHARED)

    with ThreadPoolExecutor(4) as pool:
        filing = [pool.submit(file_keys, subject) for subject in (BEN, DAN)]
        try:
            for each in [pool.submit(rotate) for _ in range(2)]:
                each.result()
        finally:
            stop.set()
        made = sum(each.result() for each in filing)

    reader = KeyRing(stores.keys, FileKeyProvider(provider.directory))
    assert len(filed(stores.keys)) == made
    assert [fault for _, fault in reader.prove(SHARED) if fault] == []
    assert set(filed(stores.keys).values()) <= set(provider.versions(SHARED))


@pytest.mark.parametrize(
    ("version", "reason", "error"),
    [(1, "wraps 7 keys", KeyStillUsed), (2, "is the newest", KeyStillUsed), (9, "shared has versions 1, 2", KeyGone)],
)
def test_only_what_nothing_uses_is_destroyed_on_request_and_a_refusal_leaves_no_entry(
    ring: KeyRing, journal: Journal, version: int, reason: str, error: type[Exception]
) -> None:
    ring.ensure(BEN, MONTHS)
    ring.new_version(SHARED)

    with pytest.raises(error, match=reason):
        destroy(ring, journal, SHARED, version)

    assert journal.entries == []
    assert ring.provider.versions(SHARED) == [1, 2]


def test_a_class_that_is_withheld_is_not_rotated_and_the_setting_is_named(ring: KeyRing, journal: Journal) -> None:
    manager_side = KeyRing(ring.engine, ring.provider, classes={SHARED})

    for refused in (
        lambda: renew(manager_side, journal, KeyClass.PRIVATE),
        lambda: destroy(manager_side, journal, KeyClass.PRIVATE, 1),
        lambda: manager_side.new_version(KeyClass.PRIVATE),
    ):
        with pytest.raises(KeyClassWithheld, match=r"private keys: name that class in SAMEVIEW_KEY_CLASSES"):
            refused()
