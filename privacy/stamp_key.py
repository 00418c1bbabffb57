"""The keys behind stamps: derived when they are used, stored nowhere.

One is for rows that give rights (`auth.stamps`), one for what was erased (`privacy.tombstones`), one for what was
agreed on of the capture policy (`privacy.policy_marks`). All come from the key that seals the log's signing key, so
that they are there wherever the installation opens at all: with the key store, with any backup of it, on another host.
Whoever writes to tables alone, be it in the key store, does not have them.
"""

from collections.abc import Callable
from typing import Final

from privacy.fields import KeyClass
from privacy.keys import KeyRing
from privacy.tombstones import TombstoneStamps
from privacy.vault import ORGANISATION

KEY_BYTES: Final = 32
_EPOCH: Final = 0  # no year: like the key that seals the log's signing key it outlives the years
_INFO: Final = b"sameview/v1/stamp"
_POLICY_INFO: Final = b"sameview/v1/policy-mark"
_TOMBSTONE_INFO: Final = b"sameview/v1/tombstone"


def stamp_key(keys: KeyRing) -> Callable[[], bytes]:
    """Return what derives the key from the organisation's `audit` key of the key store.

    Whoever has the data store alone, even to write there, does not have it. KeyClassWithheld without the class.
    """
    return lambda: keys.derive(ORGANISATION, KeyClass.AUDIT, _EPOCH, _INFO, KEY_BYTES, create=True)


def policy_key(keys: KeyRing) -> Callable[[], bytes]:
    """Return what derives the key of the policy's marks (`privacy.policy_marks`); KeyGone as `tombstone_stamps`."""
    return lambda: keys.derive(ORGANISATION, KeyClass.AUDIT, _EPOCH, _POLICY_INFO, KEY_BYTES)


def tombstone_stamps(keys: KeyRing) -> TombstoneStamps:
    """Return what makes and checks the stamps of tombstones and expiries; for one operation, since it holds the key.

    KeyGone in a key store that never signed a log: no such key is made there, or no genuine stamp would hold any more.
    """
    return TombstoneStamps(keys.derive(ORGANISATION, KeyClass.AUDIT, _EPOCH, _TOMBSTONE_INFO, KEY_BYTES))
