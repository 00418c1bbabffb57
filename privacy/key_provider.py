"""What keeps key-encryption keys (KEKs), as a protocol, and how a key can fail.

There are two implementations: files (`privacy.file_keys`) and a PKCS#11 token (`privacy.pkcs11_keys`).
"""

from typing import Protocol

from privacy.fields import KeyClass


class KeyGone(LookupError):
    """A key does not exist: it was never made, or it was destroyed and what it sealed cannot be read any more."""


class KeyClassWithheld(PermissionError):
    """This process was not given the class of the key (SAMEVIEW_KEY_CLASSES)."""


class KeyStillUsed(Exception):
    """A version of a KEK cannot be destroyed: it is the current one, or keys are still wrapped by it."""


class KeyRefused(Exception):
    """A wrapped key does not unwrap: it was changed or filed in another's place."""


class ProviderRefused(Exception):
    """What keeps the KEKs cannot be used: an unsafe key file, a wrong PIN, a missing token; the text names the fix."""


class KeyProvider(Protocol):
    """Keeps the KEKs. Versions of a class count up from 1, none is used twice, and only the newest wraps.

    `aad` is a structure of `seal.aad`; the provider appends the KEK's version to it, so that a wrapping is bound to
    (subject, class, epoch, KEK version). Safe to share between threads and processes. Every method raises
    KeyClassWithheld for a class that was not given, and ProviderRefused if the place of the KEKs cannot be used.
    """

    def check(self) -> None:
        """Look at every KEK of the given classes; ProviderRefused or KeyGone name the first fault and its fix."""

    def warnings(self) -> list[str]:
        """Return what weakens a promise without breaking it, each with its fix."""

    def wrap(self, key_class: KeyClass, key: bytes, aad: bytes) -> tuple[int, bytes]:
        """Return the version that wrapped and the wrapped key; KeyGone if the class has no KEK."""

    def unwrap(self, key_class: KeyClass, version: int, wrapped: bytes, aad: bytes) -> bytes:
        """Return the key; KeyGone if the version was destroyed, KeyRefused if `wrapped` or `aad` differ."""

    def rotate(self, key_class: KeyClass) -> int:
        """Make a new version and return its number; keys wrapped before still unwrap."""

    def destroy(self, key_class: KeyClass, version: int) -> None:
        """Destroy a version for good; KeyStillUsed for the newest, KeyGone if there is none."""

    def versions(self, key_class: KeyClass) -> list[int]:
        """Return the versions that exist, oldest first."""
