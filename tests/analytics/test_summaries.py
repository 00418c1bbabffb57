"""A day's figures follow their definitions: focus blocks, breaks, hours that add up, and hosts counted once."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.events import AFK, WEB, WINDOW, Data, DayEvents, Stream, borders_us
from analytics.summaries import summarise
from privacy.fields import Field

VIENNA = ZoneInfo("Europe/Vienna")
WEDNESDAY = dt.date(2026, 11, 18)
AUTUMN = dt.date(2026, 10, 25)  # 25 hours
CORE = frozenset({"Work", "Work > ERP"})
MINUTE = 60
BEGUN = borders_us(WEDNESDAY, ZoneInfo("Europe/Vienna"), dt.time(0))[0]

SHEET = Data("EXCEL.EXE", "Aging.xlsx", None, None, None, "Work", b"")
ERP = Data("saplogon.exe", "FB60", None, None, None, "Work > ERP", b"")
MAIL = Data("OUTLOOK.EXE", "Inbox", None, None, None, "Comms > Email", b"")
BROWSER = Data("msedge.exe", "A video", None, None, None, "Media", b"")
NAMELESS = Data(None, None, None, None, None, "Work", b"")
HERE = Data(None, None, None, None, "not-afk", "Uncategorized", b"")
GONE = Data(None, None, None, None, "afk", "Uncategorized", b"")
SOUND = Data(None, "A video", "https://video.test", True, None, "Media", b"")

Row = tuple[float, float, Data]


def _day(*buckets: tuple[str, str, list[Row]], day: dt.date = WEDNESDAY, day_start: dt.time = dt.time(0)) -> DayEvents:
    """Make a day of buckets (host, kind, rows), rows of (minute of the day, minutes, data)."""
    first, end = borders_us(day, VIENNA, day_start)
    data = list(dict.fromkeys(row[2] for _, _, rows in buckets for row in rows))
    streams = []
    for host, kind, rows in buckets:
        start = np.array([first + round(row[0] * 60_000_000) for row in rows], np.int64)
        length = np.array([round(row[1] * 60_000_000) for row in rows], np.int64)
        places = np.array([data.index(row[2]) for row in rows], np.int32)
        name = f"aw-watcher-web-edge_{host}" if kind == WEB else f"aw-{kind}_{host}"
        streams.append(Stream(host, kind, name, start, length, places, np.zeros_like(start)))
    return DayEvents(first, end, tuple(streams), data)


def _figures(*rows: Row) -> dict[Field, dict[str, Any]]:
    """Sum up a day of one host without an AFK bucket."""
    return summarise(_day(("desk", WINDOW, list(rows))), VIENNA, CORE)


def _focus(*rows: Row) -> tuple[int, float, float]:
    found = _figures(*rows)[Field.FOCUS]
    return found["blocks"], found["seconds"] / MINUTE, found["longest_seconds"] / MINUTE


def _recovery(*rows: Row) -> tuple[int, float, float]:
    found = _figures(*rows)[Field.RECOVERY]
    return found["breaks"], found["seconds"] / MINUTE, found["longest_stretch_seconds"] / MINUTE


def test_changing_between_core_applications_is_no_interruption() -> None:
    assert _focus((540, 15, SHEET), (555, 15, ERP)) == (1, 30, 30)


@pytest.mark.parametrize(
    ("rows", "blocks"),
    [
        ([(540, 25, SHEET)], (1, 25, 25)),
        ([(540, 24.9, SHEET)], (0, 0, 0)),
        ([(540, 20, SHEET), (560, 2, MAIL), (562, 5, ERP)], (1, 25, 25)),
        ([(540, 20, SHEET), (560, 1, MAIL), (562, 5, ERP)], (1, 25, 25)),
        ([(540, 20, SHEET), (560, 2.1, MAIL), (562.1, 20, ERP)], (0, 0, 0)),
        ([(540, 10, SHEET), (550, 1.5, MAIL), (551.5, 10, SHEET), (561.5, 1.5, MAIL), (563, 10, SHEET)], (0, 0, 0)),
        ([(540, 5, SHEET), (546, 1, MAIL), (547, 5, SHEET), (553, 26, SHEET)], (1, 31, 31)),
        ([(540, 30, SHEET), (600, 40, ERP)], (2, 70, 40)),
    ],
    ids=[
        "exactly 25 minutes",
        "too short",
        "two minutes of interruption",
        "mail and a pause of two minutes together",
        "interrupted for longer",
        "interruptions add up",
        "a block that begins later",
        "two blocks",
    ],
)
def test_a_focus_block_is_25_minutes_with_interruptions_of_two(
    rows: list[Row], blocks: tuple[int, float, float]
) -> None:
    assert _focus(*rows) == blocks


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (4.9, (0, 0, 120)),
        (5, (1, 5, 60)),
        (15, (1, 15, 60)),
        (15.1, (0, 0, 60)),
        (60, (0, 0, 60)),
    ],
    ids=["a pause", "shortest break", "longest break", "away", "a long unexplained gap"],
)
def test_a_break_is_5_to_15_minutes_and_a_long_gap_is_none(gap: float, expected: tuple[int, float, float]) -> None:
    assert _recovery((540, 60, SHEET), (600 + gap, 60, MAIL)) == expected


def test_windows_count_only_while_somebody_is_there() -> None:
    day = _day(("desk", WINDOW, [(540, 60, SHEET)]), ("desk", AFK, [(540, 20, HERE), (560, 40, GONE)]))

    figures = summarise(day, VIENNA, CORE)

    assert figures[Field.ACTIVE_TIME] == {"active_seconds": 20 * MINUTE}
    assert figures[Field.AWAY_TIME] == {"afk_seconds": 40 * MINUTE}
    assert figures[Field.CATEGORIES] == {"Work": 20 * MINUTE}


def test_an_audible_tab_in_the_active_window_counts_as_being_there() -> None:
    windows = [(540, 30, BROWSER), (570, 30, SHEET)]
    day = _day(("desk", WINDOW, windows), ("desk", AFK, [(540, 60, GONE)]), ("unknown", WEB, [(550, 40, SOUND)]))

    figures = summarise(day, VIENNA, CORE)

    assert figures[Field.CATEGORIES] == {"Media": 20 * MINUTE}
    assert figures[Field.AWAY_TIME] == {"afk_seconds": 40 * MINUTE}


def test_without_an_afk_bucket_all_window_time_is_active_and_away_is_unknown() -> None:
    figures = _figures((540, 30, SHEET))

    assert figures[Field.ACTIVE_TIME] == {"active_seconds": 30 * MINUTE}
    assert figures[Field.AWAY_TIME] == {"afk_seconds": None}


def test_a_silent_afk_bucket_means_that_nobody_was_there() -> None:
    figures = summarise(_day(("desk", WINDOW, [(540, 30, SHEET)]), ("desk", AFK, [])), VIENNA, CORE)

    assert figures[Field.ACTIVE_TIME] == {"active_seconds": 0}
    assert figures[Field.RHYTHM] == {"hours": {}, "first": None, "last": None, "begins_us": BEGUN, "timeline": []}


def test_two_hosts_count_each_second_once_and_the_later_start_wins() -> None:
    day = _day(("desk", WINDOW, [(540, 60, SHEET)]), ("laptop", WINDOW, [(570, 10, MAIL)]))

    figures = summarise(day, VIENNA, CORE)

    assert figures[Field.ACTIVE_TIME] == {"active_seconds": 60 * MINUTE}
    assert figures[Field.CATEGORIES] == {"Comms": 10 * MINUTE, "Work": 50 * MINUTE}


def test_an_afk_bucket_says_nothing_about_another_host() -> None:
    desk = [("desk", WINDOW, [(540, 30, SHEET)]), ("desk", AFK, [(540, 30, GONE)])]

    figures = summarise(_day(*desk, ("laptop", WINDOW, [(600, 30, MAIL)])), VIENNA, CORE)

    assert figures[Field.CATEGORIES] == {"Comms": 30 * MINUTE}
    assert figures[Field.AWAY_TIME] == {"afk_seconds": 30 * MINUTE}


def test_hours_are_the_days_result_cut_at_local_hours() -> None:
    rhythm = _figures((570, 45, SHEET), (615, 15, MAIL))[Field.RHYTHM]

    assert rhythm["hours"] == {"9": {"Work": 30 * MINUTE}, "10": {"Comms": 15 * MINUTE, "Work": 15 * MINUTE}}
    assert (rhythm["first"], rhythm["last"]) == ("09:30", "10:30")


def test_an_hour_that_comes_twice_holds_both() -> None:
    day = _day(("desk", WINDOW, [(90, 180, SHEET)]), day=AUTUMN)  # from 1:30, over both hours after two, to 3:30

    rhythm = summarise(day, VIENNA, CORE)[Field.RHYTHM]

    assert {hour: sums["Work"] / MINUTE for hour, sums in rhythm["hours"].items()} == {"1": 30, "2": 120, "3": 30}
    assert (rhythm["first"], rhythm["last"]) == ("01:30", "03:30")


def test_a_day_that_begins_at_four_ends_after_midnight() -> None:
    day = _day(("desk", WINDOW, [(19.5 * 60, 60, SHEET)]), day_start=dt.time(4))

    rhythm = summarise(day, VIENNA, CORE)[Field.RHYTHM]

    assert list(rhythm["hours"]) == ["23", "0"]
    assert rhythm["last"] == "00:30"


def test_hours_add_up_to_the_day_to_the_millisecond() -> None:
    rows = [(540 + n * 7.37, 7.123457, (SHEET, MAIL, ERP)[n % 3]) for n in range(60)]

    figures = _figures(*rows)

    sums: dict[str, float] = {}
    for hour in figures[Field.RHYTHM]["hours"].values():
        for name, seconds in hour.items():
            sums[name] = sums.get(name, 0) + seconds
    assert {name: round(value, 3) for name, value in sums.items()} == figures[Field.CATEGORIES]


def test_the_millisecond_beyond_the_days_end_is_in_its_last_hour() -> None:
    figures = _figures((1_439, 60.001 / MINUTE, SHEET))

    assert figures[Field.CATEGORIES] == {"Work": 60.001}
    assert figures[Field.RHYTHM]["hours"] == {"23": {"Work": 60.001}}


def test_the_timeline_shows_what_filled_most_of_each_minute() -> None:
    timeline = _figures((540, 2.6, SHEET), (542.6, 1.4, MAIL), (600, 0.4, SHEET))[Field.RHYTHM]["timeline"]

    minute = 60_000
    assert timeline == [[540 * minute, 543 * minute, "Work"], [543 * minute, 544 * minute, "Comms"]]


def test_apps_without_a_name_are_unknown_and_a_policy_without_apps_has_no_figure() -> None:
    some, none = _figures((540, 5, SHEET), (550, 5, NAMELESS)), _figures((550, 5, NAMELESS))

    assert some[Field.APPS] == {"EXCEL.EXE": 5 * MINUTE, "unknown": 5 * MINUTE}
    assert Field.APPS not in none


def test_figures_have_at_most_three_decimals() -> None:
    figures = _figures((540, 1 / 7, SHEET), (541, 1 / 3, MAIL))

    assert figures[Field.CATEGORY_DETAIL] == {"Comms > Email": 20.0, "Work": 8.571}
    assert figures[Field.ACTIVE_TIME] == {"active_seconds": 28.571}
