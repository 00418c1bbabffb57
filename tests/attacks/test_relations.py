"""An administrator writes himself, or somebody else, into the tables that say who manages and reviews."""

import datetime as dt
import uuid

from auth.permissions import Role
from privacy.fields import SHARED_FIELDS, Tier
from privacy.period import iso_week
from privacy.policy import Purpose, Relation
from tests.attacks.conftest import DATA, Attacked

LONG_AGO = "2026-09-01"
WEEK = iso_week("2026-W45")


def make_manager(attacked: Attacked, who: str, whom: str) -> None:
    """Write what an appointment writes, but for the stamps, which need a key."""
    membership, team = attacked.sql("SELECT id, team_id FROM membership WHERE subject_id = ?", attacked[whom])[0]
    management = uuid.uuid4().hex
    attacked.sql(
        "INSERT INTO management (subject_id, id, team_id, since, stamp) VALUES (?, ?, ?, ?, ?)",
        *(attacked[who], management, team, LONG_AGO, bytes(32)),
    )
    attacked.sql(
        "INSERT INTO told (subject_id, membership_id, management_id, manager_id, day, stamp) VALUES (?, ?, ?, ?, ?, ?)",
        *(attacked[whom], membership, management, attacked[who], LONG_AGO, bytes(32)),
    )


def permitted(attacked: Attacked, who: str, whom: str) -> bool:
    return attacked.system.gate.decide(
        attacked[who], attacked[whom], SHARED_FIELDS, Purpose.ONE_TO_ONE, WEEK, Tier.WEEK
    ).permitted


def manages(attacked: Attacked, who: str, whom: str) -> bool:
    return Relation.MANAGER in attacked.system.directory.relations(attacked[who], attacked[whom], WEEK)


def told(attacked: Attacked, *words: str) -> bool:
    return any(all(word in each for word in words) for each in attacked.verify())


def test_a_manager_written_into_the_database_opens_nothing_and_is_named(attacked: Attacked) -> None:
    make_manager(attacked, "gus", "ben")

    assert not permitted(attacked, "gus", "ben")
    assert permitted(attacked, "ana", "ben")
    assert [each.person.name for each in attacked.system.directory.managers_of(attacked["ben"])] == ["Ana"]
    assert told(attacked, f"management of claims by {attacked['gus']}", "not written by the portal")
    assert told(attacked, f"{attacked['gus']} as manager of {attacked['ben']}", "no entry of the log told it")


def test_stamps_of_another_relation_fit_no_forged_one(attacked: Attacked) -> None:
    make_manager(attacked, "gus", "ben")
    attacked.sql("UPDATE management SET stamp = (SELECT stamp FROM management WHERE subject_id = ?)", attacked["ana"])
    attacked.sql("UPDATE told SET stamp = (SELECT stamp FROM told WHERE manager_id = ?)", attacked["ana"])

    assert not permitted(attacked, "gus", "ben")
    assert told(attacked, f"{attacked['gus']} as manager of {attacked['ben']}", "not written by the portal")


def test_somebody_moved_into_a_managers_team_is_opened_to_nobody_and_named(attacked: Attacked) -> None:
    attacked.sql("UPDATE membership SET team_id = 'claims', since = ? WHERE subject_id = ?", LONG_AGO, attacked["dan"])

    assert not permitted(attacked, "ana", "dan")
    assert told(attacked, f"membership of {attacked['dan']} in claims", "no entry of the log made it so")


def test_an_appointment_dated_back_opens_no_earlier_week_and_is_named(attacked: Attacked) -> None:
    attacked.system.people.appoint(attacked["gus"], "claims")
    assert not permitted(attacked, "gus", "ben")

    attacked.sql("UPDATE told SET day = ? WHERE manager_id = ?", LONG_AGO, attacked["gus"])
    attacked.sql("UPDATE management SET since = ? WHERE subject_id = ?", LONG_AGO, attacked["gus"])

    assert not permitted(attacked, "gus", "ben")
    assert told(attacked, f"{attacked['gus']} as manager of {attacked['ben']}", "not written by the portal")
    assert told(attacked, f"management of claims by {attacked['gus']}", "begins on 2026-09-01")


def test_a_dismissal_undone_in_the_database_is_named(attacked: Attacked) -> None:
    """The row is genuine, so its stamp holds and the relation stands again, which the log contradicts.

    No week opens by it: the dismissal cancelled the one-to-ones ahead, and destroyed the keys of their agreements.
    """
    attacked.system.people.dismiss(attacked["ana"], "claims")
    assert not manages(attacked, "ana", "ben")

    attacked.sql("UPDATE management SET until = NULL WHERE subject_id = ?", attacked["ana"])

    assert manages(attacked, "ana", "ben")
    assert not permitted(attacked, "ana", "ben")
    assert told(attacked, f"management of claims by {attacked['ana']}", "of the log ended it")
    assert told(attacked, f"{attacked['ana']} as manager of {attacked['ben']}", "of the log ended it")


def test_a_reviewer_written_into_the_database_reads_nothing_and_is_named(attacked: Attacked) -> None:
    attacked.sql(
        "INSERT INTO role_grant (subject_id, id, role, since, stamp) VALUES (?, ?, 'reviewer', ?, ?)",
        *(attacked["gus"], uuid.uuid4().hex, LONG_AGO, bytes(32)),
    )

    assert attacked.system.directory.relations(attacked["gus"], "0" * 32, None).keys() == frozenset()
    assert attacked.system.directory.relations(attacked["cleo"], "0" * 32, None).keys() == {Relation.COMPLIANCE}
    assert Role.REVIEWER not in attacked.system.directory.roles(attacked["gus"])
    assert attacked.office.client("gus").get("/compliance/").status_code == 404
    assert told(attacked, f"role reviewer of {attacked['gus']}", "no entry of the log made it so")


def test_a_role_taken_back_and_given_again_in_the_database_is_named(attacked: Attacked) -> None:
    attacked.system.people.revoke(attacked["cleo"], Role.REVIEWER)

    attacked.sql("UPDATE role_grant SET until = NULL WHERE subject_id = ?", attacked["cleo"])

    assert told(attacked, f"role reviewer of {attacked['cleo']}", "of the log ended it")


def test_a_role_dated_back_gives_nothing_and_is_named(attacked: Attacked) -> None:
    attacked.system.people.grant(attacked["dan"], Role.REVIEWER)

    attacked.sql("UPDATE role_grant SET since = ? WHERE subject_id = ?", LONG_AGO, attacked["dan"])

    assert attacked.system.directory.reviewer_since(attacked["dan"]) is None
    assert told(attacked, f"role reviewer of {attacked['dan']}", "begins on 2026-09-01")


def test_a_last_day_moved_in_the_database_is_named(attacked: Attacked) -> None:
    attacked.system.people.leave(attacked["ana"], dt.date(2026, 11, 18))

    attacked.sql('UPDATE person SET "left" = NULL WHERE subject_id = ?', attacked["ana"])

    assert told(attacked, f"person {attacked['ana']}", "the last day is not what the log says")


def test_a_notice_that_nobody_read_is_named(attacked: Attacked) -> None:
    attacked.office.add("fay", acknowledged=False)

    attacked.sql("UPDATE person SET acknowledged_policy = 1 WHERE subject_id = ?", attacked["fay"])

    assert told(attacked, f"person {attacked['fay']}", "no entry of the log says that they have read the notice")


def test_an_announcement_hidden_from_its_person_is_named(attacked: Attacked) -> None:
    attacked.system.people.appoint(attacked["gus"], "claims")

    attacked.sql("DELETE FROM announcement WHERE subject_id = ? AND kind = 'manager-appointed'", attacked["ben"])

    assert told(attacked, f"the announcement to {attacked['ben']} that it commits to is missing")


def test_an_announcement_that_says_something_else_is_named(attacked: Attacked) -> None:
    attacked.sql(
        "UPDATE announcement SET parameters = replace(parameters, ?, ?) WHERE kind = 'manager-appointed'",
        *(attacked["ana"], attacked["eva"]),
    )

    assert told(attacked, f"to {attacked['ben']}: its words are not those that the log commits to")


def test_an_announcement_that_was_never_made_is_named(attacked: Attacked) -> None:
    attacked.sql(
        "INSERT INTO announcement (subject_id, entry, day, kind, parameters, seen)"
        " SELECT subject_id, 0, day, kind, parameters, seen FROM announcement WHERE subject_id = ? LIMIT 1",
        attacked["ben"],
    )

    assert told(attacked, f"announcement 0 to {attacked['ben']}: the log has no such entry about this person")


def test_people_of_yesterday_put_back_are_named(attacked: Attacked) -> None:
    """Ana was dismissed today; the data store of yesterday knows nothing of it, but the log does."""
    yesterday = attacked.copy(DATA)
    attacked.system.people.dismiss(attacked["ana"], "claims")

    attacked.put_back(yesterday)

    assert told(attacked, f"the announcement to {attacked['ben']} that it commits to is missing")
