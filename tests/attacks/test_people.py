"""An administrator changes the plain row of somebody: address, wishes, and the clock by which they live."""

import datetime as dt
from typing import Any

import pytest

from auth.permissions import Role
from auth.wishes import Wish
from portal import person_stamps
from portal.checks import inspect
from tests.attacks.conftest import DATA, Attacked
from tests.attacks.test_granted import grant, opens
from tests.attacks.test_relations import permitted
from tests.meetings import meet
from tests.portal.test_mailing import MONDAY, postbox, send, server

__all__ = ["postbox", "server"]

NAMED = "were not written by the portal"
NOT_YET = 409
TUESDAY = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)  # the grace of week 47 ends at 23:00 UTC


@pytest.fixture
def office(attacked: Attacked) -> Any:
    """The office under the name that the server of mails asks for."""
    return attacked.office


def change(attacked: Attacked, columns: str, who: str = "ben") -> None:
    attacked.sql(f"UPDATE person SET {columns} WHERE subject_id = ?", attacked[who])  # noqa: S608 - from this file


def is_named(attacked: Attacked, who: str = "ben") -> bool:
    return any(f"person {attacked[who]}: " in each and NAMED in each for each in attacked.verify())


def week(attacked: Attacked, number: int) -> int:
    attacked.office.clients.clear()
    where = f"/team/claims/people/{attacked['ben']}/weeks/2026-W{number}?purpose=one_to_one"
    return attacked.office.client("ana").get(where).status_code


@pytest.mark.parametrize("wanted", [Wish.RECAP, Wish.LOOKS])
def test_another_address_and_wish_bring_no_mail_and_are_named(attacked: Attacked, postbox: Any, wanted: Wish) -> None:
    attacked.office.clock.now = MONDAY - dt.timedelta(days=1, hours=-4)
    meet(attacked.system, attacked["ben"], attacked["ana"], MONDAY.date())
    attacked.look()
    attacked.office.clock.now = MONDAY

    change(attacked, f"wishes = '{wanted}', email = 'mallory@evil.example'")

    sent, said = send(attacked.office)
    assert (sent, postbox.messages) == (0, [])
    assert [NAMED in each for each in said] == [True]
    assert is_named(attacked)
    assert any(NAMED in each.what for each in inspect(attacked.system))
    assert attacked.office.client("ben").get("/").status_code == 200


@pytest.mark.parametrize("columns", ["wishes = NULL", "mailed = '2026-11-16'", "\"left\" = '2026-11-01'"])
def test_a_wish_taken_away_is_named(attacked: Attacked, columns: str) -> None:
    attacked.system.people.wish(attacked["ben"], [Wish.LOOKS])
    assert attacked.verify() == []

    change(attacked, columns)

    assert is_named(attacked)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_another_time_zone_opens_no_week_earlier_nor_later_and_is_named(attacked: Attacked, zone: str) -> None:
    attacked.office.clock.now = TUESDAY
    assert (week(attacked, 46), week(attacked, 47)) == (200, NOT_YET)

    change(attacked, f"timezone = '{zone}'")

    assert (week(attacked, 46), week(attacked, 47)) == (403, 403)
    entry = attacked.office.entries("ben")[-1]
    assert (entry.viewer, entry.outcome) == (attacked["ana"], "refused")
    assert is_named(attacked)


def test_another_time_zone_reopens_no_grant(attacked: Attacked) -> None:
    given = grant(attacked, "ana", days=1)
    assert opens(attacked, "ana", given)
    attacked.office.clock.now = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
    attacked.office.clients.clear()
    assert not opens(attacked, "ana", given)

    change(attacked, "timezone = 'Pacific/Pago_Pago'")

    assert not opens(attacked, "ana", given)
    assert is_named(attacked)


def test_a_grant_of_or_to_a_changed_person_opens_nothing(attacked: Attacked) -> None:
    given = grant(attacked)
    assert opens(attacked, "gus", given)

    change(attacked, "email = 'gus@evil.example'", "gus")

    assert not opens(attacked, "gus", given)
    assert attacked.office.entries("ben")[-1].outcome == "refused"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM former_zone",
        "UPDATE former_zone SET until = '2026-11-01'",
        "UPDATE former_zone SET timezone = 'Pacific/Kiritimati'",
    ],
)
def test_a_former_zone_taken_away_ends_no_grace_and_is_named(attacked: Attacked, statement: str) -> None:
    attacked.office.clock.now = TUESDAY
    with attacked.system.people.changing(None) as changes:
        changes.update(attacked["ben"], timezone="Pacific/Kiritimati")
    assert week(attacked, 47) == NOT_YET
    assert attacked.verify() == []

    attacked.sql(statement)

    assert week(attacked, 47) == 403
    assert is_named(attacked)


def test_a_changed_manager_reviewer_or_operator_keeps_their_own_pages_and_no_more(attacked: Attacked) -> None:
    attacked.system.people.grant(attacked["ana"], Role.REVIEWER)
    assert permitted(attacked, "ana", "ben")

    change(attacked, "timezone = 'Pacific/Kiritimati'", "ana")

    assert not permitted(attacked, "ana", "ben")
    directory = attacked.system.directory
    assert directory.roles(attacked["ana"]) <= {Role.EMPLOYEE, Role.MANAGER}
    assert (directory.managed(attacked["ana"]), directory.reviewer_since(attacked["ana"])) == ((), None)
    assert attacked.office.client("ana").get("/").status_code == 200


def test_no_later_change_makes_a_forged_row_genuine_but_a_vouched_one_is(attacked: Attacked) -> None:
    change(attacked, "wishes = 'recap', email = 'mallory@evil.example'")
    people = attacked.system.people

    people.speak(attacked["ben"], "de")
    people.wish(attacked["ben"], [Wish.RECAP, Wish.LOOKS])
    with people.changing(None) as changes:
        changes.update(attacked["ben"], timezone="Europe/Vienna", email="ben@example.org")
    assert is_named(attacked)

    with people.changing(None) as changes:
        changes.vouch(attacked["ben"])
    assert attacked.verify() == []
    found = people.get(attacked["ben"])
    assert found is not None
    assert found.wishes is None


def test_stamps_taken_away_are_not_made_anew_by_migrating(attacked: Attacked) -> None:
    """That everybody was stamped once is an entry, so that nobody is stamped as somebody else has left them."""
    assert person_stamps.settle(attacked.system) == 0

    attacked.sql("UPDATE person SET stamp = NULL, former_zones = NULL")
    attacked.sql("UPDATE person SET email = 'mallory@evil.example' WHERE subject_id = ?", attacked["ben"])

    assert person_stamps.settle(attacked.system) == 0
    assert is_named(attacked)


def test_stamps_and_the_entry_about_them_taken_away_are_named_by_the_log_alone(attacked: Attacked) -> None:
    """Whoever writes to the log as well gets everybody stamped anew: what is missing in the log stays missing."""
    number = attacked.system.log.size
    person_stamps.settle(attacked.system)
    attacked.sql("UPDATE person SET stamp = NULL, former_zones = NULL")
    attacked.sql("UPDATE person SET email = 'mallory@evil.example' WHERE subject_id = ?", attacked["ben"])
    attacked.log_sql('DELETE FROM entry WHERE "index" = ?', number)

    assert person_stamps.settle(attacked.system) > 0

    assert not is_named(attacked)
    assert any(f"entry {number}" in each for each in attacked.verify())


def test_not_detected_the_row_of_an_earlier_day_put_back(attacked: Attacked) -> None:
    """It is genuine, and the log has no values of addresses and wishes: what was right then is taken as right now."""
    attacked.system.people.wish(attacked["ben"], [Wish.RECAP])
    before = attacked.copy(DATA)
    attacked.system.people.wish(attacked["ben"], [])

    attacked.put_back(before)

    assert attacked.verify() == []


def test_not_detected_another_name(attacked: Attacked) -> None:
    """It opens nothing: the person sees it on their pages."""
    change(attacked, "name = 'Benjamin'")

    assert attacked.verify() == []
