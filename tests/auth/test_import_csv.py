"""A people file: read strictly, shown first, applied as a whole, and no way to look into the past."""

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import select

from auth.errors import ChangeRefused
from auth.import_csv import apply, plan
from auth.models import Membership
from auth.people_csv import COLUMNS, CsvRefused, parse
from auth.permissions import Role
from privacy.log_entries import LogUnavailable
from privacy.period import Period, iso_week
from privacy.policy import Relation
from tests.auth.conftest import Office

HEADER = "email,name,team,team_manager,roles,timezone,joined,left\n"
BEN = "ben@example.org,Ben,Claims,no,employee,Europe/Vienna,2025-01-07,\n"
ANA = "ana@example.org,Ana,Claims,yes,employee,Europe/Vienna,2024-03-01,\n"
ODA = "oda@example.org,Oda,,no,employee;operator,Europe/Vienna,2024-03-01,\n"


def bring_in(office: Office, text: str, by: str | None = None) -> list[str]:
    diff = plan(office.people, HEADER + text)
    apply(office.people, diff, by)
    return diff.lines()


def subject(office: Office, name: str) -> str:
    found = office.people.find(f"{name}@example.org")
    assert found is not None
    return found.subject


def test_an_operator_who_appoints_himself_finds_every_earlier_week_closed_and_everybody_told(
    office: Office, clock
) -> None:
    bring_in(office, ODA + ANA + BEN + BEN.replace("ben", "dan").replace("Ben", "Dan"))
    ana, ben, dan, oda = (subject(office, name) for name in ("ana", "ben", "dan", "oda"))
    clock.now = dt.datetime(2026, 12, 16, 9, tzinfo=dt.UTC)  # a Wednesday, four weeks later
    assert office.directory.relations(ana, ben, iso_week("2026-W50")).keys() == {Relation.MANAGER}
    before = len(office.log.drafts)

    bring_in(office, "oda@example.org,Oda,Claims,yes,employee;operator,Europe/Vienna,2020-01-01,\n", by=oda)

    clock.advance(days=60)
    running = iso_week("2026-W51")
    weeks = [Period(running.first - dt.timedelta(weeks=n), running.end - dt.timedelta(weeks=n)) for n in range(60)]
    for each in (ana, ben, dan):
        assert all(office.directory.relations(oda, each, week).keys() == frozenset() for week in weeks)
        assert office.directory.relations(oda, each, iso_week("2026-W52")).keys() == {Relation.MANAGER}
        assert office.told(each)[0].startswith("Oda manages Claims, your team.")
        assert "begin after 16 December 2026" in office.told(each)[0]
    entries = {(draft.viewer, draft.subject, draft.outcome) for draft in office.log.drafts[before:]}
    assert entries >= {(oda, each, "appointed") for each in (ana, ben, dan, oda)}


def test_a_file_is_shown_line_by_line_before_anything_changes(office: Office) -> None:
    diff = plan(office.people, HEADER + ANA + BEN)

    assert diff.lines() == [
        "line 2  ana@example.org  new account for Ana, Europe/Vienna",
        "line 2  ana@example.org  joins the team Claims",
        "line 2  ana@example.org  becomes manager of Claims; the team is told, and earlier weeks stay closed",
        "line 2  ana@example.org  gets the role employee",
        "line 3  ben@example.org  new account for Ben, Europe/Vienna",
        "line 3  ben@example.org  joins the team Claims",
        "line 3  ben@example.org  gets the role employee",
    ]
    assert office.people.everybody() == []
    assert office.log.drafts == []


def test_the_terminal_gets_the_same_changes_as_a_table(office: Office) -> None:
    shown = io.StringIO()

    Console(width=150, file=shown).print(plan(office.people, HEADER + ANA.replace("Ana", "A [red]na")))

    assert "new account for A [red]na" in shown.getvalue()
    assert "becomes manager of Claims" in shown.getvalue()


def test_applying_twice_changes_nothing(office: Office) -> None:
    leaving = "eva@example.org,Eva,Claims,no,,Europe/Vienna,,2026-12-24\n"
    gone = "zoe@example.org,Zoe,Claims,yes,employee,Europe/Vienna,2020-01-01,2026-10-31\n"
    bring_in(office, ANA + BEN + ODA + leaving + gone)
    entries = len(office.log.drafts)

    diff = plan(office.people, HEADER + ANA + BEN + ODA + leaving + gone)
    apply(office.people, diff)

    assert not diff
    assert diff.lines() == []
    assert len(office.log.drafts) == entries


def test_every_kind_of_change_is_shown_and_made(office: Office) -> None:
    bring_in(office, ANA + BEN)

    lines = bring_in(
        office,
        "ana@example.org,Ana Maria,payables,no,employee;reviewer,Europe/Lisbon,2024-03-01,2026-12-31\n"
        "ben@example.org,Ben,claims,yes,planner,Europe/Vienna,,\n",
    )

    assert [line.split("  ", 2)[2] for line in lines] == [
        "name: Ana → Ana Maria",
        "time zone: Europe/Vienna → Europe/Lisbon",
        "manages Claims no more; the team is told",
        "leaves the team Claims",
        "last day: nothing → 2026-12-31",
        "joins the team payables",
        "gets the role reviewer",
        "becomes manager of claims; the team is told, and earlier weeks stay closed",
        "loses the role employee",
        "gets the role planner",
    ]
    ana, ben = subject(office, "ana"), subject(office, "ben")
    assert office.directory.roles(ana) == {Role.EMPLOYEE, Role.REVIEWER}
    assert office.directory.roles(ben) == {Role.PLANNER, Role.MANAGER}
    assert office.directory.teams_of(ana) == {"payables": "payables"}
    assert office.directory.teams_of(ben) == {"claims": "Claims"}


def test_who_is_not_in_the_file_is_left_alone(office: Office) -> None:
    bring_in(office, ANA + BEN)

    assert bring_in(office, BEN) == []
    assert office.directory.managed(subject(office, "ana")) != ()


def test_a_last_day_ends_membership_managing_and_tells_the_team(office: Office, clock) -> None:
    bring_in(office, ANA + BEN)

    bring_in(office, ANA.replace("2024-03-01,", "2024-03-01,2026-11-18"))  # yesterday

    ana, ben = subject(office, "ana"), subject(office, "ben")
    assert office.directory.teams_of(ana) == {}
    assert office.directory.managers_of(ben) == ()
    assert "does not manage Claims any more" in office.told(ben)[0]


def test_somebody_who_starts_later_is_a_member_from_that_day_on(office: Office, clock) -> None:
    bring_in(office, ANA + BEN.replace("2025-01-07", "2026-11-23"))
    ana, ben = subject(office, "ana"), subject(office, "ben")

    assert office.directory.teams_of(ben) == {}
    clock.advance(days=20)
    assert office.directory.teams_of(ben) == {"claims": "Claims"}
    assert office.directory.relations(ana, ben, iso_week("2026-W48")).keys() == {Relation.MANAGER}


def test_a_day_of_joining_in_the_past_dates_nothing_back(office: Office, clock) -> None:
    bring_in(office, ANA + BEN)
    clock.advance(days=20)

    ana, ben = subject(office, "ana"), subject(office, "ben")
    assert office.directory.relations(ana, ben, iso_week("2026-W46")).keys() == frozenset()
    with office.stores.data.connect() as connection:
        assert set(connection.scalars(select(Membership.since))) == {dt.date(2026, 11, 19)}


def test_a_file_is_applied_only_as_it_was_shown(office: Office) -> None:
    diff = plan(office.people, HEADER + ANA + BEN)
    office.hire("Ben")

    with pytest.raises(ChangeRefused, match="were changed since"):
        apply(office.people, diff)

    assert office.people.find("ana@example.org") is None


def test_nothing_is_applied_when_the_log_cannot_be_written(office: Office) -> None:
    diff = plan(office.people, HEADER + ANA + BEN)
    office.log.broken = True

    with pytest.raises(LogUnavailable):
        apply(office.people, diff)

    assert office.people.everybody() == []


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + (HEADER + BEN).encode(),
        (HEADER + BEN).replace("\n", "\r\n").encode(),
        (HEADER + BEN.replace("Ben", '"Ben"').replace("Claims", '"Claims"')).encode(),
        (HEADER + "\n" + BEN + "\n,,,,,,,\n").encode(),
        b"left,joined,timezone,roles,team_manager,team,name,Email\n,2025-01-07,Europe/Vienna,employee,no,Claims,Ben,BEN@example.org\n",
    ],
    ids=["byte order mark", "CRLF", "quoted", "empty lines", "other order and case"],
)
def test_files_as_spreadsheets_write_them_are_read(data: bytes) -> None:
    (row,) = parse(data)

    assert (row.email, row.name, row.team, row.manages, row.left) == ("ben@example.org", "Ben", "Claims", False, None)
    assert row.roles == {Role.EMPLOYEE}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ben,Ben,Claims,no,,Europe/Vienna,,\n", "line 2, column email: 'ben' is not an e-mail address"),
        (BEN + "x@y.org,,,no,,UTC,,\n", "line 3, column name: A name has 1 to 200 printable characters."),
        ("x@y.org,X,Claims,maybe,,UTC,,\n", "line 2, column team_manager: 'maybe' is not yes or no; write yes or no"),
        ("x@y.org,X,,yes,,UTC,,\n", "line 2, column team_manager: “yes” needs a team in the column team"),
        ("x@y.org,X,,no,boss,UTC,,\n", "line 2, column roles: 'boss' is no role; write any of council, employee"),
        ("x@y.org,X,,no,anyone,UTC,,\n", "line 2, column roles: 'anyone' is no role"),
        ("x@y.org,X,,no,,,,\n", "line 2, column timezone: it is empty; write an IANA name such as Europe/Vienna"),
        ("x@y.org,X,,no,,CEST,,\n", "line 2, column timezone: 'CEST' is not a time zone"),
        ("x@y.org,X,,no,,UTC,7.1.2025,\n", "line 2, column joined: '7.1.2025' is not a day; write it as 2026-11-23"),
        ("x@y.org,X,,no,,UTC,,2026-02-30\n", "line 2, column left: '2026-02-30' is not a day"),
        ("x@y.org,X,,no,,UTC,2026-02-03,2026-02-02\n", "line 2, column left: the last day is before the first day"),
        (BEN + BEN.upper().replace("NO,EMPLOYEE,EUROPE/VIENNA", "no,,UTC"), "line 3, column email: ben@example.org is"),
        ("x@y.org,X,no\n", "line 2: 3 fields where the first line names 8; quote commas"),
        ('x@y.org,"X\nY,,no,,UTC,,\n', "line 2: unexpected end of data; check the quotation marks"),
        ('x@y.org,"X, the\nfirst",,no,,UTC,,\nben,Ben,,no,,UTC,,\n', "line 4, column email: 'ben' is not"),
    ],
)
def test_a_fault_is_named_by_line_column_and_fix(text: str, error: str) -> None:
    with pytest.raises(CsvRefused) as refused:
        parse(HEADER + text)

    assert any(each.startswith(error) for each in refused.value.errors), refused.value.errors


def test_all_faults_are_told_at_once_and_nothing_is_applied(office: Office) -> None:
    with pytest.raises(CsvRefused) as refused:
        plan(office.people, HEADER + ANA + "ben,,,no,,UTC,,\n" + "x@y.org,X,,no,,Nowhere,,\n")

    assert [error.partition(":")[0] for error in refused.value.errors] == [
        "line 3, column email",
        "line 3, column name",
        "line 4, column timezone",
    ]
    assert office.people.everybody() == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "line 1, column email: it is missing"),
        (HEADER.replace("team_manager,", "").encode(), "line 1, column team_manager: it is missing"),
        (HEADER.replace("left", "left,salary").encode(), "line 1, column salary: there is no such column"),
        (HEADER.replace("left", "left,name").encode(), "line 1, column name: it is there twice"),
        (HEADER.replace(",", ";").encode(), "line 1: the fields are separated by semicolons"),
        ((HEADER + BEN.replace("Ben", "Bén")).encode("latin-1"), "line 2: this is not UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, error: str) -> None:
    with pytest.raises(CsvRefused) as refused:
        parse(data)

    assert refused.value.errors[0].startswith(error)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused_with_a_line(data: bytes, headed: bool) -> None:
    errors: list[str] = []
    try:
        parse(HEADER.encode() + data if headed else data)
    except CsvRefused as refused:
        errors = refused.errors

    assert all(error.startswith("line ") for error in errors)


def test_the_header_is_the_documented_one() -> None:
    assert ",".join(COLUMNS) + "\n" == HEADER
