"""A person's row is what the portal wrote, whatever changed it; what somebody else wrote there shows."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from auth import genuine
from auth.genuine import Former
from auth.invitations import Invitations, Kind
from auth.passwords import PasswordHasher
from auth.wishes import Wish
from tests.auth.conftest import STAMPS, VIENNA, Office


def named(office: Office) -> list[str]:
    with office.stores.data.connect() as connection:
        return list(genuine.problems(connection, STAMPS))


def sql(office: Office, statement: str, **values: Any) -> None:
    with office.stores.data.begin() as connection:
        connection.execute(text(statement), values)


def test_every_change_of_the_portal_keeps_the_row_genuine(office: Office, hasher: PasswordHasher, clock: Any) -> None:
    ben = office.hire("Ben", "Claims")
    links = Invitations(office.stores.data, office.journal, hasher, clock, STAMPS)
    for kind in (Kind.INVITATION, Kind.RESET):
        links.accept(links.issue(ben, kind), "seven quiet lamps on tin", "192.0.2.7")
        assert (named(office), office.directory.acknowledged(ben)) == ([], True)
    with office.people.changing(None) as changes:
        changes.update(ben, email="benjamin@example.org", timezone="Pacific/Niue", joined=dt.date(2026, 1, 1))
        changes.update(ben, timezone=VIENNA)
        changes.leave(ben, clock().date())
        changes.stay(ben)
    office.people.acknowledge(ben, 1)
    office.people.wish(ben, list(Wish))
    for kind in (Wish.RECAP, Wish.LOOKS):
        office.people.mailed(ben, kind, clock().date())
    assert (named(office), office.directory.is_genuine(ben)) == ([], True)

    with office.people.changing(None) as changes:
        changes.erase(ben)
    assert named(office) == []


@pytest.mark.parametrize(
    "change",
    [
        "email = 'mallory@evil.example'",
        "timezone = 'Pacific/Niue'",
        "joined = '2026-01-01'",
        "\"left\" = '2030-01-01'",
        "acknowledged_policy = 1",
        "wishes = 'recap'",
        "mailed = '2030-01-01'",
        "looks_mailed = '2030-01-01'",
        "former_zones = NULL",
        "stamp = NULL",
    ],
)
def test_each_column_that_was_changed_from_outside_shows(office: Office, change: str) -> None:
    ben = office.hire("Ben")
    with office.people.changing(None) as changes:
        changes.update(ben, timezone="Europe/Berlin")

    sql(office, f"UPDATE person SET {change} WHERE subject_id = :ben", ben=ben)  # noqa: S608 - the table above

    assert named(office) == [genuine.changed(ben)]
    assert not office.directory.is_genuine(ben)
    assert {"Etc/GMT+12", "Etc/GMT-14"} <= set(map(str, office.directory.zones(ben, dt.date(2026, 11, 23))))


def test_accepting_an_invitation_makes_no_forged_row_genuine(
    office: Office, hasher: PasswordHasher, clock: Any
) -> None:
    ben = office.hire("Ben")
    links = Invitations(office.stores.data, office.journal, hasher, clock, STAMPS)
    token = links.issue(ben, Kind.INVITATION)
    sql(office, "UPDATE person SET wishes = 'recap' WHERE subject_id = :ben", ben=ben)

    links.accept(token, "seven quiet lamps on tin", "192.0.2.7")

    assert named(office) == [genuine.changed(ben)]


def test_rows_without_a_stamp_are_stamped_and_a_forged_one_stays_forged(office: Office) -> None:
    ben, eva, _ = office.hire("Ben"), office.hire("Eva"), office.hire("Gus")
    with office.people.changing(None) as changes:
        changes.update(ben, timezone="Europe/Berlin")
    sql(office, "UPDATE person SET stamp = NULL, former_zones = NULL WHERE subject_id != :eva", eva=eva)
    sql(office, "UPDATE person SET wishes = 'recap' WHERE subject_id = :eva", eva=eva)
    assert len(named(office)) == 3

    with office.stores.data.begin() as connection:
        assert genuine.stamp_all(connection, STAMPS) == 2
    with office.stores.data.begin() as connection:
        assert genuine.stamp_all(connection, STAMPS) == 0
    assert named(office) == [genuine.changed(eva)]


ROWS = st.lists(
    st.builds(Former, st.text("abcdef", max_size=4), st.sampled_from(["UTC", VIENNA]), st.dates()),
    max_size=4,
    unique_by=lambda row: row.id,
)


@given(ROWS, ROWS)
def test_other_former_zones_have_another_digest_in_whatever_order(one: list[Former], other: list[Former]) -> None:
    assert genuine.digest(one) == genuine.digest(reversed(one))
    assert (genuine.digest(one) == genuine.digest(other)) == (set(one) == set(other))
