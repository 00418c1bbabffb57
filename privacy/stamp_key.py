"""The key behind the stamps of rows that give rights (`auth.stamps`): derived when it is used, stored nowhere."""

from collections.abc import Callable
from typing import Final

from privacy.fields import KeyClass
from privacy.keys import KeyRing
from privacy.vault import ORGANISATION

KEY_BYTES: Final = 32
_EPOCH: Final = 0  # no year: like the key that seals the log's signing key it outlives the years
_INFO: Final = b"sameview/v1/stamp"


def stamp_key(keys: KeyRing) -> Callable[[], bytes]:
    """Return what derives the key from the organisation's `audit` key of the key store.

    Whoever has the data store alone, even to write there, does not have it. KeyClassWithheld without the class.
    """
    return lambda: keys.derive(ORGANISATION, KeyClass.AUDIT, _EPOCH, _INFO, KEY_BYTES, create=True)
