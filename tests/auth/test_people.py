"""Changes of people are logged, told, never back-dated, and all or nothing."""

import datetime as dt

import pytest
from sqlalchemy import delete, select

from auth.errors import ChangeRefused
from auth.journal import content_digest
from auth.models import Announcement, Told
from auth.permissions import Role
from privacy.log_entries import LogUnavailable
from privacy.period import week_of
from tests.auth.conftest import Office


def test_a_new_manager_is_told_to_every_member_and_logged_in_their_chains(office: Office) -> None:
    ben, dan = office.hire("Ben", "Claims"), office.hire("Dan", "Claims")
    ana = office.hire("Ana")
    before = len(office.log.drafts)

    office.people.appoint(ana, "claims")

    entries = [(draft.subject, draft.outcome, draft.chain) for draft in office.log.drafts[before:]]
    assert sorted(entries) == sorted((each, "appointed", "others") for each in (ana, ben, dan))
    assert all(office.told(each)[0].startswith("Ana manages Claims, your team.") for each in (ben, dan))


def test_who_joins_a_team_is_told_who_manages_it(office: Office) -> None:
    office.hire("Ana", "Claims", manages=True)

    ben = office.hire("Ben", "Claims")

    assert any("Ana manages Claims, your team." in sentence for sentence in office.told(ben))


def test_a_dismissal_is_told_to_every_member(office: Office) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")

    office.people.dismiss(ana, "claims")

    assert office.told(ben)[0] == "Ana does not manage Claims any more, and can open no week of yours."
    assert office.log.outcomes(ben)[-1] == "dismissed"
    assert office.directory.managed(ana) == ()


def test_a_managers_last_day_is_told_to_every_member(office: Office) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")

    office.people.leave(ana, dt.date(2026, 11, 30))

    assert "manages Claims until 30 November 2026" in office.told(ben)[0]
    assert office.directory.managed(ana) != ()


def test_managing_ends_after_the_last_day(office: Office, clock) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    office.people.leave(ana, dt.date(2026, 11, 30))

    clock.now = dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)  # 1 December in Vienna

    assert office.directory.managed(ana) == ()
    assert office.directory.managers_of(ben) == ()
    assert office.directory.roles(ana) == frozenset()


def test_a_role_is_told_to_the_person_and_ends_at_once(office: Office) -> None:
    cleo = office.hire("Cleo")

    office.people.grant(cleo, Role.REVIEWER)
    assert office.directory.is_reviewer(cleo)
    office.people.revoke(cleo, Role.REVIEWER)

    assert not office.directory.is_reviewer(cleo)
    assert office.told(cleo)[:2] == [
        "An operator at the command line took the role reviewer from you.",
        "An operator at the command line gave you the role reviewer.",
    ]
    assert office.log.outcomes(cleo)[-2:] == ["role-granted", "role-revoked"]


def test_everybody_is_told_who_can_read_the_log_and_since_when(office: Office) -> None:
    oda, ben, gone = office.hire("Oda"), office.hire("Ben"), office.hire("Gone")
    office.people.leave(gone, dt.date(2026, 11, 1))
    before = len(office.log.drafts)

    office.people.grant(oda, Role.REVIEWER, by=oda)
    office.people.revoke(oda, Role.REVIEWER)

    assert [(draft.subject, draft.outcome, draft.chain) for draft in office.log.drafts[before:]] == [
        (oda, "role-granted", "others"),
        (ben, "reviewer-granted", "others"),
        (oda, "role-revoked", "others"),
        (ben, "reviewer-revoked", "others"),
    ]
    assert office.told(ben)[:2] == [
        "An operator at the command line ended that Oda is a reviewer. Oda cannot read the access log any more.",
        "Oda made Oda a reviewer. Oda can read the access log from 19 November 2026 on, but no earlier entry of it, and"
        " none of your figures. You see every time it happens.",
    ]


def test_whoever_did_it_is_named_in_the_entry_and_in_the_sentence(office: Office) -> None:
    oda, ben = office.hire("Oda"), office.hire("Ben")

    office.people.grant(ben, Role.PLANNER, by=oda)

    assert office.log.drafts[-1].viewer == oda
    assert office.told(ben)[0] == "Oda gave you the role planner."


def test_nothing_changes_when_the_log_cannot_be_written(office: Office) -> None:
    ana, ben = office.hire("Ana"), office.hire("Ben", "Claims")
    office.log.broken = True

    with pytest.raises(LogUnavailable, match="no space"):
        office.people.appoint(ana, "claims")
    with pytest.raises(LogUnavailable):
        office.hire("Dan")

    assert office.directory.managed(ana) == ()
    assert office.directory.managers_of(ben) == ()
    assert office.people.find("dan@example.org") is None


def test_an_entry_commits_to_the_words_of_its_announcement(office: Office) -> None:
    ben = office.hire("Ben", "Claims")

    with office.stores.data.connect() as connection:
        rows = connection.execute(select(Announcement.__table__).where(Announcement.subject_id == ben)).all()

    assert [content_digest(row.kind, row.parameters) for row in rows] == [
        office.log.drafts[row.entry].digest for row in rows
    ]


def test_the_same_change_twice_is_told_once(office: Office) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    before = len(office.log.drafts)

    office.people.appoint(ana, "claims")
    office.people.join(ben, "claims")
    office.people.dismiss(ben, "claims")

    assert len(office.log.drafts) == before


@pytest.mark.parametrize(
    ("email", "name", "timezone", "text"),
    [
        ("BEN@example.org", "Ben", "Europe/Vienna", "already an account"),
        ("no address", "Ben", "Europe/Vienna", "not an e-mail address"),
        ("\x1b[2Jdan@example.org", "Dan", "Europe/Vienna", "not an e-mail address"),
        ("dan@example.org\x9b", "Dan", "Europe/Vienna", "not an e-mail address"),
        ("dan@example.org", " ", "Europe/Vienna", "1 to 200"),
        ("dan@example.org", "Dan\x1b[2J", "Europe/Vienna", "1 to 200"),
        ("dan@example.org", "Dan", "Vienna", "not a time zone"),
        ("dan@example.org", "Dan", "../../etc/passwd", "not a time zone"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(
    office: Office, email: str, name: str, timezone: str, text: str
) -> None:
    office.hire("Ben")

    with pytest.raises(ChangeRefused, match=text):
        office.people.create(email, name, timezone)


def test_an_announcement_is_shown_until_it_was_seen(office: Office) -> None:
    ben = office.hire("Ben", "Claims")
    newest = office.announcements.of(ben)[0].entry

    office.announcements.mark_seen(ben, newest)
    office.people.grant(ben, Role.COUNCIL)

    assert [each.kind for each in office.announcements.of(ben, unseen_only=True)] == ["role-granted"]
    assert office.announcements.unseen(ben) == 1
    assert len(office.announcements.of(ben)) == 3


def test_a_manager_of_whom_nobody_was_told_opens_nothing(office: Office, clock) -> None:
    ana, ben = office.hire("Ana", "Claims", manages=True), office.hire("Ben", "Claims")
    clock.advance(days=14)
    week = week_of(clock().date() - dt.timedelta(days=7))
    assert office.directory.relations(ana, ben, week).keys() == {"manager"}

    with office.stores.data.begin() as connection:
        connection.execute(delete(Told).where(Told.subject_id == ben))

    assert office.directory.relations(ana, ben, week).keys() == frozenset()
