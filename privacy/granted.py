"""Sealing what a person lets others read: each grant and each conversation under a key of its own, of class `granted`.

The key's epoch is the number of the grant or conversation, drawn at random, so that it tells neither how many there
were nor when. Destroying that one key takes back one grant and nothing else. Reading belongs to the gate
(`privacy.granted_gate`), which has logged it before.
"""

import secrets
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from privacy import key_store
from privacy.fields import KeyClass
from privacy.key_store import Epoch
from privacy.keys import KeyRing
from privacy.seal import pad, padded_size, steps_of_two, unpad
from privacy.stores import StillRead

NUMBERS: Final = range(1, 2**31)
"""What the envelope and every database hold."""
_KEY_NAME: Final = "granted"


class GrantedSeal:
    """Seals and opens under the keys of grants and conversations, and destroys them."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def new(self, subject: str) -> int:
        """Make a key of `subject` that was never there before, and return its number. SubjectErased for nobody."""
        while self._filed(subject, number := secrets.choice(NUMBERS)):
            continue
        self._keys.ensure(subject, [_epoch(number)])
        return number

    def seal(self, subject: str, number: int, plaintext: bytes, place: bytes) -> bytes:
        """Seal for one row, whose columns are `place` (see `privacy.seal.aad`). KeyGone if the key was destroyed."""
        key = self._keys.field_key(subject, KeyClass.GRANTED, number, _KEY_NAME)
        return key.seal(pad(plaintext, steps_of_two(padded_size(plaintext))), place)

    def open(self, subject: str, number: int, sealed: bytes, place: bytes) -> bytes:
        """Open what was sealed for the same row; SealBroken for any other, KeyGone if the key was destroyed."""
        return unpad(self._keys.field_key(subject, KeyClass.GRANTED, number, _KEY_NAME).open(sealed, place))

    def destroy(self, subject: str, *numbers: int) -> None:
        """Destroy the keys of these numbers: nothing opens what they sealed any more, from a backup of the data either.

        A wrapped key that somebody's reading keeps in the journal is taken off the disk by the night.
        """
        with suppress(StillRead):
            self._keys.destroy(subject, [_epoch(number) for number in numbers])

    def numbers(self, subject: str) -> frozenset[int]:
        """Return the numbers of all such keys of `subject`."""
        return key_store.numbers_of(self._keys.engine, subject, KeyClass.GRANTED)

    def is_gone(self, subject: str, number: int) -> bool:
        """Tell whether there is no such key, or none any more."""
        return not self._filed(subject, number)

    def there(self, subject: str, numbers: Collection[int]) -> frozenset[int]:
        """Return those of `numbers` of which there is a key."""
        if not numbers:
            return frozenset()
        return frozenset(numbers) & self.numbers(subject)

    def there_of_all(self, wanted: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return those of (subject, number) of which there is a key."""
        if not wanted:
            return frozenset()
        subjects = {subject for subject, _number in wanted}
        return frozenset(wanted) & key_store.numbers_of_all(self._keys.engine, subjects, KeyClass.GRANTED)

    def _filed(self, subject: str, number: int) -> bool:
        with self._keys.engine.connect() as connection:
            return bool(key_store.read(connection, subject, [_epoch(number)]))


def _epoch(number: int) -> Epoch:
    return KeyClass.GRANTED, number
