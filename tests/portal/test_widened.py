"""A wider policy: whoever had read a narrower one is shown what is more, says so once, and can read on meanwhile."""

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from auth.permissions import Role
from portal import policy_record
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import body_of, version_of
from tests.portal.conftest import Office

EMPLOYER, COUNCIL = PolicyKey.new("example/employer"), PolicyKey.new("example/council")
HEADING = "More is recorded, kept or seen than when you last read it"


@pytest.fixture
def changed(office: Office, clock: Any) -> Callable[..., None]:
    """Let a version with both signatures take effect, made of the one in force by replacing a line."""
    policy_record.settle(office.system)
    policy_record.agree(office.system, Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier)))

    def change(before: str, after: str) -> None:
        body = body_of(office.system.policies.now().text)
        assert before in body
        number, moment = office.system.policies.newest + 1, office.clock() + dt.timedelta(days=5)
        text = version_of(body.replace(before, after), number, office.system.organisation.origin, moment)
        policy_record.propose(office.system, text)
        policy_record.approve(office.system, number, [key.sign(text) for key in (EMPLOYER, COUNCIL)])
        clock.advance(days=6)
        office.system.policies.forget()
        for client in office.clients:
            office.clients[client].set_cookie("sameview", office.system.sessions.start(office.ids[client or ""]))

    return change


def told(office: Office, who: str, address: str = "/") -> str:
    found = office.client(who).get(address)
    assert found.status_code == 200
    return html.unescape(found.text)


def acknowledged(office: Office, who: str) -> list[int]:
    return [each.policy for each in office.entries(who) if each.outcome == "acknowledged"]


def test_what_is_more_is_shown_once_and_reading_goes_on(office: Office, changed: Any, form: Any) -> None:
    changed("months = 13", "months = 14")
    version = office.system.policies.now().version

    for address in ("/", "/me/access", "/me/weeks/2026-W46"):
        page = told(office, "ben", address)
        assert HEADING in page
        assert "Months that figures are kept: 14, it was 13." in page
    answer = form("ben", "/welcome", "/me/access", version=str(version), next="/me/access")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/access")
    assert HEADING not in told(office, "ben")
    assert HEADING in told(office, "eva")
    assert acknowledged(office, "ben")[-1] == version
    assert f"(policy {version})" in told(office, "ben", "/me/notices")


def test_a_narrower_version_asks_nobody(office: Office, changed: Any) -> None:
    changed("months = 13", "months = 12")

    assert HEADING not in told(office, "ben")


def test_versions_that_were_not_seen_add_up(office: Office, changed: Any) -> None:
    changed("months = 13", "months = 14")
    changed("months = 14", "months = 15")

    assert "Months that figures are kept: 15, it was 13." in told(office, "ben")


def test_what_was_widened_and_taken_back_asks_nobody(office: Office, changed: Any) -> None:
    changed("months = 13", "months = 14")
    changed("months = 14", "months = 13")

    assert HEADING not in told(office, "ben")


@pytest.mark.parametrize("version", ["99", "x", "-1"])
def test_no_version_that_is_not_there_is_acknowledged(office: Office, changed: Any, form: Any, version: str) -> None:
    changed("months = 13", "months = 14")

    answer = form("ben", "/welcome", "/", version=version)

    assert answer.status_code == 400
    assert HEADING in told(office, "ben")


def test_the_first_notice_is_in_the_log_with_the_version_that_it_was_of(
    office: Office, changed: Any, form: Any
) -> None:
    changed("months = 13", "months = 14")
    office.add("fred", Role.EMPLOYEE, acknowledged=False)
    page = office.client("fred").get("/welcome").text

    assert HEADING not in page
    shown = re.search(r'name="version" value="(\d+)"', page)
    assert shown is not None
    form("fred", "/welcome", version=shown[1])

    assert acknowledged(office, "fred") == [office.system.policies.now().version]
    assert HEADING not in told(office, "fred")


def test_an_invitation_acknowledges_the_version_that_holds(office: Office, changed: Any) -> None:
    changed("months = 13", "months = 14")
    office.add("fred", Role.EMPLOYEE, acknowledged=False)

    office.give_password("fred")

    assert acknowledged(office, "fred") == [office.system.policies.now().version]
