"""Targets of a team: a band with reasons, comments before it takes effect, one page for everybody, and no person."""

import datetime as dt
import html
import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from analytics import models
from analytics.target_aims import Seen
from analytics.targets import Terms
from auth.permissions import Role
from portal import create_app, releases, target_figures, targets, verifying, volumes
from portal.config import Config
from portal.wiring import build
from privacy.access_log import Filter
from privacy.log_entries import TARGET_ANNOUNCED, LogUnavailable
from tests.portal.target_forms import BASE, UTILISATION, announce, change, fields, text

NOVEMBER = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)


def entries(office: Any) -> list[str]:
    found = office.system.log.read(Filter()).entries
    return [each.outcome for each in reversed(found) if each.outcome.startswith("target-") and each.subject is None]


def rows(office: Any) -> int:
    with office.system.stores.data.connect() as connection:
        return len(connection.execute(select(models.TargetAct.__table__)).all())


def deliver(office: Any, in_time: int = 45) -> None:
    days = [dt.date(2026, 11, 2) + dt.timedelta(days=n) for n in range(15)]
    lines = [f"Claims,Motor,{day},50,50,112,9,{in_time},2\n" for day in days if day.weekday() < 5]
    file = "team,process,day,received,completed,open,oldest_days,in_time,wrong\n" + "".join(lines)
    volumes.deliver(office.system, lambda reader: reader.csv(io.BytesIO(file.encode())), None)


def test_a_target_is_announced_with_its_reason_and_everybody_in_the_team_is_told(office: Any, form: Any) -> None:
    answer = announce(form, office)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}/1")
    for who in ("ben", "eva", "ana"):
        page = text(office, who, f"{BASE}/1")
        assert "45% to 60%" in page
        assert UTILISATION["reason"] in page
        assert UTILISATION["benefit"] in page
        assert "It is announced, and not in effect yet" in page
        assert "announced a target for the team Claims. It takes effect on 27 November 2026" in text(
            office, who, "/me/notices"
        )
    assert entries(office) == [TARGET_ANNOUNCED]
    assert not verifying.verify(office.system).problems


def test_members_managers_and_planners_read_the_same_and_others_find_nothing(office: Any, form: Any) -> None:
    announce(form, office)
    office.add("pia", Role.PLANNER)

    def seen(who: str, address: str) -> str:
        page = office.client(who).get(address).text
        return page.partition('<div class="two targets">')[2].partition("</main>")[0]

    assert seen("ben", BASE) == seen("eva", BASE) == seen("ana", BASE) == seen("pia", BASE) != ""
    for who in ("dan", "gus", "cleo", "oda"):
        for address in (BASE, f"{BASE}/1", "/api/v1/team/claims/targets"):
            assert office.client(who).get(address).status_code == 404
    for who in ("ben", "pia", "gus"):
        assert office.client(who).get(f"{BASE}/new").status_code == 404
        assert office.client(who).get(f"{BASE}/1/change").status_code == 404


WRONG = [
    ({"measure": ""}, "Choose what the target is about."),
    ({"measure": "apps"}, "Choose what the target is about."),
    ({"measure": "in_time:Motor"}, "Choose what the target is about."),  # nothing was delivered
    ({"low": "60", "high": "45"}, "The band ends above where it begins"),
    ({"low": "50", "high": "50"}, "The band ends above where it begins"),
    ({"low": ""}, "Write where the band begins."),
    ({"high": "ten"}, "Write per cent as a whole number."),
    ({"high": "120"}, "The band ends at 100 % at the most."),
    ({"measure": "focus_time", "low": "1:00", "high": "9:00"}, "The band ends at 4:00 at the most."),
    ({"reason": " "}, "a target without a reason cannot be announced"),
    ({"benefit": ""}, "what it brings the people concerned: a target without that"),
    ({"reason": "x" * 601}, "At most 600 characters; these are 601."),
    ({"reason": "so\u202eso"}, "U+202E"),
    ({"benefit": "Then ben@example.org has less to do."}, "This names somebody."),
    ({"owner": "ben"}, "Choose a manager of the team"),
    ({"effective": "2026-11-19"}, "A target takes effect on a day to come."),
    ({"effective": "2026-11-01"}, "A target takes effect on a day to come."),
    ({"effective": "2026-11-26"}, "People have 5 working days to comment first: 27 November 2026 at the earliest."),
    ({"effective": "2028-01-01", "review": "2028-02-01"}, "more than a year ahead"),
    ({"effective": "soon"}, "A day is written like"),
    ({"review": "2026-11-27"}, "It is looked at again after it took effect."),
    ({"review": "2028-11-27"}, "within a year of taking effect"),
]


@pytest.mark.parametrize(
    ("changed", "said"), WRONG, ids=[f"{next(iter(each))}-{n}" for n, (each, _) in enumerate(WRONG)]
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    office: Any, form: Any, changed: dict[str, str], said: str
) -> None:
    changed = {key: office.ids.get(value, value) for key, value in changed.items()}
    answer = announce(form, office, **changed)
    page = html.unescape(answer.text)

    assert answer.status_code == 422
    assert said in page
    assert page.count('aria-invalid="true"') == 1
    kept = {key: value for key, value in fields(office, **changed).items() if key in ("reason", "benefit")}
    assert all(value.strip() in page for value in kept.values())
    assert rows(office) == 0
    assert entries(office) == []


def test_all_that_is_wrong_is_said_at_once(office: Any, form: Any) -> None:
    page = announce(form, office, low="", reason="", review="2026-01-01").text

    assert page.count('aria-invalid="true"') == 3


def test_a_second_target_about_the_same_is_refused_until_the_first_has_ended(office: Any, form: Any) -> None:
    announce(form, office)

    refused = announce(form, office)
    ended = form("ana", f"{BASE}/1/end", f"{BASE}/1", seen="1", ended="The month is over.")

    assert (refused.status_code, ended.status_code) == (422, 303)
    assert "There is a target about this already" in refused.text
    assert announce(form, office).headers["Location"] == f"{BASE}/2"
    assert "The month is over." in text(office, "ben", f"{BASE}/1")
    assert not verifying.verify(office.system).problems


def test_call_centre_numbers_are_announced_only_once_the_warning_was_read_and_it_stays(office: Any, form: Any) -> None:
    high = {"low": "70", "high": "85"}
    unread = announce(form, office, **high)

    assert unread.status_code == 422
    assert "These are call-centre numbers. Near 50% is normal for back-office work" in unread.text
    assert rows(office) == 0

    announce(form, office, **high, **{"warned": "call-centre/None/None unseen/None/None"})

    for who in ("ana", "ben"):
        assert "These are call-centre numbers." in text(office, who, f"{BASE}/1")
        assert "Warned" in text(office, who, BASE)


def test_a_band_outside_of_what_the_process_does_is_warned_of_with_its_figures(office: Any, form: Any) -> None:
    deliver(office)
    about = {"measure": "in_time:Motor", "low": "96", "high": "100", "warned": ""}
    unread = announce(form, office, **about)

    assert unread.status_code == 422
    assert "own figure lay between 90% and 90% over the last weeks" in unread.text
    assert announce(form, office, **about | {"low": "85", "high": "95"}).status_code == 303, "no warning, no tick"


def test_a_released_figure_is_what_a_band_is_held_against(released_home: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(released_home, tmp_path / "home"))
    system = build(Config(home=home), lambda: NOVEMBER)
    latest = releases.of_unit(system, "east", releases.FOUR_WEEKS, 3)
    bounds = [each.content["measures"]["active_time"]["cells"][0] for each in latest]

    seen = target_figures.seen(system, "east", "active_time", "", NOVEMBER.date())
    small = target_figures.seen(system, "small", "active_time", "", NOVEMBER.date())
    system.close()

    assert seen == Seen(min(each["low"] for each in bounds), max(each["high"] for each in bounds))
    assert small is None, "too small a team has no released figure"


def test_the_page_of_a_released_figure_draws_its_band_and_says_why_it_changed(
    released_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(released_home, tmp_path / "home"))
    system = build(Config(home=home), lambda: NOVEMBER)
    head, member = (system.people.find(f"{name}@example.org").subject for name in ("east0", "east1"))
    days = (dt.date(2026, 11, 27), dt.date(2027, 2, 26))
    terms = Terms("utilisation", "", 45, 60, "Why.", "What for.", head, *days)
    targets.announce(system, "east", head, terms)
    targets.announce(system, "east", head, replace(terms, low=40, change="Two are in training."), 1, 1)
    app = create_app(system)
    client = app.test_client()
    client.set_cookie("sameview", system.sessions.start(member))

    page = html.unescape(client.get("/team/east/figures").text)
    system.close()

    assert "targettrack" in page.partition("h-utilisation")[2].partition("</section>")[0]
    assert "40% to 60%; before, it was 45% to 60%." in page
    assert "Two are in training." in page
    assert page.count("targettrack") == 1


def test_a_change_needs_its_own_reason_and_every_page_that_draws_it_says_why(office: Any, form: Any) -> None:
    announce(form, office)
    assert "a change has a reason of its own" in change(form, office, low="40").text
    assert "Nothing would change" in change(form, office, change="It is time.").text

    why = "Two colleagues are in training until spring."
    assert change(form, office, low="40", change=why).status_code == 303

    office.clock.now = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
    office.clients.clear()
    for address in (BASE, f"{BASE}/1"):
        page = text(office, "ben", address)
        assert "45% to 60%" in page
        assert "Why will this change?" in page
        assert why in page
    office.clock.now = dt.datetime(2026, 12, 18, 9, tzinfo=dt.UTC)
    office.clients.clear()
    for address in (BASE, f"{BASE}/1"):
        page = text(office, "ben", address)
        assert "Why did this change?" in page
        assert "it is 40% to 60%; before, it was 45% to 60%." in page
        assert why in page
    assert not verifying.verify(office.system).problems


def test_what_changed_meanwhile_is_a_conflict_and_what_was_typed_stays(office: Any, form: Any) -> None:
    announce(form, office)
    change(form, office, low="40", change="First.")

    late = change(form, office, seen="1", low="42", change="Second, and late.")

    assert late.status_code == 409
    assert "The target has changed since you opened this page" in late.text
    assert "Second, and late." in late.text
    assert rows(office) == 2


def test_without_the_log_no_target(office: Any, form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_draft: object) -> int:
        raise LogUnavailable("no space left on device")

    monkeypatch.setattr(office.system.gate, "record", full)

    assert announce(form, office).status_code == 503
    assert rows(office) == 0


def test_a_manager_who_is_new_listens_and_can_announce_nothing(office: Any, form: Any) -> None:
    with office.system.people.changing(office.ids["oda"]) as changes:
        changes.appoint(office.ids["gus"], "claims")
    office.clients.clear()

    page = text(office, "gus", BASE)
    refused = announce(form, office, "gus", owner=office.ids["gus"])

    assert "You listen first" in page
    assert "no target before 3 Dec 2026" in page
    assert refused.status_code == 409
    assert "Listening comes first: you can announce targets from 3 December 2026 on." in refused.text
    assert announce(form, office).status_code == 303, "whoever has managed for longer can"
    office.clock.now = dt.datetime(2026, 12, 3, 9, tzinfo=dt.UTC)
    office.clients.clear()
    later = {
        "measure": "focus_time",
        "low": "1:00",
        "high": "2:00",
        "effective": "2027-01-11",
        "owner": office.ids["gus"],
    }
    assert announce(form, office, "gus", **later).status_code == 303


def test_a_team_without_a_target_says_that_none_is_needed(office: Any) -> None:
    assert "There is no target" in text(office, "ben", BASE)


def test_the_json_is_what_the_page_says(office: Any, form: Any) -> None:
    announce(form, office)
    found = office.client("ben").get("/api/v1/team/claims/targets").json

    (target,) = found["targets"]
    assert (target["measure"], target["state"], target["asked"], target["unit"]) == (
        "utilisation",
        "announced",
        None,
        "percent",
    )
    (version,) = target["versions"]
    assert (version["low"], version["high"], version["owner"], version["warned"]) == (45, 60, "Ana", ["unseen"])
    assert version["digest"] in text(office, "ben", f"{BASE}/1")
    assert targets.board(office.system, "claims").broken == []
