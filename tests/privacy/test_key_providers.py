"""The contract of a key provider, kept by every one: files, files wrapped by a passphrase, and a real PKCS#11 token."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import soft_token
from cast import BEN, DAN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_files import INSECURE_COST_FOR_TESTS
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyProvider, KeyRefused, KeyStillUsed
from privacy.keys import KeyRing
from privacy.pkcs11_keys import Pkcs11KeyProvider
from privacy.pkcs11_token import Token
from privacy.seal import aad
from privacy.stores import Stores

DEK = b"d" * 32
BOUND = aad("wrapped_key", 1, BEN, "shared", 24322)
NOVEMBER = (KeyClass.SHARED, 24322)
PASSPHRASE = "seven brown otters swim uphill"

Place = Callable[[Collection[KeyClass]], Any]
"""Opens a provider with some classes, as each process of an installation does."""


@pytest.fixture(params=["files", "passphrase", "pkcs11"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "pkcs11":
        token = soft_token.make(tmp_path, monkeypatch)
        return lambda classes: Pkcs11KeyProvider(Token(token.module, token.label, token.pin), classes)
    passphrase = PASSPHRASE if request.param == "passphrase" else None
    return lambda classes: FileKeyProvider(tmp_path / "kek", classes, passphrase, INSECURE_COST_FOR_TESTS)


@pytest.fixture
def provider(place: Place) -> KeyProvider:
    made: KeyProvider = place(frozenset(KeyClass)).create()
    return made


@pytest.fixture
def ring(stores: Stores, provider: KeyProvider) -> KeyRing:
    return KeyRing(stores.keys, provider)


class TestWrapping:
    def test_what_is_wrapped_unwraps(self, provider: KeyProvider) -> None:
        version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)

        assert version == 1
        assert DEK not in wrapped
        assert provider.unwrap(KeyClass.SHARED, version, wrapped, BOUND) == DEK

    def test_no_two_wrappings_are_alike(self, provider: KeyProvider) -> None:
        assert len({provider.wrap(KeyClass.SHARED, DEK, BOUND)[1] for _ in range(20)}) == 20

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(aad("wrapped_key", 1, DAN, "shared", 24322), id="subject"),
            pytest.param(aad("wrapped_key", 1, BEN, "private", 24322), id="class"),
            pytest.param(aad("wrapped_key", 1, BEN, "shared", 24323), id="epoch"),
            pytest.param(b"", id="nothing"),
        ],
    )
    def test_another_place_is_refused(self, provider: KeyProvider, other: bytes) -> None:
        version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)

        with pytest.raises(KeyRefused, match="kek-shared-1"):
            provider.unwrap(KeyClass.SHARED, version, wrapped, other)

    def test_another_class_or_version_is_refused(self, provider: KeyProvider) -> None:
        version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        provider.rotate(KeyClass.SHARED)

        with pytest.raises(KeyRefused):
            provider.unwrap(KeyClass.PRIVATE, version, wrapped, BOUND)
        with pytest.raises(KeyRefused):
            provider.unwrap(KeyClass.SHARED, version + 1, wrapped, BOUND)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(data=st.data())
    def test_changed_shortened_lengthened_or_invented_is_refused(
        self, provider: KeyProvider, data: st.DataObject
    ) -> None:
        version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        position = data.draw(st.integers(0, len(wrapped) - 1), label="position")
        flipped = wrapped[position] ^ data.draw(st.integers(1, 255), label="flip")
        broken = data.draw(
            st.sampled_from(
                [
                    wrapped[:position] + bytes([flipped]) + wrapped[position + 1 :],
                    wrapped[:position],
                    wrapped + bytes([flipped]),
                    data.draw(st.binary(max_size=100), label="invented"),
                ]
            ),
            label="broken",
        )

        with pytest.raises(KeyRefused):
            provider.unwrap(KeyClass.SHARED, version, broken, BOUND)
        assert provider.unwrap(KeyClass.SHARED, version, wrapped, BOUND) == DEK

    def test_many_threads_unwrap_at_once(self, provider: KeyProvider) -> None:
        wrapped = {bytes([n]) * 32: provider.wrap(KeyClass.SHARED, bytes([n]) * 32, BOUND) for n in range(8)}

        def unwraps(key: bytes) -> bool:
            return all(provider.unwrap(KeyClass.SHARED, *wrapped[key], BOUND) == key for _ in range(50))

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(unwraps, wrapped))


class TestVersions:
    def test_old_wrappings_unwrap_after_rotation_until_their_version_is_destroyed(self, provider: KeyProvider) -> None:
        old, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        new = provider.rotate(KeyClass.SHARED)
        rewrapped = provider.wrap(KeyClass.SHARED, provider.unwrap(KeyClass.SHARED, old, wrapped, BOUND), BOUND)

        provider.destroy(KeyClass.SHARED, old)

        assert rewrapped[0] == new
        assert provider.unwrap(KeyClass.SHARED, *rewrapped, BOUND) == DEK
        assert provider.versions(KeyClass.SHARED) == [new]
        with pytest.raises(KeyGone, match="kek-shared-1"):
            provider.unwrap(KeyClass.SHARED, old, wrapped, BOUND)

    def test_no_number_is_used_twice(self, provider: KeyProvider) -> None:
        made = [1]
        for _ in range(4):
            made.append(provider.rotate(KeyClass.SHARED))
            provider.destroy(KeyClass.SHARED, made[-2])

        assert made == [1, 2, 3, 4, 5]
        assert provider.versions(KeyClass.SHARED) == [5]

    def test_newest_version_is_not_destroyed(self, provider: KeyProvider) -> None:
        with pytest.raises(KeyStillUsed, match="kek-shared-1 is the newest: rotate the class first"):
            provider.destroy(KeyClass.SHARED, 1)
        with pytest.raises(KeyGone, match="kek-shared-7"):
            provider.destroy(KeyClass.SHARED, 7)

    def test_creating_again_changes_nothing(self, place: Place, provider: KeyProvider) -> None:
        provider.rotate(KeyClass.TEXT)
        version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)

        place(frozenset(KeyClass)).create()

        assert {c: provider.versions(c) for c in KeyClass} == {c: [1] for c in KeyClass} | {KeyClass.TEXT: [1, 2]}
        assert provider.unwrap(KeyClass.SHARED, version, wrapped, BOUND) == DEK

    def test_ten_versions_are_in_the_order_of_their_numbers(self, provider: KeyProvider) -> None:
        for _ in range(10):
            provider.rotate(KeyClass.SHARED)

        assert provider.versions(KeyClass.SHARED) == list(range(1, 12))

    def test_threads_that_rotate_at_once_make_versions_of_their_own(self, provider: KeyProvider) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: provider.rotate(KeyClass.SHARED), range(16)))

        assert sorted(made) == list(range(2, 18))

    def test_rotated_by_another_process_is_used_here_from_the_next_wrapping_on(
        self, place: Place, provider: KeyProvider
    ) -> None:
        provider.wrap(KeyClass.SHARED, DEK, BOUND)

        version = place({KeyClass.SHARED}).rotate(KeyClass.SHARED)

        assert provider.wrap(KeyClass.SHARED, DEK, BOUND)[0] == version

    def test_destroyed_by_another_process_is_destroyed_here(self, place: Place, provider: KeyProvider) -> None:
        there = place(frozenset(KeyClass))
        version, wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        there.rotate(KeyClass.SHARED)
        there.rotate(KeyClass.SHARED)

        there.destroy(KeyClass.SHARED, version)
        there.destroy(KeyClass.SHARED, version + 1)

        with pytest.raises(KeyGone, match="kek-shared-1"):
            provider.unwrap(KeyClass.SHARED, version, wrapped, BOUND)
        assert provider.wrap(KeyClass.SHARED, DEK, BOUND)[0] == version + 2


class TestConfinement:
    def test_class_that_is_withheld_is_neither_made_nor_used(self, place: Place) -> None:
        place({KeyClass.SHARED}).create()
        manager_side = place({KeyClass.SHARED})

        manager_side.wrap(KeyClass.SHARED, DEK, BOUND)

        for refused in (
            lambda: manager_side.wrap(KeyClass.PRIVATE, DEK, BOUND),
            lambda: manager_side.unwrap(KeyClass.PRIVATE, 1, b"", BOUND),
            lambda: manager_side.rotate(KeyClass.PRIVATE),
            lambda: manager_side.destroy(KeyClass.PRIVATE, 1),
            lambda: manager_side.versions(KeyClass.PRIVATE),
        ):
            with pytest.raises(KeyClassWithheld, match="SAMEVIEW_KEY_CLASSES"):
                refused()
        assert place(frozenset(KeyClass)).versions(KeyClass.PRIVATE) == []

    def test_class_without_a_key_says_how_to_get_one(self, place: Place) -> None:
        place({KeyClass.SHARED}).create()
        provider = place(frozenset(KeyClass))

        for asked in (provider.check, lambda: provider.wrap(KeyClass.AUDIT, DEK, BOUND)):
            with pytest.raises(KeyGone, match=r"kek-audit-\* .*(recover|restore)"):
                asked()

    def test_check_and_warnings_are_silent_about_a_place_in_order(self, provider: KeyProvider) -> None:
        provider.rotate(KeyClass.SHARED)

        provider.check()

        assert provider.warnings() == []


class TestKeyRing:
    def test_another_process_derives_the_same_keys(self, ring: KeyRing, place: Place) -> None:
        sealed = ring.field_key(BEN, *NOVEMBER, "focus", create=True).seal(b"1800", b"")

        other = KeyRing(ring.engine, place(frozenset(KeyClass)))

        assert other.field_key(BEN, *NOVEMBER, "focus").open(sealed, b"") == b"1800"

    def test_rotation_keeps_what_is_derived_and_frees_the_old_version(self, ring: KeyRing, place: Place) -> None:
        months = [(KeyClass.SHARED, epoch) for epoch in range(24300, 24310)]
        ring.ensure(BEN, months)
        derived = [ring.derive(BEN, *month, b"sameview/v1/test", 32) for month in months]

        version = ring.rotate(KeyClass.SHARED)
        ring.destroy_version(KeyClass.SHARED, version - 1)

        other = KeyRing(ring.engine, place(frozenset(KeyClass)))
        assert [other.derive(BEN, *month, b"sameview/v1/test", 32) for month in months] == derived
        assert ring.provider.versions(KeyClass.SHARED) == [version]

    def test_racing_processes_agree_on_the_key(self, ring: KeyRing, place: Place) -> None:
        rings = [KeyRing(ring.engine, place(frozenset(KeyClass))) for _ in range(4)]
        start = threading.Barrier(len(rings))

        def ensure(one: KeyRing) -> bytes:
            start.wait()
            one.ensure(BEN, [NOVEMBER])
            return one.derive(BEN, *NOVEMBER, b"sameview/v1/test", 32)

        with ThreadPoolExecutor(len(rings)) as pool:
            derived = set(pool.map(ensure, rings))

        assert len(derived) == 1

    def test_erased_keys_are_gone_for_good(self, ring: KeyRing) -> None:
        ring.ensure(BEN, [NOVEMBER])

        ring.destroy(BEN)

        with pytest.raises(KeyGone, match=BEN):
            ring.field_key(BEN, *NOVEMBER, "focus")
