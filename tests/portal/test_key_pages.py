"""What the pages and `check` say of keys: their ages, what is missing, and whether lost keys could come back."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import update

from auth.permissions import Role
from portal import escrowing, key_life, nightly, recovery
from portal.checks import inspect
from portal.escrow_files import EscrowFolder
from portal.key_life import epoch_name
from privacy import rotation
from privacy.access_log import Filter
from privacy.canonical import digest_of
from privacy.escrow import RecoveredKeys
from privacy.fields import KeyClass, epoch_of
from privacy.key_versions import KekVersion


def page(office: Any, who: str = "cleo") -> str:
    text: str = office.client(who).get("/compliance/keys").text
    return " ".join(text.split())


def night(office: Any) -> Any:
    return nightly.run(office.system, lambda _what, _done, _total: None)


def words(office: Any) -> list[tuple[bool, str]]:
    return [(each.is_fault, each.what) for each in key_life.concerns(office.system)]


@pytest.fixture
def escrowed(office: Any, tmp_path: Any) -> Any:
    """The office after a night, with an escrow in the operator's hands."""
    night(office)
    escrowing.make_key(office.system, tmp_path / "safe", 1, 1)
    escrowing.hand_out(office.system, tmp_path / "escrow.json")
    return office


def test_reviewers_and_the_council_see_the_keys_and_the_horizon(escrowed: Any) -> None:
    escrowed.add("ida", Role.COUNCIL)

    for who in ("cleo", "ida"):
        text = page(escrowed, who)
        assert "What is erased opens from no backup older than 30 days." in text
        assert "The oldest key in use is 0 days old." in text
        assert "kek-private-2" in text
        assert "2026-10 to 2026-11" in text
        assert "The escrow of 2026-11-19 holds every key." in text
        assert "kek-private-1" in text.partition("Destroyed")[2]
        assert "What to mend" not in text
    assert "/compliance/verification" in page(escrowed)
    assert "/compliance/verification" not in page(escrowed, "ida")


def test_the_page_names_nobody(escrowed: Any) -> None:
    main = page(escrowed).partition("<main")[2].partition("</main")[0]

    for name, subject in escrowed.ids.items():
        assert name.capitalize() not in main
        assert subject not in main


def test_where_nights_were_not_worked_the_page_and_the_check_say_how_far_an_erasure_reaches(office: Any) -> None:
    text = page(office)

    assert "should open from no backup older than 30 days, and opens from those of 79 days" in text
    (fault,) = [what for is_fault, what in words(office) if is_fault]
    assert "kek-audit-1, kek-granted-1, kek-private-1, kek-shared-1 and kek-text-1: up to 79 days old" in fault
    assert fault in [each.what for each in inspect(office.system)]
    night(office)
    assert [what for is_fault, what in words(office) if is_fault] == []


@pytest.mark.parametrize(("days", "levels"), [(29, []), (30, [False]), (31, [True])])
def test_a_key_on_its_last_day_is_a_warning_and_beyond_it_a_fault(escrowed: Any, days: int, levels: list[bool]) -> None:
    escrowed.clock.advance(days=days)

    assert [is_fault for is_fault, _ in words(escrowed)] == levels


def test_a_night_replaces_keys_before_they_are_due_and_counts_them(escrowed: Any) -> None:
    escrowed.clock.advance(days=28)
    assert night(escrowed).keys_renewed == 0
    escrowed.clock.advance(days=1)

    assert night(escrowed).keys_renewed == len(KeyClass)
    assert escrowed.system.log.verify().problems == []


def test_an_escrow_is_missed_before_it_is_needed(office: Any, tmp_path: Any) -> None:
    night(office)
    (none,) = words(office)
    escrowing.make_key(office.system, tmp_path / "safe", 1, 1)
    (not_handed_out,) = words(office)
    escrowing.hand_out(office.system, tmp_path / "escrow.json")
    assert words(office) == []
    rotation.renew(office.system.keys, office.system.log, KeyClass.TEXT)
    (outdated,) = words(office)

    assert none == (False, "There is no escrow: if the keys are lost, nothing opens any more")
    assert "no escrow was handed out yet" in not_handed_out[1]
    assert outdated == (False, "The escrow of 2026-11-19 does not hold kek-text-3")


def test_a_night_that_replaces_keys_leaves_a_new_escrow_that_only_has_to_be_moved_away(escrowed: Any) -> None:
    folder = escrowed.system.config.home / "escrow"
    assert (night(escrowed).escrowed, list(folder.glob("escrow-*"))) == (False, [])
    escrowed.clock.advance(days=29)

    assert night(escrowed).escrowed
    (file,) = folder.glob("escrow-*")
    assert night(escrowed).escrowed is False
    assert words(escrowed) == [(False, "The escrow of 2026-12-18 holds every key, but lies on this machine still")]
    (concern,) = key_life.concerns(escrowed.system)
    assert f"Move {file}" in concern.fix
    file.rename(folder.parent / "taken-away.json")
    assert words(escrowed) == []


def test_an_escrow_of_a_night_opens_everything_and_replaces_that_of_the_night_before(
    office: Any, tmp_path: Any
) -> None:
    escrowing.make_key(office.system, tmp_path / "safe", 1, 1)
    night(office)
    (first,) = (office.system.config.home / "escrow").glob("escrow-*")
    office.clock.advance(days=29)
    night(office)

    (second,) = (office.system.config.home / "escrow").glob("escrow-*")
    keks = recovery.open_escrow([office.system.organisation.origin], second, [tmp_path / "safe" / "escrow-key.txt"])
    found = escrowing.drill(office.system.stores.keys, RecoveredKeys(keks), lambda *_: None)

    assert first != second
    assert second.stat().st_mode & 0o077 == 0
    assert [each.lost.total() for each in found] == [0] * len(KeyClass)


def test_what_a_night_escrows_is_logged_as_the_systems_work(office: Any, tmp_path: Any) -> None:
    escrowing.make_key(office.system, tmp_path / "safe", 1, 1)
    night(office)
    (file,) = (office.system.config.home / "escrow").glob("escrow-*")

    (logged,) = office.system.log.read(Filter(outcome=escrowing.ESCROWED)).entries
    assert logged.digest == digest_of(file.read_bytes())
    assert logged.by_job
    text = office.client("cleo").get("/compliance/?by=system").text
    assert "Sameview itself sealed a copy of every key" in text


def test_damaged_files_of_the_escrow_stop_no_night_and_are_named(escrowed: Any) -> None:
    (escrowed.system.config.home / "escrow" / "handed-out.json").write_text("{")
    escrowed.clock.advance(days=29)

    done = night(escrowed)

    assert done.keys_renewed == len(KeyClass)
    assert "handed-out.json is damaged" in done.problems[0]


def test_a_new_escrow_key_makes_the_old_escrow_count_no_more(escrowed: Any, tmp_path: Any) -> None:
    escrowing.make_key(escrowed.system, tmp_path / "another", 2, 3, replace=True)

    assert "no escrow was handed out yet" in words(escrowed)[0][1]


def test_damaged_files_of_the_escrow_are_a_fault_and_the_page_still_opens(escrowed: Any) -> None:
    folder = escrowed.system.config.home / "escrow"
    (folder / "handed-out.json").write_text("{")

    ((is_fault, what),) = words(escrowed)

    assert is_fault
    assert "handed-out.json is damaged" in what
    assert "nobody knows whether lost keys could come back" in page(escrowed)


def test_a_lost_key_is_a_fault_with_the_number_of_what_does_not_open(escrowed: Any) -> None:
    (escrowed.system.config.kek_dir / "kek-shared-2").unlink()

    found = words(escrowed)

    assert found[0][0]
    assert "kek-shared-2 is missing and wraps" in found[0][1]
    assert "missing" in page(escrowed)


def test_a_destroyed_key_that_is_put_back_is_a_fault(escrowed: Any) -> None:
    system = escrowed.system
    kek = system.provider.export(KeyClass.TEXT, 2)
    rotation.renew(system.keys, system.log, KeyClass.TEXT)

    system.provider.adopt(KeyClass.TEXT, 2, kek)

    assert (True, "kek-text-2 was destroyed on 2026-11-19 and is there again: it opens backups") in words(escrowed)


def test_a_key_made_younger_in_the_key_store_keeps_its_age_on_every_page_and_is_a_fault(escrowed: Any) -> None:
    escrowed.clock.advance(days=20)
    with escrowed.system.stores.keys.begin() as connection:
        connection.execute(update(KekVersion).values(made_on=escrowed.clock().date()))

    text = page(escrowed)
    trusted = " ".join(escrowed.client("cleo").get("/trust").text.split())

    assert "The oldest key in use is 20 days old." in text
    assert text.count("made younger in the key store") == len(KeyClass)
    assert "oldest wrapping key 20 days old" in trusted
    assert "somebody wrote another age of a wrapping key into the key store" in trusted
    assert all(is_fault and "but it was there on 2026-11-19" in what for is_fault, what in words(escrowed))
    rotation.renew(escrowed.system.keys, escrowed.system.log, KeyClass.TEXT, anew=True)
    assert not [what for _, what in words(escrowed) if what.startswith("kek-text")]


def test_a_clock_that_went_backwards_is_told_and_mended_by_the_night(escrowed: Any) -> None:
    escrowed.clock.advance(days=-3)
    assert {is_fault for is_fault, what in words(escrowed) if "after today" in what} == {False}

    night(escrowed)

    assert [what for _, what in words(escrowed) if "after today" in what] == []


def test_the_log_says_in_words_what_happened_to_keys(escrowed: Any) -> None:
    people = " ".join(escrowed.client("cleo").get("/compliance/").text.split())
    system = " ".join(escrowed.client("cleo").get("/compliance/?by=system").text.split())

    assert "An operator at the command line sealed a copy of every key to the key of the escrow" in people
    assert "An operator at the command line made the key pair of the escrow" in people
    assert "The key kek-text-1 was destroyed: what backups hold under it opens no more" in system
    assert "The key kek-text-2 was made, and the data keys of its class were wrapped anew under it" in system


def test_a_throw_away_installation_is_not_asked_for_an_escrow(office: Any) -> None:
    night(office)
    office.system.__dict__["organisation"] = _throw_away(office.system.organisation)

    assert words(office) == []


def _throw_away(organisation: Any) -> Any:
    return type(organisation)(organisation.name, organisation.origin, True)


@pytest.mark.parametrize(
    ("key_class", "name"),
    [
        (KeyClass.SHARED, "2026-11"),
        (KeyClass.PRIVATE, "2026-11"),
        (KeyClass.TEXT, "2026-W47"),
        (KeyClass.AUDIT, "2026"),
    ],
)
def test_epochs_have_the_names_of_their_periods(key_class: KeyClass, name: str) -> None:
    assert epoch_name(key_class, epoch_of(key_class, dt.date(2026, 11, 19))) == name


def test_a_grants_epoch_is_its_number() -> None:
    assert epoch_name(KeyClass.GRANTED, 12) == "grant 12"


def test_the_receipt_commits_to_the_file_that_was_handed_out(escrowed: Any, tmp_path: Any) -> None:
    receipt = EscrowFolder(escrowed.system.config.home).receipt()

    assert receipt is not None
    assert receipt.digest == digest_of((tmp_path / "escrow.json").read_bytes())
    assert receipt.day == dt.date(2026, 11, 19)
