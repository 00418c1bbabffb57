"""The state of the work: one page for everybody in the team, deliveries that are whole and logged, and no person."""

import datetime as dt
import io
from typing import Any

import pytest
from sqlalchemy import select

from analytics import models, volume_store
from analytics.volume_files import VolumesRefused
from auth.permissions import Role
from auth.tokens import Scope
from portal import volumes
from privacy.access_log import Filter
from privacy.log_entries import VOLUMES_DELIVERED, LogUnavailable
from privacy.period import Period

HEADER = "team,process,day,received,completed,open,oldest_days,in_time,wrong\n"
FILE = (
    HEADER
    + "Claims,Motor,2026-11-17,41,38,112,9,35,2\n"
    + "claims,Motor,2026-11-18,40,,114,,,\n"
    + "Claims,Home,2026-11-18,0,0,0,,0,0\n"
    + "Payroll,Runs,2026-11-18,7,7,3,1,7,0\n"
)
ROW = {"team": "Claims", "process": "Motor", "day": "2026-11-18", "received": 5, "completed": 4}


def deliver(office: Any, text: str = FILE, only: str | None = None) -> volumes.Delivery:
    return volumes.deliver(office.system, lambda reader: reader.csv(io.BytesIO(text.encode())), None, only)


def stored(office: Any) -> list[Any]:
    with office.system.stores.data.connect() as connection:
        return list(connection.execute(select(models.Volume.__table__).order_by("team_id", "process", "day")))


def entries(office: Any) -> list[Any]:
    return [each for each in office.system.log.read(Filter()).entries if each.outcome == VOLUMES_DELIVERED]


def post(office: Any, rows: Any, scope: Scope = Scope.VOLUMES, who: str = "oda") -> Any:
    token = office.system.tokens.issue(office.ids[who], "cases", {scope})
    headers = {"Authorization": f"Bearer {token}"}
    return office.app.test_client().post("/api/v1/volumes", json=rows, headers=headers)


def test_members_and_managers_see_the_same_page_and_others_find_nothing(office: Any) -> None:
    deliver(office)

    def figures(who: str) -> str:
        page = office.client(who).get("/team/claims/work").text
        return page.partition('role="note"')[2].partition("</main>")[0]

    assert "114 cases were open" in figures("ben")
    assert figures("ben") == figures("eva") == figures("ana")
    for who in ("dan", "gus", "cleo", "oda"):
        for address in (
            "/team/claims/work",
            "/team/claims/work.csv",
            "/api/v1/team/claims/volumes?from=2026-11-01&to=2026-11-20",
        ):
            assert office.client(who).get(address).status_code == 404


def test_a_planner_sees_the_work_of_every_team_and_of_no_person(office: Any) -> None:
    deliver(office)
    office.add("pia", Role.PLANNER)
    pia = office.client("pia")

    assert pia.get("/").headers["Location"] == "/team/work"
    listed = pia.get("/team/work").text
    assert "Claims" in listed
    assert "Payroll" in listed
    assert pia.get("/team/payroll/work").status_code == 200
    for address in ("/team/", f"/team/claims/people/{office.ids['ben']}", "/me/weeks/", "/admin/", "/compliance/"):
        assert pia.get(address).status_code == 404


def test_whoever_joins_no_team_and_whoever_left_one_sees_none(office: Any) -> None:
    deliver(office)
    office.system.people.part(office.ids["eva"], "claims")
    office.clock.advance(days=1)

    assert office.client("eva").get("/team/claims/work").status_code == 404
    assert "You are in no team" in office.client("eva").get("/team/work").text


def test_the_page_names_nobody_of_the_team(office: Any) -> None:
    deliver(office)
    page = office.client("ana").get("/team/claims/work").text.partition("<main")[2].partition("</main>")[0]

    for name in ("Ben", "Eva", "Ana"):
        assert name not in page
    for who in ("ben", "eva", "ana"):
        assert office.ids[who] not in page


def test_what_was_not_delivered_is_hatched_or_said_and_never_nought(office: Any) -> None:
    deliver(office, HEADER + "Claims,Motor,2026-11-18,40,,114,,,\n")
    page = office.client("ben").get("/team/claims/work").text

    assert "114 cases were open at the end of Wed 18 Nov." in page
    assert page.count("fill-hatch") >= 4
    assert page.count('<td class="withheld" colspan="7">Not delivered</td>') == 23
    assert page.count('<td data-label="Received" class="num withheld">not delivered</td>') == 3
    assert page.count('class="num">0</td>') == page.count('data-label="Days delivered" class="num">0</td>') == 3


def test_a_day_that_runs_is_not_missing_yet_but_shown_once_it_is_delivered(office: Any) -> None:
    deliver(office)
    before = office.client("ben").get("/team/claims/work").text
    deliver(office, HEADER + "Claims,Motor,2026-11-19,4,1,117,,,\n")
    after = office.client("ben").get("/team/claims/work").text

    assert ("Thu, 19 Nov 2026" in before, "Thu, 19 Nov 2026" in after) == (False, True)


def test_nought_that_was_delivered_is_nought(office: Any) -> None:
    deliver(office)

    assert "No case was open at the end of Wed 18 Nov." in office.client("ben").get("/team/claims/work").text


def test_the_csv_has_what_was_delivered(office: Any) -> None:
    deliver(office)

    assert office.client("ben").get("/team/claims/work.csv").text.splitlines() == [
        HEADER.strip() + ",delivered_on",
        "Claims,Home,2026-11-18,0,0,0,,0,0,2026-11-19",
        "Claims,Motor,2026-11-17,41,38,112,9,35,2,2026-11-19",
        "Claims,Motor,2026-11-18,40,,114,,,,2026-11-19",
    ]


def test_earlier_weeks_have_their_own_page_and_no_later_day_is_shown(office: Any) -> None:
    deliver(office)
    early = office.client("ben").get("/team/claims/work?until=2026-10-20")

    assert "Nothing was delivered" in early.text
    assert office.client("ben").get("/team/claims/work?until=2030-01-01").text.count("Tue, 17 Nov 2026") == 2
    assert office.client("ben").get("/team/claims/work?until=yesterday").status_code == 400


def test_a_delivery_is_an_entry_of_the_organisation_and_a_read_is_none(office: Any) -> None:
    found = deliver(office)
    (entry,) = entries(office)
    size = office.system.log.size

    office.client("ben").get("/team/claims/work")
    office.client("ben").get("/team/claims/work.csv")

    assert (entry.index, entry.digest) == (found.entry, found.digest)
    assert (entry.viewer, entry.subject, entry.chain) == (None, None, "organisation")
    assert entry.period == Period(dt.date(2026, 11, 17), dt.date(2026, 11, 19))
    assert office.system.log.size == size
    assert office.system.log.verify().problems == []


def test_the_same_file_again_changes_nothing_and_is_no_entry(office: Any) -> None:
    deliver(office)
    before = stored(office)
    office.clock.advance(days=1)

    again = deliver(office)

    assert (again.changed.rows, bool(again.changed), again.entry) == (4, False, None)
    assert stored(office) == before
    assert len(entries(office)) == 1


def test_the_digest_is_of_the_counts_and_of_the_rows(office: Any) -> None:
    first = deliver(office).digest
    other = deliver(office, FILE.replace(",7,7,3,", ",7,7,4,"))

    assert (other.changed.new, other.changed.replaced) == (0, 1)
    assert other.digest != first


def test_a_faulty_file_is_refused_as_a_whole(office: Any) -> None:
    with pytest.raises(VolumesRefused, match="line 6, column team: there is no such team"):
        deliver(office, FILE + "Nowhere,Motor,2026-11-18,1,1,1,1,1,1\n")

    assert stored(office) == []
    assert entries(office) == []


def test_a_file_with_somebody_known_here_is_refused(office: Any) -> None:
    for process in ("Ben", "ben@example.org", office.ids["ben"]):
        with pytest.raises(VolumesRefused, match="name, the address or the id of a person"):
            deliver(office, HEADER + f"Claims,{process},2026-11-18,1,1,1,1,1,1\n")

    assert stored(office) == []


def test_without_the_log_nothing_is_stored(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_draft: Any) -> int:
        raise LogUnavailable("no space")

    monkeypatch.setattr(office.system.gate, "record", full)
    with pytest.raises(LogUnavailable):
        deliver(office)

    assert stored(office) == []


def test_the_team_can_be_named_once_for_a_whole_file(office: Any) -> None:
    text = "process,day,received,completed,open,oldest_days,in_time,wrong\nMotor,2026-11-18,1,1,1,1,1,1\n"

    assert deliver(office, text, "CLAIMS").teams == ("claims",)
    with pytest.raises(VolumesRefused, match="--team: there is no such team"):
        deliver(office, text, "Nowhere")
    with pytest.raises(VolumesRefused, match="another team than the one that was named"):
        deliver(office, FILE, "Claims")


def test_a_program_of_an_operator_delivers_with_a_token_made_for_that(office: Any) -> None:
    answer = post(office, {"rows": [ROW, ROW | {"process": "Home", "open": None}]})

    assert answer.status_code == 200
    assert answer.json == {
        "rows": 2,
        "new": 2,
        "replaced": 0,
        "entry": entries(office)[0].index,
        "digest": entries(office)[0].digest,
    }
    assert entries(office)[0].viewer == office.ids["oda"]
    (home, motor) = volume_store.read(
        office.system.stores.data, "claims", Period(dt.date(2026, 11, 1), dt.date(2026, 12, 1))
    )
    assert (home.received, home.open, motor.oldest_days) == (5, None, None)
    again = post(office, {"rows": [ROW]}).json
    assert (again["new"], again["replaced"], again["entry"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("who", "scope", "status"),
    [("oda", Scope.READ, 403), ("oda", Scope.INGEST, 403), ("ana", Scope.VOLUMES, 404), ("ben", Scope.VOLUMES, 404)],
)
def test_no_other_token_delivers(office: Any, who: str, scope: Scope, status: int) -> None:
    assert post(office, {"rows": [ROW]}, scope, who).status_code == status
    assert stored(office) == []


def test_a_token_that_delivers_reads_nothing(office: Any) -> None:
    token = office.system.tokens.issue(office.ids["ben"], "cases", {Scope.VOLUMES})
    headers = {"Authorization": f"Bearer {token}"}

    for address in ("/api/v1/me/days/2026-11-12", "/api/v1/team/claims/volumes?from=2026-11-01&to=2026-11-20"):
        assert office.app.test_client().get(address, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"rows": [ROW | {"agent": "Ben"}]}, 422, "says who did the work"),
        ({"rows": [ROW, ROW]}, 422, "already on row 1"),
        ({"rows": [ROW | {"in_time": 9}]}, 422, "9 of 4 completed"),
        ({"rows": [{"team": "Claims"}]}, 422, "column process: it is missing"),
        ({"rows": [ROW | {"open": 1.5}]}, 400, "This is no delivery"),
        ({"rows": ROW}, 400, "This is no delivery"),
        ([ROW], 400, "This is no delivery"),
        ({"rows": [], "by": "Ben"}, 400, "This is no delivery"),
    ],
)
def test_a_faulty_delivery_is_refused_with_row_and_fix(office: Any, body: Any, status: int, said: str) -> None:
    answer = post(office, body)

    assert answer.status_code == status
    assert said in answer.text
    assert stored(office) == []


def test_a_delivery_may_be_larger_than_a_form(office: Any) -> None:
    rows = [ROW | {"process": f"Process {number}"} for number in range(2000)]

    assert post(office, {"rows": rows}).json["new"] == 2000


def test_the_rows_of_a_team_come_as_json_with_the_days_of_their_delivery(office: Any) -> None:
    deliver(office)

    found = office.client("ben").get("/api/v1/team/claims/volumes?from=2026-11-17&to=2026-11-18").json

    assert found == {
        "team": "claims",
        "name": "Claims",
        "rows": [
            {"process": "Motor", "day": "2026-11-17", "received": 41, "completed": 38, "open": 112, "oldest_days": 9}
            | {"in_time": 35, "wrong": 2, "delivered_on": "2026-11-19"}
        ],
    }


def test_the_log_says_who_delivered_and_that_no_person_is_in_it(office: Any) -> None:
    deliver(office)
    post(office, {"rows": [ROW]})
    office.system.people.grant(office.ids["cleo"], Role.REVIEWER)
    page = office.client("cleo").get("/compliance/").text

    assert "numbers of cases, without a person" in page


def test_the_managers_page_begins_with_the_work(office: Any) -> None:
    deliver(office)
    page = office.client("ana").get("/team/").text

    assert page.index('href="/team/claims/work"') < page.index("/people/")
    assert "delivered on 19 Nov 2026" in page
