"""Months say what their days say, whatever happens to the days; where they do not, the vault says so."""

import datetime as dt
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cast import BEN
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.annotations import NOTHING_NOTED, Annotation, Kind, NoteRefused
from analytics.days import day_payloads
from analytics.figures import dump
from analytics.month_rows import sum_up
from analytics.months import MONTH_FIELDS, Outgrown, month_payloads
from analytics.noting import NoteChange
from analytics.own_rules import OwnRule
from analytics.taking import OwnChange
from privacy.fields import Field, Tier
from privacy.log_entries import FORGOTTEN, NOTED, PAUSED
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Place, Row
from tests.analytics.intake_office import AFK, MONDAY, WINDOW, Office, event, morning
from tests.analytics.test_receiving import SLOW, beat, insert, make, receiver_of

FIELDS = frozenset(MONTH_FIELDS)
PERIOD = Period(dt.date(2026, 9, 20), dt.date(2026, 12, 10))
DAYS = (0, 1, -22, -16, -47)
"""Days from the Monday on, in three months: on the third the clock is put back, the others end their months."""


def by_days(office: Office, subject: str = BEN) -> list[Any]:
    shown = office.gate.disclose(subject, subject, FIELDS, Purpose.OWN_REVIEW, PERIOD)
    return list(day_payloads(shown, "Europe/Berlin"))


def by_months(office: Office, subject: str = BEN) -> list[Any]:
    """Raises Outgrown."""
    period = PERIOD.whole_months()
    shown = office.gate.disclose(subject, subject, FIELDS, Purpose.OWN_REVIEW, period, tier=Tier.MONTH)
    return list(month_payloads(shown, PERIOD, "Europe/Berlin"))


def on(number: int, hour: float = 9) -> dt.datetime:
    return MONDAY + dt.timedelta(days=DAYS[number], hours=hour)


def us(at: dt.datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def around(at: dt.datetime) -> Period:
    return Period(at.date() - dt.timedelta(days=1), at.date() + dt.timedelta(days=2))


class Desk:
    """What may happen to somebody's days, by name; `day` is one of `DAYS`, `hour` when it begins."""

    def __init__(self, office: Office, subject: str) -> None:
        self.office, self.subject = office, subject
        self.outgrown = False

    def do(self, step: str, day: int, hour: int) -> None:
        getattr(self, step)(on(day, hour))

    def imports(self, at: dt.datetime) -> None:
        self.office.take(self.subject, morning(at - dt.timedelta(hours=9)))

    def imports_under_another_policy(self, at: dt.datetime) -> None:
        rules = [[["Work", "New"], {"type": "regex", "regex": "EXCEL"}]]
        events = {WINDOW: [event(at, 1900, app="EXCEL.EXE", title="x")]}
        self.office.take(self.subject, events, "coaching", rules=rules)

    def heartbeats(self, at: dt.datetime) -> None:
        receiver = receiver_of(self.office)
        make(receiver, self.subject, WINDOW, AFK)
        beat(receiver, self.subject, WINDOW, event(at, 0, app="EXCEL.EXE", title="y"), 90)
        beat(receiver, self.subject, WINDOW, event(at + dt.timedelta(minutes=1), 0, app="EXCEL.EXE", title="y"), 90)
        insert(receiver, self.subject, AFK, [event(at, 120, status="not-afk")])
        self.office.intake().fold(self.subject)

    def notes(self, at: dt.datetime) -> None:
        said = Annotation(us(at), us(at) + 900_000_000, Kind.PAPER, "")
        change = NoteChange("s", NOTED, Period.day(at.date()), lambda _, found: found.adding(said, replace=True))
        with suppress(NoteRefused):  # nothing is noted of a time that is forgotten
            self.office.intake().note(self.subject, change)

    def takes_notes_back(self, at: dt.datetime) -> None:
        change = NoteChange("s", NOTED, Period.day(at.date()), lambda _day, _found: NOTHING_NOTED)
        self.office.intake().note(self.subject, change)

    def corrects(self, at: dt.datetime) -> None:
        rule = OwnRule("saplogon.exe", "Private", at.date())
        days = Period(at.date(), PERIOD.end)
        self.office.intake().note(self.subject, NoteChange("s", NOTED, days, rules=lambda found: found.adding(rule)))

    def forgets(self, at: dt.datetime) -> None:
        span = us(at) + 300_000_000, us(at) + 1_500_000_000
        self.own(FORGOTTEN, lambda own: own.forgetting(*span), around(at))

    def forgets_the_day(self, at: dt.datetime) -> None:
        span = us(at) - 24 * 3_600_000_000, us(at) + 24 * 3_600_000_000
        self.own(FORGOTTEN, lambda own: own.forgetting(*span), around(at))

    def pauses(self, at: dt.datetime) -> None:
        self.own(PAUSED, lambda own: own.pausing(us(at), us(at) + 600_000_000), None)

    def own(self, outcome: str, times: Any, days: Period | None) -> None:
        self.office.intake().change_own(self.subject, OwnChange("s", outcome, times, days))

    def removes_the_windows(self, _at: dt.datetime) -> None:
        self.office.intake().remove(self.subject, WINDOW[2], None)

    def moves(self, at: dt.datetime) -> None:
        name = ("Europe/Berlin", "America/New_York", "Pacific/Auckland")[at.hour % 3]
        self.office.directory.zones[self.subject] = ZoneInfo(name)

    def is_written_by_an_older_version(self, at: dt.datetime) -> None:
        """A day's figures without their month's: what is there of the month is outgrown."""
        vault = self.office.vault
        with writing(vault.engine) as connection:
            row = Row(Field.FOCUS, Tier.SUMMARY, at.date(), 0, dump({"blocks": 1, "seconds": at.hour * 100.0}))
            vault.put(connection, self.subject, [row])
            self.office.gate.account(self.subject, connection)
        self.outgrown = True

    def is_summed_up_by_the_night(self, _at: dt.datetime) -> None:
        sum_up(self.office.vault, self.office.gate, self.subject)
        assert sum_up(self.office.vault, self.office.gate, self.subject) == 0
        self.outgrown = False


STEPS = [name for name in vars(Desk) if not name.startswith("_") and name not in ("do", "own")]


@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 4), st.integers(8, 11)), max_size=8))
@settings(SLOW, max_examples=40)
def test_a_month_says_what_its_days_say_after_whatever_happened_to_them(
    small_office: Office, steps: list[tuple[str, int, int]]
) -> None:
    desk = Desk(small_office, small_office.person())
    for each in steps:
        desk.do(*each)
        try:
            assert by_months(small_office, desk.subject) == by_days(small_office, desk.subject)
        except Outgrown:
            assert desk.outgrown


@pytest.mark.parametrize("step", STEPS)
def test_each_of_these_leaves_months_that_say_what_the_days_say(office: Office, step: str) -> None:
    desk = Desk(office, BEN)
    for number in range(len(DAYS)):
        desk.imports(on(number))

    desk.do(step, 2, 9)

    days = by_days(office)
    assert any(each["fields"] for each in days)
    if desk.outgrown:
        with pytest.raises(Outgrown):
            by_months(office)
        assert sum_up(office.vault, office.gate, BEN) == 1
    assert by_months(office) == days


def test_an_outgrown_month_is_made_whole_by_the_next_change_of_one_of_its_days(office: Office) -> None:
    desk = Desk(office, BEN)
    desk.imports(on(2))
    desk.is_written_by_an_older_version(on(3))
    with pytest.raises(Outgrown):
        by_months(office)

    desk.imports(on(2, hour=13))

    assert by_months(office) == by_days(office)


def test_figures_without_any_stored_day_are_in_the_month_that_a_first_import_writes(office: Office) -> None:
    desk = Desk(office, BEN)
    desk.is_written_by_an_older_version(on(3))

    desk.imports(on(2))

    assert [each["date"] for each in by_months(office) if each["fields"]] == ["2026-10-25", "2026-10-31"]
    assert by_months(office) == by_days(office)


def test_the_night_writes_months_of_days_that_never_had_any_and_says_so_in_the_log(office: Office) -> None:
    desk = Desk(office, BEN)
    desk.is_written_by_an_older_version(on(0))
    with writing(office.vault.engine) as connection:
        row = Row(Field.ACTIVE_TIME, Tier.SUMMARY, on(0).date(), 0, dump({"active_seconds": 9.0}))
        office.vault.put(connection, BEN, [row])

    assert sum_up(office.vault, office.gate, BEN) == 1

    assert by_months(office) == by_days(office)
    opened, written = office.log.of_subject(BEN)[-4:-2]
    assert (opened.outcome, written.outcome) == ("disclosed", "inventoried")
    assert written.digest == office.vault.digest(BEN)


def test_the_night_takes_away_months_whose_days_went_without_them(office: Office) -> None:
    desk = Desk(office, BEN)
    desk.imports(on(2))
    removed = [Place(name, Tier.SUMMARY, on(2).date()) for name in MONTH_FIELDS]
    with writing(office.vault.engine) as connection:
        office.vault.put(connection, BEN, [], removed)
        office.gate.account(BEN, connection)
    with pytest.raises(Outgrown):
        by_months(office)

    assert sum_up(office.vault, office.gate, BEN) == 1

    assert by_months(office) == by_days(office)
    assert sum_up(office.vault, office.gate, BEN) == 0
    with office.vault.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT COUNT(*) FROM sealed_field WHERE tier = 'month'").scalar()
    assert left == 0


def test_a_month_without_days_has_no_rows_left(office: Office) -> None:
    desk = Desk(office, BEN)
    desk.notes(on(2))
    assert by_months(office) == by_days(office) != []

    desk.takes_notes_back(on(2))

    with office.vault.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT COUNT(*) FROM sealed_field WHERE tier = 'month'").scalar()
    assert left == 0
    assert by_months(office) == by_days(office)


def test_the_size_of_a_months_rows_does_not_tell_how_long_its_days_were(office: Office) -> None:
    other = office.person()
    for number, hours in enumerate((1, 9, 2, 7, 5)):
        for subject, length in ((BEN, hours), (other, 10 - hours)):
            events = {
                WINDOW: [
                    event(
                        on(number) + dt.timedelta(minutes=10 * n), 600, app=("EXCEL.EXE", "other.exe")[n % 2], title=""
                    )
                    for n in range(length * 6)
                ]
            }
            office.take(subject, events)

    def sizes(subject: str) -> set[tuple[str, int]]:
        with office.vault.engine.connect() as connection:
            query = f"SELECT field, LENGTH(sealed) FROM sealed_field WHERE tier = 'month' AND subject_id = '{subject}'"  # noqa: S608
            return {(field, size) for field, size in connection.exec_driver_sql(query)}

    assert len(sizes(BEN)) == 7
    assert sizes(BEN) == sizes(other)
