"""The door: each distinct data of an import is categorised, then the capture preset decides what of it is kept.

What an event said goes on from here only as `Data`, after policy.
"""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from analytics.categories import Categoriser, Rules
from analytics.events import WEB, WINDOW, Data, Int64
from privacy.capture import CapturePolicy, apply, text_is_kept

DROPPED: Final = -1
MOST_RULES: Final = 62
"""Rules are bits of a signed number."""
_BLOCK: Final = 4096
"""So many data are categorised together."""

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_canonical: Final = msgspec.json.Encoder(order="sorted").encode


class Admitted(NamedTuple):
    """What became of distinct data: places in `Door.data` or DROPPED, and the rules that took something away.

    The rules are bits, each for a place in `Door.rules`.
    """

    data: Int64
    rules: Int64


@dataclass(slots=True)
class Door:
    """Admits data by one preset and one set of category rules, and remembers every different answer."""

    preset: CapturePolicy
    categoriser: Categoriser
    data: list[Data] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    _places: dict[Data, int] = field(default_factory=dict)
    _bits: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A short digest of the preset and the category rules, by which a day knows how it was captured."""
        return door_name(self.preset, self.categoriser.rules)

    def admit(self, kind: str, distinct: Sequence[bytes]) -> Admitted:
        """Return what becomes of the distinct data (JSON objects) of a bucket of a type."""
        # Where titles and addresses are kept, the category of a tab can be found whenever somebody asks.
        categorised = kind == WINDOW or (kind == WEB and not text_is_kept(self.preset))
        places, bits = [], []
        for first in range(0, len(distinct), _BLOCK):
            block = list(map(_decode, distinct[first : first + _BLOCK]))
            categories = self.categoriser.of_each(block) if categorised else [""] * len(block)
            for raw, category in zip(block, categories, strict=True):
                left = apply(self.preset, kind, raw, category)
                places.append(DROPPED if left.data is None else self.place(data_of(left.data, left.category)))
                bits.append(self.bits(left.rules))
        return Admitted(np.array(places, dtype=np.int64), np.array(bits, dtype=np.int64))

    def place(self, data: Data) -> int:
        """Return the place of data in `data`, where it is put if it is new."""
        place = self._places.setdefault(data, len(self.data))
        if place == len(self.data):
            self.data.append(data)
        return place

    def bits(self, rules: tuple[str, ...]) -> int:
        """Return rules as bits, each for its place in `rules`, where it is put if it is new."""
        return self._bits[rules] if rules in self._bits else self._bits_of(rules)

    def _bits_of(self, rules: tuple[str, ...]) -> int:
        self.rules += [each for each in rules if each not in self.rules]
        if len(self.rules) > MOST_RULES:
            raise ValueError(f"a preset has at most {MOST_RULES} rules")
        self._bits[rules] = sum(1 << self.rules.index(each) for each in rules)
        return self._bits[rules]


def door_name(preset: CapturePolicy, rules: Rules) -> str:
    """Return a short digest of a preset and of category rules."""
    described = [
        (
            each.name,
            each.rank,
            each.select_keys,
            each.pattern and (each.pattern.compiled.pattern, each.pattern.compiled.flags),
        )
        for each in rules.rules
    ]
    return hashlib.sha256(repr((preset.name, described)).encode()).hexdigest()[:16]


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
