"""The key ring: what it makes of a provider (whose own contract is in test_key_providers.py)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cast import BEN, DAN
from sqlalchemy import Engine, select

from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_store import Filed, WrappedKey
from privacy.keys import KeyClassWithheld, KeyGone, KeyProvider, KeyRefused, KeyRing, KeyStillUsed
from privacy.seal import aad
from privacy.stores import Stores, writing

DEK = b"d" * 32
BOUND = aad("wrapped_key", 1, BEN, "shared", 24322)
NOVEMBER = (KeyClass.SHARED, 24322)
INFO = b"sameview/v1/test"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "kek"


@pytest.fixture(params=[FileKeyProvider], ids=["files"])
def provider(request: pytest.FixtureRequest, directory: Path) -> KeyProvider:
    made: KeyProvider = request.param(directory).create()
    return made


class Seconds:
    """A monotonic clock that stands still."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def ring(stores: Stores, provider: KeyProvider, seconds: Seconds) -> KeyRing:
    return KeyRing(stores.keys, provider, monotonic=seconds)


class TestKeyRing:
    def test_keys_differ_by_subject_class_epoch_and_field(self, ring: KeyRing) -> None:
        places = [
            (BEN, KeyClass.SHARED, 24322, "focus"),
            (DAN, KeyClass.SHARED, 24322, "focus"),
            (BEN, KeyClass.PRIVATE, 24322, "focus"),
            (BEN, KeyClass.SHARED, 24323, "focus"),
            (BEN, KeyClass.SHARED, 24322, "apps"),
        ]
        keys = [ring.field_key(*place, create=True) for place in places]

        sealed = keys[0].seal(b"1800", b"")

        assert [_opens(key, sealed) for key in keys] == [True, False, False, False, False]

    def test_another_process_derives_the_same_keys(self, ring: KeyRing) -> None:
        sealed = ring.field_key(BEN, *NOVEMBER, "focus", create=True).seal(b"1800", b"")
        other = KeyRing(ring.engine, ring.provider)

        assert other.field_key(BEN, *NOVEMBER, "focus").open(sealed, b"") == b"1800"
        assert other.derive(BEN, *NOVEMBER, INFO, 16) == ring.derive(BEN, *NOVEMBER, INFO, 16)

    def test_field_keys_are_not_handed_out_as_derived_bytes(self, ring: KeyRing) -> None:
        with pytest.raises(ValueError, match="field_key"):
            ring.derive(BEN, *NOVEMBER, b"sameview/v1/field/focus", 32, create=True)

    def test_what_was_never_made_is_gone(self, ring: KeyRing) -> None:
        with pytest.raises(KeyGone, match=BEN):
            ring.field_key(BEN, *NOVEMBER, "focus")

    def test_class_that_is_withheld_is_not_opened(self, ring: KeyRing) -> None:
        ring.ensure(BEN, [NOVEMBER])
        manager_side = KeyRing(ring.engine, ring.provider, classes={KeyClass.AUDIT})

        for refused in (
            lambda: manager_side.field_key(BEN, *NOVEMBER, "focus"),
            lambda: manager_side.derive(BEN, *NOVEMBER, INFO, 16),
            lambda: manager_side.ensure(BEN, [NOVEMBER]),
            lambda: manager_side.warm(BEN, [NOVEMBER]),
            lambda: manager_side.rotate(KeyClass.SHARED),
        ):
            with pytest.raises(KeyClassWithheld):
                refused()

    def test_many_keys_are_made_at_once_and_only_once(self, ring: KeyRing) -> None:
        months = [
            (key_class, epoch) for key_class in (KeyClass.SHARED, KeyClass.PRIVATE) for epoch in range(24300, 24340)
        ]
        ring.ensure(BEN, months)
        before = _filed(ring.engine)

        ring.ensure(BEN, [*months, (KeyClass.TEXT, 1)])

        assert len(before) == 80
        assert before.items() <= _filed(ring.engine).items()

    def test_racing_processes_agree_on_the_key(self, ring: KeyRing) -> None:
        rings = [KeyRing(ring.engine, ring.provider) for _ in range(6)]
        start = threading.Barrier(len(rings))

        def ensure(one: KeyRing) -> bytes:
            start.wait()
            one.ensure(BEN, [NOVEMBER])
            return one.derive(BEN, *NOVEMBER, INFO, 32)

        with ThreadPoolExecutor(len(rings)) as pool:
            derived = set(pool.map(ensure, rings))

        assert len(derived) == 1

    def test_unwrapped_keys_are_used_for_a_minute_at_most(self, ring: KeyRing, seconds: Seconds) -> None:
        ring.ensure(BEN, [NOVEMBER])
        KeyRing(ring.engine, ring.provider).destroy(BEN)

        seconds.now += 59
        ring.field_key(BEN, *NOVEMBER, "focus")
        seconds.now += 1

        with pytest.raises(KeyGone):
            ring.field_key(BEN, *NOVEMBER, "focus")

    def test_forgotten_keys_leave_the_memory(self, ring: KeyRing, seconds: Seconds) -> None:
        ring.ensure(BEN, [NOVEMBER])
        seconds.now += 60

        ring.ensure(DAN, [NOVEMBER])

        assert {subject for subject, *_ in ring._cache} == {DAN}

    def test_destroyed_here_is_forgotten_at_once_and_others_stay(self, ring: KeyRing) -> None:
        ring.ensure(BEN, [NOVEMBER, (KeyClass.PRIVATE, 24322)])
        ring.ensure(DAN, [NOVEMBER])

        assert ring.destroy(BEN, [NOVEMBER]) == 1

        ring.field_key(BEN, KeyClass.PRIVATE, 24322, "focus")
        ring.field_key(DAN, *NOVEMBER, "focus")
        with pytest.raises(KeyGone):
            ring.field_key(BEN, *NOVEMBER, "focus")

    def test_what_was_read_before_it_was_destroyed_is_not_kept(
        self, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A thread has read Ben's wrapped key and is about to keep it, when another thread destroys it."""
        KeyRing(ring.engine, ring.provider).ensure(BEN, [NOVEMBER])
        unwrap = ring.unwrap

        def destroyed_meanwhile(filed: Filed) -> bytes:
            key = unwrap(filed)
            ring.destroy(BEN)
            return key

        monkeypatch.setattr(ring, "unwrap", destroyed_meanwhile)

        with pytest.raises(KeyGone):
            ring.field_key(BEN, *NOVEMBER, "focus")

    def test_what_was_read_before_another_s_key_was_destroyed_is_read_again(
        self, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        KeyRing(ring.engine, ring.provider).ensure(BEN, [NOVEMBER])
        unwrap, others = ring.unwrap, [DAN]

        def destroyed_meanwhile(filed: Filed) -> bytes:
            while others:
                ring.destroy(others.pop())
            return unwrap(filed)

        monkeypatch.setattr(ring, "unwrap", destroyed_meanwhile)

        ring.field_key(BEN, *NOVEMBER, "focus")

    def test_destroyed_keys_leave_no_bytes_in_the_sqlite_file(
        self, sqlite_stores: Stores, provider: KeyProvider, tmp_path: Path
    ) -> None:
        ring = KeyRing(sqlite_stores.keys, provider)
        ring.ensure(BEN, [NOVEMBER])
        (wrapped,) = _filed(ring.engine).values()
        assert any(wrapped in path.read_bytes() for path in (tmp_path / "keys").iterdir())

        ring.destroy(BEN)

        assert not any(wrapped in path.read_bytes() for path in (tmp_path / "keys").iterdir())

    def test_rotation_rewraps_every_key_and_keeps_what_they_derive(self, ring: KeyRing) -> None:
        ring.ensure(BEN, [(KeyClass.SHARED, epoch) for epoch in range(24300, 24310)])
        derived = ring.derive(BEN, KeyClass.SHARED, 24300, INFO, 32)

        version = ring.rotate(KeyClass.SHARED)
        ring.destroy_version(KeyClass.SHARED, version - 1)

        assert KeyRing(ring.engine, ring.provider).derive(BEN, KeyClass.SHARED, 24300, INFO, 32) == derived

    def test_version_that_still_wraps_keys_is_not_destroyed(self, ring: KeyRing) -> None:
        ring.ensure(BEN, [NOVEMBER])
        ring.provider.rotate(KeyClass.SHARED)

        with pytest.raises(KeyStillUsed, match="kek-shared-1 wraps 1 keys"):
            ring.destroy_version(KeyClass.SHARED, 1)

    def test_key_filed_in_anothers_place_is_refused(self, ring: KeyRing) -> None:
        ring.ensure(BEN, [NOVEMBER])
        with writing(ring.engine) as connection:
            connection.execute(WrappedKey.__table__.update().values(subject_id=DAN))  # type: ignore[attr-defined]

        with pytest.raises(KeyRefused):
            ring.field_key(DAN, *NOVEMBER, "focus")


def _opens(key: object, sealed: bytes) -> bool:
    try:
        key.open(sealed, b"")  # type: ignore[attr-defined]
    except Exception:
        return False
    return True


def _filed(engine: Engine) -> dict[tuple[str, str, int], bytes]:
    columns = (WrappedKey.subject_id, WrappedKey.key_class, WrappedKey.epoch, WrappedKey.wrapped)
    with engine.connect() as connection:
        return {
            (subject, key_class, epoch): wrapped
            for subject, key_class, epoch, wrapped in connection.execute(select(*columns))
        }
