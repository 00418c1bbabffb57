"""One's own days."""

from msgspec import UNSET, UnsetType

from portal.shapes.words import Counts, Mark, Seconds, SecondsBy, Shape


class ActiveTime(Shape):
    active_seconds: Seconds


class AwayTime(Shape):
    afk_seconds: Seconds | None


class Focus(Shape):
    blocks: int
    seconds: Seconds
    longest_seconds: Seconds


class Rhythm(Shape):
    hours: dict[str, SecondsBy]
    first: str | None
    last: str | None


class Recovery(Shape):
    breaks: int
    seconds: Seconds
    longest_stretch_seconds: Seconds


class Ledger(Shape):
    received: int
    kept: int
    coarsened: Counts
    dropped: Counts
    not_captured: SecondsBy | UnsetType = UNSET


class Originals(Shape):
    """Figures that notes and corrections can change; as what they were before, those alone that differ."""

    away_time: AwayTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    category_detail: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET
    rhythm: Rhythm | UnsetType = UNSET
    recovery: Recovery | UnsetType = UNSET


class Annotations(Shape):
    """What the person noted of the day: work away from the desk that counts as work, and the times by kind."""

    annotated_seconds: Seconds
    by_kind: SecondsBy
    original: Originals


class DayFields(Originals):
    """The same as they count, with the figures that no note changes, and what was noted."""

    active_time: ActiveTime | UnsetType = UNSET
    apps: SecondsBy | UnsetType = UNSET
    capture_ledger: Ledger | UnsetType = UNSET
    annotations: Annotations | UnsetType = UNSET


class Day(Shape):
    """One local day of the asker's own."""

    date: str
    timezone: str
    fields: DayFields
    marks: dict[str, Mark]


class Days(Shape):
    days: list[Day]
