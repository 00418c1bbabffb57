"""Few different things, each standing in many places: what the events of a batch say after policy, and its rules."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from analytics.events import Int64

T = TypeVar("T")


class Repeated(Sequence[T], Generic[T]):
    """A sequence whose item at `n` is `different[place[n]]`; every one of `different` is in some place."""

    __slots__ = ("different", "place")

    def __init__(self, different: list[T], place: Int64) -> None:
        self.different = different
        self.place = place

    @classmethod
    def of(cls, everything: Sequence[T], places: Int64) -> "Repeated[T]":
        """Return what is in `places` of everything."""
        used, place = renumbered(places, len(everything))
        return cls([everything[n] for n in used.tolist()], place)

    def __len__(self) -> int:
        return len(self.place)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> "Repeated[T]": ...
    def __getitem__(self, at: int | slice) -> "T | Repeated[T]":
        return self.chosen(self.place[at]) if isinstance(at, slice) else self.different[self.place[at]]

    def __iter__(self) -> Iterator[T]:
        return map(self.different.__getitem__, self.place.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def chosen(self, places: Int64) -> "Repeated[T]":
        """Return what has numbers among `different`, without those that are not among them: nothing unused is kept."""
        return Repeated.of(self.different, places)


def renumbered(code: NDArray[Any], count: int) -> tuple[Int64, Int64]:
    """Return the numbers below `count` that come up, in their order, and the place of each `code` among them."""
    is_used = np.zeros(count, dtype=bool)
    is_used[code] = True
    return np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[code]


def at(objects: Sequence[T], places: Int64) -> Sequence[T]:
    """Return the objects in some places."""
    if isinstance(objects, Repeated):
        return objects.chosen(objects.place[places])
    return list(map(objects.__getitem__, places.tolist()))
