"""What stores here ask of the portal's stamps: a row that somebody else wrote gives nothing."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Row


class Stamps(Protocol):
    """Makes and checks the stamps of rows; `auth.stamps` implements it."""

    def stamped(self, table: Any, **values: Any) -> dict[str, Any]:
        """Return the columns of a new row together with its stamp."""

    def holds(self, table: Any, row: Row[Any] | Mapping[Any, Any]) -> bool:
        """Tell whether the portal made a row."""


class KeyedStamps(Stamps, Protocol):
    """Stamps, and secrets that the data store does not hold."""

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes for a purpose."""
