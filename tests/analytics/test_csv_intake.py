"""CSV files on their way into somebody's record: in any pieces, any number of times, the same day."""

import datetime as dt
import io
import random

import pytest
from cast import BEN

from analytics.imports.csv import CsvFormat
from analytics.imports.csv_mapping import presets, read_mapping
from analytics.intake import Report
from privacy.fields import Field
from tests.analytics.intake_office import BERLIN, Office
from tests.analytics.test_csv_import import MANIC, RESCUE, table

NINE = dt.datetime(2026, 11, 16, 9)  # noqa: DTZ001 - what a clock on the wall showed
USAGE = MANIC[:4]


def take(office: Office, subject: str, text: str, mapping: str, preset: str = "own_insight") -> Report:
    now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    export = CsvFormat(read_mapping(presets()[mapping]), BERLIN, now).read(io.BytesIO(text.encode()))
    return office.intake(preset).take(subject, export)


def stretch(name: str, minute: int, minutes: int, *more: str) -> list[str]:
    begin, lasts = NINE + dt.timedelta(minutes=minute), dt.timedelta(minutes=minutes)
    return [name, f"{begin:%Y-%m-%d %H:%M:%S}", f"{begin + lasts:%Y-%m-%d %H:%M:%S}", str(lasts), *more]


MORNING = table(MANIC, stretch("FB60 Invoice", 0, 30, "saplogon.exe"), stretch("ExampleShop", 30, 30, "msedge.exe"))
AT_THE_DESK = table(USAGE, stretch("Active", 0, 45), stretch("Away", 45, 15))


def test_windows_and_presence_of_manictime_make_one_day_that_is_sealed(office: Office) -> None:
    take(office, BEN, MORNING, "manictime")
    report = take(office, BEN, AT_THE_DESK, "manictime-usage")
    again = take(office, BEN, MORNING, "manictime")

    assert report.days == [dt.date(2026, 11, 16)]
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 2700.0}
    assert office.figure(BEN, "2026-11-16", Field.AWAY_TIME) == {"afk_seconds": 900.0}
    assert office.figure(BEN, "2026-11-16", Field.CATEGORIES) == {"Work": 1800.0, "Private": 900.0}
    assert (again.kept, again.known, list(again.days)) == (0, 2, [])


def test_totals_sum_up_to_what_the_file_says_and_the_file_twice_changes_nothing(office: Office) -> None:
    rows = [["2026-11-16T09:00:00", s, "1", app, "x", "0"] for app, s in [("EXCEL", "1200"), ("shop.example", "600")]]
    text = table(RESCUE, *rows, ["2026-11-16T10:00:00", "300", "1", "EXCEL", "x", "0"])

    take(office, BEN, text, "rescuetime")
    before = office.stored(BEN)
    again = take(office, BEN, text, "rescuetime")

    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 2100.0}
    assert office.figure(BEN, "2026-11-16", Field.APPS)["EXCEL"] == 1500.0
    assert (again.kept, again.known, list(again.days)) == (0, 3, [])
    assert office.stored(BEN) == before


def test_a_site_of_rescuetime_leaves_no_address_behind_where_the_policy_keeps_none(small_office: Office) -> None:
    rows = [["2026-11-16T09:00:00", "600", "1", "clinic.example", "Health", "0"]]

    report = take(small_office, BEN, table(RESCUE, *rows), "rescuetime", "coaching")

    assert report.kept == 1
    assert report.coarsened
    shown = b"".join([*small_office.stored(BEN).values(), *small_office.figures(BEN).values()])
    assert b"clinic" not in shown


@pytest.mark.parametrize("seed", range(6))
def test_any_split_of_a_file_over_imports_in_any_order_gives_the_same_days(small_office: Office, seed: int) -> None:
    """Pieces may overlap, and the same row may come twice in one."""
    rng = random.Random(seed)
    rows = [
        stretch(f"FB60 {rng.randrange(5)}", rng.randrange(3000), rng.randrange(1, 40), rng.choice(["sap", "msedge"]))
        for _ in range(40)
    ]
    rows += rng.sample(rows, 5)
    whole, pieces = small_office.person(), small_office.person()
    take(small_office, whole, table(MANIC, *rows), "manictime")
    left = rows[:]
    rng.shuffle(left)
    while left:
        piece = [left.pop() for _ in range(min(len(left), rng.randrange(1, 20)))]
        take(small_office, pieces, table(MANIC, *piece, *rng.sample(rows, 2)), "manictime")

    assert events(small_office, pieces) == events(small_office, whole)
    assert small_office.figures(pieces) == small_office.figures(whole)


def events(office: Office, subject: str) -> dict[tuple[dt.date, Field], bytes]:
    """Return what is stored, without the ledger's salted marks, which are each person's own."""
    return {place: value for place, value in office.stored(subject).items() if place[1] is not Field.CAPTURE_LEDGER}
