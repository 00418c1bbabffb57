"""Released figures of a unit: the same bytes for everybody who may see it."""

from typing import Annotated, Literal

from msgspec import Meta

from portal.shapes.words import Shape

Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Week = Annotated[str, Meta(pattern="^[0-9]{4}-W[0-9]{2}$")]


class ReleasedCell(Shape):
    """One figure: its key (`mean`, or `cat` and `share` with a category), the rounded mean, and the bounds between
    which the mean is. Bounds alone: it is at one end, and no more is said. All null: withheld."""

    key: Annotated[list[str], Meta(min_length=1, max_length=2)]
    value: float | None
    low: float | None
    high: float | None


class ReleasedMeasure(Shape):
    """One measure: `cap` is the most that one person can have a day. Categories stand once in `unit` a day (`cat`) and
    once in per cent of the cap (`share`)."""

    unit: Literal["minutes", "percent"]
    cap: float
    cells: list[ReleasedCell]


class ReleasedMeasures(Shape):
    active_time: ReleasedMeasure
    category_time: ReleasedMeasure
    utilisation: ReleasedMeasure
    focus_time: ReleasedMeasure
    rhythm: ReleasedMeasure


class TeamRelease(Shape):
    """The figures of a unit and period. What is withheld keeps its place, and no reason is known of it.

    `counted` is how many people are in the mean of active time, null where that is not said.
    """

    unit: str
    kind: Literal["week", "four_weeks"]
    weeks: list[Week]
    period: Annotated[list[Day], Meta(min_length=2, max_length=2)]
    counted: int | None
    measures: ReleasedMeasures
    policy: int
