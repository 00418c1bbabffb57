"""Changes of people in the real access log: durable before the change, in the concerned persons' chains."""

import datetime as dt

import pytest
from log_book import open_log

from auth.directory import Directory
from auth.errors import ChangeRefused
from auth.import_csv import apply, plan
from auth.journal import Journal
from auth.people import People
from privacy.access_log import AccessLog
from privacy.log_entries import Chain
from privacy.stores import Stores
from tests.auth.conftest import STAMPS

PEOPLE = """email,name,team,team_manager,roles,timezone,joined,left
oda@example.org,Oda,,no,employee;operator,Europe/Vienna,2024-03-01,
ana@example.org,Ana,Claims,yes,employee,Europe/Vienna,2024-03-01,
ben@example.org,Ben,Claims,no,employee,Europe/Vienna,2025-01-07,
"""


@pytest.fixture
def log(stores: Stores, tmp_path, clock) -> AccessLog:
    return open_log(stores, tmp_path, clock)


def test_every_change_stands_in_the_chain_of_the_person_and_the_log_verifies(stores: Stores, log, clock) -> None:
    people = People(stores.data, Journal(log, clock), clock, STAMPS)
    apply(people, plan(people, PEOPLE))
    clock.advance(days=3)
    oda, ben = (found.subject for found in map(people.find, ("oda@example.org", "ben@example.org")) if found)

    apply(people, plan(people, PEOPLE.replace("Oda,,no", "Oda,Claims,yes")), by=oda)

    entries = log.of_subject(ben)
    assert [entry.outcome for entry in entries] == [
        "person-created",
        "member-added",
        "appointed",
        "role-granted",
        "appointed",
    ]
    assert {entry.chain for entry in entries} == {Chain.OTHERS}
    assert (entries[-1].viewer, entries[-1].relation) == (oda, "operations")
    assert entries[-1].time.date() == dt.date(2026, 11, 22)
    assert log.verify().problems == []
    assert len(Directory(stores.data, clock, STAMPS).managers_of(ben)) == 2


def test_of_several_changes_one_that_is_refused_undoes_all_before_any_entry(stores: Stores, log, clock) -> None:
    people = People(stores.data, Journal(log, clock), clock, STAMPS)
    apply(people, plan(people, PEOPLE))
    size = log.size

    def hire(*names: str) -> None:
        with people.changing(None) as changes:
            for name in names:
                changes.create(f"{name}@example.org", name, "Europe/Vienna")

    with pytest.raises(ChangeRefused, match="already an account"):
        hire("dan", "ben")

    assert people.find("dan@example.org") is None
    assert log.size == size
