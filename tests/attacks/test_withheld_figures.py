"""Team figures as they are served: what is withheld is read out of no channel of the page."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages_read import read

from tests import made_releases
from tests.made_releases import Day, Releases
from tests.portal.conftest import NOVEMBER, Office, furnished, opened

__all__ = ["furnished"]

WHO = [f"p{n}" for n in range(9)]
MONDAY = dt.date(2026, 11, 9)
BLOCK = made_releases.aligned(MONDAY) - dt.timedelta(weeks=4)
PLACE = frozenset({"n", "name", "low", "high", "words"})


@pytest.fixture
def office(furnished: Path, tmp_path: Path) -> Iterator[Office]:
    """Claims and Payroll, with as many people in the one as in the other."""
    with opened(furnished, tmp_path / "home", lambda: NOVEMBER) as found:
        for team, count in (("claims", 7), ("payroll", 8)):
            added = [found.add(f"{team}{n}") for n in range(count)]
            with found.system.people.changing(None) as changes:
                for each in added:
                    changes.join(each, team)
        yield found


def channels(office: Office, team: str, who: str, language: str = "en") -> dict[str, str]:
    """Return everything that is served of a team's figures, with the team's name and check values taken out."""
    client = office.client(who)
    page = client.get(f"/team/{team}/figures", headers={"Accept-Language": language}).text
    assert f'<html lang="{language}-' in page
    page = re.sub(r'name="csrf_token" value="[^"]*"', "", page)
    main = page.partition('<main id="main"')[2].partition("</main>")[0]
    served = {
        "page": main,
        "csv": client.get(f"/team/{team}/figures.csv").text,
        "spoken": "\n".join(read(main)),
        "charts": "\n".join(re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', main, re.DOTALL)),
    }
    return {name: text.replace(team, "TEAM").replace(team.capitalize(), "TEAM") for name, text in served.items()}


def nobody(_who: str, _day: dt.date) -> Day | None:
    return None


@pytest.mark.parametrize(("language", "word"), [("en", "withheld"), ("de", "zurückgehalten")])
def test_figures_withheld_for_few_people_and_for_nobody_are_the_same_bytes(
    office: Office, language: str, word: str
) -> None:
    payloads = []
    for team, people, recorded in (("claims", WHO[:4], made_releases.steady), ("payroll", WHO, nobody)):
        made = Releases()
        weeks = [made.make(team, BLOCK + dt.timedelta(weeks=n), people, recorded) for n in range(4)]
        payloads += [*weeks, made.make(team, BLOCK, people, recorded, weeks=4)]
    made_releases.file(office.system, *payloads)

    few, none = channels(office, "claims", "ben", language), channels(office, "payroll", "dan", language)

    assert few == none
    assert word in few["page"]
    assert "counted" not in few["page"].partition("</h1>")[2].partition("</p>")[0]
    assert few["page"].count('<rect class="fill-hatch" width="100%" height="12"/>') == 6
    assert few["csv"].count("withheld") == 5 * (1 + 2 * 3 + 1 + 1 + 5)


def test_what_is_withheld_leaves_its_place_and_nothing_else_in_any_channel(office: Office) -> None:
    """A rare category beside large ones, a week of nobody, four weeks that would give it away."""
    made = Releases()
    weeks = [made.make("claims", BLOCK + dt.timedelta(weeks=n), WHO, (_rare, nobody)[n == 2]) for n in range(4)]
    payloads = [*weeks, made.make("claims", BLOCK, WHO, _rare, weeks=4)]
    withheld = {
        (each["kind"], each["period"][0], name, "".join(cell["key"][1:]))
        for each in map(json.loads, payloads)
        for name, of in each["measures"].items()
        for cell in of["cells"]
        if cell["low"] is None
    }
    assert {name for _kind, _first, name, _of in withheld} > {"category_time", "rhythm"}
    made_releases.file(office.system, *payloads)

    served = channels(office, "claims", "ben")

    rows = list(csv.DictReader(io.StringIO(served["csv"])))
    blank = {(row["kind"], row["first"], row["measure"], row["of"]) for row in rows if row["state"] == "withheld"}
    assert blank == withheld
    assert {(row["low"], row["high"]) for row in rows if row["state"] == "withheld"} == {("", "")}
    for spec in map(json.loads, served["charts"].splitlines()):
        layers = spec["datasets"]
        silent = [row for name in ("withheld", "withheld_four_weeks") for row in layers[name]]
        assert {frozenset(row) - {"start", "end", "part"} for row in silent} <= {PLACE}
        assert len({(row["low"], row["high"], row["words"]) for row in silent}) <= 1  # all over the whole scale
        assert all(row["words"] != "withheld" for name in ("cells", "four_weeks") for row in layers[name])
    cells = re.findall(r"<td[^>]*withheld[^>]*>(.*?)</td>", served["page"])
    assert set(cells) <= {"withheld", "not delivered", "not known"}


def _rare(who: str, day: dt.date) -> Any:
    """Days in which two people alone have any media, and nobody a late hour."""
    found = made_releases.steady(who, day)
    if found is None:
        return None
    active = {**found["active_time"], "Media": 55.0 if who in WHO[:2] else 0.0}
    return {**found, "active_time": active, "rhythm": {**found["rhythm"], "after-18": 10.0 if who == "p0" else 0.0}}
