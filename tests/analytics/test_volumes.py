"""The state of the work: read strictly, without a person, the same whatever order deliveries come in."""

import csv
import datetime as dt
import io
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from analytics import models, volume_store, volumes
from analytics.volume_files import NAMED_FAULTS, Reader, VolumesRefused
from analytics.volume_people import KnownPeople, names_persons
from analytics.volume_store import Changed
from analytics.volumes import COLUMNS, COUNTS, Volume
from privacy.period import Period
from privacy.stores import Stores, open_engine, writing

TODAY = dt.date(2026, 11, 19)
TEAMS = {"claims": "claims", "payroll": "payroll", "pay roll": "payroll"}
PEOPLE = KnownPeople.of([("Ben", "ben@example.org", "b" * 32), ("Marta Ejemplo", "m.ejemplo@example.org", "a" * 32)])
GOOD = ("claims", "Motor", "2026-11-18", "41", "38", "112", "9", "35", "2")


def reader(only: str | None = None) -> Reader:
    return Reader(TEAMS, PEOPLE, TODAY, only)


def text_of(*rows: tuple[str, ...], header: tuple[str, ...] = COLUMNS, separator: str = ",") -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=separator, lineterminator="\n").writerows([header, *rows])
    return made.getvalue()


def read(data: str | bytes, only: str | None = None) -> list[Volume]:
    return list(reader(only).csv(io.BytesIO(data.encode() if isinstance(data, str) else data)))


def faults(data: str | bytes, only: str | None = None) -> list[str]:
    with pytest.raises(VolumesRefused) as refused:
        read(data, only)
    return refused.value.faults


def changed(**values: str) -> tuple[str, ...]:
    return tuple(values.get(name, usual) for name, usual in zip(COLUMNS, GOOD, strict=True))


def test_a_row_says_what_its_columns_say() -> None:
    assert read(text_of(GOOD)) == [Volume("claims", "Motor", dt.date(2026, 11, 18), 41, 38, 112, 9, 35, 2)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_any_spreadsheet_reads_alike(separator: str, encoding: str) -> None:
    data = text_of(changed(process="Prüfung"), separator=separator).encode(encoding)

    assert read(data)[0].process == "Prüfung"


def test_an_empty_figure_is_unknown_and_no_zero() -> None:
    (row,) = read(text_of(changed(received="", oldest_days="", wrong="0")))

    assert (row.received, row.oldest_days, row.wrong) == (None, None, 0)


def test_a_file_without_teams_is_of_the_team_that_was_named() -> None:
    data = text_of(GOOD[1:], header=COLUMNS[1:])

    assert read(data, only="payroll")[0].team == "payroll"
    assert faults(data) == ["line 1, column team: it is missing; the columns are " + ",".join(COLUMNS)]


def test_names_of_teams_are_equal_in_any_case_and_spacing() -> None:
    assert read(text_of(changed(team=" Pay  ROLL ")))[0].team == "payroll"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"team": "nowhere"}, "column team: there is no such team"),
        ({"team": ""}, "column team: it is empty"),
        ({"process": ""}, "column process: write the name"),
        ({"process": "x" * 81}, "column process: write the name"),
        ({"day": "18.11.2026"}, "column day: this is no day; write it as 2026-11-23"),
        ({"day": "2026-02-30"}, "column day: this is no day"),
        ({"day": "2026-11-20"}, "column day: 2026-11-20 has not begun"),
        ({"received": "-1"}, "column received: write a whole number from 0"),
        ({"open": "1.5"}, "column open: write a whole number from 0"),
        ({"open": "99999999"}, "column open: write a whole number from 0"),
        ({"oldest_days": "٣"}, "column oldest_days: write a whole number"),
        ({"in_time": "39"}, "column in_time: 39 of 38 completed cases"),
        ({"wrong": "39"}, "column wrong: 39 of 38 completed cases"),
        ({"open": "0"}, "column oldest_days: 9, but no case is open"),
        (dict.fromkeys(COUNTS, ""), "all figures are empty"),
    ],
)
def test_a_fault_is_named_by_its_line_with_its_fix(values: dict[str, str], said: str) -> None:
    (found,) = faults(text_of(GOOD, changed(day="2026-11-17", **values) if "day" not in values else changed(**values)))

    assert found.startswith(f"line 3, {said}")


def test_every_fault_of_a_file_is_named_and_the_rest_of_very_many_is_counted() -> None:
    both = faults(text_of(changed(open="x", day="?"), changed(team="nowhere")))
    many = faults(text_of(*[changed(open="x")] * (NAMED_FAULTS + 5)))

    assert [each.partition(":")[0] for each in both] == [
        "line 2, column day",
        "line 2, column open",
        "line 3, column team",
    ]
    assert len(many) == NAMED_FAULTS + 1
    assert many[-1] == "and 5 more faults: mend these first"


def test_a_row_that_is_there_twice_is_named_with_the_first_one() -> None:
    (found,) = faults(text_of(GOOD, changed(open="3")))

    assert found == "line 3, column day: this team, process and day are already on line 2; keep one"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (text_of(GOOD, separator="|"), "separated by “|”; save the file with one of comma, semicolon, tab"),
        ("", "line 1: the file is empty"),
        (text_of(GOOD[:-1]), "line 2: 8 fields where the first line names 9"),
        (text_of(GOOD, header=(*COLUMNS[:-1], "open")), "column open: it is there twice"),
        (text_of((*GOOD, "1"), header=(*COLUMNS, "remark")), "column 10: there is no such column; take it out"),
        (text_of(changed(process='Mo"tor')).replace('""', '"'), "check the quotation marks"),
        ("ü,".encode() + text_of(GOOD).encode() + b"\xff\xfe", "this is not utf-8 text"),
    ],
)
def test_a_file_of_another_form_is_refused_with_the_reason(data: str | bytes, said: str) -> None:
    assert any(said in each for each in faults(data))


@pytest.mark.parametrize(
    "column",
    ["employee", "User", "agent", "Agent name", "e-mail", "userId", "user_id", "initials", "Kürzel", "Mitarbeiter"],
)
def test_a_column_that_says_who_refuses_the_file(column: str) -> None:
    (found,) = faults(text_of((*GOOD, "7"), header=(*COLUMNS, column)))

    assert found == (
        "line 1, column 10: it says who did the work; the state of the work has no person in it: take the column out"
        " and add up"
    )


@pytest.mark.parametrize(
    "process",
    [
        "Ben",
        "ben@example.org",
        "someone.else@elsewhere.example",
        "Motor (x@y.example)",
        "b" * 32,
        "m.ejemplo",
        "Marta Ejemplo",
        "EJEMPLO, Marta",
        "Motor – Marta Ejemplo",
        "Motor/Ejemplo Marta/late",
    ],
)
def test_a_process_that_is_somebody_refuses_the_file(process: str) -> None:
    (found,) = faults(text_of(changed(process=process)))

    assert found.startswith("line 2, column process: this is the name, the address or the id of a person")
    assert process not in found


@pytest.mark.parametrize("process", ["Motor", "Benefits", "Marta", "Ben and others", "Ejemplo"])
def test_work_is_not_taken_for_somebody(process: str) -> None:
    assert read(text_of(changed(process=process)))[0].process == process


def test_our_own_columns_name_nobody() -> None:
    assert not any(names_persons(each) for each in COLUMNS)


def test_rows_of_a_program_pass_the_same_rules() -> None:
    good = dict(zip(COLUMNS, GOOD, strict=True))

    assert next(reader().records([good | {"open": 112, "wrong": None}])).figures == (41, 38, 112, 9, 35, None)
    with pytest.raises(VolumesRefused) as refused:
        list(reader().records([good, {"team": "claims"}, good | {"agent": "x"}, good | {"open": True, "day": None}]))
    said = refused.value.faults
    assert sum(each.startswith("row 2, column") for each in said) == 8
    assert next(each for each in said if each.startswith("row 3")).startswith("row 3, column 10: it says who")
    assert [each.partition(":")[0] for each in said if each.startswith("row 4")] == [
        "row 4, column day",
        "row 4, column open",
    ]


# The store, on both engines.


def table(stores: Stores) -> list[Volume]:
    return [row for team in ("claims", "payroll") for row in volume_store.read(stores.data, team, EVER)]


EVER = Period(dt.date(1970, 1, 1), dt.date(9000, 1, 1))


def put(stores: Stores, rows: list[Volume], day: dt.date = TODAY) -> Changed:
    with writing(stores.data) as connection:
        return volume_store.put(connection, rows, day)


def row(process: str = "Motor", day: int = 18, team: str = "claims", **figures: int | None) -> Volume:
    usual: dict[str, int | None] = dict(zip(COUNTS, (41, 38, 112, 9, 35, 2), strict=True))
    return Volume(team, process, dt.date(2026, 11, day), **(usual | figures))  # type: ignore[arg-type]


def test_a_delivery_is_stored_and_again_changes_nothing_not_even_its_day(stores: Stores) -> None:
    rows = [row(day=17), row(), row("Home", wrong=None)]

    first = put(stores, rows)
    again = put(stores, rows, TODAY + dt.timedelta(days=1))

    assert (first, again) == (Changed(3, 3, 0), Changed(3, 0, 0))
    assert sorted(table(stores), key=lambda each: each.key) == sorted(
        (each.delivered(TODAY) for each in rows), key=lambda each: each.key
    )
    assert not again


def test_a_later_delivery_replaces_the_same_team_process_and_day_alone(stores: Stores) -> None:
    put(stores, [row(day=17), row(), row(team="payroll")])
    later = TODAY + dt.timedelta(days=1)

    assert put(stores, [row(), row(day=17, open=None)], later) == Changed(2, 0, 1)

    by_key = {each.key: each for each in table(stores)}
    assert by_key[row(day=17).key] == row(day=17, open=None).delivered(later)
    assert by_key[row().key] == row().delivered(TODAY)
    assert by_key[row(team="payroll").key] == row(team="payroll").delivered(TODAY)
    assert volume_store.last_delivered(stores.data, ["claims", "payroll", "nobody"]) == {
        "claims": later,
        "payroll": TODAY,
    }


def test_more_rows_than_a_statement_takes_are_stored_once_each(stores: Stores) -> None:
    rows = [row(f"P{number}", day) for number in range(60) for day in range(1, 20)]

    assert put(stores, rows) == Changed(1140, 1140, 0)
    assert put(stores, [*rows[:700], row("P59", 19, wrong=0)]) == Changed(701, 0, 1)
    assert len(table(stores)) == 1140


figures = st.one_of(st.none(), st.integers(0, 99))
days = st.integers(1, 8)


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Volume]]:
    """Files whose days differ, and two of whose rows are never of the same team, process and day."""
    files = []
    for first in range(0, draw(st.integers(1, 4))):
        keys = st.tuples(st.sampled_from(["claims", "payroll"]), st.sampled_from(["Motor", "Home"]), st.integers(1, 4))
        chosen = draw(st.sets(keys, min_size=1, max_size=6))
        files.append([row(process, 4 * first + day, team, open=draw(figures)) for team, process, day in sorted(chosen)])
    return files


@given(deliveries(), st.randoms(use_true_random=False), st.booleans())
def test_whatever_the_order_and_however_often_the_same_files_make_the_same_table(
    property_stores: Stores, files: list[list[Volume]], chance: object, twice: bool
) -> None:
    found = []
    for order in (files, chance.sample(files, len(files))):  # type: ignore[attr-defined]
        with writing(property_stores.data) as connection:
            connection.execute(delete(models.Volume))
        for each in order * (2 if twice else 1):
            put(property_stores, chance.sample(each, len(each)))  # type: ignore[attr-defined]
        found.append(table(property_stores))

    assert found[0] == found[1]
    assert len(found[0]) == sum(map(len, files))


@pytest.fixture(scope="module")
def property_stores(empty_files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Stores for the property alone, which empties its table before each example."""
    folder = tmp_path_factory.mktemp("volumes")
    shutil.copytree(empty_files, folder, dirs_exist_ok=True)
    paths = (folder / "data" / "sameview.db", folder / "data" / "log.db", folder / "keys" / "keys.db")
    made = Stores(*(open_engine(f"sqlite:///{path}") for path in paths))
    yield made
    made.dispose()


# The view.


def test_four_weeks_are_in_view_and_a_day_that_was_not_delivered_is_none() -> None:
    period = volumes.view_until(TODAY)
    (found,) = volumes.processes([row(day=16), row(day=18)], period)

    assert (period.first, period.end) == (dt.date(2026, 10, 26), dt.date(2026, 11, 20))
    assert [day for day, each in found.days if each is not None] == [dt.date(2026, 11, 16), dt.date(2026, 11, 18)]
    assert len(found.days) == 25
    assert found.last == row(day=18)


def test_sums_are_of_delivered_days_and_shares_of_days_where_both_parts_are_known() -> None:
    rows = [row(day=16, completed=10, in_time=5), row(day=17, completed=30, in_time=None), row(day=18, completed=None)]
    newest, before, *_ = volumes.processes(rows, volumes.view_until(TODAY))[0].weeks

    assert (newest.days, newest.received, newest.completed, newest.in_time) == (3, 123, 40, 0.5)
    assert (before.days, before.received, before.completed, before.in_time, before.wrong) == (0, None, None, None, None)


def test_no_share_is_taken_of_no_case() -> None:
    (newest, *_) = volumes.processes([row(completed=0, in_time=0, wrong=0)], volumes.view_until(TODAY))[0].weeks

    assert (newest.completed, newest.in_time, newest.wrong) == (0, None, None)


def test_processes_come_by_name_and_keep_their_last_state() -> None:
    old = Volume("claims", "Archive", dt.date(2026, 9, 1), None, None, 7, None, None, None)
    found = volumes.processes([row("motor"), old, row("Home")], volumes.view_until(TODAY))

    assert [each.name for each in found] == ["Archive", "Home", "motor"]
    assert found[0].last == old
    assert {each for _, each in found[0].days} == {None}
