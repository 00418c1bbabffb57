"""One day as bars: what was active when, in steps of ten minutes or more, drawn on the employee's own page only.

A bar is as high as the step was active, and stacked by category; a gap of five minutes or more is a break, a longer one
that nobody explained is hatched as away. A step without anything is a dot, not a bar of height 0.

The bars are drawn once, wide; a narrow screen shows the same ones pressed together, under words of its own.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from analytics.annotations import WORK, Kind
from analytics.drawing import Stack, columns, dashes, pills
from analytics.palette import CORE
from analytics.stretches import AWAY_US, BREAK_US, FOCUS_US, INTERRUPTIONS_US

Segment = tuple[int, int, str]
"""From and until, in ms since the day began, and the top-level category."""
Span = tuple[int, int]
Gap = tuple[int, int, str]
"""The same of a time of which nothing was captured, and why."""
X = Callable[[int], float]
"""From ms since the day began to a coordinate."""

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
BREAK_MS: Final = BREAK_US // 1000
AWAY_MS: Final = AWAY_US // 1000
FOCUS_MS: Final = FOCUS_US // 1000
INTERRUPTIONS_MS: Final = INTERRUPTIONS_US // 1000
_OFFICE_HOURS: Final = (8 * HOUR_MS, 18 * HOUR_MS)
_STEPS: Final = tuple(n * MINUTE_MS for n in (10, 15, 20, 30))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a drawing of the day has its edges."""

    width: float
    height: float
    left: float
    right: float
    top: float
    base: float
    most_labels: int


WIDE: Final = Frame(760, 214, 20, 740, 44, 186, most_labels=12)
NARROW: Final = Frame(340, 200, 18, 322, 44, 172, most_labels=6)
MOST_BARS: Final = 78
_GAP: Final = 1.7
"""Between a bar and the edge of its step."""


@dataclass(frozen=True, slots=True)
class Bars:
    """The day's bars by tone, its breaks and its idle steps, as path data for the place of `WIDE` inside its edges."""

    tones: Mapping[str, str]
    breaks: str
    idle: str
    frame: Frame = WIDE


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a template needs to draw around the bars: hours, away, what is known of gaps, the present moment."""

    frame: Frame
    hours: tuple[tuple[float, str], ...]
    away: str
    gaps: tuple[tuple[float, float], ...]
    offline: tuple[tuple[float, float], ...]  # from and how wide: work away from the desk that the person noted
    explained: str
    now: float | None
    longest: tuple[float, float, float, str] | None  # from, until, where its words stand, how they are anchored


@dataclass(frozen=True, slots=True)
class Day:
    """The parts of a day, ready to be drawn: segments in order, focus blocks, gaps and the bounds that are shown."""

    segments: Sequence[Segment]
    blocks: Sequence[Span]
    breaks: Sequence[Span]
    away: Sequence[Span]
    gaps: Sequence[Gap]
    offline: Sequence[Span]
    explained: Sequence[Span]
    first: int
    end: int

    @property
    def begins(self) -> int:
        """When the first activity began, in ms since the day began."""
        return self.segments[0][0]

    @property
    def ends(self) -> int:
        """When the last activity ended."""
        return max(segment[1] for segment in self.segments)


def read(
    segments: Sequence[Segment],
    core: Collection[str],
    not_captured: Sequence[Gap] = (),
    noted: Sequence[Gap] = (),
) -> Day:
    """Sort a day's segments into what is drawn. What was not captured is neither a break nor time away.

    `noted` are the times of which the person said what they were: from and until as in segments, and the kind.
    """
    ordered = sorted(segments)
    apart = [(a[1], b[0]) for a, b in pairwise(ordered) if b[0] - a[1] >= BREAK_MS]
    said = [(a, b) for a, b, _ in sorted(noted)]
    left = [part for gap in apart for part in outside(gap, said) if part[1] - part[0] >= BREAK_MS]
    gaps = [gap for gap in left if not any(a < gap[1] and gap[0] < b for a, b, _ in not_captured)]
    first = min([_OFFICE_HOURS[0], *(s[0] for s in (*ordered, *noted))]) // HOUR_MS * HOUR_MS
    end = -(-max([_OFFICE_HOURS[1], *(s[1] for s in (*ordered, *noted))]) // HOUR_MS) * HOUR_MS
    return Day(
        segments=ordered,
        blocks=focus_blocks([(a, b) for a, b, name in ordered if name in core]),
        breaks=sorted([*(gap for gap in gaps if gap[1] - gap[0] <= AWAY_MS), *_of(noted, {Kind.BREAK})]),
        away=[gap for gap in gaps if gap[1] - gap[0] > AWAY_MS],
        gaps=not_captured,
        offline=_of(noted, WORK),
        explained=_of(noted, {Kind.CARE, Kind.NOT_WORK}),
        first=first,
        end=end,
    )


def outside(gap: Span, spans: Iterable[Span]) -> list[Span]:
    """Return the parts of a gap that lie in none of the spans, which are in order."""
    found, reached = list[Span](), gap[0]
    for start, end in spans:
        if end <= reached or start >= gap[1]:
            continue
        if start > reached:
            found.append((reached, start))
        reached = end
    if reached < gap[1]:
        found.append((reached, gap[1]))
    return found


def _of(noted: Sequence[Gap], kinds: Collection[str]) -> list[Span]:
    return sorted((start, end) for start, end, kind in noted if kind in kinds)


def focus_blocks(core: Sequence[Span]) -> list[Span]:
    """Return where to draw focus blocks: the rule of `analytics.stretches`, on the minutes of the drawing.

    The figures of a block come from the summary, which knows the exact times.
    """
    blocks: list[Span] = []
    left = 0
    while left < len(core):
        right, pauses = left, 0
        while right + 1 < len(core) and pauses + core[right + 1][0] - core[right][1] <= INTERRUPTIONS_MS:
            pauses += core[right + 1][0] - core[right][1]
            right += 1
        if core[right][1] - core[left][0] - pauses >= FOCUS_MS:
            blocks.append((core[left][0], core[right][1]))
            left = right
        left += 1
    return blocks


def bars(day: Day, tones: Mapping[str, str]) -> Bars:
    """Draw the bars of `day` into the place of `WIDE`."""
    step = next((s for s in _STEPS if (day.end - day.first) / s <= MOST_BARS), _STEPS[-1])
    x, wide = _scale(day, WIDE), step * (WIDE.right - WIDE.left) / (day.end - day.first)
    active = _per_step(day, step, tones)
    order = [*_LOWEST, *sorted({tone for tones_at in active.values() for tone in tones_at} - {*_LOWEST})]
    stacks = [Stack(x(at) + _GAP, wide - 2 * _GAP, _parts(active[at], order, step, WIDE)) for at in sorted(active)]
    shown = _shown_gaps(day)
    covered = {
        at
        for s in (*day.breaks, *day.away, *day.offline, *day.explained, *shown)
        for at in range(s[0] // step * step, s[1], step)
    }
    idle = [at for at in range(day.first, day.end, step) if at not in active and at not in covered]
    return Bars(
        tones=columns(stacks, WIDE.base),
        breaks=pills([(x(a), x(b)) for a, b in day.breaks], WIDE.base, 12),
        idle=dashes([(x(at) + _GAP, x(at) + wide - _GAP) for at in idle], WIDE.base, 5),
    )


def draw(day: Day, begins: dt.datetime, now_ms: int | None, frame: Frame) -> Drawing:
    """Draw `day` into `frame`. `begins` is the day's first moment in its zone; `now_ms` is None once it is over."""
    x = _scale(day, frame)
    return Drawing(
        frame=frame,
        hours=_hours(day, begins, frame, x),
        away=pills([(x(a), x(b)) for a, b in day.away], frame.base, 12),
        gaps=tuple((x(a), round(max(2.0, x(b) - x(a)), 1)) for a, b in _shown_gaps(day)),
        offline=tuple((x(a), round(max(2.0, x(b) - x(a)), 1)) for a, b in day.offline),
        explained=pills([(x(a), x(b)) for a, b in day.explained], frame.base, 12),
        now=None if now_ms is None else min(max(x(now_ms), frame.left), frame.right),
        longest=_longest(day, frame, x),
    )


def _scale(day: Day, frame: Frame) -> X:
    wide = (frame.right - frame.left) / (day.end - day.first)
    return lambda ms: round(frame.left + (ms - day.first) * wide, 1)


def _shown_gaps(day: Day) -> list[Span]:
    found = [(max(a, day.first), min(b, day.end)) for a, b, _ in day.gaps]
    return [span for span in found if span[0] < span[1]]


def _per_step(day: Day, step: int, tones: Mapping[str, str]) -> dict[int, dict[str, int]]:
    """Return step → tone → active ms. Core work inside a focus block has a tone of its own."""
    active: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for start, end, name in day.segments:
        tone = tones.get(name, "adm")
        if tone == CORE:
            spans = [(max(start, p), min(end, q), tone) for p, q in day.blocks if p < end and start < q]
            spans += [(a, b, "core") for a, b in outside((start, end), day.blocks)]
        else:
            spans = [(start, end, tone)]
        for a, b, drawn in spans:
            for at in range(a // step * step, b, step):
                active[at][drawn] += min(b, at + step) - max(a, at)
    return active


_LOWEST: Final = (CORE, "core")


def _parts(tones: Mapping[str, int], order: Iterable[str], step: int, frame: Frame) -> tuple[tuple[str, float], ...]:
    tall = (frame.base - frame.top) / step
    return tuple([(tone, max(1.5, tones[tone] * tall)) for tone in order if tone in tones])


def _hours(day: Day, begins: dt.datetime, frame: Frame, x: X) -> tuple[tuple[float, str], ...]:
    hours = (day.end - day.first) // HOUR_MS
    every = next(n for n in (1, 2, 3, 4, 6, 12, 24) if hours / n <= frame.most_labels)
    moments = range(day.first, day.end + 1, every * HOUR_MS)
    return tuple((x(ms), _clock(begins, ms)) for ms in moments)


def _clock(begins: dt.datetime, ms: int) -> str:
    """Return what the clock shows `ms` after the day began, on days of 23 and 25 hours too."""
    moment = begins.astimezone(dt.UTC) + dt.timedelta(milliseconds=ms)
    local = moment.astimezone(begins.tzinfo)
    return f"{local.hour:02}:{local.minute:02}"


def _longest(day: Day, frame: Frame, x: X) -> tuple[float, float, float, str] | None:
    if not day.blocks:
        return None
    start, end = max(day.blocks, key=lambda block: block[1] - block[0])
    middle = (x(start) + x(end)) / 2
    if middle - frame.left < 70:
        return x(start), x(end), x(start), "start"
    if frame.right - middle < 70:
        return x(start), x(end), x(end), "end"
    return x(start), x(end), middle, "mid"
