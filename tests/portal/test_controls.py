"""What the employee controls: pauses, forgotten times, private applications; sealed, at once, and nobody else's."""

import datetime as dt
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from analytics.imports import read_export
from analytics.taking import OwnChange
from privacy.vault_store import SealedField

MONDAY = dt.datetime(2026, 11, 16, 8, tzinfo=dt.UTC)  # nine in Berlin


def desk(first: dt.datetime = MONDAY, hours: int = 2, app: str = "EXCEL.EXE") -> dict[str, Any]:
    """Return what a desk recorded: an event every ten minutes, and somebody there all the time."""
    times = [first + dt.timedelta(minutes=10 * n) for n in range(6 * hours)]
    windows = [{"timestamp": at.isoformat(), "duration": 600, "data": {"app": app, "title": str(at)}} for at in times]
    presence = {"timestamp": first.isoformat(), "duration": 3600 * hours, "data": {"status": "not-afk"}}
    return {
        "buckets": {
            "window": {"type": "currentwindow", "hostname": "pc", "events": windows},
            "afk": {"type": "afkstatus", "hostname": "pc", "events": [presence]},
        }
    }


def bring(office: Any, who: str, recorded: dict[str, Any] | None = None) -> Any:
    """Import what a desk recorded, as the command line does."""
    export = read_export(io.BytesIO(json.dumps(recorded or desk()).encode()))
    return office.system.intake.take(office.ids[who], export)


@pytest.fixture
def eva(office: Any) -> Any:
    """Eva, who has two hours of Monday."""
    bring(office, "eva")
    return office.client("eva")


def active(office: Any, day: str = "2026-11-16") -> Any:
    return office.client("eva").get(f"/api/v1/me/days/{day}").json["payload"]


def forget(form: Callable[..., Any], start: str, end: str, who: str = "eva") -> Any:
    return form(who, "/me/forget", "/me/forget", **{"from": start, "to": end})


def test_what_is_forgotten_is_gone_at_once_and_stays_out(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    assert active(office)["fields"]["active_time"] == {"active_seconds": 7200}

    answer = forget(form, "2026-11-16T09:30", "2026-11-16T10:00")
    page = eva.get("/me/forget").text
    bring(office, "eva")

    assert answer.status_code == 302
    assert "Forgotten. 4 events went" in page
    fields = active(office)["fields"]
    assert fields["active_time"] == {"active_seconds": 5400}
    assert fields["capture_ledger"]["not_captured"] == {"forgotten": 1800}
    drawn = eva.get("/me/days/2026-11-16").text
    assert 'class="veil"' in drawn
    assert "Private" in drawn


def test_what_would_go_is_counted_by_day_without_values(office: Any, eva: Any) -> None:
    page = eva.get("/me/forget?from=2026-11-16T09:30&to=2026-11-16T10:00")

    main = page.text[page.text.index("<main") :]
    assert page.status_code == 200
    assert "16 November" in main
    assert "4 events" in main
    assert "EXCEL" not in main
    assert active(office)["fields"]["active_time"] == {"active_seconds": 7200}


def test_the_page_says_from_when_on_no_backup_has_it(office: Any, eva: Any) -> None:
    """November is kept for 13 months after it; a backup of the keys from before is worthless 30 days later."""
    assert "31 Jan 2028" in eva.get("/me/forget").text


@pytest.mark.parametrize(
    ("start", "end", "status", "words"),
    [
        ("2026-11-13T09:00", "2026-11-13T10:00", 409, "A week is yours to change until 48 hours after its end"),
        ("2026-11-13T09:00", "2026-11-16T10:00", 409, "every day from 16 Nov 2026 on"),
        ("2026-11-19T10:00", "2026-11-19T13:00", 400, "still to come"),
        ("2026-11-16T10:00", "2026-11-16T09:00", 400, "ends before it begins"),
        ("yesterday", "2026-11-16T09:00", 400, "Write a day and a time"),
        ("0001-01-01T00:00", "2026-11-16T09:00", 400, "no time of yours"),
    ],
)
def test_what_cannot_be_forgotten_is_refused_with_the_reason(
    office: Any, eva: Any, form: Callable[..., Any], start: str, end: str, status: int, words: str
) -> None:
    field = "to" if words in ("still to come", "ends before it begins") else "from"
    for answer in (forget(form, start, end), eva.get(f"/me/forget?from={start}&to={end}")):
        assert answer.status_code == status
        assert re.search(rf'<p class="wrong" id="d-{field}">[^<]*{words}', answer.text)
        assert f'value="{start}"' in answer.text
        assert f'value="{end}"' in answer.text
    assert active(office)["fields"]["active_time"] == {"active_seconds": 7200}


def test_last_week_can_be_changed_until_its_grace_is_over(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    friday = ("2026-11-20T09:00", "2026-11-20T10:00")
    office.clock.now = dt.datetime(2026, 11, 24, 22, 59, tzinfo=dt.UTC)
    office.clients.clear()
    assert forget(form, *friday).status_code == 302

    office.clock.advance(minutes=1)

    assert forget(form, *friday).status_code == 409


def test_a_pause_runs_out_or_is_ended_and_every_page_says_so(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    form("eva", "/me/pause", "/", length="30", next="/me/recorded")
    for page in ("/", "/me/recorded", "/me/forget"):
        assert '<span>Paused</span><b class="vh">until 19 Nov 2026, 11:00' in eva.get(page).text
    office.clock.advance(minutes=10)

    ended = form("eva", "/me/resume", "/", next="/me/recorded")
    again = form("eva", "/me/resume", "/")

    assert ended.location == "/me/recorded"
    assert again.status_code == 302
    assert "There was no pause" in eva.get("/me/forget").text
    assert "10m</a> paused today" in eva.get("/me/forget").text


def test_the_allowance_of_the_policy_is_counted_and_shown(
    office: Any, eva: Any, form: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted, never enforced: a pause is nobody's to refuse."""
    policy = replace(office.system.policies.now(), private_minutes=20)
    monkeypatch.setattr(office.system.policies, "now", lambda: policy)
    form("eva", "/me/pause", "/", length="30")
    office.clock.advance(minutes=25)

    page = eva.get("/").text

    assert "25m</a> of the 20 minutes a day that the policy allows without a reason" in page


def test_a_pause_until_tomorrow_ends_with_the_persons_day(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    form("eva", "/me/pause", "/", length="tomorrow")

    assert "20 Nov 2026, 00:00" in eva.get("/").text


def test_what_comes_of_a_paused_time_is_not_kept(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    form("eva", "/me/pause", "/", length="60")
    office.clock.advance(minutes=60)

    bring(office, "eva", desk(office.clock() - dt.timedelta(hours=2)))

    assert active(office, "2026-11-19")["fields"]["active_time"] == {"active_seconds": 3600}
    assert "Paused" in eva.get("/").text


def test_a_day_of_which_all_was_paused_is_marked_and_not_zero(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    forget(form, "2026-11-16T00:00", "2026-11-17T00:00")

    payload = active(office)
    page = eva.get("/me/days/2026-11-16").text

    assert payload["marks"]["active_time"] == "private"
    assert "active_time" not in payload["fields"]
    assert "You marked this time as private" in page


def test_a_private_application_is_dropped_from_then_on(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    form("eva", "/me/private-apps", "/me/forget", apps="solitaire.exe\n  \nFirefox")
    tuesday = MONDAY + dt.timedelta(days=1)
    report = bring(office, "eva", desk(tuesday, 1, "Solitaire"))

    payload = active(office, "2026-11-17")
    assert payload["fields"]["capture_ledger"]["dropped"] == {"private-app": 6}
    assert report.dropped == {}  # whoever runs the command learns nothing of it
    assert "Firefox\nsolitaire.exe" in eva.get("/me/forget").text
    assert "You keep this application private" in eva.get("/me/recorded?day=2026-11-17").text


def test_a_list_that_is_too_long_is_refused_and_still_there(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    answer = form("eva", "/me/private-apps", "/me/forget", apps="\n".join(f"app {n}" for n in range(101)))

    assert answer.status_code == 400
    assert "app 100" in answer.text
    assert "app 100" not in eva.get("/me/forget").text


def test_its_relay_is_told(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    form("eva", "/me/pause", "/", length="15")
    forget(form, "2026-11-16T09:30", "2026-11-16T10:00")
    form("eva", "/me/private-apps", "/me/forget", apps="Firefox")
    token = office.system.tokens.issue(office.ids["eva"], "desk", {"ingest"})

    told = office.app.test_client().get("/api/v1/relay/policy", headers={"Authorization": f"Bearer {token}"}).json

    noon = int(office.clock().timestamp()) * 1_000_000
    monday = int(MONDAY.timestamp()) * 1_000_000
    assert told["paused"] == [[noon, noon + 900_000_000]]
    assert told["forgotten"] == [[monday + 1_800_000_000, monday + 3_600_000_000]]
    assert told["private_apps"] == ["Firefox"]


def test_the_manager_sees_that_nothing_was_captured_and_never_why(office: Any, form: Callable[..., Any]) -> None:
    """Eva forgot Thursday and paused on Friday: Ana gets the totals of three days, as if two had been days off."""
    for n in range(5):
        bring(office, "eva", desk(MONDAY + dt.timedelta(days=n)))
    office.clock.now = dt.datetime(2026, 11, 20, 16, tzinfo=dt.UTC)
    office.clients.clear()
    forget(form, "2026-11-19T00:00", "2026-11-20T17:00")
    form("eva", "/me/pause", "/", length="60")
    office.clock.now = dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)
    office.clients.clear()
    week = f"team/claims/people/{office.ids['eva']}/weeks/2026-W47?purpose=one_to_one"

    payload = office.client("ana").get(f"/api/v1/{week}").json["payload"]
    page = office.client("ana").get(f"/{week}").text

    assert payload["fields"]["active_time"] == {"active_seconds": 3 * 7200}
    assert (set(payload["fields"]), payload["marks"]) == ({"active_time", "categories", "focus"}, {})
    main = page[page.index("<main") : page.index("</main>")].lower()
    assert not [word for word in ("pause", "forg", "private", "veil") if word in main]


def test_a_reviewer_does_not_see_that_or_when_it_was_done(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    before = office.system.log.size
    form("eva", "/me/pause", "/", length="15")
    forget(form, "2026-11-16T09:30", "2026-11-16T10:00")
    form("eva", "/me/private-apps", "/me/forget", apps="Firefox")

    page = office.client("cleo").get("/compliance/?by=all").text
    new = [each for each in office.entries("eva") if each.index >= before]
    done = [each for each in new if each.outcome in ("paused", "forgotten", "private-apps")]
    assert [(each.outcome, each.chain) for each in done] == [
        ("paused", "self"),
        ("forgotten", "self"),
        ("private-apps", "self"),
    ]
    assert not [word for word in ("paused what", "forgotten", "kept private") if word in page]


def test_no_plain_column_tells_that_or_when_somebody_paused(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    """One row of one size under a day that says nothing, whether there was one pause or many."""
    query = select(SealedField.__table__).where(SealedField.field == "own_times")

    def rows() -> list[Any]:
        with office.system.stores.data.connect() as connection:
            return [
                (row.day, row.tier, row.sequence, row.key_epoch, len(row.sealed)) for row in connection.execute(query)
            ]

    form("eva", "/me/private-apps", "/me/forget", apps="Firefox")
    first = rows()
    form("eva", "/me/pause", "/", length="15")
    once = rows()
    for n in range(40):
        span = (n * 10_000_000_000, n * 10_000_000_000 + 9_000_000_000)
        change = OwnChange("session:x", "forgotten", lambda kept, span=span: kept.forgetting(*span))
        office.system.intake.change_own(office.ids["eva"], change)

    assert rows() == once == first
    assert first[0][0] == dt.date(1900, 1, 1)


def test_the_log_agrees_with_what_is_stored_after_all_of_it(office: Any, eva: Any, form: Callable[..., Any]) -> None:
    form("eva", "/me/pause", "/", length="15")
    forget(form, "2026-11-16T09:30", "2026-11-16T10:00")
    form("eva", "/me/resume", "/")

    from portal import verifying

    assert list(verifying.verify(office.system).problems) == []
