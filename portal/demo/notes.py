"""What the employee of the synthetic back office noted of her weeks, through the door that her own pages use.

Lunches are breaks on most days, a course is every Tuesday after work, and one application is corrected. The week that
runs and the one before are left as they are: they are what closing a week is about.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from analytics.annotations import Annotation, AppCategory, Kind, Notes
from analytics.day_parts import unexplained
from analytics.days import annotated_spans, timeline
from analytics.events import borders_us
from analytics.noting import NoteChange
from portal.wiring import System
from privacy.fields import Field
from privacy.log_entries import NOTED
from privacy.period import Period, week_name
from privacy.policy import Purpose

_MIDNIGHT: Final = dt.time(0)
_COURSE: Final = (dt.time(17, 30), dt.time(18, 15), 1)
"""From, until, and on which weekday."""
_TOOLS: Final = AppCategory("explorer.exe", "Work > Documents")


def note(system: System, subject: str, week: Period, zone: ZoneInfo) -> None:
    """Note what the employee says about one recorded week."""
    session = f"demo:{week_name(week)}:notes"
    wanted = dict(_wanted(system, subject, week, zone, session))
    if not wanted:
        return

    def change(day: dt.date, notes: Notes) -> Notes:
        for each in wanted.get(day, ()):
            notes = notes.adding(each, replace=True)
        return notes

    system.intake.note(subject, NoteChange(session, NOTED, week, change))


def _wanted(
    system: System, subject: str, week: Period, zone: ZoneInfo, session: str
) -> Iterator[tuple[dt.date, list[Annotation | AppCategory]]]:
    fields = {Field.RHYTHM, Field.ANNOTATIONS}
    disclosed = system.gate.disclose(subject, subject, fields, Purpose.OWN_REVIEW, week, session=session)
    for day in week.days():
        segments = timeline(disclosed, day)
        if not segments:
            continue
        first, _end = borders_us(day, zone, _MIDNIGHT)
        found: list[Annotation | AppCategory] = [
            Annotation(first + gap.start * 1000, first + gap.end * 1000, Kind.BREAK, "")
            for gap in unexplained(segments, annotated_spans(disclosed, day))
            if gap.is_away and day.day % 4
        ]
        begins, ends, weekday = _COURSE
        if day.weekday() == weekday:
            start, end = (round(dt.datetime.combine(day, at, zone).timestamp()) * 1_000_000 for at in (begins, ends))
            found.append(Annotation(start, end, Kind.TRAINING, "Claims course, part by part"))
        if day.weekday() == 3 and day.day % 2:
            found.append(_TOOLS)
        yield day, found
