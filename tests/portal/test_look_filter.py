"""Who looked: the list that a form chooses, by an address that can be kept, and exactly the same rows as a file."""

import csv
import datetime as dt
import io
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.csv_text import csv_lines
from portal.look_filter import LOOKED, NOBODY, REFUSED, choose, chosen_from, whose
from privacy.log_entries import Chain, Entry
from privacy.policy import Purpose

BERLIN = ZoneInfo("Europe/Berlin")
EVERY = {("Ana", "disclosed"), ("Ana", "shown"), ("Ana", "refused"), ("Gus", "refused")}
NEW_YEAR = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


@pytest.fixture(scope="module")
def read(lasting_office: Any) -> Any:
    """Ana opened a week of Ben's and was refused the running one; Gus was refused; jobs and Ben himself looked."""
    team = next(iter(lasting_office.system.directory.teams_of(lasting_office.ids["ben"])))
    person = f"/api/v1/team/{team}/people/{lasting_office.ids['ben']}/weeks"
    for who, week in (("ana", "2026-W46"), ("ana", "2026-W47"), ("gus", "2026-W46")):
        lasting_office.client(who).get(f"{person}/{week}?purpose=one_to_one")
    lasting_office.client("ben").get("/me/days/2026-11-18")
    return lasting_office


def numbers(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'id="entry-(\d+)"', page)]


def table(read: Any, query: str) -> list[dict[str, str]]:
    answer = read.client("ben").get(f"/me/access.csv?{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("outcome=refused", {("Ana", "refused"), ("Gus", "refused")}),
        ("outcome=looked", {("Ana", "disclosed"), ("Ana", "shown")}),
        ("person={gus}", {("Gus", "refused")}),
        ("person={ana}&outcome=refused", {("Ana", "refused")}),
        ("purpose=one_to_one&person={gus}", {("Gus", "refused")}),
        ("purpose=compliance_review", set()),
        ("from=2026-11-19&to=2026-11-19&purpose=one_to_one", None),
        ("to=2026-11-18&purpose=one_to_one", set()),
        ("person=nobody-we-know", set()),
    ],
)
def test_each_choice_holds_for_the_table_and_its_numbers_are_those_of_the_log(
    read: Any, query: str, expected: set[tuple[str, str]] | None
) -> None:
    rows = table(read, query.format(**read.ids))

    named = {(row["viewer"], row["outcome"]) for row in rows if row["purpose"] == "one_to_one"}
    assert named == (EVERY if expected is None else expected)
    logged = {str(each.index): each for each in read.entries("ben")}
    assert all(logged[row["entry"]].outcome == row["outcome"] for row in rows)
    assert [int(row["entry"]) for row in rows] == sorted((int(row["entry"]) for row in rows), reverse=True)


@pytest.mark.parametrize("query", ["by=people&outcome=refused", "by=me", "by=system", "by=people&from=2026-11-19"])
def test_page_csv_and_json_hold_the_same_entries(read: Any, query: str) -> None:
    page = read.client("ben").get(f"/me/access?{query}").text
    found = read.client("ben").get(f"/me/access.json?{query}").json["entries"]
    rows = table(read, query)

    assert [str(each["index"]) for each in found] == [row["entry"] for row in rows]
    assert set(numbers(page)) <= {each["index"] for each in found}
    assert f"/me/access.csv?{query.replace('&', '&amp;')}" in page


def test_the_choice_stays_in_the_address_and_in_the_form(read: Any) -> None:
    page = read.client("ben").get(f"/me/access?person={read.ids['gus']}&outcome=refused&from=2026-11-01").text

    assert f'<option value="{read.ids["gus"]}" selected>Gus</option>' in page
    assert '<option value="refused" selected>' in page
    assert 'value="2026-11-01"' in page
    assert "<details" in page
    assert re.search(r"<details class=\"card choose\" open>", page)


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("from=2026-02-30", "from", "The calendar has no 2026-02-30."),
        ("to=yesterday", "to", "A day is written like 2026-11-19"),
        ("to=20261119", "to", "A day is written like 2026-11-19"),
        ("from=0001-01-01", "from", "Days are of the years"),
        ("from=2026-11-19&to=2026-11-18", "to", "The last day comes before the first one"),
    ],
)
def test_a_day_that_is_none_is_named_beside_its_field_and_what_was_typed_stays(
    read: Any, query: str, field: str, words: str
) -> None:
    answer = read.client("ben").get(f"/me/access?outcome=refused&{query}")

    assert answer.status_code == 400
    assert re.search(rf'id="d-{field}">{words}', answer.text)
    assert (
        f'name="{field}" type="text" value="{dict(each.split("=") for each in query.split("&"))[field]}"' in answer.text
    )
    assert '<option value="refused" selected>' in answer.text
    assert read.client("ben").get(f"/me/access.csv?{query}").status_code == 400


def test_the_page_leads_to_the_mail_about_looks(read: Any) -> None:
    assert 'href="/me/settings#mails"' in read.client("ben").get("/me/access").text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@cmd", "'@cmd"),
        ("-2.5", "-2.5"),
        ("+49 30 1", "'+49 30 1"),
        ("a,b", '"a,b"'),
        ("\t=1", "'\t'=1"),
    ],
)
def test_no_text_becomes_a_formula(text: str, written: str) -> None:
    assert csv_lines([[text]]) == f"{written}\r\n"


PEOPLE = ("a" * 32, "b" * 32, None)
ENTRIES = st.lists(
    st.builds(
        Entry,
        index=st.integers(0, 10_000),
        time=st.datetimes(NEW_YEAR, NEW_YEAR + dt.timedelta(days=364), timezones=st.just(dt.UTC)),
        viewer=st.sampled_from(PEOPLE),
        subject=st.just("b" * 32),
        relation=st.just("manager"),
        fields=st.sampled_from([(), ("focus",)]),
        purpose=st.sampled_from([each.value for each in Purpose]),
        period=st.none(),
        policy=st.just(1),
        outcome=st.sampled_from(["disclosed", "shown", "refused", "appointed", "compacted"]),
        chain=st.sampled_from([Chain.OTHERS, Chain.SELF]),
        sequence=st.just(0),
        previous=st.none(),
        digest=st.none(),
    ),
    unique_by=lambda each: each.index,
    max_size=20,
)


@given(ENTRIES, st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
def test_every_entry_is_chosen_by_exactly_one_of_each_kind_of_choice(entries: list[Entry], day: dt.date) -> None:
    """By whose doing, by outcome, by person, and before or after a day: the choices part the log, and lose nothing."""
    for by in ("people", "system", "me"):
        mine = [each for each in entries if whose(each) == by]
        assert choose(entries, chosen_from({"by": by}), BERLIN) == mine
        for name, values in (
            ("outcome", (LOOKED, REFUSED, "changed")),
            ("person", [each or NOBODY for each in PEOPLE]),
            ("purpose", list(Purpose)),
        ):
            parts = [choose(entries, chosen_from({"by": by, name: value}), BERLIN) for value in values]
            assert sorted(each.index for part in parts for each in part) == sorted(each.index for each in mine)
        until = chosen_from({"by": by, "to": day.isoformat()})
        since = chosen_from({"by": by, "from": (day + dt.timedelta(days=1)).isoformat()})
        both = [*choose(entries, until, BERLIN), *choose(entries, since, BERLIN)]
        assert sorted(each.index for each in both) == sorted(each.index for each in mine)
