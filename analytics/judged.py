"""What policies leave of data: every different text is categorised and judged once, and the answer is remembered.

When an event was has no say here. That and which policies it passes is `analytics.door`.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from analytics.categories import Categoriser
from analytics.events import Data, Int64
from privacy.capture import CapturePolicy, apply_each

DROPPED: Final = -1
_BLOCK: Final = 4096
"""So many data are categorised together."""
_MOST_ANSWERS: Final = 50_000
_MOST_KINDS: Final = 200

_decode: Final = msgspec.json.Decoder(list[dict[str, Any]]).decode
_canonical: Final = msgspec.json.Encoder(order="sorted").encode


class Admitted(NamedTuple):
    """What became of distinct data: places in `Door.data` or DROPPED, and the rules that took something away.

    The rules are bits, each for a place in `Door.rules`.
    """

    data: Int64
    rules: Int64


Answer: TypeAlias = tuple[Data | None, tuple[str, ...]]
"""What is left of data, None if a rule dropped it, and the rules that took something away."""


class Memory:
    """What became of data under the policies, kept from batch to batch: desks say few different things.

    In memory only, like the texts that a categoriser remembers, and for one thread at a time.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[CapturePolicy, ...], str], dict[bytes, int]] = {}
        self._numbers: dict[Answer, int] = {}
        self.answers: list[Answer] = []

    def of(self, stages: tuple[CapturePolicy, ...], kind: str) -> dict[bytes, int]:
        """Return the places in `answers` of those that are known for a type of bucket."""
        if sum(map(len, self._known.values())) > _MOST_ANSWERS or len(self._known) > _MOST_KINDS:
            self._known.clear()
            self._numbers.clear()
            self.answers.clear()
        return self._known.setdefault((stages, kind), {})

    def place(self, answer: Answer) -> int:
        """Return the place of an answer in `answers`, where it is put if it is new: few are, if titles are not kept."""
        place = self._numbers.setdefault(answer, len(self.answers))
        if place == len(self.answers):
            self.answers.append(answer)
        return place


@dataclass(slots=True)
class Asked:
    """Data that were asked about, each with a number, and what became of them."""

    number: dict[bytes, int] = field(default_factory=dict)
    data: list[int] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)

    def admitted(self, distinct: Sequence[bytes]) -> Admitted:
        """Return what became of some of them."""
        found = np.fromiter(map(self.number.__getitem__, distinct), np.int64, len(distinct))
        return Admitted(np.array(self.data, dtype=np.int64)[found], np.array(self.rules, dtype=np.int64)[found])


def judge(
    stages: Sequence[CapturePolicy], kind: str, texts: Sequence[bytes], categoriser: Categoriser | None
) -> Iterator[Answer]:
    """Yield what becomes of data texts, which are categorised together, if at all."""
    for first in range(0, len(texts), _BLOCK):
        block = _decode(b"[%b]" % b",".join(texts[first : first + _BLOCK]))  # each is one object, as is known
        categories = [""] * len(block) if categoriser is None else categoriser.of_each(block)
        for raw, category in zip(block, categories, strict=True):
            left = apply_each(stages, kind, raw, category)
            yield None if left.data is None else data_of(left.data, left.category), left.rules


def data_of(kept: Mapping[str, Any], category: str) -> Data:
    """Return what is kept as Data; values that are not what their key means are among the rest, as they came."""
    app = title = url = audible = status = None
    rest = {}
    for key, value in kept.items():  # spelled out: this runs for every distinct data of an import
        if key == "title" and isinstance(value, str):
            title = value
        elif key == "app" and isinstance(value, str):
            app = sys.intern(value)  # one object for each name: days compare and count them
        elif key == "url" and isinstance(value, str):
            url = value
        elif key == "status" and isinstance(value, str):
            status = value
        elif key == "audible" and value in (False, True):
            audible = bool(value)
        else:
            rest[key] = value
    return Data(app, title, url, audible, status, category, _canonical(rest) if rest else b"")
