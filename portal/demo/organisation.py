"""The people of the synthetic back office: the same ones on the same date (pure).

Everybody's family name is the word for "example" in some language and every address ends in `example.test`, so that
nobody takes a figure of theirs for a real person's.
"""

import csv
import datetime as dt
import io
import random
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from privacy.contributions import LEAST_DAYS
from privacy.contributions import WEEKS as WEEKS_TOGETHER
from privacy.release_memory import block_of, first_of

NAME: Final = "Example Mutual (synthetic)"
WEEKS: Final = 12
CLAIMS_EAST, CLAIMS_WEST, PAYABLES, QUALITY = "Claims East", "Claims West", "Accounts Payable", "Quality Review"

TEAMS: Final[dict[str, tuple[str, ...]]] = {
    CLAIMS_EAST: (
        "Marta Ejemplo", "Ines Beispiel", "Jonas Muster", "Lena Exempel", "Pavel Příklad", "Rosa Esempio",
        "Timo Esimerkki", "Vera Primer", "Alma Näide", "Bruno Exemplo", "Carla Eksempel",
    ),
    CLAIMS_WEST: (
        "Duarte Exemplo", "Emil Voorbeeld", "Flora Exemple", "Goran Primjer", "Hanna Muster", "Iris Példa",
        "Jakub Przykład", "Klara Beispiel", "Luís Exemplo", "Mina Örnek",
    ),
    PAYABLES: (
        "Nora Eksempel", "Oskar Exempel", "Petra Beispiel", "Quirin Muster", "Rui Exemplo", "Sara Esempio",
        "Tomas Pavyzdys", "Ulla Esimerkki", "Viktor Príklad",
    ),
    QUALITY: ("Wanda Przykład", "Xaver Muster", "Yara Exemplo", "Zoe Exemple"),
}  # fmt: skip
"""Team → its people; the first one manages it and is a member as well."""

EMPLOYEE, MANAGER = "Ines Beispiel", "Marta Ejemplo"
REVIEWER, OPERATOR, COUNCIL = "Ruth Voorbeeld", "Otto Piemērs", "Clara Paraugs"
OFFICES: Final = {REVIEWER: "reviewer", OPERATOR: "operator", COUNCIL: "council"}
JOINER, WEEKEND_DUTY = "Carla Eksempel", "Luís Exemplo"

VIENNA, LISBON = "Europe/Vienna", "Europe/Lisbon"
_LISBON_TEAM: Final = frozenset({"Duarte Exemplo", "Luís Exemplo", "Rui Exemplo", "Yara Exemplo", "Bruno Exemplo"})
_CLOCKS: Final = (LISBON, "America/New_York", "Africa/Casablanca", "America/Santiago", "Australia/Sydney")
"""Zones that change their clocks at different times of the year."""

FULL_TIME: Final = (8.0, 8.0, 8.0, 8.0, 6.5, 0.0, 0.0)
_PATTERNS: Final[dict[str, tuple[float, ...]]] = {
    "Rosa Esempio": (6.0, 6.0, 6.0, 6.0, 0.0, 0.0, 0.0),
    "Vera Primer": (5.0, 5.0, 5.0, 5.0, 5.0, 0.0, 0.0),
    "Flora Exemple": (8.0, 8.0, 8.0, 0.0, 0.0, 0.0, 0.0),
    "Iris Példa": (0.0, 8.0, 8.0, 8.0, 6.5, 0.0, 0.0),
    "Ulla Esimerkki": (4.0, 4.0, 4.0, 4.0, 4.0, 0.0, 0.0),
    "Zoe Exemple": (8.0, 8.0, 0.0, 8.0, 6.5, 0.0, 0.0),
}
"""Planned hours from Monday to Sunday of those who do not work full time."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works at the example organisation."""

    name: str
    team: str | None
    timezone: str
    joined: dt.date
    role: str = "employee"
    manages: bool = False
    hours: tuple[float, ...] = FULL_TIME  # planned, from Monday to Sunday
    days_off: frozenset[dt.date] = frozenset()
    duties: frozenset[dt.date] = frozenset()  # single days worked outside the pattern

    @property
    def email(self) -> str:
        plain = unicodedata.normalize("NFKD", self.name.replace("ł", "l")).encode("ascii", "ignore").decode()
        return f"{plain.lower().replace(' ', '.')}@example.test"

    def hours_on(self, day: dt.date) -> float:
        """Return how long this person works on `day`: 0 on a day off and before joining."""
        if day < self.joined or day in self.days_off:
            return 0.0
        return 4.0 if day in self.duties else self.hours[day.weekday()]


def first_day(today: dt.date) -> dt.date:
    """Return the Monday with which the recorded weeks begin: twelve closed weeks and the running one."""
    return today - dt.timedelta(days=today.weekday() + 7 * WEEKS)


def recorded_days(person: Colleague, today: dt.date) -> list[dt.date]:
    """Return the days on which this person's desk recorded something, oldest first."""
    span = (today - first_day(today)).days + 1
    within = {first_day(today) + dt.timedelta(days=n) for n in range(span)}
    return [day for day in sorted(within | person.duties) if person.team and person.hours_on(day)]


def colleagues(today: dt.date) -> tuple[Colleague, ...]:
    """Return everybody on `today`: the four teams, then the reviewer, the operator and the works council's member."""
    zone, change = clock_change(today)
    members = tuple(
        _member(name, team, names[0], today, zone, change) for team, names in TEAMS.items() for name in names
    )
    long_ago = first_day(today) - dt.timedelta(weeks=150)
    return members + tuple(Colleague(name, None, VIENNA, long_ago, role) for name, role in OFFICES.items())


def clock_change(today: dt.date) -> tuple[str, dt.date]:
    """Return a zone and its day of 23 or 25 hours, as recent as `today` allows.

    In most of the year that day lies in the twelve recorded weeks. Where no clock changed for longer than that, as in
    deep winter, the newest change before them is returned.
    """
    within = ((zone, day) for zone in _CLOCKS for day in _changes(zone, first_day(today), today))
    earlier = ((LISBON, day) for day in _changes(LISBON, today - dt.timedelta(weeks=52), today))
    return next(within, None) or max(earlier, key=lambda found: found[1])


def _changes(zone: str, first: dt.date, end: dt.date) -> Iterator[dt.date]:
    for day in (first + dt.timedelta(days=n) for n in range((end - first).days)):
        midnights = [dt.datetime.combine(day + dt.timedelta(days=n), dt.time(), ZoneInfo(zone)) for n in (0, 1)]
        if midnights[0].utcoffset() != midnights[1].utcoffset():
            yield day


def _member(name: str, team: str, head: str, today: dt.date, zone: str, change: dt.date) -> Colleague:
    timezone = LISBON if name in _LISBON_TEAM else VIENNA
    duties = frozenset[dt.date]()
    if name == WEEKEND_DUTY:  # the clocks change on Sundays, when an office is empty: somebody is on duty
        timezone, duties = zone, frozenset({change})
    if name == EMPLOYEE and today.weekday() >= 5:  # so that her page has something to show on a weekend too
        duties = frozenset({today})
    joined = joining_day(today) if name == JOINER else first_day(today) - dt.timedelta(weeks=20 + 7 * len(name))
    return Colleague(
        name,
        team,
        timezone,
        joined,
        manages=name == head,
        hours=_PATTERNS.get(name, FULL_TIME),
        days_off=_leave(name, today) - duties,
        duties=duties,
    )


def joining_day(today: dt.date) -> dt.date:
    """Return the Wednesday on which somebody joined in the middle of a week: the week before the last four that are
    released together, so that they count in all of these and in none of the four before.
    """
    weeks = (first_day(today) + dt.timedelta(weeks=n) for n in range(WEEKS - WEEKS_TOGETHER + 1))
    last = max(week for week in weeks if week == first_of(block_of(week)))
    return last - dt.timedelta(days=5)


def _leave(name: str, today: dt.date) -> frozenset[dt.date]:
    """Return days off: a stretch of one or two weeks for some, single days for most, none in the last ten days."""
    source = random.Random(f"leave:{name}:{today}")  # noqa: S311 - a seeded office, not a secret
    first, span = first_day(today), 7 * WEEKS - 10
    length = source.choice((0, 0, 5, 8, 12))
    begin = source.randrange(span - length)
    single = {first + dt.timedelta(days=source.randrange(span)) for _ in range(source.randrange(4))}
    off = single | {first + dt.timedelta(days=begin + n) for n in range(length)}
    return frozenset(_short(name, off) if name in TEAMS[CLAIMS_EAST] else off)


def _short(name: str, off: Iterable[dt.date]) -> Iterator[dt.date]:
    """Yield days off as far as three working days of their week are left: whoever has fewer counts in no figure of it,
    and of a team where somebody counts in some of four weeks, nothing is released of the four together.
    """
    hours = _PATTERNS.get(name, FULL_TIME)
    left = Counter[dt.date]()
    for day in sorted(off):
        monday = day - dt.timedelta(days=day.weekday())
        left[monday] += hours[day.weekday()] > 0
        if left[monday] <= sum(each > 0 for each in hours) - LEAST_DAYS:
            yield day


def people_csv(people: Iterable[Colleague]) -> str:
    """Return the people as the file that `sameview people import` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("email", "name", "team", "team_manager", "roles", "timezone", "joined", "left"))
    for each in people:
        manages = "yes" if each.manages else "no"
        writer.writerow((each.email, each.name, each.team or "", manages, each.role, each.timezone, each.joined, ""))
    return text.getvalue()
