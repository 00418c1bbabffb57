"""Versions of the policy to come: announced with their differences, tried on one's own days, signed at home."""

import datetime as dt
import html
import io
import json
import re
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from analytics.imports import read_export
from auth.permissions import Role
from auth.tokens import Scope
from portal import policy_record, shapes
from portal.proposed import proposed, tried_on
from portal.recorded import notice
from privacy.capture import preset_text
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import body_of, version_of
from privacy.policy_versions import PolicyRow
from tests.policies import never
from tests.portal.conftest import Office

EMPLOYER, COUNCIL = PolicyKey.new("example/employer"), PolicyKey.new("example/council")
HOURS = '\n[[schedule]]\nname = "office"\nmonday = ["09:00-10:00"]\ntuesday = ["09:00-10:00"]\n'
LATE_SHIFT = '\n[[schedule]]\nname = "late"\nteams = ["Claims"]\nanytime = true\n'


@pytest.fixture
def signed(office: Office) -> Office:
    """The office in which employer and council have to sign; Cora is of the council."""
    policy_record.agree(office.system, Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier)))
    office.add("cora", Role.COUNCIL)
    return office


def text_of(office: Office, number: int, changed: str = "", preset: str | None = None, **ahead: float) -> str:
    body = body_of(office.system.policies.now().text) if preset is None else preset_text(preset)
    effective = office.clock() + dt.timedelta(**(ahead or {"days": 5}))
    return version_of(body + changed, number, office.system.organisation.origin, effective)


def propose(office: Office, text: str, *keys: PolicyKey) -> None:
    found = policy_record.propose(office.system, text)
    if keys:
        policy_record.approve(office.system, found.version, [key.sign(text) for key in keys])


def token_of(office: Office, who: str = "ben") -> dict[str, str]:
    return {"Authorization": f"Bearer {office.system.tokens.issue(office.ids[who], 'script', [Scope.READ])}"}


def take(office: Office, who: str = "ben") -> None:
    """Take two hours of a Monday: a spreadsheet, then the ERP."""
    nine = dt.datetime(2026, 11, 16, 8, tzinfo=dt.UTC)
    said = [{"app": "EXCEL.EXE", "title": "Canary one"}, {"app": "saplogon.exe", "title": "FB60 Canary two"}]
    events = [
        {"timestamp": (nine + dt.timedelta(hours=n)).isoformat(), "duration": 3600, "data": data}
        for n, data in enumerate(said)
    ]
    export = {"buckets": {"aw-watcher-window_pc": {"type": "currentwindow", "hostname": "pc", "events": events}}}
    office.system.intake.take(office.ids[who], read_export(io.BytesIO(json.dumps(export).encode())))


def shown(office: Office, who: str, address: str) -> str:
    found = office.client(who).get(address)
    assert found.status_code == 200
    text = re.sub(r"<svg.*?</svg>", " ", found.text.partition("<main")[2].partition("</main>")[0], flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def test_a_version_that_waits_is_announced_with_moment_signatures_and_differences(signed: Office) -> None:
    propose(signed, text_of(signed, 2, HOURS).replace("months = 13", "months = 14"), EMPLOYER)

    page = shown(signed, "ben", "/me/recorded")

    assert "Version 2 is proposed: with every signature it holds from 24 Nov 2026, 10:30 on." in page
    assert "example/employer has signed" in page
    assert "example/council has not signed" in page
    assert "Months that figures are kept: 14, it was 13. wider" in page
    assert "“office”: Monday to Tuesday 09:00-10:00. narrower" in page
    assert "Wider in 1, narrower in 1 of its changes: in part, more is recorded, kept or seen." in page


def test_an_accepted_version_is_announced_until_it_holds(signed: Office) -> None:
    propose(signed, text_of(signed, 2, HOURS), EMPLOYER, COUNCIL)

    before = shown(signed, "ben", "/me/recorded")
    signed.clock.advance(days=6)
    signed.clients.clear()  # the sign-in is over by then
    after = shown(signed, "ben", "/me/recorded")

    assert "Version 2 holds from 24 Nov 2026, 10:30 on." in before
    assert "has not signed" not in before
    assert "To come: version 2" in before
    assert "Not wider: not more is recorded, kept or seen." in before
    assert "To come" not in after


def test_a_version_whose_moment_passed_without_signatures_is_said_to_be_late(signed: Office) -> None:
    propose(signed, text_of(signed, 2, HOURS, hours=1), EMPLOYER)
    signed.clock.advance(hours=2)

    assert "and was not signed in time" in shown(signed, "ben", "/me/recorded")
    assert proposed(signed.system)[0].late


def test_without_a_version_to_come_nothing_is_announced(office: Office) -> None:
    page = shown(office, "ben", "/me/recorded")

    assert "To come" not in page
    assert "Proposed" not in page


def test_a_dry_run_counts_by_rule_and_by_category_and_shows_no_value(signed: Office) -> None:
    take(signed)
    propose(signed, text_of(signed, 2, never("sap", apps=["saplogon*"])), EMPLOYER)

    page = shown(signed, "ben", "/me/recorded/versions/2")

    assert "2 events are stored of 13 Nov to 19 Nov." in page
    assert "Sap dropped 1 It is nobody's business." in page
    assert re.search(r"Work > Spreadsheets 1h 1h\b", page)
    assert re.search(r"Work > [A-Z][\w ]+ 1h none", page)
    assert "No longer kept 1h" in page
    for value in ("Canary", "EXCEL", ".EXE"):
        assert value not in page
    assert "saplogon" not in page.partition("What changes")[0]


def test_a_dry_run_is_a_look_of_ones_own_and_of_nobody_elses_days(signed: Office) -> None:
    take(signed)
    propose(signed, text_of(signed, 2, HOURS), EMPLOYER)
    before = {who: len(signed.entries(who)) for who in signed.ids}

    page = shown(signed, "ben", "/me/recorded/versions/2")

    new = signed.entries("ben")[before["ben"] :]
    (dry,) = [each for each in new if "titles" in each.fields]
    assert (dry.viewer, dry.relation, dry.purpose) == (signed.ids["ben"], "self", "own_review")
    assert f"#{dry.index}" in page
    assert {who: len(signed.entries(who)) for who in signed.ids if who != "ben"} == {
        who: count for who, count in before.items() if who != "ben"
    }


def test_a_dry_run_says_what_nobody_can_count(signed: Office) -> None:
    take(signed)
    wider = text_of(signed, 2, '\n[[category]]\npath = ["Other"]\nregex = "FB60"\n' + never("x", titles=["Canary"]))
    propose(signed, wider, EMPLOYER)

    page = shown(signed, "ben", "/me/recorded/versions/2")

    assert "Of 6 days of these 7 nothing is stored" in page
    assert "What the changes marked “wider” would add: it was never stored" in page
    assert "The category rules are others. 2 windows and pages without a stored title stay where they were put" in page
    assert "The never-list looks at addresses and titles. Of 2 windows and pages they were never stored" in page


def test_a_dry_run_of_a_narrower_version_on_whole_days_has_no_such_sentences(signed: Office) -> None:
    take(signed)
    propose(signed, text_of(signed, 2, HOURS), EMPLOYER)

    page = shown(signed, "ben", "/me/recorded/versions/2")

    assert "marked “wider”" not in page
    assert "The category rules" not in page
    assert "The never-list" not in page


def test_somebody_without_days_is_told_that_there_is_nothing_to_try(signed: Office) -> None:
    propose(signed, text_of(signed, 2, HOURS), EMPLOYER)

    assert "Nothing is stored of these days" in shown(signed, "eva", "/me/recorded/versions/2")
    assert "Nothing is recorded of you" in shown(signed, "cora", "/me/recorded/versions/2")


def test_the_working_time_that_is_tried_is_that_of_the_persons_team(signed: Office) -> None:
    propose(signed, text_of(signed, 2, HOURS + LATE_SHIFT), EMPLOYER)
    (coming,) = proposed(signed.system)
    assert coming.policy is not None
    zone = signed.system.directory.zone(signed.ids["ben"])

    found = {who: tried_on(signed.system, signed.ids[who], coming.policy, zone).schedule.name for who in ("ben", "dan")}

    assert found == {"ben": "late", "dan": "office"}


def test_a_version_that_holds_is_shown_without_a_dry_run(signed: Office) -> None:
    page = shown(signed, "ben", "/me/recorded/versions/1")

    assert "It holds now." in page
    assert "last 7 days" not in page
    assert signed.client("ben").get("/me/recorded/versions/9").status_code == 404


def test_the_council_sees_versions_signatures_and_differences_and_opens_nobodys_days(signed: Office) -> None:
    take(signed)
    propose(signed, text_of(signed, 2, HOURS), EMPLOYER)
    size = signed.system.log.size

    page = shown(signed, "cora", "/compliance/policy")

    assert signed.system.log.size == size
    assert "example/council has not signed" in page
    assert "“office”: Monday to Tuesday 09:00-10:00. narrower" in page
    assert str(COUNCIL.verifier) in page
    assert "No figure over everybody" in page
    assert "Nobody opens a day without an entry in its person’s log" in page
    assert "Ben" not in page


def test_the_text_to_sign_is_the_text_byte_for_byte(signed: Office) -> None:
    text = text_of(signed, 2, HOURS)
    propose(signed, text, EMPLOYER)

    answer = signed.client("cora").get("/compliance/policy/2.toml")
    policy_record.approve(signed.system, 2, [COUNCIL.sign(answer.text)])

    assert answer.text == text
    assert answer.headers["Content-Disposition"] == "attachment; filename=version-2.toml"
    assert [each.accepted for each in proposed(signed.system)] == [True]
    assert signed.client("cora").get("/compliance/policy/3.toml").status_code == 404


def test_council_and_reviewers_see_the_page_and_nobody_else(signed: Office) -> None:
    for who, status in {"cora": 200, "cleo": 200, "ben": 404, "ana": 404, "oda": 404}.items():
        for address in ("/compliance/policy", "/compliance/policy/1.toml"):
            assert signed.client(who).get(address).status_code == status


def test_the_council_begins_at_the_policy(signed: Office) -> None:
    assert signed.client("cora").get("/").headers["Location"] == "/compliance/policy"


def test_a_waiting_text_that_was_changed_from_outside_is_named_and_signed_by_nobody(signed: Office) -> None:
    text = text_of(signed, 2, HOURS)
    propose(signed, text, EMPLOYER)
    with signed.system.stores.data.begin() as connection:
        wider = text.replace("months = 13", "months = 24")
        connection.execute(update(PolicyRow).where(PolicyRow.version == 2).values(text=wider))
    changed = shown(signed, "cora", "/compliance/policy")
    with signed.system.stores.data.begin() as connection:
        connection.execute(update(PolicyRow).where(PolicyRow.version == 2).values(text="nothing = true\n"))
    broken = shown(signed, "ben", "/me/recorded/versions/2")

    assert "example/employer has not signed" in changed
    assert "Its text cannot be read" in broken


def test_without_signers_the_page_says_that_settings_choose(office: Office) -> None:
    page = shown(office, "cleo", "/compliance/policy")

    assert "Nobody was agreed on: settings choose the policy." in page
    assert "Nothing is to come" in page


def test_what_a_setting_chose_before_keys_were_agreed_on_is_said_to_be_so(signed: Office) -> None:
    agreed: Any = notice(signed.system).agreement

    assert agreed.warning.startswith("Nobody has signed this policy: a setting chose it before example/employer and")
    assert "no setting changes it any more" in agreed.warning


def test_the_json_of_what_is_recorded_has_each_version_that_is_to_come(signed: Office) -> None:
    client = signed.client("ben")
    assert client.get("/api/v1/me/recorded").json["coming"] == []
    wider, narrower = text_of(signed, 2, preset="own_insight"), text_of(signed, 3, preset="strict", days=9)
    propose(signed, wider, EMPLOYER, COUNCIL)
    propose(signed, narrower, EMPLOYER)

    answer = client.get("/api/v1/me/recorded")
    first, second = msgspec.json.decode(answer.data, type=shapes.Recorded).coming

    assert (first.version, first.state, first.wider, first.text) == (2, "accepted", True, wider)
    assert first.since == (signed.clock() + dt.timedelta(days=5)).isoformat()
    assert first.missing == []
    assert (second.version, second.state, second.wider) == (3, "proposed", False)
    assert (second.signed, second.missing) == (["example/employer"], ["example/council"])
    page = html.unescape(client.get("/me/recorded").text)
    assert all(each.sentence in page for version in (first, second) for each in version.changes)
    signed.clock.advance(days=9)
    (late,) = signed.client("ben").get("/api/v1/me/recorded", headers=token_of(signed)).json["coming"]
    assert (late["version"], late["state"]) == (3, "late")
