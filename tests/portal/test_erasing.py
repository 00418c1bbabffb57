"""A person is erased as one operation: nothing of theirs opens any more, and nothing of anybody else is touched."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from auth.errors import ChangeRefused, SignInRefused
from auth.import_csv import apply, plan
from auth.models import Management, Person, SignInAttempt, Told
from auth.permissions import Role
from portal import erasing
from privacy import tombstones
from privacy.chains import erasure_digest
from privacy.fields import KeyClass
from privacy.key_store import WrappedKey
from privacy.keys import KeyGone
from privacy.log_entries import LogUnavailable
from privacy.period import iso_week
from privacy.policy import Purpose
from privacy.vault_store import Manifest, SealedField

PASSWORD = "brown otter over seven hills"
FILE = (
    b"email,name,team,team_manager,roles,timezone,joined,left\nben@example.org,Ben,Claims,no,employee,Europe/Berlin,,\n"
)
WEEK = iso_week("2026-W46")


@pytest.fixture
def used(office: Any) -> Any:
    """The office after use: Ana has opened Ben's week, Ben has looked and can sign in, and was mistyped once."""
    office.give_password("ben")
    week = f"/team/claims/people/{office.ids['ben']}/weeks/2026-W46?purpose=one_to_one"
    assert [office.client(who).get(path).status_code for who, path in (("ana", week), ("ben", "/"), ("eva", "/"))] == [
        200,
        200,
        200,
    ]
    office.client("ben").get("/me/access")
    with pytest.raises(SignInRefused):
        office.system.sign_in.authenticate("ben@example.org", "wrong", "192.0.2.1")
    return office


def count(office: Any, store: str, table: Any, subject: str) -> int:
    with getattr(office.system.stores, store).connect() as connection:
        wanted = select(func.count()).select_from(table).where(table.subject_id == subject)
        return int(connection.scalar(wanted))


def test_nothing_of_an_erased_person_is_left_and_the_log_still_verifies(used: Any) -> None:
    system, ben = used.system, used.ids["ben"]
    before = [entry.index for entry in used.entries("ben")]

    receipt = erasing.erase(system, ben, ben)

    stores = (("data", SealedField), ("data", Manifest), ("keys", WrappedKey))
    assert [count(used, store, table, ben) for store, table in stores] == [0, 0, 0]
    assert used.entries("ben") == []
    assert (receipt.entries, receipt.digest) == (len(before), erasure_digest(before))
    assert system.log.verify().problems == system.log.verify(hashes_only=True).problems == []
    person = system.people.get(ben)
    assert (person.name, person.email) == ("Erased person", f"erased-{ben}@invalid")


def test_the_receipt_names_the_entry_the_horizon_and_a_checkpoint_that_holds_it(used: Any) -> None:
    receipt = erasing.erase(used.system, used.ids["ben"], None)

    entry = used.system.log.entry(receipt.entry)
    assert (entry.outcome, entry.subject, entry.viewer, entry.digest) == ("erased", None, None, receipt.digest)
    assert receipt.horizon - receipt.erased_on == dt.timedelta(days=30)
    stated = used.system.log.signer.verifier.open_checkpoint(receipt.checkpoint)
    assert stated.size > receipt.entry


def test_nobody_else_loses_anything(used: Any) -> None:
    system, ana, eva = used.system, used.ids["ana"], used.ids["eva"]
    hers = [entry.index for entry in used.entries("eva")]
    manager = [entry.index for entry in used.entries("ana")]
    keys = [count(used, "keys", WrappedKey, each) for each in (ana, eva)]

    erasing.erase(system, used.ids["ben"], None)

    assert [entry.index for entry in used.entries("eva")] == hers
    assert [entry.index for entry in used.entries("ana")] == manager
    assert [count(used, "keys", WrappedKey, each) for each in (ana, eva)] == keys
    assert used.client("eva").get("/").status_code == 200


def test_what_an_erased_manager_did_stays_with_those_whom_it_concerns(used: Any) -> None:
    system, ana, ben = used.system, used.ids["ana"], used.ids["ben"]
    looks = [(e.index, e.viewer) for e in used.entries("ben") if e.viewer == ana]

    erasing.erase(system, ana, ana)

    assert looks
    assert [(e.index, e.viewer) for e in used.entries("ben") if e.viewer == ana][: len(looks)] == looks
    assert "Erased person" in used.client("ben").get("/me/access").text
    told = [each.sentence for each in system.announcements.of(ben)[:2]]
    assert "Erased person does not manage Claims any more, and can open no week of yours." in told
    assert any("cancelled the one-to-one of Ben and Erased person" in each for each in told)
    with system.stores.data.connect() as connection:
        (ended,) = connection.scalars(select(Management.until).where(Management.subject_id == ana))
        kept = connection.scalar(select(func.count()).select_from(Told).where(Told.manager_id == ana))
    assert (ended <= used.clock().date(), kept) == (True, 2)
    assert system.log.verify().problems == []


def test_no_page_of_the_manager_shows_the_person_any_more(used: Any) -> None:
    week = f"/team/claims/people/{used.ids['ben']}/weeks/2026-W46?purpose=one_to_one"

    erasing.erase(used.system, used.ids["ben"], None)

    roster = used.client("ana").get("/team/").text
    assert "Eva" in roster
    assert "Ben" not in roster
    assert "Erased" not in roster
    assert used.client("ana").get(week).status_code == 404
    assert "Ben" not in used.client("oda").get("/admin/").text
    assert "Erased" not in used.client("oda").get("/admin/").text


def test_nobody_signs_in_as_somebody_who_was_erased(used: Any) -> None:
    erasing.erase(used.system, used.ids["ben"], None)

    assert used.client("ben").get("/").status_code == 302
    for email in ("ben@example.org", f"erased-{used.ids['ben']}@invalid"):
        with pytest.raises(SignInRefused):
            used.system.sign_in.authenticate(email, PASSWORD, "192.0.2.1")
    with pytest.raises(ChangeRefused):
        used.system.invitation_url(used.ids["ben"], by=None)
    with used.system.people.changing(None) as changes, pytest.raises(ChangeRefused, match="no such person"):
        changes.grant(used.ids["ben"], Role.OPERATOR)


def test_no_failed_sign_in_is_remembered_of_an_erased_person(used: Any) -> None:
    account = used.system.throttle.account("ben@example.org")
    wanted = select(func.count()).where(SignInAttempt.key == account)
    with used.system.stores.data.connect() as connection:
        assert connection.scalar(wanted) == 1

    erasing.erase(used.system, used.ids["ben"], None)

    with used.system.stores.data.connect() as connection:
        assert connection.scalar(wanted) == 0


def test_the_same_address_later_is_somebody_new(used: Any) -> None:
    system, ben = used.system, used.ids["ben"]
    erasing.erase(system, ben, None)

    apply(system.people, plan(system.people, FILE), by=None)

    new = system.people.find("ben@example.org")
    assert new.subject != ben
    assert next(e.outcome for e in system.log.of_subject(new.subject)) == "person-created"
    assert system.log.verify().problems == []


def test_the_gate_opens_nothing_of_an_erased_person_and_no_key_is_made_again(used: Any) -> None:
    system, ben = used.system, used.ids["ben"]
    erasing.erase(system, ben, None)

    for viewer in (ben, used.ids["ana"], None):
        with pytest.raises(LogUnavailable):
            system.gate.disclose(viewer, ben, ["active_time"], Purpose.OWN_REVIEW, WEEK)
    with pytest.raises(KeyGone, match="was erased"):
        system.keys.ensure(ben, [(KeyClass.SHARED, 24_322)])
    assert count(used, "keys", WrappedKey, ben) == 0


def test_the_only_operator_is_refused_with_the_fix(used: Any) -> None:
    with pytest.raises(ChangeRefused, match="Give somebody else the role operator first"):
        erasing.erase(used.system, used.ids["oda"], None)
    with used.system.stores.keys.connect() as connection:
        assert tombstones.read(connection) == []

    with used.system.people.changing(None) as changes:
        changes.grant(used.ids["eva"], Role.OPERATOR)

    assert erasing.erase(used.system, used.ids["oda"], None).entry > 0


def test_an_erased_reviewer_is_taken_leave_of_by_everybody(used: Any) -> None:
    erasing.erase(used.system, used.ids["cleo"], None)

    told = {used.system.announcements.of(used.ids[who])[0].sentence for who in ("ana", "ben", "eva", "oda")}
    assert told == {
        "An operator at the command line ended that Erased person is a reviewer. Erased person cannot read the access"
        " log any more."
    }


def test_nobody_is_erased_who_is_nobody(used: Any) -> None:
    for subject in ("f" * 32, "0" * 32):
        with pytest.raises(ChangeRefused, match="no such person"):
            erasing.erase(used.system, subject, None)


@pytest.fixture
def canaries(used: Any) -> tuple[str, ...]:
    """Names that nothing else in the files can hold by chance."""
    with used.system.people.changing(None) as changes:
        changes.update(used.ids["ben"], email="canary.7f3a@example.org", name="Canary Quillfeather")
    used.system.tokens.issue(used.ids["ben"], "canary spreadsheet", ["read"])
    return ("canary.7f3a", "Quillfeather", "canary spreadsheet")


def holding(home: Path, text: str) -> list[str]:
    needle = text.encode()
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_no_file_of_the_installation_holds_the_name_any_more(used: Any, canaries: tuple[str, ...]) -> None:
    home = used.system.config.home
    assert all(holding(home, each) for each in canaries)

    erasing.erase(used.system, used.ids["ben"], None)

    assert [holding(home, each) for each in canaries] == [[], [], []]
    with used.system.stores.data.connect() as connection:
        assert not connection.scalar(select(func.count()).where(Person.email.contains("canary")))


def test_a_second_erasure_changes_nothing_and_answers_the_same(used: Any) -> None:
    first = erasing.erase(used.system, used.ids["ben"], None)
    size = used.system.log.size

    again = erasing.erase(used.system, used.ids["ben"], None)

    assert (again.entry, again.digest, again.entries) == (first.entry, first.digest, first.entries)
    assert used.system.log.size == size
    assert (erasing.resume(used.system), erasing.reapply(used.system)) == (0, 0)


def test_others_are_still_who_they_are_after_somebody_who_managed_was_erased(office: Any) -> None:
    """What an erased manager managed once stays in the tables, without a person behind it."""
    erasing.erase(office.system, office.ids["gus"], None)

    _, standing = office.system.people.standing()

    assert set(standing["ana@example.org"].manages.values()) == {"Claims"}
    assert not any(each.person.subject == office.ids["gus"] for each in standing.values())
