"""Closed weeks, one measure over time, and whose weeks a manager may ask for."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from portal.shapes.days import ActiveTime, Focus
from portal.shapes.words import Mark, SecondsBy, Shape


class WeekFields(Shape):
    active_time: ActiveTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET


class Week(Shape):
    """A closed week's shared totals: the same bytes for the manager and for the employee."""

    week: str
    subject: str
    timezone: str
    purpose: str
    fields: WeekFields
    marks: dict[str, Mark]
    salt: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class TrendRow(Shape):
    day: str
    value: float | None
    mark: str | None


class Usual(Shape):
    low: float
    high: float


class Trend(Shape):
    """One measure over days, with the asker's own median and usual range."""

    measure: str
    unit: str
    median: float | None
    usual: Usual | None
    rows: list[TrendRow]


class RosterPerson(Shape):
    subject: str
    name: str


class RosterTeam(Shape):
    team: str
    name: str
    people: list[RosterPerson]


class Roster(Shape):
    teams: list[RosterTeam]
