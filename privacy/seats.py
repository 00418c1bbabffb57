"""Who is counted in a release, told to nobody but themselves: a tag for each, made with a key of that person's own.

Whoever holds the rows sees how many tags there are, and not whose, nor that two of different releases are of one
person. The person's own `audit` key makes it again. When that is gone, with the person or with the years, nobody can.
"""

import datetime as dt
import hmac
from collections.abc import Collection
from typing import Final

from privacy.canonical import canonical, digest_of
from privacy.fields import KeyClass, epoch_of
from privacy.keys import KeyRing
from privacy.release_store import SEAT_BYTES
from privacy.seal import aad
from privacy.vault import ORGANISATION

_KEY_BYTES: Final = 32
_SEAT: Final = b"sameview/v1/seat"
_TOGETHER: Final = 500
_ROSTER: Final = b"sameview/v1/roster"


def seat(keys: KeyRing, subject: str, unit: str, kind: str, first_day: dt.date, *, create: bool = False) -> bytes:
    """Return the tag of somebody in a release. KeyGone if there is no such key and `create` is false."""
    key = keys.derive(subject, KeyClass.AUDIT, epoch_of(KeyClass.AUDIT, first_day), _SEAT, _KEY_BYTES, create=create)
    return hmac.digest(key, aad("seat", 1, unit, kind, first_day), "sha256")[:SEAT_BYTES]


def seats(keys: KeyRing, people: Collection[str], unit: str, kind: str, first_day: dt.date) -> list[bytes]:
    """Return the tags of several people in a release; their keys are fetched together, and made where missing."""
    ordered, year = sorted(people), epoch_of(KeyClass.AUDIT, first_day)
    for first in range(0, len(ordered), _TOGETHER):
        together = ordered[first : first + _TOGETHER]
        keys.warm_all(together, lambda key_class, epoch: key_class is KeyClass.AUDIT and epoch == year)
    return [seat(keys, each, unit, kind, first_day, create=True) for each in ordered]


def roster_digest(keys: KeyRing, unit: str, kind: str, first_day: dt.date, people: list[str]) -> str:
    """Return the digest of who belonged to a unit, with a salt that no table holds: it cannot be guessed at.

    The same people give the same digest, so that a closing which was broken off can be told from another one.
    """
    epoch = epoch_of(KeyClass.AUDIT, first_day)
    salt = keys.derive(ORGANISATION, KeyClass.AUDIT, epoch, _ROSTER, _KEY_BYTES, create=True)
    return digest_of(salt + canonical([unit, kind, first_day.isoformat(), sorted(people)]))
