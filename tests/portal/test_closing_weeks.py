"""Team figures are computed once, stored frozen, and are the same for everybody who may see them."""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app, releases
from portal.closing_weeks import Done
from portal.config import Config
from portal.release_due import Due
from portal.releases import FOUR_WEEKS, PARENT, WEEK
from portal.wiring import System, build
from privacy.canonical import canonical, digest_of
from privacy.log_read import Filter
from privacy.policy import TEAM_FIELDS, Purpose
from privacy.vault import ORGANISATION
from tests.portal.described import hold_to_description
from tests.portal.release_office import LAST, NOVEMBER, SIZES, active, close, member


@dataclass
class Released:
    """The running system with its application, and subject ids by first name."""

    system: System
    app: Flask
    ids: dict[str, str]

    def client(self, who: str) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie("sameview", self.system.sessions.start(self.ids[who]))
        return client

    def close(self) -> Done:
        return close(self.system)


def start(home: Path) -> Released:
    system = build(Config(home=home), lambda: NOVEMBER)
    app = create_app(system)
    app.testing = True
    hold_to_description(app)
    names = [member(team, number) for team, size in SIZES.items() for number in range(size + 1)]
    found = {name: system.people.find(f"{name}@example.org") for name in names}
    return Released(system, app, {name: person.subject for name, person in found.items() if person})


@pytest.fixture
def released(released_home: Path, tmp_path: Path) -> Iterator[Released]:
    found = start(Path(shutil.copytree(released_home, tmp_path / "home")))
    yield found
    found.system.close()


@pytest.fixture(scope="module")
def lasting(released_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    found = start(Path(shutil.copytree(released_home, tmp_path_factory.mktemp("lasting") / "home")))
    yield found
    found.system.close()


def cells(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for each in content["measures"].values() for cell in each["cells"]]


def test_every_unit_has_every_period_in_one_shape_and_the_bytes_are_canonical(lasting: Released) -> None:
    closed = lasting.system.releases.closings()

    assert [each.first_day for each in closed if each.kind == WEEK] == [
        dt.date(2026, 8, 17) + dt.timedelta(weeks=n) for n in range(13)
    ]
    assert [each.first_day for each in closed if each.kind == FOUR_WEEKS] == [
        dt.date(2026, 8, 17), dt.date(2026, 9, 14), dt.date(2026, 10, 12)
    ]  # fmt: skip
    shapes = set()
    for each in closed:
        assert set(each.units) == {PARENT, "east", "small", "west"}
        for unit in each.units:
            found = releases.read(lasting.system, unit, each.kind, each.first_day)
            assert found is not None
            assert found.digest == digest_of(found.payload)
            assert found.payload == canonical(found.content)
            shapes.add(tuple(tuple(cell["key"]) for cell in cells(found.content)))
    assert len(shapes) == 1


def test_a_large_team_is_told_within_its_grid_and_a_small_one_keeps_its_shape(lasting: Released) -> None:
    east, small = (releases.read(lasting.system, unit, WEEK, LAST) for unit in ("east", "small"))
    assert east is not None
    assert small is not None

    assert east.content["counted"] == SIZES["East"]
    value, low, high = active(east)
    assert value is not None
    assert low is not None
    assert high is not None
    assert high - low == pytest.approx(0.5 * 480 / SIZES["East"], abs=1e-5)
    assert low <= true_mean(lasting, "East") <= high
    assert small.content["counted"] is None
    assert all(cell[name] is None for cell in cells(small.content) for name in ("value", "low", "high"))


def true_mean(released: Released, team: str) -> float:
    """Return the mean of the persons' means of active minutes, of the last week, read as each of them."""
    means = []
    for number in range(1, SIZES[team] + 1):
        subject = released.ids[member(team, number)]
        week = Due(WEEK, LAST).period
        found = released.system.gate.disclose(subject, subject, TEAM_FIELDS, Purpose.OWN_REVIEW, week)
        days = [json.loads(v)["active_seconds"] / 60 for (_, f), v in found.values.items() if f == "active_time"]
        means.append(sum(days) / len(days))
    return sum(means) / len(means)


def test_running_it_again_changes_nothing(released: Released) -> None:
    before, size = released.system.releases.closings(), released.system.log.size

    assert released.close() == Done()

    assert released.system.releases.closings() == before
    assert released.system.log.size == size


def test_each_closing_is_an_entry_that_commits_to_it(lasting: Released) -> None:
    wanted = Filter(subject=ORGANISATION, outcome="released", chains=("organisation",), limit=100)
    entries = {each.index: each for each in lasting.system.log.read(wanted).entries}

    for closing in lasting.system.releases.closings():
        entry = entries.pop(closing.entry)
        assert entry.digest == closing.digest
        assert entry.by_job
        assert entry.period == Due(closing.kind, closing.first_day).period
        assert entry.purpose == Purpose.TEAM_RHYTHM
    assert entries == {}


def test_everybody_sees_in_their_log_that_their_week_was_opened_once(lasting: Released) -> None:
    entries = lasting.system.log.of_subject(lasting.ids["east3"])
    opened = [each for each in entries if each.purpose == Purpose.TEAM_RHYTHM]

    assert [each.period for each in opened] == [Due(WEEK, dt.date(2026, 8, 17) + dt.timedelta(weeks=n)).period
                                                for n in range(13)]  # fmt: skip
    assert {each.fields for each in opened} == {tuple(sorted(TEAM_FIELDS))}
    assert all(each.viewer is None and each.by_job for each in opened)


def test_the_manager_of_a_team_is_not_in_its_figures_and_nobody_opened_theirs(lasting: Released) -> None:
    entries = lasting.system.log.of_subject(lasting.ids["east0"])

    assert not [each for each in entries if each.purpose == Purpose.TEAM_RHYTHM]


def test_each_person_is_told_whether_they_are_counted_and_nobody_else_can_tell(lasting: Released) -> None:
    system = lasting.system
    told = releases.counted_in(system, lasting.ids["east3"], limit=2)

    assert [(each.unit, each.is_released, each.is_counted, each.people) for each in told] == [
        ("east", True, True, 9)
    ] * 2
    assert [each.is_counted for each in releases.counted_in(system, lasting.ids["east0"], limit=1)] == [False]
    small = releases.counted_in(system, lasting.ids["small1"], limit=1)
    assert [(each.is_released, each.is_counted, each.people) for each in small] == [(False, False, None)]
    tags = [seats for *_, seats in system.releases.seats(["east"], WEEK, [LAST, LAST - dt.timedelta(weeks=1)])]
    assert [len(each) for each in tags] == [9, 9]
    assert not tags[0] & tags[1]


def test_members_and_the_manager_get_the_same_bytes_and_strangers_what_is_not_there(lasting: Released) -> None:
    address = "/api/v1/team/east/releases/2026-W46"
    answers = {who: lasting.client(who).get(address) for who in ("east0", "east1", "east9", "west1")}

    bodies = {answers[who].data for who in ("east0", "east1", "east9")}
    assert len(bodies) == 1
    answer = json.loads(bodies.pop())
    found = releases.read(lasting.system, "east", WEEK, LAST)
    assert found is not None
    assert answer == {"payload": found.content, "entry": found.entry, "digest": found.digest}
    nobodys = lasting.client("west1").get("/api/v1/team/nobodys/releases/2026-W46")
    assert answers["west1"].status_code == 404
    assert answers["west1"].data == nobodys.data
    shared = [lasting.client(who).get(f"/api/v1/team/{PARENT}/releases/2026-W46").data for who in ("east1", "west1")]
    assert shared[0] == shared[1]
    assert b'"unit":"organisation"' in shared[0]


def test_four_weeks_are_asked_for_by_their_last_week(lasting: Released) -> None:
    client = lasting.client("east1")

    found = client.get("/api/v1/team/east/releases/2026-W45?period=four_weeks")
    assert found.status_code == 200
    assert found.json["payload"]["weeks"] == ["2026-W42", "2026-W43", "2026-W44", "2026-W45"]
    for week, status in (("2026-W44?period=four_weeks", 404), ("2026-W45?period=month", 400), ("2026-W47", 404)):
        assert client.get(f"/api/v1/team/east/releases/{week}").status_code == status
    assert "2026-11-25" in client.get("/api/v1/team/east/releases/2026-W47").json["detail"]


def test_asking_computes_nothing(lasting: Released) -> None:
    size = lasting.system.log.size

    for week in ("2026-W46", "2026-W47", "2026-W01"):
        lasting.client("east1").get(f"/api/v1/team/east/releases/{week}")

    assert lasting.system.log.size == size
