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
    effect: Literal["keep", "coarsen", "domain", "drop"]
    because: str


class ComingChange(Shape):
    """What a version would change; `wider` if more is recorded, kept or seen, null if it is neither."""

    sentence: str
    wider: bool | None


class ComingVersion(Shape):
    """A version that does not hold yet, beside the one before it.

    `state` is accepted (every signature is there: it holds from `since` on), proposed (some are `missing`), or late
    (proposed, and no time is left to sign it). `broken` says why its text cannot be read; it can never hold then.
    """

    version: int
    since: str
    state: Literal["accepted", "proposed", "late"]
    signed: list[str]
    missing: list[str]
    wider: bool
    changes: list[ComingChange]
    broken: str | None
    text: str


class Recorded(Shape):
    """What is recorded now, who may see it, and the versions of the policy that are to come."""

    policy: int
    preset: str
    fields: list[RecordedField]
    rules: list[RecordedRule]
    coming: list[ComingVersion]


class Notice(Shape):
    """What somebody was told; `entry` is its number in the log."""

    entry: Entry
    day: str
    sentence: str
    seen: bool


class Notices(Shape):
    notices: list[Notice]
