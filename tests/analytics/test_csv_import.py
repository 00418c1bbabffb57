"""Reading CSV exports: every dialect and encoding that is supported, and faults refused with their line."""

import csv
import datetime as dt
import gzip
import io
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.imports import Export, NotAnExport
from analytics.imports import csv as csv_module
from analytics.imports.csv import CsvFormat
from analytics.imports.csv_mapping import CsvMapping, find_mapping, presets, read_mapping, written

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MANIC = ["Name", "Start", "End", "Duration", "Process"]
RESCUE = ["Date", "Time Spent (seconds)", "Number of People", "Activity", "Category", "Productivity"]
EVENTS = """
source = "suite"
rows = "events"
[columns]
start = "Start"
end = "End"
app = "App"
title = "Title"
"""


def utc(text: str) -> int:
    """Return a moment in µs; without an offset it is Berlin's."""
    at = dt.datetime.fromisoformat(text)
    at = at.replace(tzinfo=BERLIN) if at.tzinfo is None else at
    return (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def table(*rows: list[str], **dialect: Any) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue()


def read(data: str | bytes, mapping: str, now: dt.datetime = NOW, **changes: str) -> Export:
    found = read_mapping(presets().get(mapping, mapping), changes)
    return CsvFormat(found, BERLIN, now).read(io.BytesIO(data if isinstance(data, bytes) else data.encode()))


def events_of(export: Export) -> dict[str, list[tuple[int, int, Any]]]:
    return {
        each.kind: [
            (start, length, json.loads(each.distinct[place]))
            for start, length, place in zip(
                each.start_us.tolist(), each.duration_us.tolist(), each.data.tolist(), strict=True
            )
        ]
        for each in export.buckets
    }


def refused(export: Export) -> dict[str, tuple[int, ...]]:
    return {each.reason: each.lines for each in export.refused_rows}


FIELDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 10**6), st.integers(0, 5000), FIELDS.filter(str.strip), FIELDS, st.sampled_from(["T", " "])
    ),
    max_size=30,
)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t"),
        "quoting": st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\r\n", "\n", "\r"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(ROWS, DIALECTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]), st.booleans())
def test_whatever_a_csv_writer_writes_reads_back_to_the_same_events(
    rows: list[tuple[int, int, str, str, str]], dialect: dict[str, Any], encoding: str, packed: bool
) -> None:
    zero = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    made, wanted = [], set()
    for at, lasts, app, title, between in rows:
        kept = [each.encode(encoding, "replace").decode(encoding) for each in (app, title)]
        if dialect["quoting"] == csv.QUOTE_MINIMAL:  # the writer leaves line ends that are not its own unquoted
            kept = [each.replace("\r", "").replace("\n", "") or "x" for each in kept]
        begin, end = zero + dt.timedelta(seconds=at), zero + dt.timedelta(seconds=at + lasts)
        made.append([begin.isoformat(between), end.isoformat(between), *kept])
        data = {key: value for key, value in zip(("app", "title"), kept, strict=True) if value}
        wanted.add((utc(begin.isoformat()), lasts * 1_000_000, json.dumps(data)))
    data = table(["Start", "End", "App", "Title"], *made, **dialect).encode(encoding)
    named = {"encoding": encoding} if encoding == "cp1252" else {}

    found = read(gzip.compress(data) if packed else data, EVENTS, **named)

    assert not found.refused_rows
    events = [(start, length, json.dumps(each)) for start, length, each in events_of(found)["currentwindow"]]
    assert len(events) == len(set(events))
    assert set(events) == wanted


@pytest.mark.parametrize("block", [1, 3, 10_000])
def test_the_size_of_a_block_makes_no_difference(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"2025-03-03 09:{n:02}:00", f"2025-03-03 09:{n:02}:30", f"app {n % 3}", "x\ny"] for n in range(7)]
    text = table(["Start", "End", "App", "Title"], *rows[:4], ["broken"], *rows[4:])
    monkeypatch.setattr(csv_module, "BLOCK", block)

    found = read(text, EVENTS)

    assert events_of(found)["currentwindow"] == [
        (utc(start), 30_000_000, {"app": app, "title": title}) for start, _, app, title in rows
    ]
    assert refused(found) == {"it has not as many fields as the first line": (10,)}  # four titles have two lines


def test_manictime_is_read_with_its_mark_its_quotes_and_windows_own_dates() -> None:
    rows = [["Re: claims; €", "3/4/2025 11:33:52\u202fAM", "3/4/2025 12:03:52\u202fPM", "0:30:00", "Outlook"]]
    text = table(MANIC, *rows, quoting=csv.QUOTE_ALL).encode("utf-8-sig")

    american = events_of(read(text, "manictime", dates="month-first"))
    british = events_of(read(text, "manictime", dates="day-first"))

    data = {"app": "Outlook", "title": "Re: claims; €"}
    assert american == {"currentwindow": [(utc("2025-03-04T11:33:52"), 1_800_000_000, data)]}
    assert british == {"currentwindow": [(utc("2025-04-03T11:33:52"), 1_800_000_000, data)]}


def test_an_order_of_day_and_month_is_never_guessed_and_one_wrong_date_refuses_all() -> None:
    ambiguous = ["x", "3/4/2025 11:00:00 AM", "3/4/2025 11:01:00 AM", "0:01:00", "p"]
    telling = ["x", "13/4/2025 11:00:00 AM", "13/4/2025 11:01:00 AM", "0:01:00", "p"]

    with pytest.raises(NotAnExport, match=r"say --with dates=day-first or dates=month-first \(line 2\)"):
        read(table(MANIC, ambiguous), "manictime")
    with pytest.raises(NotAnExport, match=r"say --with dates=day-first \(line 3\)"):
        read(table(MANIC, ambiguous, telling), "manictime", dates="month-first")


def test_presence_becomes_afk_events_of_the_same_host_as_the_windows() -> None:
    rows = [
        [name, f"2025-03-03 09:0{n}:00", f"2025-03-03 09:0{n + 1}:00", "0:01:00"]
        for n, name in enumerate(["Active", "Away", "Napping"])
    ]

    (found,) = (export := read(table(MANIC[:4], *rows), "manictime-usage")).buckets
    (windows,) = read(table(MANIC), "manictime").buckets

    assert [data["status"] for _, _, data in events_of(export)["afkstatus"]] == ["not-afk", "afk"]
    assert list(refused(export).values()) == [(4,)]
    assert (found.kind, found.host) == ("afkstatus", windows.host)


HOUR = "2025-03-03T09:00:00"


def test_totals_are_laid_one_after_the_other_whatever_their_order_and_it_is_said() -> None:
    rows = [[HOUR, "600", "1", "Excel", "Work", "2"], [HOUR, "900", "1", "news.example", "News", "-1"]]

    found = read(table(RESCUE, *rows), "rescuetime")

    assert events_of(found)["currentwindow"] == [
        (utc(HOUR), 900_000_000, {"url": "https://news.example/", "category": "News"}),
        (utc("2025-03-03T09:15:00"), 600_000_000, {"app": "Excel", "category": "Work"}),
    ]
    assert events_of(read(table(RESCUE, *rows[::-1]), "rescuetime")) == events_of(found)
    assert events_of(read(table(RESCUE, *rows, *rows), "rescuetime")) == events_of(found)
    assert any("laid one after the other" in note for note in found.notes)


def test_totals_longer_than_their_interval_are_cut_since_each_second_counts_once() -> None:
    rows = [[HOUR, seconds, "1", app, "Work", "2"] for app, seconds in [("a", "3000"), ("b", "900"), ("c", "60")]]

    found = read(table(RESCUE, *rows), "rescuetime")

    assert [length // 1_000_000 for _, length, _ in events_of(found)["currentwindow"]] == [3000, 600]
    assert list(refused(found).values()) == [(4,)]
    assert any("rows cut at the end of their interval" in note for note in found.notes)


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (["2025-03-03T09:05:00", "60", "1", "a", "b", "0"], {}),
        ([HOUR, "3601", "1", "a", "b", "0"], {}),
        ([HOUR, "400", "1", "a", "b", "0"], {"interval_minutes": "5"}),
    ],
)
def test_totals_of_another_interval_than_the_mapping_says_are_refused_whole(
    row: list[str], changes: dict[str, str]
) -> None:
    with pytest.raises(NotAnExport, match=r"--with interval_minutes=5 or =60 \(line 3\)"):
        read(table(RESCUE, [HOUR, "60", "1", "a", "b", "0"], row), "rescuetime", **changes)


def test_an_interval_that_is_not_over_is_left_for_later() -> None:
    rows = [[f"2026-11-20T{hour}:00:00", "60", "1", "a", "b", "0"] for hour in ("11", "12", "13")]  # it is 13:00 there

    found = read(table(RESCUE, *rows), "rescuetime")

    assert [start for start, _, _ in events_of(found)["currentwindow"]] == [utc(rows[0][0]), utc(rows[1][0])]
    assert list(refused(found).values()) == [(4,)]


def test_the_archive_of_rescuetime_has_no_names_and_offsets_of_its_own() -> None:
    text = "2016-01-01 09:00:00 -0800,github.com,No Details,Software Development,General,123\n"

    found = read(text, "rescuetime-archive")

    data = {"url": "https://github.com/", "category": "Software Development"}
    assert events_of(found)["currentwindow"] == [(utc("2016-01-01T17:00:00+00:00"), 123_000_000, data)]


@pytest.mark.parametrize(
    ("start", "end", "duration", "begins"),
    [
        ("01:30", "02:10", "0:40:00", "2025-10-25T23:30:00Z"),
        ("02:30", "02:10", "0:40:00", "2025-10-26T00:30:00Z"),  # over the change
        ("02:30", "03:10", "0:40:00", "2025-10-26T01:30:00Z"),  # the second half past two
        ("02:30", "03:10", "1:40:00", "2025-10-26T00:30:00Z"),  # the first
        ("02:10", "02:20", "1:10:00", "2025-10-26T00:10:00Z"),
    ],
)
def test_a_time_that_came_twice_is_told_apart_by_the_duration(start: str, end: str, duration: str, begins: str) -> None:
    row = ["t", f"2025-10-26 {start}:00", f"2025-10-26 {end}:00", duration, "p"]

    found = read(table(MANIC, row), "manictime")

    hours, minutes, _ = map(int, duration.split(":"))
    wanted = (hours * 60 + minutes) * 60_000_000
    assert [each[:2] for each in events_of(found)["currentwindow"]] == [(utc(begins), wanted)]
    assert not any("came twice" in note for note in found.notes)


def test_a_time_that_came_twice_and_does_not_tell_is_the_first_and_is_named() -> None:
    row = ["t", "2025-10-26 02:10:00", "2025-10-26 02:20:00", "0:10:00", "p"]

    found = read(table(MANIC, row), "manictime")

    assert [each[0] for each in events_of(found)["currentwindow"]] == [utc("2025-10-26T00:10:00Z")]
    assert any("came twice" in note and ": 1;" in note for note in found.notes)


def test_the_hour_that_comes_twice_has_room_for_two_hours_of_totals() -> None:
    rows = [["2025-10-26T02:00:00", "3600", "1", app, "b", "0"] for app in "ab"]

    found = read(table(RESCUE, *rows), "rescuetime")

    assert [each[:2] for each in events_of(found)["currentwindow"]] == [
        (utc("2025-10-26T00:00:00Z"), 3_600_000_000),
        (utc("2025-10-26T01:00:00Z"), 3_600_000_000),
    ]


def test_a_time_that_never_came_is_refused_by_its_line() -> None:
    rows = [["t", f"2025-03-30 0{h}:30:00", f"2025-03-30 0{h}:40:00", "0:10:00", "p"] for h in (1, 2, 3)]

    found = read(table(MANIC, *rows), "manictime")

    assert [each[0] for each in events_of(found)["currentwindow"]] == [utc(rows[0][1]), utc(rows[2][1])]
    ((reason, lines),) = refused(found).items()
    assert "never came" in reason
    assert lines == (3,)


def test_a_zone_may_be_named_and_an_offset_in_the_file_goes_before_it() -> None:
    rows = [
        ["2025-03-03 09:00:00", "2025-03-03 09:01:00", "a", ""],
        [f"{HOUR}+05:30", "2025-03-03T09:01:00+05:30", "b", ""],
    ]

    found = read(table(["Start", "End", "App", "Title"], *rows), EVENTS, zone="America/New_York")

    assert [each[0] for each in events_of(found)["currentwindow"]] == [utc(f"{HOUR}-05:00"), utc(f"{HOUR}+05:30")]
    with pytest.raises(NotAnExport, match="IANA"):
        read(table(MANIC), "manictime", zone="CEST/Nowhere")


SOUND = ["t", "2025-03-03 09:00:00", "2025-03-03 09:01:00", "0:01:00", "p"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["t", "soon", SOUND[2], SOUND[3], "p"], "the start cannot be read"),
        (["t", "2025-02-29 09:00:00", SOUND[2], SOUND[3], "p"], "the start cannot be read"),
        (["t", SOUND[1], "", SOUND[3], "p"], "the end cannot be read"),
        (["t", SOUND[1], SOUND[2], "a while", "p"], "the duration cannot be read"),
        (["t", SOUND[1], SOUND[2], "-1", "p"], "the duration cannot be read"),
        (["t", SOUND[2], SOUND[1], "0:01:00", "p"], "it ends before it begins"),
        (["t", SOUND[1], SOUND[2], "0:02:00", "p"], "its duration is not what its start and its end say"),
        (["", SOUND[1], SOUND[2], SOUND[3], ""], "it names neither an application nor a title nor an address"),
        (SOUND[:4], "it has not as many fields as the first line"),
        ([*SOUND, "more"], "it has not as many fields as the first line"),
    ],
)
def test_a_faulty_row_is_refused_by_its_line_and_the_others_are_taken(row: list[str], reason: str) -> None:
    found = read(table(MANIC, SOUND, row, ["u", *SOUND[1:]]), "manictime")

    assert [data["title"] for _, _, data in events_of(found)["currentwindow"]] == ["t", "u"]
    assert refused(found) == {reason: (3,)}


def test_a_file_that_is_mostly_unreadable_is_refused_whole() -> None:
    bad = ["t", "soon", *SOUND[2:]]

    with pytest.raises(NotAnExport, match=r"2 of 3 rows cannot be read.*lines 3, 4"):
        read(table(MANIC, SOUND, bad, bad), "manictime")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1"),
        (table(MANIC, SOUND, delimiter="|").encode(), "separated by commas, semicolons or tabs"),
        (table(RESCUE).encode(), r"no column Start, End, Duration, Process, Name"),
        (table([*MANIC, "name"]).encode(), "column Name is there twice"),
        ((table(MANIC, SOUND) + '"t').encode(), r"check the quotation marks \(line 3\)"),
        (
            table(MANIC, ["ä", *SOUND[1:]]).encode() + b"\xe4",
            r"it was damaged.*encoding=cp1252.*line 3",
        ),
        (b"a\x81\n", "neither UTF-8 nor Windows text"),
        (table(MANIC, ["ä", *SOUND[1:]]).encode("utf-16")[:-1], "not utf-16 text"),
        (gzip.compress(table(MANIC, SOUND).encode(), mtime=0)[:-9], "the packed file is damaged"),
        (b"x" * 1_500_000, "a line is too long"),
        (table(MANIC, ["x" * 200_000, *SOUND[1:]]).encode(), r"field larger.*\(line 2\)"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole_with_the_fix(data: bytes, message: str) -> None:
    with pytest.raises(NotAnExport, match=message):
        read(data, "manictime")


def test_windows_text_is_recognised_and_a_named_encoding_is_not_overruled() -> None:
    data = table(MANIC, ["Überweisung", *SOUND[1:]]).encode("cp1252")

    assert [each["title"] for _, _, each in events_of(read(data, "manictime"))["currentwindow"]] == ["Überweisung"]
    with pytest.raises(NotAnExport, match=r"not utf-8 text.*line 2"):
        read(data, "manictime", encoding="utf-8")


def test_excels_own_first_line_names_the_separator() -> None:
    found = read("sep=;\n" + table(MANIC, SOUND, delimiter=";") + "broken\n", "manictime")

    assert len(events_of(found)["currentwindow"]) == 1
    assert list(refused(found).values()) == [(4,)]


def test_a_file_that_may_have_been_cut_off_says_so() -> None:
    whole = table(MANIC, SOUND, SOUND)

    assert not any("no end" in note for note in read(whole, "manictime").notes)
    assert any("no end" in note for note in read(whole[:-12], "manictime").notes)


def test_no_refusal_quotes_what_a_row_says() -> None:
    canary = "Diagnosis-4711"
    row = [canary] * 5

    found = read(table(MANIC, SOUND, [*SOUND[:4], "q"], row), "manictime")

    assert canary not in "".join(map(str, [*found.refused_rows, *found.notes]))
    for text in (table(MANIC, row), table(MANIC, row) + f'"{canary}'):
        with pytest.raises(NotAnExport) as caught:
            read(text, "manictime")
        assert canary not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source = ", "not TOML"),
        (EVENTS.replace('rows = "events"', 'rows = "events"\ncolour = "red"'), "colour"),
        (EVENTS.replace('rows = "events"', 'rows = "some"'), "rows"),
        (EVENTS.replace("suite", "Our Suite!"), "source"),
        (EVENTS.replace('end = "End"\n', ""), "neither end nor duration"),
        (EVENTS.replace('app = "App"\ntitle = "Title"\n', ""), "none of app"),
        (EVENTS.replace('rows = "events"', 'rows = "totals"'), "duration"),
        (EVENTS + 'status = "Status"\n', "active and away"),
        (EVENTS.replace('rows = "events"', 'rows = "events"\nzone = "Mars"'), "IANA"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_named_with_the_fix(text: str, message: str) -> None:
    with pytest.raises(NotAnExport, match=message):
        read_mapping(text)


@pytest.mark.parametrize("name", presets())
def test_a_mapping_that_is_kept_is_the_same_when_it_is_read(name: str) -> None:
    mapping = read_mapping(presets()[name], {"zone": "Asia/Kolkata", "separator": "tab"})

    assert read_mapping(written(mapping)) == mapping
    assert mapping.who_else
    assert isinstance(mapping, CsvMapping)


def test_an_unknown_mapping_is_refused_with_those_that_there_are(tmp_path: Any) -> None:
    with pytest.raises(NotAnExport, match="rescuetime"):
        find_mapping("nothing", tmp_path)
