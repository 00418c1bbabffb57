"""An administrator empties entries as an erasure does, with plain SQL: no key is needed for that, and it is all named.

The hashes stay as they are, so the tree, what was published and the witnesses see nothing. What a row has not is stated
by the record of an erasure, and nobody writes one without the keys of the log.
"""

import datetime as dt
import json
from collections.abc import Callable

import pytest

from auth.models import Person
from auth.notices import UNDONE_FROM
from auth.permissions import Role
from auth.tokens import Scope
from portal import checkpoints, erasing, verifying
from privacy.key_store import WrappedKey
from privacy.vault_store import Manifest, SealedField
from tests.attacks.conftest import KEYS, Attacked, Keeper, Outside
from tests.attacks.test_credentials import ADDRESS, MINE, plant, stored_hash
from tests.attacks.test_log_rows import named
from tests.attacks.test_relations import manages
from tests.erasure.restored import put_back, save
from tests.portal.conftest import PASSWORD

EMPTY = (
    'UPDATE entry SET day = NULL, subject_tag = NULL, viewer_tag = NULL, sealed = NULL, erased_by = ? WHERE "index" = ?'
)
SAY = "INSERT INTO announcement (subject_id, entry, day, kind, parameters, seen) VALUES (?, ?, '2026-11-19', ?, ?, 1)"


def empty(attacked: Attacked, *rows: int, record: int | None = None) -> None:
    """Empty entries; each names itself as the record of its erasure, if no other is said."""
    for row in rows:
        attacked.log_sql(EMPTY, row if record is None else record, row)


def say(attacked: Attacked, who: str, entry: int, kind: str, **parameters: str) -> None:
    """Forge an announcement that points at an entry."""
    attacked.sql(SAY, attacked[who], entry, kind, json.dumps({"by": "", **parameters}))


def test_a_look_that_was_emptied_is_named_although_every_hash_is_as_it_was(
    attacked: Attacked, ben: Keeper, witness: Outside
) -> None:
    """The second look changed nothing stored; the employee sees it with the next closing or entry of the chain."""
    attacked.look()
    second = attacked.look()
    checkpoints.publish(attacked.system)
    assert ben.check(attacked) == ""

    empty(attacked, second, second + 1)
    attacked.start()

    assert attacked.system.log.verify(hashes_only=True).problems == []
    assert witness.ask(attacked.system).status == 200
    assert named(attacked.verify(), second)
    attacked.look()
    assert "comes after number" in ben.check(attacked)


def test_looks_that_name_each_other_or_a_genuine_record_as_their_erasure_are_named(attacked: Attacked) -> None:
    look = attacked.look()
    receipt = erasing.erase(attacked.system, attacked["dan"], attacked["oda"])

    empty(attacked, look, record=look + 1)
    empty(attacked, look + 1, record=look)
    assert {named(attacked.verify(), each) for each in (look, look + 1)} == {True}
    empty(attacked, look, look + 1, record=receipt.entry)
    assert any(f"entry {receipt.entry} does not record the erasure" in each for each in attacked.verify())


def test_a_reviewers_reading_that_was_emptied_is_named(attacked: Attacked) -> None:
    reading = attacked.system.log.size
    assert attacked.office.client("cleo").get("/compliance/").status_code == 200
    assert attacked.system.log.size > reading

    empty(attacked, *range(reading, attacked.system.log.size))

    assert named(attacked.verify(), reading)


def dismiss(attacked: Attacked) -> Callable[[], object]:
    attacked.system.people.dismiss(attacked["ana"], "claims")
    return lambda: attacked.sql("UPDATE management SET until = NULL")


def revoke_role(attacked: Attacked) -> Callable[[], object]:
    attacked.system.people.revoke(attacked["cleo"], Role.REVIEWER)
    return lambda: attacked.sql("UPDATE role_grant SET until = NULL")


def revoke_token(attacked: Attacked) -> Callable[[], object]:
    (token,) = attacked.system.tokens.of(attacked["ben"])
    attacked.system.tokens.revoke(attacked["ben"], token.id)
    return lambda: attacked.sql("UPDATE personal_token SET revoked_on = NULL")


def leave(attacked: Attacked) -> Callable[[], object]:
    attacked.system.people.leave(attacked["ana"], dt.date(2026, 11, 18))
    return lambda: attacked.sql('UPDATE person SET "left" = NULL')


def change_password(attacked: Attacked) -> Callable[[], object]:
    former = stored_hash(attacked, "ben")
    attacked.system.credentials.change_password(attacked["ben"], PASSWORD, MINE, address=ADDRESS)
    return lambda: plant(attacked, "ben", former)


@pytest.mark.parametrize("change", [dismiss, revoke_role, revoke_token, leave, change_password])
def test_a_change_undone_together_with_its_entries_and_announcements_is_named(
    attacked: Attacked, change: Callable[[Attacked], Callable[[], object]]
) -> None:
    attacked.office.give_password("ben")
    attacked.system.tokens.issue(attacked["ben"], "script", {Scope.READ})
    first = attacked.system.log.size
    undo = change(attacked)
    told = range(first, attacked.system.log.size)
    assert told

    undo()
    empty(attacked, *told)
    attacked.sql("DELETE FROM announcement WHERE entry >= ?", first)

    problems = attacked.verify()
    assert all(named(problems, each) for each in told)


def test_an_announcement_that_points_at_an_entry_emptied_for_somebody_else_is_named(attacked: Attacked) -> None:
    """The log is untouched, the erasure genuine, and its rows newer than the dismissal: they confirm nothing."""
    people, since = attacked.system.people, attacked.sql("SELECT since FROM management")[0][0]
    people.dismiss(attacked["ana"], "claims")
    people.appoint(attacked["gus"], "claims")
    people.dismiss(attacked["gus"], "claims")
    erasing.erase(attacked.system, attacked["gus"], attacked["oda"])
    assert attacked.verify() == []
    gone = attacked.log_sql('SELECT max("index") FROM entry WHERE erased_by IS NOT NULL')[0][0]

    attacked.sql("UPDATE management SET until = NULL WHERE subject_id = ?", attacked["ana"])
    say(attacked, "ana", gone, "appointed", team="claims", since=since)
    day = attacked.sql("SELECT day FROM told WHERE manager_id = ?", attacked["ana"])[0][0]
    say(attacked, "ben", gone, "manager-appointed", manager=attacked["ana"], team="claims", day=day)

    assert manages(attacked, "ana", "ben")
    problems = "\n".join(attacked.verify())
    assert f"announcement {gone} to {attacked['ana']}: the log has no such entry" in problems
    assert f"announcement {gone} to {attacked['ben']}: the log has no such entry" in problems
    assert f"{attacked['ana']} as manager of {attacked['ben']}: entry" in problems


def test_a_restore_made_up_to_excuse_what_was_hidden_is_named(attacked: Attacked) -> None:
    erasing.erase(attacked.system, attacked["gus"], attacked["oda"])
    gone = attacked.log_sql('SELECT max("index") FROM entry WHERE erased_by IS NOT NULL')[0][0]

    attacked.sql("DELETE FROM announcement WHERE kind = 'appointed'")
    say(attacked, "ana", gone, "restored", day="2026-11-18", **{UNDONE_FROM: "0"})

    problems = attacked.verify()
    assert any(f"announcement {gone} to" in each for each in problems)
    assert any("it was hidden" in each for each in problems)


def test_somebody_erased_who_came_back_with_yesterdays_rows_and_keys_is_named(attacked: Attacked) -> None:
    """The log stays as it is, and still says that he was erased: the portal reads his name again, and does not know."""
    data, keys = attacked.system.stores.data, attacked.system.stores.keys
    rows, wrapped = save(data, [Person, SealedField, Manifest]), save(keys, [WrappedKey])
    receipt = erasing.erase(attacked.system, attacked["ben"], attacked["oda"])

    put_back(data, rows)
    put_back(keys, wrapped)
    attacked.sql("DELETE FROM tombstone", store=KEYS)

    person = attacked.system.people.get(attacked["ben"])
    assert person is not None
    assert person.name == "Ben"
    problems = "\n".join(verifying.verify(attacked.system).problems)
    assert f"person {attacked['ben']}: was erased, says entry {receipt.entry}, and the key store does not" in problems
    for found in ("their account is", "their keys are"):
        assert f"person {attacked['ben']}: was erased, and {found} here again" in problems
