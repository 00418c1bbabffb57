"""What is recorded, and what somebody was told."""

from typing import Literal

from portal.shapes.words import Entry, Shape


class RecordedField(Shape):
    """A field: who besides the person may see it, and why. Generated from the policy."""

    field: str
    key_class: str
    sentences: list[str]


class RecordedRule(Shape):
    """A rule of the capture policy: what becomes of part of an event, and why."""

    id: str
    effect: Literal["keep", "coarsen", "drop"]
    because: str


class Recorded(Shape):
    policy: int
    preset: str
    fields: list[RecordedField]
    rules: list[RecordedRule]


class Notice(Shape):
    """What somebody was told; `entry` is its number in the log."""

    entry: Entry
    day: str
    sentence: str
    seen: bool


class Notices(Shape):
    notices: list[Notice]
