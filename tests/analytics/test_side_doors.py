"""The database administrator, who has every row and no key, tries to find out how long somebody worked."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cast import BEN
from conftest import Clock
from sqlalchemy import func, select

from privacy.stores import Stores
from privacy.vault_store import SealedField
from tests.analytics.intake_office import Office, open_office

HOURS = (2, 3, 4, 5, 6, 7, 8, 9)
APPS = ("EXCEL.EXE", "OUTLOOK.EXE", "saplogon.exe", "msedge.exe", "WINWORD.EXE")


@pytest.fixture
def office(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    return open_office(sqlite_stores, tmp_path, clock)


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
