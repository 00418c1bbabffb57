"""What people let others see."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from portal.shapes.days import ActiveTime, AwayTime, Focus, Recovery
from portal.shapes.words import Digest, Mark, Seconds, SecondsBy, Shape


class PartsOfDay(Shape):
    """Active time of all days together, by part of the day: from 0, 6, 12 and 18 o'clock on."""

    night: Seconds
    morning: Seconds
    afternoon: Seconds
    evening: Seconds


class SharedNote(Shape):
    date: str
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    kind: str
    text: str


class SharedFields(Shape):
    active_time: ActiveTime | UnsetType = UNSET
    away_time: AwayTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    category_detail: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET
    rhythm: PartsOfDay | UnsetType = UNSET
    recovery: Recovery | UnsetType = UNSET
    apps: SecondsBy | UnsetType = UNSET
    annotations: list[SharedNote] | UnsetType = UNSET


class Shared(Shape):
    """Totals that somebody shares, over `days` days with figures of a half-open `period`; until the day `expires`."""

    subject: str
    viewer: str
    purpose: str
    period: list[str]
    expires: str
    timezone: str
    days: int
    fields: SharedFields
    marks: dict[str, Mark]
    salt: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class GrantOf(Shape):
    """A grant: whose, its number, for whom; `name` is that of the other one, `digest` of what the viewer is shown."""

    subject: str
    number: int
    viewer: str
    name: str
    purpose: str
    fields: list[str]
    first_day: dt.date
    last_day: dt.date
    given_on: dt.date
    expires_on: dt.date
    digest: Digest


class GrantByMe(GrantOf):
    opened: int


class Sharing(Shape):
    grants: list[GrantByMe]


class SharedWithMe(Shape):
    grants: list[GrantOf]
