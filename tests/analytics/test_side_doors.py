"""The database administrator, who has every row and no key, tries to find out how long somebody worked."""

import datetime as dt
from typing import Any

import pytest
from cast import BEN
from sqlalchemy import func, select

from analytics.desk import MOST_ROWS
from analytics.uploads import BucketInfo, Upload
from analytics.uploads import Event as Uploaded
from privacy.hot import FIRST
from privacy.seal import OVERHEAD_BYTES
from privacy.vault_store import SealedField
from tests.analytics.intake_office import WINDOW, Office
from tests.analytics.test_receiving import beat, make, receiver_of

HOURS = (2, 3, 4, 5, 6, 7, 8, 9)
APPS = ("EXCEL.EXE", "OUTLOOK.EXE", "saplogon.exe", "msedge.exe", "WINWORD.EXE")


@pytest.fixture
def office(small_office: Office) -> Office:
    return small_office


def _day(day: dt.date, hours: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    begins = dt.datetime.combine(day, dt.time(7), dt.UTC)
    windows = [
        {
            "timestamp": (begins + dt.timedelta(minutes=4 * n, seconds=n % 7)).isoformat(),
            "duration": 200 + n % 37,
            "data": {"app": APPS[n * n % 5], "title": f"Invoice {1000 + n * 7919 % 500}"},
        }
        for n in range(15 * hours)
    ]
    away = [{"timestamp": begins.isoformat(), "duration": hours * 3600, "data": {"status": "not-afk"}}]
    return windows, away


def test_the_sizes_of_a_day_s_rows_do_not_tell_how_long_it_was(office: Office) -> None:
    days = [dt.date(2026, 10, 1) + dt.timedelta(days=n) for n in range(len(HOURS))]
    recorded = [_day(*each) for each in zip(days, HOURS, strict=True)]

    office.take(
        BEN,
        {
            ("pc", "currentwindow", "w"): [event for windows, _ in recorded for event in windows],
            ("pc", "afkstatus", "a"): [event for _, away in recorded for event in away],
        },
    )

    with office.stores.data.connect() as connection:
        sizes = connection.execute(
            select(SealedField.tier, SealedField.field, func.count(func.length(SealedField.sealed).distinct()))
            .where(SealedField.subject_id == BEN, SealedField.day.in_(days))
            .group_by(SealedField.tier, SealedField.field)
        ).all()
    assert {(tier, field) for tier, field, _ in sizes} >= {
        ("day", "rhythm"),
        ("summary", "rhythm"),
        ("summary", "apps"),
    }
    assert {(tier, field): count for tier, field, count in sizes if count > 1} == {}


def test_hot_rows_do_not_tell_how_long_a_day_was(office: Office) -> None:
    """Few rows of few sizes, however much came: what an administrator sees at night of a day that was not folded."""
    receiver, seen = receiver_of(office, "coaching"), {}
    for hours in HOURS:
        person, day = office.person(), dt.date(2026, 11, 17)
        windows, _ = _day(day, hours)
        make(receiver, person, WINDOW)
        for each in windows:
            beat(receiver, person, WINDOW, each, pulsetime=0)
            if max(receiver.hot.places(office.stores.data, person)).sequence - FIRST >= MOST_ROWS:
                office.intake("coaching").fold(person)
        with office.stores.data.connect() as connection:
            rows = select(SealedField.field, SealedField.day, func.length(SealedField.sealed)).where(
                SealedField.subject_id == person, SealedField.tier == "hot"
            )
            seen[hours] = connection.execute(rows).all()

    assert {(field, day, size) for rows in seen.values() for field, day, size in rows} == {
        ("rhythm", dt.date(2026, 11, 17), 4096 + OVERHEAD_BYTES)
    }
    assert all(len(rows) <= MOST_ROWS + 1 for rows in seen.values())


def test_uploads_on_the_grid_make_as_many_rows_whatever_is_in_them(office: Office) -> None:
    receiver, counts = receiver_of(office, "coaching"), set()
    start_us = 1_794_960_000 * 1_000_000
    for busy in (0, 3, 40):
        person = office.person()
        for quarter in range(8):
            events = [
                Uploaded(0, start_us + quarter * 900_000_000 + n * 1_000_000, 1_000_000, {"app": "EXCEL.EXE"}, "Work")
                for n in range(busy)
            ]
            buckets = [BucketInfo("w", "currentwindow", "pc")]
            receiver.upload(person, Upload(batch=f"{quarter:032x}", policy=1, buckets=buckets, events=events))
        counts.add(len(receiver.hot.places(office.stores.data, person)))

    assert len(counts) == 1
