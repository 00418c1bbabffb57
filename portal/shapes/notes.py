"""What somebody notes of their days."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from analytics.annotations import LONGEST_NAME, LONGEST_TEXT, Kind
from portal.shapes.words import Shape


class NotedTime(Shape):
    """What a time was; work (meeting, phone, paper, training, mentoring) counts as such."""

    id: str
    start: str
    end: str
    kind: str
    text: str


class CorrectedTime(Shape):
    id: str
    start: str
    end: str
    category: str


class CorrectedApp(Shape):
    id: str
    app: str
    category: str


class NotedDay(Shape):
    """What a person noted of one local day; `id` takes it back."""

    date: str
    annotations: list[NotedTime]
    corrections: list[CorrectedTime]
    applications: list[CorrectedApp]


class NotedDays(Shape):
    days: list[NotedDay]


class NewAnnotation(Shape):
    """A time with a zone, and either what it was or which category is right; `replace` what it overlaps."""

    start: Annotated[dt.datetime, Meta(tz=True)]
    end: Annotated[dt.datetime, Meta(tz=True)]
    kind: Kind | None = None
    category: Annotated[str, Meta(max_length=LONGEST_NAME)] | None = None
    text: Annotated[str, Meta(max_length=LONGEST_TEXT)] = ""
    replace: bool = False
