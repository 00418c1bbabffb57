"""The vocabulary: fields, the classes of keys that seal them, tiers, and the epochs of keys."""

import datetime as dt
import enum
import functools
from typing import Final


class KeyClass(enum.StrEnum):
    """A class of data with a key-encryption key of its own: a process without that key cannot open the class."""

    SHARED = "shared"
    PRIVATE = "private"
    TEXT = "text"
    GRANTED = "granted"
    AUDIT = "audit"


class Field(enum.StrEnum):
    """A thing that may be disclosed."""

    ACTIVE_TIME = "active_time"
    AWAY_TIME = "away_time"
    CATEGORIES = "categories"
    CATEGORY_DETAIL = "category_detail"
    FOCUS = "focus"
    RHYTHM = "rhythm"
    RECOVERY = "recovery"
    APPS = "apps"
    TITLES = "titles"
    URLS = "urls"
    CAPTURE_LEDGER = "capture_ledger"
    ANNOTATIONS = "annotations"
    GOALS = "goals"
    AGREED_GOALS = "agreed_goals"
    ONE_TO_ONES = "one_to_ones"
    WORKING_PATTERN = "working_pattern"
    SOURCES = "sources"
    OWN_TIMES = "own_times"
    CORRECTED = "corrected"
    OWN_RULES = "own_rules"


class Tier(enum.StrEnum):
    """How far a sealed row has come: as uploaded, one day's events, one day's figures, one closed week's figures.

    A month's row says what the figures of its days say, all of them at once; it is filed under the month's first day.
    """

    HOT = "hot"
    DAY = "day"
    SUMMARY = "summary"
    WEEK = "week"
    MONTH = "month"


CLASS_OF: Final[dict[Field, KeyClass]] = {
    Field.ACTIVE_TIME: KeyClass.SHARED,
    Field.AWAY_TIME: KeyClass.PRIVATE,
    Field.CATEGORIES: KeyClass.SHARED,
    Field.CATEGORY_DETAIL: KeyClass.PRIVATE,
    Field.FOCUS: KeyClass.SHARED,
    Field.RHYTHM: KeyClass.PRIVATE,
    Field.RECOVERY: KeyClass.PRIVATE,
    Field.APPS: KeyClass.PRIVATE,
    Field.TITLES: KeyClass.TEXT,
    Field.URLS: KeyClass.TEXT,
    Field.CAPTURE_LEDGER: KeyClass.PRIVATE,
    Field.ANNOTATIONS: KeyClass.PRIVATE,
    Field.GOALS: KeyClass.PRIVATE,
    Field.AGREED_GOALS: KeyClass.SHARED,
    Field.ONE_TO_ONES: KeyClass.SHARED,  # the sheets that two people write for their talks: words, and no figure
    Field.WORKING_PATTERN: KeyClass.PRIVATE,
    Field.SOURCES: KeyClass.PRIVATE,
    Field.OWN_TIMES: KeyClass.PRIVATE,
    Field.CORRECTED: KeyClass.SHARED,  # which shared figures hold a correction: a mark, and none of what was noted
    Field.OWN_RULES: KeyClass.PRIVATE,
}

SHARED_FIELDS: Final = frozenset({Field.ACTIVE_TIME, Field.CATEGORIES, Field.FOCUS})
"""What the default policy lets a manager see of a closed week."""

STATE_FIELDS: Final = frozenset(
    {
        Field.GOALS,
        Field.AGREED_GOALS,
        Field.ONE_TO_ONES,
        Field.WORKING_PATTERN,
        Field.SOURCES,
        Field.OWN_TIMES,
        Field.OWN_RULES,
    }
)
"""Fields whose value holds from its day until the next one: a period shows the latest row before its end.

Heads say in which months there are rows of these (`privacy.manifest`): one that is added is a new field.
"""


def epoch_of(key_class: KeyClass, day: dt.date) -> int:
    """Return the number of the key epoch that `day` falls into: months, ISO weeks or years by class.

    Months are year x 12 + month - 1, ISO weeks are counted from 0001-01-01 (a Monday). Between the years 834 and 9999
    no month's number is a year's, so the number alone tells which class sealed a log entry. A grant's epoch is its own.
    """
    if key_class in (KeyClass.SHARED, KeyClass.PRIVATE):
        return day.year * 12 + day.month - 1
    if key_class is KeyClass.TEXT:
        return (day.toordinal() - 1) // 7
    if key_class is KeyClass.AUDIT:
        return day.year
    raise ValueError("a grant's epoch is its own number, not a day's")


@functools.lru_cache(4096)
def key_of(field: Field, day: dt.date) -> tuple[KeyClass, int]:
    """Return the class and the epoch of the key under which a field of a day is sealed."""
    key_class = CLASS_OF[field]
    return key_class, epoch_of(key_class, day)


def first_day_of(key_class: KeyClass, epoch: int) -> dt.date:
    """Return the first day of a key epoch: the inverse of `epoch_of`. ValueError if the class has no such epoch."""
    try:
        if key_class in (KeyClass.SHARED, KeyClass.PRIVATE):
            return dt.date(epoch // 12, epoch % 12 + 1, 1)
        if key_class is KeyClass.TEXT:
            return dt.date.fromordinal(epoch * 7 + 1)
        if key_class is KeyClass.AUDIT:
            return dt.date(epoch, 1, 1)
    except (OverflowError, ValueError):
        raise ValueError(f"{epoch} is no epoch of {key_class} keys") from None
    raise ValueError("a grant's epoch is its own number, not a day's")
