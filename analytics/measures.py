"""Every measure in one table: what it is, how it is computed, who uses it for which decision, and what it is not for.

Pages, the API, the documentation and reports read this table. A measure is a number about one day; a field is what has
to be disclosed for it. Nothing here ranks people, and there is no single score.
"""

from dataclasses import dataclass
from typing import Final

from analytics.charters import BAND, ONE_TO_ONE, OWN, Charter
from analytics.formulas import (
    Formula,
    app_time,
    category_time,
    core_hours,
    count,
    hour_time,
    meeting_time,
    minutes,
    noted_time,
    on_task_share,
    recovery,
    utilisation,
)
from privacy.fields import Field

MINUTES: Final = "minutes"
PERCENT: Final = "percent"
COUNT: Final = "count"


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table; `value` returns None where the day cannot say.

    `part` is what has to be chosen first, where the measure is of one among several: a category, an application, hours.
    """

    name: str
    title: str
    unit: str
    definition: str
    formula: str
    sensible_range: tuple[float, float]
    fields: frozenset[Field]
    charter: Charter
    not_for: str
    value: Formula
    part: str | None = None


_NEVER: Final = "discipline, pay or ranking"
_NOT_EFFORT: Final = f"{_NEVER}; it does not show effort or quality"


MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        name="active_time",
        title="Active time",
        unit=MINUTES,
        definition="Time at the computer with a window in front and the keyboard, the mouse or an audible tab in use.",
        formula="active seconds / 60",
        sensible_range=(0, 720),
        fields=frozenset({Field.ACTIVE_TIME}),
        charter=ONE_TO_ONE,
        not_for=f"{_NEVER}; meetings, paper and the telephone are work too",
        value=minutes(Field.ACTIVE_TIME, "active_seconds"),
    ),
    Measure(
        name="utilisation",
        title="Utilisation",
        unit=PERCENT,
        definition="Active time in core categories and work that the employee has noted, as a part of planned time.",
        formula="(core seconds + annotated seconds) / planned seconds x 100",
        sensible_range=(30, 90),
        fields=frozenset({Field.CATEGORY_DETAIL, Field.ANNOTATIONS, Field.WORKING_PATTERN}),
        charter=BAND,
        not_for=f"{_NEVER}; more is not better: it is read against the agreed band, near 50 % in back offices",
        value=utilisation,
    ),
    Measure(
        name="on_task_share",
        title="On-task share",
        unit=PERCENT,
        definition="Active time in core categories as a part of all active time.",
        formula="core seconds / active seconds x 100",
        sensible_range=(30, 95),
        fields=frozenset({Field.ACTIVE_TIME, Field.CATEGORY_DETAIL}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=on_task_share,
    ),
    Measure(
        name="focus_time",
        title="Focus time",
        unit=MINUTES,
        definition="Core time within focus blocks: at least 25 minutes of active time in core categories with "
        "interruptions of at most 2 minutes in total.",
        formula="sum of the core time of focus blocks / 60",
        sensible_range=(0, 300),
        fields=frozenset({Field.FOCUS}),
        charter=ONE_TO_ONE,
        not_for=_NOT_EFFORT,
        value=minutes(Field.FOCUS, "seconds"),
    ),
    Measure(
        name="focus_blocks",
        title="Focus blocks",
        unit=COUNT,
        definition="The number of focus blocks. Changing between core applications is no interruption.",
        formula="number of focus blocks",
        sensible_range=(0, 10),
        fields=frozenset({Field.FOCUS}),
        charter=ONE_TO_ONE,
        not_for=_NOT_EFFORT,
        value=count(Field.FOCUS, "blocks"),
    ),
    Measure(
        name="longest_focus",
        title="Longest focus",
        unit=MINUTES,
        definition="The core time of the longest focus block.",
        formula="largest core time of a focus block / 60",
        sensible_range=(0, 180),
        fields=frozenset({Field.FOCUS}),
        charter=ONE_TO_ONE,
        not_for=_NOT_EFFORT,
        value=minutes(Field.FOCUS, "longest_seconds"),
    ),
    Measure(
        name="recovery",
        title="Recovery",
        unit=PERCENT,
        definition="Breaks taken as a part of those recommended: one of at least 5 minutes for each hour of activity.",
        formula="breaks / whole active hours x 100, at most 100",
        sensible_range=(0, 100),
        fields=frozenset({Field.ACTIVE_TIME, Field.RECOVERY}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=recovery,
    ),
    Measure(
        name="breaks",
        title="Breaks",
        unit=COUNT,
        definition="The number of breaks: 5 to 15 minutes between active times, or longer where the employee has "
        "said that it was one.",
        formula="number of breaks",
        sensible_range=(0, 12),
        fields=frozenset({Field.RECOVERY}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=count(Field.RECOVERY, "breaks"),
    ),
    Measure(
        name="break_time",
        title="Break time",
        unit=MINUTES,
        definition="The length of all breaks together.",
        formula="sum of breaks / 60",
        sensible_range=(0, 150),
        fields=frozenset({Field.RECOVERY}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=minutes(Field.RECOVERY, "seconds"),
    ),
    Measure(
        name="longest_stretch",
        title="Longest stretch",
        unit=MINUTES,
        definition="The most active time without a break and without being away.",
        formula="largest active time between gaps of 5 minutes and more / 60",
        sensible_range=(0, 240),
        fields=frozenset({Field.RECOVERY}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=minutes(Field.RECOVERY, "longest_stretch_seconds"),
    ),
    Measure(
        name="away_time",
        title="Away time",
        unit=MINUTES,
        definition="Time that the computer was on and nobody used it; unknown where no collector tells it.",
        formula="AFK seconds that are not active / 60",
        sensible_range=(0, 600),
        fields=frozenset({Field.AWAY_TIME}),
        charter=OWN,
        not_for=f"{_NEVER}; away from the keyboard is not away from work",
        value=minutes(Field.AWAY_TIME, "afk_seconds"),
    ),
    Measure(
        name="category_time",
        title="Time in a category",
        unit=MINUTES,
        definition="Active time in one category.",
        formula="active seconds in the category / 60",
        sensible_range=(0, 600),
        fields=frozenset({Field.CATEGORIES}),
        charter=ONE_TO_ONE,
        not_for=f"{_NEVER}; a category says what a window was, not what the work was worth",
        value=category_time,
        part="category",
    ),
    Measure(
        name="meeting_time",
        title="Meetings",
        unit=MINUTES,
        definition=(
            "Active time in categories of meetings and calls, and meetings away from the desk that the employee has "
            "noted."
        ),
        formula="(active seconds in categories of meetings + noted seconds of meetings) / 60",
        sensible_range=(0, 480),
        fields=frozenset({Field.CATEGORY_DETAIL, Field.ANNOTATIONS}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=meeting_time,
    ),
    Measure(
        name="app_time",
        title="Time in an application",
        unit=MINUTES,
        definition="Active time with a window of one application in front.",
        formula="active seconds in the application / 60",
        sensible_range=(0, 600),
        fields=frozenset({Field.APPS}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=app_time,
        part="app",
    ),
    Measure(
        name="noted_time",
        title="Noted time",
        unit=MINUTES,
        definition=(
            "What the employee has noted of one kind: work as far as no core work was captured at the same time, "
            "anything else as far as nobody was active."
        ),
        formula="noted seconds that were not captured / 60",
        sensible_range=(0, 600),
        fields=frozenset({Field.ANNOTATIONS}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=noted_time,
        part="kind",
    ),
    Measure(
        name="hour_time",
        title="Time within hours of the clock",
        unit=MINUTES,
        definition="Active time within one hour of the clock, or within several.",
        formula="active seconds within the hours / 60",
        sensible_range=(0, 360),
        fields=frozenset({Field.RHYTHM}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=hour_time,
        part="hour",
    ),
    Measure(
        name="core_hours",
        title="Core work within hours of the clock",
        unit=MINUTES,
        definition="Active time in categories that hold core work, within one hour of the clock, or within several.",
        formula="active seconds in these categories within the hours / 60",
        sensible_range=(0, 360),
        fields=frozenset({Field.RHYTHM}),
        charter=OWN,
        not_for=f"{_NEVER}; nobody but the employee sees it",
        value=core_hours,
        part="hour",
    ),
)


def measure(name: str) -> Measure:
    """Return the measure of a name; KeyError if there is none."""
    return _BY_NAME[name]


_BY_NAME: Final = {each.name: each for each in MEASURES}
