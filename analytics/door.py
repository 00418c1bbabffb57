"""The door: each distinct data of an import is categorised, then the capture policy decides what of it is kept.

What an event said goes on from here only as `Data`, after policy. When it was is cut to the working time and moved to
the grid of the policy. An event from before the policy in force passes the policy of its own time first.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.categories import Categoriser, Rules
from analytics.events import WEB, WINDOW, Data, Int64
from analytics.judged import DROPPED, Admitted, Asked, Memory, judge
from analytics.repeated import renumbered
from analytics.timing import AS_IT_WAS, CUT, GONE, MOVED, Timed, timed, timed_again
from privacy.capture import PRESETS, CapturePolicy
from privacy.policies import InForce
from privacy.policy_parts import EARLIER, GRID, OUTSIDE
from privacy.working_time import Windows

MOST_RULES: Final = 62
"""Rules are bits of a signed number."""


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


@dataclass(slots=True)
class Door:
    """Admits data and times by the policies that have held, and remembers every different answer."""

    in_force: InForce
    categorisers: Callable[[CapturePolicy], Categoriser]
    zone: ZoneInfo
    memory: Memory | None = None
    data: list[Data] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    _places: dict[Data, int] = field(default_factory=dict)
    _bits: dict[tuple[str, ...], int] = field(default_factory=dict)
    _asked: dict[tuple[tuple[CapturePolicy, ...], str], Asked] = field(default_factory=dict)

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
            for text, answer in zip(unknown, judge(stages, kind, unknown, categoriser), strict=True):
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
    ) -> Asked:
        asked = self._asked.setdefault((stages, kind), Asked())
        new = [text for text in distinct if text not in asked.number] if asked.number else distinct
        for text, (data, rules) in zip(new, judge(stages, kind, new, categoriser), strict=True):
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
