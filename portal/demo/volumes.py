"""The work of the synthetic teams: cases of a few processes, delivered each Monday, the same ones on the same date.

A case waits until it is done: what is open at a day's end is what was open before, and came, and was not completed. A
few days are never delivered, as it happens with real files.
"""

import csv
import datetime as dt
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analytics.volumes import COLUMNS
from portal import volumes
from portal.demo.organisation import CLAIMS_EAST, CLAIMS_WEST, PAYABLES, QUALITY, first_day
from portal.wiring import System
from privacy.period import Period

_MISSED: Final = 0.03
"""The part of days that nobody delivers."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much of a process comes a day, how much of it is in time, and how much of it turns out wrong."""

    process: str
    a_day: int
    in_time: float
    wrong: float


WORK: Final[dict[str, tuple[Work, ...]]] = {
    CLAIMS_EAST: (Work("Motor claims", 64, 0.91, 0.03), Work("Household claims", 38, 0.86, 0.02)),
    CLAIMS_WEST: (Work("Motor claims", 52, 0.88, 0.03), Work("Liability claims", 21, 0.79, 0.04)),
    PAYABLES: (Work("Invoices", 120, 0.95, 0.01), Work("Payment queries", 27, 0.9, 0.02)),
    QUALITY: (Work("Files reviewed", 45, 0.97, 0.01),),
}


def happen(system: System, today: dt.date, week: Period) -> None:
    """Deliver one week of every team's work up to the day before today, as an operator's nightly file would."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for team, work in WORK.items():
        for each in work:
            writer.writerows(row for row in _rows(team, each, today) if row[2] in week and row[2] < today)
    source = io.BytesIO(file.getvalue().encode())
    volumes.deliver(system, lambda reader: reader.csv(source), by=None)


def _rows(
    team: str, work: Work, today: dt.date
) -> Iterator[tuple[str, str, dt.date, int, int, int, int | str, int, int]]:
    """Yield the rows of a process, from the first recorded day to today; weekends have none."""
    source = random.Random(f"work:{team}:{work.process}:{today}")  # noqa: S311 - a seeded office, not a secret
    waiting = work.a_day * 3
    for day in (first_day(today) + dt.timedelta(days=n) for n in range((today - first_day(today)).days + 1)):
        if day.weekday() >= 5:
            continue
        came = round(work.a_day * (1.25 if day.weekday() == 0 else 1.0) * source.uniform(0.8, 1.2))
        able = work.a_day * source.uniform(0.85, 1.2) + (waiting - 3 * work.a_day) * 0.12
        done = max(0, min(waiting + came, round(able * (0.8 if day.weekday() == 4 else 1.05))))
        waiting += came - done
        oldest = max(1, round(waiting / work.a_day * source.uniform(1.6, 2.4))) if waiting else ""
        in_time = round(done * min(1.0, work.in_time * source.uniform(0.94, 1.05)))
        wrong = min(done, round(done * work.wrong * source.uniform(0.2, 2.2)))
        if source.random() >= _MISSED:
            yield team, work.process, day, came, done, waiting, oldest, in_time, wrong
