"""The door: each distinct data of an import is categorised, then the capture policy decides what of it is kept.

What an event said goes on from here only as `Data`, after policy. When it was is cut to the working time and moved to
the grid of the policy. An event from before the policy in force passes the policy of its own time first.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics.categories import Categoriser, Rules
from analytics.events import WEB, WINDOW, Data, Int64
from analytics.repeated import renumbered
from analytics.timing import AS_IT_WAS, CUT, GONE, MOVED, Timed, timed, timed_again
from privacy.capture import PRESETS, Captured, CapturePolicy, apply
from privacy.policies import InForce
from privacy.policy_parts import EARLIER, GRID, OUTSIDE
from privacy.working_time import Windows

DROPPED: Final = -1
MOST_RULES: Final = 62
"""Rules are bits of a signed number."""
_BLOCK: Final = 4096
"""So many data are categorised together."""
_MOST_ANSWERS: Final = 50_000
_MOST_KINDS: Final = 200
_FLAGS: Final = 8

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


class Passed(NamedTuple):
    """What became of events: parts in time, each of an `event`, with a code for `texts` and `admitted`.

    `counted` marks the first part of each event.
    """

    admitted: Admitted
    texts: Sequence[bytes]
    event: Int64
    start_us: Int64
    duration_us: Int64
    code: NDArray[Any]
    counted: NDArray[np.bool_]


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
class _Asked:
    """Data that were asked about, each with a number, and what became of them."""

    number: dict[bytes, int] = field(default_factory=dict)
    data: list[int] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)

    def admitted(self, distinct: Sequence[bytes]) -> Admitted:
        """Return what became of some of them."""
        found = np.fromiter(map(self.number.__getitem__, distinct), np.int64, len(distinct))
        return Admitted(np.array(self.data, dtype=np.int64)[found], np.array(self.rules, dtype=np.int64)[found])


@dataclass(slots=True)
class Door:
    """Admits data and times by the policies that have held, and remembers every different answer."""

    in_force: InForce
    categorisers: Callable[[CapturePolicy], Categoriser]
    zone: ZoneInfo
    memory: "Memory | None" = None
    data: list[Data] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    _places: dict[Data, int] = field(default_factory=dict)
    _bits: dict[tuple[str, ...], int] = field(default_factory=dict)
    _asked: dict[tuple[tuple[CapturePolicy, ...], str], "_Asked"] = field(default_factory=dict)

    @property
    def policy(self) -> CapturePolicy:
        """The policy in force."""
        return self.in_force.now

    @property
    def name(self) -> str:
        """A short digest of the policy and its category rules, by which a day knows how it was captured."""
        return door_name(self.policy, self.categorisers(self.policy).rules)

    def let_in(self, kind: str, distinct: Sequence[bytes], start: Int64, duration: Int64, code: NDArray[Any]) -> Passed:
        """Return what becomes of events of a bucket of a type; `code` is each one's place among the distinct data."""
        held = np.searchsorted(np.array(self.in_force.ends_us(), dtype=np.int64), start, side="right")
        if not len(start) or (held == len(self.in_force.policies) - 1).all():
            return self._under((self.policy,), kind, distinct, start, duration, code)
        found = []
        for version in np.unique(held).tolist():
            own = np.flatnonzero(held == version)
            passed = self._under(self._stages(version), kind, distinct, start[own], duration[own], code[own])
            found.append(passed._replace(event=own[passed.event]))
        return _together(found)

    def admit(self, kind: str, distinct: Sequence[bytes], stages: tuple[CapturePolicy, ...] | None = None) -> Admitted:
        """Return what becomes of distinct data (JSON objects) of a type of bucket, under one policy after another."""
        stages = stages or (self.policy,)
        categoriser = self._categoriser(stages, kind)
        if self.memory is None:
            return self._ask(stages, kind, distinct, categoriser).admitted(distinct)
        known = self.memory.of(stages, kind)
        if not known.keys() >= set(distinct):
            unknown = [text for text in distinct if text not in known]
            for text, answer in zip(unknown, _answers(stages, kind, unknown, categoriser), strict=True):
                known[text] = self.memory.place(answer)
        found = np.fromiter(map(known.__getitem__, distinct), np.int64, len(distinct))
        used, number = renumbered(found, len(self.memory.answers))
        answers = [self.memory.answers[each] for each in used.tolist()]
        return Admitted(
            np.array([DROPPED if data is None else self.place(data) for data, _ in answers], dtype=np.int64)[number],
            np.array([self.bits(rules) for _, rules in answers], dtype=np.int64)[number],
        )

    def ask_ahead(self, kind: str, distinct: Sequence[bytes]) -> None:
        """Ask what becomes of data under the policy in force, so that `admit` has only to look it up."""
        stages = (self.policy,)
        self._ask(stages, kind, distinct, self._categoriser(stages, kind))

    def forget_texts(self) -> None:
        """Forget which data were asked about; what became of them stays."""
        self._asked.clear()

    def stages_at(self, start_us: int) -> tuple[CapturePolicy, ...]:
        """Return the policies that an event which began then passes, one after another."""
        return self._stages(sum(end <= start_us for end in self.in_force.ends_us()))

    def times_left(self, start: Int64, duration: Int64) -> Timed | None:
        """Return what is left of the times of events whose data were admitted before; None if it is all of them."""
        versions = [self.stages_at(each) for each in start.tolist()]
        found = []
        for stages in dict.fromkeys(versions):
            own = np.array([place for place, each in enumerate(versions) if each == stages], dtype=np.int64)
            timed_own = self._times(stages, start[own], duration[own])
            if timed_own is None:
                timed_own = Timed(np.arange(len(own)), start[own], duration[own], np.zeros(len(own), np.int64))
            found.append(timed_own._replace(event=own[timed_own.event]))
        if not found or all(not each.flags.any() for each in found):
            return None
        return Timed(*(np.concatenate(columns) for columns in zip(*found, strict=True)))

    def place(self, data: Data) -> int:
        """Return the place of data in `data`, where it is put if it is new."""
        place = self._places.setdefault(data, len(self.data))
        if place == len(self.data):
            self.data.append(data)
        return place

    def bits(self, rules: tuple[str, ...]) -> int:
        """Return rules as bits, each for its place in `rules`, where it is put if it is new."""
        return self._bits[rules] if rules in self._bits else self._bits_of(rules)

    def _categoriser(self, stages: tuple[CapturePolicy, ...], kind: str) -> Categoriser | None:
        # Where titles and addresses are kept, the category of a tab can be found whenever somebody asks.
        whole = all(each.keeps_page_texts() for each in stages)
        return self.categorisers(stages[0]) if kind == WINDOW or (kind == WEB and not whole) else None

    def _ask(
        self,
        stages: tuple[CapturePolicy, ...],
        kind: str,
        distinct: Sequence[bytes],
        categoriser: Categoriser | None,
    ) -> "_Asked":
        asked = self._asked.setdefault((stages, kind), _Asked())
        new = [text for text in distinct if text not in asked.number] if asked.number else distinct
        for text, (data, rules) in zip(new, _answers(stages, kind, new, categoriser), strict=True):
            asked.number[text] = len(asked.data)
            asked.data.append(DROPPED if data is None else self.place(data))
            asked.rules.append(self.bits(rules))
        return asked

    def _stages(self, version: int) -> tuple[CapturePolicy, ...]:
        """Return the policies that an event of a version's time passes: that one, and the one in force."""
        then = self.in_force.policies[version]
        return (self.policy,) if then is self.policy else (then, self.policy)

    def _under(
        self,
        stages: tuple[CapturePolicy, ...],
        kind: str,
        distinct: Sequence[bytes],
        start: Int64,
        duration: Int64,
        code: NDArray[Any],
    ) -> Passed:
        admitted = self.admit(kind, distinct, stages)
        found = self._times(stages, start, duration)
        if found is None:
            event = np.arange(len(start))
            return Passed(admitted, distinct, event, start, duration, code, np.ones(len(start), dtype=bool))
        ways = np.unique(found.flags)
        ruled = [self._ruled(admitted, way) for way in ways.tolist()]
        every = Admitted(
            np.concatenate([np.empty(0, np.int64), *(each.data for each in ruled)]),
            np.concatenate([np.empty(0, np.int64), *(each.rules for each in ruled)]),
        )
        place = np.searchsorted(ways, found.flags)
        counted = np.ones(len(found.event), dtype=bool)
        counted[1:] = found.event[1:] != found.event[:-1]
        return Passed(
            every,
            [*distinct] * len(ways),
            found.event,
            found.start_us,
            found.duration_us,
            code[found.event] + len(distinct) * place,
            counted,
        )

    def _times(self, stages: tuple[CapturePolicy, ...], start: Int64, duration: Int64) -> Timed | None:
        """Return what is left of times; None if it is all of them."""
        found = None
        for policy in stages:
            windows = Windows(policy.schedule(), self.zone)
            if windows.always and not policy.grid_seconds:
                continue
            if found is None:
                found = timed(start, duration, windows, policy.grid_seconds)
            else:
                found = timed_again(found, windows, policy.grid_seconds)
        return found

    def _ruled(self, admitted: Admitted, way: int) -> Admitted:
        """Return what becomes of data whose time was cut, moved, or not kept at all."""
        if way == AS_IT_WAS:
            return admitted
        here = admitted.data != DROPPED
        if way & GONE:
            rules = np.where(here, self.bits((OUTSIDE,)), admitted.rules)
            return Admitted(np.full(len(admitted.data), DROPPED), rules)
        bits = (self.bits((OUTSIDE,)) if way & CUT else 0) | (self.bits((GRID,)) if way & MOVED else 0)
        return Admitted(admitted.data, np.where(here, admitted.rules | bits, admitted.rules))

    def _bits_of(self, rules: tuple[str, ...]) -> int:
        named = {self._known_as(each) for each in rules}
        self._bits[rules] = sum(1 << self.rules.index(each) for each in named)
        return self._bits[rules]

    def _known_as(self, rule: str) -> str:
        """Return a rule, put among those known; of more than there are bits for, only that they are of earlier days."""
        if rule not in self.rules:
            if len(self.rules) >= MOST_RULES - 1:
                rule = EARLIER
            self.rules += [rule] if rule not in self.rules else []
        return rule


def _together(found: Sequence[Passed]) -> Passed:
    """Return events that passed under different policies as one."""
    sizes = np.cumsum([0, *(len(each.texts) for each in found)])
    codes = [each.code + size for each, size in zip(found, sizes.tolist(), strict=False)]
    return Passed(
        Admitted(np.concatenate([e.admitted.data for e in found]), np.concatenate([e.admitted.rules for e in found])),
        [text for each in found for text in each.texts],
        np.concatenate([each.event for each in found]),
        np.concatenate([each.start_us for each in found]),
        np.concatenate([each.duration_us for each in found]),
        np.concatenate(codes),
        np.concatenate([each.counted for each in found]),
    )


def _answers(
    stages: Sequence[CapturePolicy], kind: str, texts: Sequence[bytes], categoriser: Categoriser | None
) -> Iterator[Answer]:
    """Yield what becomes of data texts, which are categorised together, if at all."""
    for first in range(0, len(texts), _BLOCK):
        block = _decode(b"[%b]" % b",".join(texts[first : first + _BLOCK]))  # each is one object, as is known
        categories = [""] * len(block) if categoriser is None else categoriser.of_each(block)
        for raw, category in zip(block, categories, strict=True):
            left = apply_each(stages, kind, raw, category)
            yield None if left.data is None else data_of(left.data, left.category), left.rules


def apply_each(stages: Sequence[CapturePolicy], kind: str, data: Mapping[str, Any], category: str) -> Captured:
    """Return what several policies, one after the other, leave of an event."""
    left = apply(stages[0], kind, data, category)
    for policy in stages[1:]:
        if left.data is None:
            return left
        then = apply(policy, kind, left.data, left.category)
        rules = then.rules if then.data is None else tuple(sorted({*left.rules, *then.rules}))
        left = then._replace(rules=rules)
    return left


def door_name(policy: CapturePolicy, rules: Rules) -> str:
    """Return a short digest of what a policy does to an event, and of category rules."""
    described = [
        (
            each.name,
            each.rank,
            each.select_keys,
            each.pattern and (each.pattern.compiled.pattern, each.pattern.compiled.flags),
        )
        for each in rules.rules
    ]
    preset = PRESETS.get(policy.name)
    is_preset = preset is not None and preset.conduct == policy.conduct
    return hashlib.sha256(repr((policy.name if is_preset else policy.conduct, described)).encode()).hexdigest()[:16]


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
