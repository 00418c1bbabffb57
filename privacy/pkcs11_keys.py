"""Key-encryption keys in a PKCS#11 token: they are made there, work there and cannot leave it.

A KEK is an AES-256 token object labelled `kek-<class>-<version>`: private, sensitive, not extractable. It wraps by
AES-GCM inside the token. Labels are not unique in PKCS#11, and two processes may rotate at once; so each object has a
random id, which every wrapping names: two objects of one version are both of use, and neither is ever deleted alone.

    wrapped key: 2 | id of the KEK 8 | nonce 12 | key | tag 16

A token serves one installation: another's KEKs would be rotated and destroyed with ours.
"""

import os
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass, PKCS11Error

from privacy.fields import KeyClass
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyRefused, KeyStillUsed
from privacy.pkcs11_token import Kek, Opened, Token, TokenRefused
from privacy.seal import NONCE_BYTES, element

__all__ = ["Pkcs11KeyProvider", "TokenRefused"]

_T = TypeVar("_T")

_WRAPPING: Final = b"\x02"  # AES-256-GCM in a token, 96-bit random nonce
_ID_BYTES: Final = 8
_HEAD_BYTES: Final = 1 + _ID_BYTES + NONCE_BYTES
_KEY_BITS: Final = 256
_TAG_BITS: Final = 128
_PROBE: Final = b"does this key work?"
_DESTROYED: Final = (pkcs11.ObjectHandleInvalid, pkcs11.KeyHandleInvalid)
_AES_KEYS: Final = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
_TEMPLATE: Final = {
    **dict.fromkeys((Attribute.PRIVATE, Attribute.SENSITIVE, Attribute.ENCRYPT, Attribute.DECRYPT), True),
    **dict.fromkeys((Attribute.EXTRACTABLE, Attribute.COPYABLE, Attribute.MODIFIABLE), False),
    **dict.fromkeys((Attribute.WRAP, Attribute.UNWRAP, Attribute.SIGN, Attribute.VERIFY, Attribute.DERIVE), False),
}


class Pkcs11KeyProvider:
    """KEKs in a token. `create()` makes what is missing."""

    def __init__(self, token: Token, classes: Collection[KeyClass] = frozenset(KeyClass)) -> None:
        self.token = token
        self.classes = frozenset(classes)

    def create(self, known: Collection[KeyClass] = ()) -> "Pkcs11KeyProvider":
        """Make a first KEK for each class that has none; existing ones stay. KeyGone if one that is `known` is missing.

        A number that was destroyed must not be used again: whoever knows a version knows that the class had keys.
        """
        for key_class in sorted(self.classes):
            if key_class in known:
                self._run(partial(self._newest, key_class=key_class))
            elif not self.versions(key_class):
                self._run(partial(_generate, label=_label(key_class, 1)))
        return self

    def check(self) -> None:
        """Let every KEK wrap and unwrap; TokenRefused or KeyGone name the first fault and its fix."""
        for key_class in sorted(self.classes):
            for version in self.versions(key_class) or [self._run(partial(self._newest, key_class=key_class))]:
                self._run(partial(self._check, label=_label(key_class, version)))

    def warnings(self) -> list[str]:
        """Return nothing: what could be said of a token's keys is a fault, and `check` says it."""
        return []

    def wrap(self, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        self._require(key_class)
        return self._run(lambda opened: self._wrap(opened, key_class, key, aad))

    def unwrap(self, key_class: KeyClass, version: int, wrapped: bytes, aad: bytes) -> bytes:
        self._require(key_class)
        return self._run(
            lambda opened: self._unwrap(opened, _label(key_class, version), wrapped, aad + element(version))
        )

    def rotate(self, key_class: KeyClass) -> int:
        self._require(key_class)
        return self._run(lambda opened: self._rotate(opened, key_class))

    def destroy(self, key_class: KeyClass, version: int) -> None:
        self._require(key_class)
        self._run(lambda opened: self._destroy(opened, key_class, version))

    def versions(self, key_class: KeyClass) -> list[int]:
        self._require(key_class)
        return self._run(lambda opened: _versions(opened, key_class))

    def _run(self, operation: Callable[[Opened], _T]) -> _T:
        """Run `operation` in the token, once more if another process destroyed a key that was at hand."""

        def with_fresh_keys(opened: Opened) -> _T:
            try:
                return operation(opened)
            except _DESTROYED:
                opened.forget()
                return operation(opened)

        return self.token.run(with_fresh_keys)

    def _wrap(self, opened: Opened, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        version = self._newest(opened, key_class)
        kek = self._keks(opened, _label(key_class, version))[0]
        nonce = os.urandom(NONCE_BYTES)
        return version, _WRAPPING + kek.id + nonce + _encrypt(kek, nonce, key, aad + element(version))

    def _unwrap(self, opened: Opened, label: str, wrapped: bytes, aad: bytes) -> bytes:
        named, nonce = wrapped[1 : 1 + _ID_BYTES], wrapped[1 + _ID_BYTES : _HEAD_BYTES]
        kek = next((each for each in self._keks(opened, label) if each.id == named), None)
        refused = KeyRefused(
            f"a key wrapped by {label} was changed or moved, or the token was made anew: put the key store, or the"
            " token, back from its newest backup"
        )
        if kek is None or wrapped[:1] != _WRAPPING or len(nonce) != NONCE_BYTES:
            raise refused
        try:
            return _decrypt(kek, nonce, wrapped[_HEAD_BYTES:], aad)
        except _DESTROYED:
            raise
        except PKCS11Error as error:  # tokens have one word for a wrong tag and for being unwell
            _encrypt(kek, nonce=os.urandom(NONCE_BYTES), value=_PROBE, aad=b"")
            raise refused from error

    def _rotate(self, opened: Opened, key_class: KeyClass) -> int:
        opened.forget()
        version = self._newest(opened, key_class) + 1
        _generate(opened, _label(key_class, version))
        return version

    def _destroy(self, opened: Opened, key_class: KeyClass, version: int) -> None:
        label = _label(key_class, version)
        opened.forget()
        if version not in _versions(opened, key_class):
            raise self._gone(label)
        if version == self._newest(opened, key_class):
            raise KeyStillUsed(f"{label} is the newest: rotate the class first")  # so that no number is used twice
        for kek in self._keks(opened, label):
            kek.key.destroy()
        opened.forget()

    def _check(self, opened: Opened, label: str) -> None:
        for kek in self._keks(opened, label):
            if kek.key[Attribute.EXTRACTABLE] or not kek.key[Attribute.SENSITIVE]:
                raise TokenRefused(f"{label} can be taken out of {self.token}: run `sameview keys rotate`")
            nonce = os.urandom(NONCE_BYTES)
            if _decrypt(kek, nonce, _encrypt(kek, nonce, _PROBE, b"check"), b"check") != _PROBE:
                raise TokenRefused(f"{label} in {self.token} does not open what it sealed: have the token mended")

    def _newest(self, opened: Opened, key_class: KeyClass) -> int:
        """Return the newest version; what is known is only asked for a successor, which is a tenth of the work."""
        known = opened.newest.get(key_class)
        at_hand = known is not None and _label(key_class, known) in opened.keks
        if known is None or not at_hand or _find(opened, _label(key_class, known + 1)):
            if not (versions := _versions(opened, key_class)):
                raise self._gone(f"kek-{key_class}-*")
            known = opened.newest[key_class] = versions[-1]
        return known

    def _keks(self, opened: Opened, label: str) -> list[Kek]:
        if (found := opened.keks.get(label)) is None:
            if not (found := _find(opened, label)):
                raise self._gone(label)
            opened.keks[label] = found
        return found

    def _gone(self, label: str) -> KeyGone:
        return KeyGone(
            f"{label} is not in {self.token}: if it was not destroyed, restore it from the token's own backup;"
            " `sameview backup` saves no such key"
        )

    def _require(self, key_class: KeyClass) -> None:
        if key_class not in self.classes:
            raise KeyClassWithheld(f"this process was not given the {key_class} keys: see SAMEVIEW_KEY_CLASSES")


def _label(key_class: KeyClass, version: int) -> str:
    return f"kek-{key_class}-{version}"


def _generate(opened: Opened, label: str) -> None:
    identity = os.urandom(_ID_BYTES)
    opened.session.generate_key(KeyType.AES, _KEY_BITS, label=label, id=identity, store=True, template=_TEMPLATE)


def _find(opened: Opened, label: str) -> list[Kek]:
    """Return the KEKs of one version, by id: one, unless two processes rotated at once."""
    found = _search(opened, {**_AES_KEYS, Attribute.LABEL: label})
    return sorted((Kek(key[Attribute.ID], key) for key in found), key=lambda kek: kek.id)


def _versions(opened: Opened, key_class: KeyClass) -> list[int]:
    pattern = re.compile(rf"kek-{key_class}-([1-9][0-9]*)")
    matches = (pattern.fullmatch(key[Attribute.LABEL]) for key in _search(opened, _AES_KEYS))
    return sorted({int(found[1]) for found in matches if found})


def _search(opened: Opened, template: dict[Attribute, Any]) -> list[Any]:
    """Return the objects that match. Whether the session lives is asked first: python-pkcs11 leaves a search that could
    not begin to the collector, which then complains on standard error.
    """
    with suppress(pkcs11.RandomNoRNG):
        opened.session.generate_random(8)
    return list(opened.session.get_objects(template))


def _encrypt(kek: Kek, nonce: bytes, value: bytes, aad: bytes) -> bytes:
    parameters = GCMParams(nonce, aad, _TAG_BITS)
    return bytes(kek.key.encrypt(value, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))


def _decrypt(kek: Kek, nonce: bytes, value: bytes, aad: bytes) -> bytes:
    parameters = GCMParams(nonce, aad, _TAG_BITS)
    return bytes(kek.key.decrypt(value, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
