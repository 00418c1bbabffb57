"""What verification itself costs and shows: nothing where nobody attacked, and nothing personal."""

import json
from dataclasses import replace

from auth.notices import UNDONE_FROM, Kind
from auth.permissions import Role
from portal import erasing, nightly, verifying
from portal.config import Config
from portal.wiring import build
from privacy.fields import KeyClass
from privacy.vault import Vault
from tests.attacks.conftest import DATA, Attacked

MANAGER_SIDE = frozenset({KeyClass.SHARED, KeyClass.GRANTED, KeyClass.AUDIT})


def test_an_untouched_office_verifies(attacked: Attacked) -> None:
    attacked.office.give_password("ben")
    attacked.office.client("ben").get("/")
    attacked.look()

    found = verifying.verify(attacked.system)

    assert list(found.problems) == []
    assert list(found.warnings) == []
    assert found.uncompared == found.unopened == 0


def test_everything_that_changes_people_leaves_them_as_the_log_says(attacked: Attacked) -> None:
    people, ids = attacked.system.people, attacked.office.ids
    with people.changing(ids["oda"]) as changes:
        changes.part(ids["ben"], "claims")
        changes.join(ids["ben"], "payroll")
        changes.dismiss(ids["gus"], "payroll")
        changes.appoint(ids["gus"], "payroll")
        changes.leave(ids["ana"], attacked.office.clock().date())
        changes.stay(ids["ana"])
        changes.update(ids["eva"], timezone="Pacific/Auckland", name="Evi")
    attacked.office.clock.advance(days=1)

    assert attacked.verify() == []


def test_erasing_somebody_leaves_nothing_to_name(attacked: Attacked) -> None:
    attacked.office.give_password("ben")
    attacked.office.client("ben").get("/")
    attacked.look()

    for who in ("ben", "ana"):
        erasing.erase(attacked.system, attacked[who], attacked["oda"])

    assert attacked.verify() == []


def test_nights_and_retention_leave_nothing_to_name(attacked: Attacked) -> None:
    attacked.office.client("ben").get("/")
    attacked.look()

    for days in (1, 500, 900):
        attacked.office.clock.advance(days=days)
        nightly.run(attacked.system, lambda *_: None)

        assert attacked.verify() == []


def restored(attacked: Attacked, first: int) -> None:
    """Tell everybody that what changed since the entry `first` is lost, as a restore does."""
    people = attacked.system.people
    with people.changing(None) as changes:
        for each in people.everybody():
            changes.tell(each.subject, Kind.RESTORED, day="2026-11-18", **{UNDONE_FROM: str(first)})


def test_what_a_restore_lost_is_a_warning_that_says_what_to_do_again(attacked: Attacked) -> None:
    """Everybody was told of the restore; the same without its announcement is an attack, and a problem."""
    yesterday, size = attacked.copy(DATA), attacked.system.log.size
    attacked.system.people.dismiss(attacked["ana"], "claims")
    attacked.put_back(yesterday)
    assert any("it was hidden" in each for each in attacked.verify())

    restored(attacked, size)

    found = verifying.verify(attacked.system)
    assert list(found.problems) == []
    assert any(f"“dismissed” of {attacked['ben']} is not in the data" in each for each in found.warnings)


def test_what_was_announced_before_the_backup_is_no_excuse_of_a_restore(attacked: Attacked) -> None:
    """The span that everybody was told of begins with the backup: whatever is missing from before was hidden."""
    people, size = attacked.system.people, attacked.system.log.size
    people.grant(attacked["gus"], Role.REVIEWER)
    people.revoke(attacked["gus"], Role.REVIEWER)
    restored(attacked, attacked.system.log.size)
    assert attacked.verify() == []

    attacked.sql("DELETE FROM announcement WHERE entry >= ? AND kind = ?", size, Kind.ROLE_REVOKED)

    found = verifying.verify(attacked.system)
    assert any("it was hidden" in each for each in found.problems)
    assert list(found.warnings) == []


def test_a_restore_that_was_never_told_by_the_log_excuses_nothing(attacked: Attacked) -> None:
    """Nor does one whose announcement points at an entry that was emptied for somebody who was erased."""
    erasing.erase(attacked.system, attacked["gus"], attacked["oda"])
    gone = attacked.log_sql('SELECT max("index") FROM entry WHERE erased_by IS NOT NULL')[0][0]
    columns = "subject_id, entry, day, kind, parameters, seen"

    attacked.sql("DELETE FROM announcement WHERE kind = ?", Kind.APPOINTED)
    forged = json.dumps({"day": "2026-11-18", "by": "", UNDONE_FROM: "0"})
    attacked.sql(
        f"INSERT INTO announcement ({columns}) VALUES (?, ?, ?, ?, ?, 1)",  # noqa: S608 - our own names
        *(attacked["ana"], gone, "2026-11-19", Kind.RESTORED, forged),
    )

    found = verifying.verify(attacked.system)
    assert any("it was hidden" in each for each in found.problems)
    assert any(each.startswith(f"announcement {gone} to") for each in found.problems)
    assert list(found.warnings) == []


def test_a_process_without_private_keys_counts_what_it_did_not_compare(attacked: Attacked) -> None:
    attacked.office.client("ben").get("/")
    attacked.sql("DELETE FROM sealed_field WHERE subject_id = ?", attacked["ben"])
    attacked.sql("DELETE FROM manifest WHERE subject_id = ? AND key_class <> 'private'", attacked["ben"])

    system = build(replace(Config(home=attacked.home), key_classes=MANAGER_SIDE), attacked.office.clock)
    try:
        found = verifying.verify(system)
    finally:
        system.close()

    assert found.unopened
    assert found.uncompared == 1
    assert not any(each.startswith("vault of") for each in found.problems)


def test_hashes_alone_open_nothing(attacked: Attacked, monkeypatch) -> None:
    monkeypatch.setattr(Vault, "digest", None)

    found = verifying.verify(attacked.system, hashes_only=True)

    assert list(found.problems) == []
    assert found.unopened is None


def test_no_problem_names_a_person_but_by_subject_id(attacked: Attacked) -> None:
    attacked.sql("UPDATE announcement SET parameters = '{}'")
    attacked.sql("UPDATE membership SET since = '2026-01-01'")
    attacked.sql("UPDATE sealed_field SET sealed = x'00'")

    problems = "\n".join(attacked.verify())

    assert "its words are not those" in problems
    assert not any(name in problems for name in ("Ben", "Ana", "ben@", "example.org", "EXCEL"))
