"""A team's released figures: after the work, the same for everybody, as intervals, each one click from its charter."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pages_read import read
from sqlalchemy import event

from analytics.team_measures import TEAM_MEASURES
from auth.permissions import Role
from privacy.access_log import Filter
from privacy.canonical import canonical
from tests import made_releases
from tests.made_releases import Day, Releases
from tests.portal.test_german import ENGLISH, GERMAN, PATH
from tests.portal.test_volumes import deliver

WHO = [f"p{n}" for n in range(9)]
MONDAY = dt.date(2026, 11, 9)
BLOCK = made_releases.aligned(MONDAY) - dt.timedelta(weeks=4)
"""The aligned four weeks that were over before the newest week."""
FIGURES, CSV = "/team/claims/figures", "/team/claims/figures.csv"


def more(by: float) -> Callable[[str, dt.date], Day | None]:
    """Everybody's days with so much more of everything."""

    def recorded(who: str, day: dt.date) -> Day | None:
        found = made_releases.steady(who, day)
        return found and {name: {part: value + by for part, value in of.items()} for name, of in found.items()}

    return recorded


def weeks(count: int, unit: str = "claims", who: list[str] = WHO) -> list[bytes]:
    """Releases of the last weeks, and of the aligned four weeks among them."""
    made, found = Releases(), []
    first = MONDAY - dt.timedelta(weeks=count - 1)
    for n in range(count):
        monday = first + dt.timedelta(weeks=n)
        found.append(made.make(unit, monday, who))
        block = made_releases.aligned(monday)
        if block >= first and monday - block == dt.timedelta(weeks=3):
            found.append(made.make(unit, block, who, weeks=4))
    return found


@pytest.fixture
def claims(office: Any) -> Any:
    """The office, with nine people and a manager in Claims."""
    grow(office, 7)
    return office


def grow(office: Any, count: int) -> None:
    """Let more people join Claims, none of whom is recorded."""
    added = [office.add(f"member{n}") for n in range(count)]
    with office.system.people.changing(None) as changes:
        for each in added:
            changes.join(each, "claims")
    office.clock.advance(days=1)


def main_of(page: str) -> str:
    return page.partition('<main id="main"')[2].partition("</main>")[0]


def specs(page: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/json" id="spec-[a-z_]+">(.*?)</script>', page, re.DOTALL)
    return [json.loads(each) for each in found]


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for each in spec["datasets"].values() for row in each]


def test_everybody_in_the_team_its_managers_and_planners_see_the_same(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(12))
    claims.add("pia", Role.PLANNER)

    seen = {who: claims.client(who).get(FIGURES) for who in ("ben", "eva", "ana", "pia")}

    assert len({main_of(each.text) for each in seen.values()}) == 1
    assert len({claims.client(who).get(CSV).data for who in seen}) == 1
    for who in ("dan", "gus", "cleo", "oda"):
        for address in (FIGURES, CSV):
            assert claims.client(who).get(address).status_code == 404
    assert claims.client("ben").get("/team/nowhere/figures").status_code == 404


def test_the_work_comes_before_the_people(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(12))
    deliver(claims)
    page = claims.client("ben").get(FIGURES).text

    assert 0 < page.index('id="h-work"') < page.index('role="note"') < page.index('id="utilisation"')
    assert [each for each in ("Motor", "Home") if f'<th scope="row">{each}</th>' in page] == ["Motor", "Home"]
    assert 'href="/team/claims/work"' in main_of(page)
    assert f'href="{FIGURES}"' in claims.client("ben").get("/team/claims/work").text


def test_a_figure_is_its_interval_and_never_a_point(claims: Any) -> None:
    (payload,) = weeks(1)
    made_releases.file(claims.system, payload)
    page = claims.client("ben").get(FIGURES).text
    mean = json.loads(payload)["measures"]["utilisation"]["cells"][0]
    low, high = int(mean["low"] // 1), -int(-mean["high"] // 1)

    assert f"{low}% to {high}%" in page
    assert [(row["low"], row["high"]) for row in rows(specs(page)[0])] == [
        (round(mean["low"], 4), round(mean["high"], 4))
    ]
    for each in (page, claims.client("ben").get(CSV).text):
        assert f"{mean['value']:.3f}".rstrip("0") not in each


def test_what_is_coded_at_an_end_is_said_to_be_below_or_above(claims: Any) -> None:
    made_releases.file(claims.system, Releases().make("claims", MONDAY, WHO, _at_the_ends))
    page = claims.client("ben").get(FIGURES).text

    assert "below 10%" in page
    assert "above 3h 36m" in page
    assert {each["state"] for each in table(claims) if each["measure"] == "utilisation"} == {"below"}


def _at_the_ends(who: str, day: dt.date) -> Day | None:
    found = made_releases.steady(who, day)
    return found and {**found, "utilisation": {"": 2.0}, "focus_time": {"": 239.0}}


@pytest.mark.parametrize(
    ("by", "said"),
    [(0.0, "No change that can be told from noise since "), (30.0, "Higher than in "), (-30.0, "Lower than in ")],
)
def test_a_change_is_named_only_between_four_weeks_whose_ranges_do_not_touch(claims: Any, by: float, said: str) -> None:
    made = Releases()
    before = made.make("claims", BLOCK - dt.timedelta(weeks=4), WHO, weeks=4)
    now = made.make("claims", BLOCK, WHO, more(by), weeks=4)
    made_releases.file(claims.system, before, now, Releases().make("claims", MONDAY, WHO))
    page = claims.client("ben").get(FIGURES).text

    sentences = re.findall(r'<p class="changed">(.*?)</p>', page)
    assert len(sentences) == 3
    assert all(each.startswith(said) for each in sentences), sentences


def test_weeks_alone_are_compared_with_nothing(claims: Any) -> None:
    made_releases.file(
        claims.system, *(Releases().make("claims", BLOCK + dt.timedelta(weeks=n), WHO, more(30 * n)) for n in range(2))
    )
    page = claims.client("ben").get(FIGURES).text

    assert page.count("There are no earlier four weeks to compare with.") == 3
    assert "Higher" not in page


def test_only_the_units_own_past_stands_on_its_page(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(12), *weeks(12, "payroll"))
    page = claims.client("ana").get(FIGURES).text

    assert "Payroll" not in page
    assert len(rows(specs(page)[0])) == 14


def test_all_teams_together_have_the_same_page(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(12, "organisation"))
    page = claims.client("dan").get("/team/organisation/figures")

    assert page.status_code == 200
    assert "The figures of all teams together" in page.text
    assert len(specs(page.text)) == 5
    assert 'href="/team/work"' in main_of(page.text)
    claims.add("zoe")
    assert claims.client("zoe").get("/team/organisation/figures").status_code == 404


def test_the_list_of_units_has_those_that_one_may_see(claims: Any) -> None:
    listed = re.findall(r'href="/team/([a-z]+)/figures"', main_of(claims.client("ben").get("/team/figures").text))

    assert listed == ["claims", "organisation"]
    claims.add("zoe")
    assert "You are in no team" in claims.client("zoe").get("/team/figures").text


def table(claims: Any, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(claims.client("ben").get(CSV + query).text)))


def test_the_csv_has_the_bounds_of_each_figure_in_view(claims: Any) -> None:
    payloads = weeks(12)
    made_releases.file(claims.system, *payloads)
    found = table(claims)

    known = {
        (
            each["kind"],
            each["period"][0],
            name,
            cell["key"][-1] if len(cell["key"]) > 1 else "",
            cell["key"][0] == "share",
        ): cell
        for each in map(json.loads, payloads)
        for name, of in each["measures"].items()
        for cell in of["cells"]
    }
    assert len(found) == len(known)
    for row in found:
        cell = known[row["kind"], row["first"], row["measure"], row["of"], row["unit"] == "percent of cap"]
        bounds = ["" if cell[end] is None else f"{cell[end]:.3f}".rstrip("0").rstrip(".") for end in ("low", "high")]
        assert [row["low"], row["high"]] == bounds


def test_a_page_has_twelve_weeks_whatever_the_past_and_leads_to_those_before(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(30))
    newest = claims.client("ben").get(FIGURES).text
    (before,) = re.findall(r'href="(/team/claims/figures\?until=[^"]+)" rel="prev"', newest)
    middle = claims.client("ben").get(before).text
    (oldest,) = re.findall(r'href="(/team/claims/figures\?until=[^"]+)" rel="prev"', middle)
    last = claims.client("ben").get(oldest).text

    def in_view(page: str) -> set[str]:
        return {row["name"] for row in rows(specs(page)[0]) if row["name"].startswith("Week")}

    assert [len(in_view(page)) for page in (newest, middle, last)] == [12, 12, 6]
    assert not in_view(newest) & in_view(middle)
    assert not in_view(middle) & in_view(last)
    assert 'rel="prev"' not in last
    assert f'href="{FIGURES}" rel="next"' in middle
    assert f'href="{before}" rel="next"' in last
    assert 'rel="next"' not in newest
    older = table(claims, before.partition("figures")[2])
    assert len({row["first"] for row in older if row["kind"] == "week"}) == 12


@pytest.fixture
def statements(claims: Any) -> Iterator[list[str]]:
    """What is asked of the data store from now on."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(claims.system.stores.data, "before_cursor_execute", note)
    yield asked
    event.remove(claims.system.stores.data, "before_cursor_execute", note)


def test_the_page_reads_as_much_of_a_long_past_as_of_a_short_one(claims: Any, statements: list[str]) -> None:
    made_releases.file(claims.system, *weeks(12))
    claims.client("ben").get(FIGURES)
    statements.clear()
    claims.client("ben").get(FIGURES)
    short = len(statements)
    older = [each for each in weeks(60) if json.loads(each)["period"][1] <= "2026-08-24"]
    made_releases.file(claims.system, *older)
    statements.clear()
    claims.client("ben").get(FIGURES)

    assert len(statements) == short


def test_a_look_is_no_entry_of_the_log_and_a_bad_week_is_told(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(4))
    claims.client("ben").get("/")
    before = len(claims.system.log.read(Filter(limit=1000)).entries)

    for address in (FIGURES, CSV, "/team/figures", "/team/figures/rules", "/team/measures/utilisation"):
        assert claims.client("ben").get(address).status_code == 200
    assert len(claims.system.log.read(Filter(limit=1000)).entries) == before
    refused = claims.client("ben").get(f"{FIGURES}?until=yesterday")
    assert (refused.status_code, "2026-W46" in refused.text) == (400, True)
    assert "Nothing is released yet" in claims.client("ben").get(f"{FIGURES}?until=2020-W01").text


def test_a_new_team_is_told_when_figures_come(claims: Any) -> None:
    page = claims.client("ben").get(FIGURES).text

    assert "A week is released once it is over and 48 hours" in page
    assert "too small" not in page
    assert "<script" not in page


def test_a_team_that_is_too_small_is_told_on_its_first_day_what_there_is_instead(office: Any) -> None:
    page = office.client("ben").get(FIGURES).text

    assert "This team is too small for figures of its own" in page
    for address in ("/team/organisation/figures", "/team/claims/work"):
        assert f'href="{address}"' in main_of(page)
    assert "One-to-ones" in page
    assert main_of(office.client("ana").get(FIGURES).text) == main_of(page)
    assert "too small" not in office.client("ben").get("/team/organisation/figures").text


@pytest.mark.parametrize(("others", "small"), [(2, True), (3, False)])
def test_a_team_is_too_small_by_its_roster_without_managers_and_by_nothing_else(
    office: Any, others: int, small: bool
) -> None:
    """Ben and Eva, some others, and Ana, who manages them and belongs to them."""
    with office.system.people.changing(None) as changes:
        changes.join(office.ids["ana"], "claims")
    grow(office, others)

    assert ("too small" in office.client("ben").get(FIGURES).text) is small
    made_releases.file(office.system, *weeks(2))  # whatever was released of it, and whatever was not
    assert ("too small" in office.client("ben").get(FIGURES).text) is small


def test_each_figure_leads_in_one_click_to_its_charter(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(12))
    claims.add("pia", Role.PLANNER)
    page = claims.client("pia").get(FIGURES).text

    linked = re.findall(r'href="/team/measures/([a-z_]+)"', page)
    assert linked == [each.name for each in TEAM_MEASURES]
    for each in TEAM_MEASURES:
        charter = claims.client("pia").get(f"/team/measures/{each.name}")
        texts = set(read(charter.text))
        assert {each.charter.who, each.charter.when, each.charter.decision, each.not_for, each.definition} <= texts
        assert "team_rhythm" in charter.text
        assert f"version {claims.system.policies.now().version}" in charter.text
    assert claims.client("pia").get("/team/measures/breaks").status_code == 404


def test_a_release_of_a_category_that_is_gone_or_new_has_its_place(claims: Any) -> None:
    made = Releases()
    four = json.loads(made.make("claims", BLOCK, WHO, weeks=4))
    cells = four["measures"]["category_time"]["cells"]
    for cell in cells:
        cell["key"][1] = cell["key"][1].replace("Media", "Music")
    made_releases.file(claims.system, canonical(four), made.make("claims", MONDAY, WHO))
    page = claims.client("ben").get(FIGURES).text

    assert page.count('<th scope="row">Music</th>') == page.count('<th scope="row">Media</th>') == 1


def test_a_page_with_figures_is_german_where_german_is_asked_for(claims: Any) -> None:
    made_releases.file(claims.system, *weeks(12))
    page = claims.client("ben").get(FIGURES, headers=GERMAN).text
    texts = [each for each in read(main_of(page)) if each not in made_releases.CATEGORIES]

    assert [each for each in texts if ENGLISH.search(PATH.sub("", each))] == []
    assert re.search(r"\n\d+\s% bis \d+\s%\n", "\n".join(texts))
    assert all("Woche" in row["name"] or "Vier Wochen" in row["name"] for row in rows(specs(page)[0]))
