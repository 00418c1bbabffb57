"""Trying a change for two weeks: somebody's own experiment, the two weeks before beside the two weeks during (pure).

Working days with data alone are counted, on both sides. What is usual comes from the 60 days before the start, as
everywhere (`analytics.baseline`); eight days of ten lie within it by definition. So a difference is only called one if
many days lie beyond it on the same side: four at least, and two of five. Were nothing changed, ten days would come out
so about once in forty times. Why the days were different, no figure says.
"""

import datetime as dt
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from analytics.baseline import WINDOW_DAYS, Baseline, baseline
from analytics.measures import MEASURES, Measure, measure
from analytics.refusals import Refusal
from analytics.working import Working
from privacy.free_text import UNSEEN, unseen
from privacy.messages import N_
from privacy.period import Period

DAYS: Final = 14
LEAST_DAYS: Final = 5
"""Working days with data that each side needs before the two are compared."""
LONGEST_TEXT: Final = 200
MOST_TRIES: Final = 100
FURTHEST: Final = 366
MEASURED: Final = tuple(each.name for each in MEASURES if each.part is None)
"""The measures that can be watched: those that need no choice of a category."""
_STANDS_OUT_DAYS: Final = 4
_STANDS_OUT_SHARE: Final = 0.4
_FORTNIGHT: Final = dt.timedelta(days=DAYS)


class ExperimentError(Refusal):
    """An experiment that cannot be; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What somebody changes, which measure they watch, and the first of its fourteen days."""

    number: int
    text: str
    measure: str
    start: dt.date

    @property
    def of(self) -> Measure:
        """The measure's row of the table."""
        return measure(self.measure)

    @property
    def before(self) -> Period:
        """The two weeks before."""
        return Period(self.start - _FORTNIGHT, self.start)

    @property
    def during(self) -> Period:
        """The two weeks of the change."""
        return Period(self.start, self.start + _FORTNIGHT)

    @property
    def needed(self) -> Period:
        """The days whose figures a comparison reads."""
        return Period(self.start - dt.timedelta(days=WINDOW_DAYS), self.during.end)

    def state(self, today: dt.date) -> str:
        """Return "ahead", "running" or "over"."""
        return "ahead" if today < self.start else "running" if today < self.during.end else "over"

    def as_json(self) -> dict[str, Any]:
        """Return what is sealed of it."""
        return {"number": self.number, "text": self.text, "measure": self.measure, "start": self.start.isoformat()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Experiment":
        """Read what `as_json` wrote; KeyError, TypeError or ValueError for anything else."""
        number, start = int(content["number"]), dt.date.fromisoformat(content["start"])
        return cls(number, str(content["text"]), measure(content["measure"]).name, start)


@dataclass(frozen=True, slots=True)
class Side:
    """Two weeks: how many working days have a figure, their median, and the lowest and the highest of them."""

    days: int
    median: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides, and where the days of the change lie against what was usual before; `usual` None: not known."""

    before: Side
    during: Side
    usual: Baseline | None
    inside: int
    below: int
    above: int

    @property
    def enough(self) -> bool:
        """Whether both sides have the working days that a comparison needs."""
        return min(self.before.days, self.during.days) >= LEAST_DAYS and self.usual is not None

    @property
    def stands_out(self) -> str | None:
        """Return "below" or "above" where many days lie on that side of the usual range, else None."""
        if not self.enough:
            return None
        side, count = max(("below", self.below), ("above", self.above), key=lambda each: each[1])
        enough = count >= _STANDS_OUT_DAYS and count >= _STANDS_OUT_SHARE * self.during.days
        return side if enough else None


def begun(
    known: tuple[Experiment, ...], text: str, name: str, start: dt.date, today: dt.date
) -> tuple[Experiment, ...]:
    """Return the experiments with another one, in the order of their starts."""
    text = " ".join(text.split())
    if not text:
        raise ExperimentError(N_("Say in a few words what you want to try."), "text")
    if len(text) > LONGEST_TEXT:
        raise ExperimentError(N_("That is longer than %(most)s characters."), "text", most=LONGEST_TEXT)
    if (found := unseen(text)) is not None:
        raise ExperimentError(UNSEEN, "text", **found)
    if name not in MEASURED:
        raise ExperimentError(N_("This measure cannot be watched."), "measure")
    if start < today:
        raise ExperimentError(N_("It begins today or later; this day is over."), "start")
    if (start - today).days > FURTHEST:
        raise ExperimentError(N_("This is more than a year ahead."), "start")
    if len(known) >= MOST_TRIES:
        raise ExperimentError(N_("You have %(most)s of them; remove an old one first."), "text", most=MOST_TRIES)
    made = Experiment(max((each.number for each in known), default=0) + 1, text, name, start)
    if any(each.start < made.during.end and made.start < each.during.end for each in known):
        raise ExperimentError(N_("Another one is in these two weeks. Nobody could tell which it was."), "start")
    return tuple(sorted((*known, made), key=lambda each: each.start))


def compare(
    experiment: Experiment, values: Mapping[dt.date, float | None], working: Working, today: dt.date
) -> Comparison:
    """Return both sides from the values by day; None is a day without a figure, and today is none yet."""
    over = {day: value for day, value in values.items() if value is not None and day < today}
    counted = {day: value for day, value in over.items() if working.planned_minutes(day) > 0}
    during = [value for day, value in counted.items() if day in experiment.during]
    usual = baseline(counted, experiment.start, working)
    places = [] if usual is None else [usual.place_of(value) for value in during]
    return Comparison(
        before=_side(value for day, value in counted.items() if day in experiment.before),
        during=_side(during),
        usual=usual,
        inside=places.count("within"),
        below=places.count("below"),
        above=places.count("above"),
    )


def _side(values: Iterable[float]) -> Side:
    found = list(values)
    if not found:
        return Side(0, None, None, None)
    return Side(len(found), statistics.median(found), min(found), max(found))
