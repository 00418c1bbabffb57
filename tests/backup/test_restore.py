"""A restore: the data of the backup under everything that is newer, verified, or nothing changed at all."""

import os
from typing import Any

import pytest
from command_line import sameview
from dying import run as run_in_child
from installation import subject_of
from sqlalchemy import select, update

from auth.errors import LinkRefused
from auth.invitations import Kind as Link
from auth.models import Invitation, PersonalToken, SignInSession
from auth.permissions import Role
from auth.tokens import Scope
from portal import finishing, staging, verifying
from portal.backup_files import BackupRefused
from portal.config import Config
from portal.founding import found
from portal.occupancy import Occupied
from portal.restoring import RestoreRefused
from portal.wiring import NotInitialised, build
from privacy.fields import KeyClass
from privacy.organisation import OrganisationRow
from privacy.stores import writing
from tests.backup.places import Office, Rows, contents, read

KEPT = ("sealed_field", "manifest", "subject", "person", "team", "membership", "management", "told", "role_grant")


def everything(config: Config) -> dict[str, Rows]:
    return {name: contents(config, name) for name in staging.NAMES}


def test_the_data_of_the_backup_come_back_and_everything_verifies(office: Office) -> None:
    before = contents(office.config, "data")
    office.save()
    with office.open() as system:
        dan = system.people.create("dan@example.org", "Dan", "UTC")
        system.people.grant(subject_of(system, "ben"), Role.REVIEWER)

    done = office.restore()

    after = contents(office.config, "data")
    assert {name: after[name] for name in KEPT} == {name: before[name] for name in KEPT}
    assert (done.took_log, done.took_keys, done.lost_entries, done.problems) == (False, False, 0, [])
    with office.open() as system:
        assert verifying.verify(system).problems == []
        assert system.people.get(dan) is None
        assert read(system, subject_of(system, "ben")) is not None


def test_a_backup_of_one_engine_restores_to_the_other(office: Office, elsewhere: Config) -> None:
    before = everything(office.config)
    office.save()
    elsewhere.home.mkdir()
    os.symlink(office.config.kek_dir, elsewhere.kek_dir)

    done = office.restore(elsewhere, keys_folder=office.keys, checkpoint=office.data / "checkpoint.txt")

    after = everything(elsewhere)
    assert (done.took_log, done.took_keys, done.problems) == (True, True, [])
    assert {name: after["data"][name] for name in KEPT} == {name: before["data"][name] for name in KEPT}
    assert set(before["log"]["entry"]) <= set(after["log"]["entry"])
    assert set(before["keys"]["wrapped_key"]) <= set(after["keys"]["wrapped_key"])
    system = build(elsewhere, office.clock)
    assert read(system, subject_of(system, "ben")) is not None
    system.close()


def test_everybody_is_told_and_the_log_says_it(office: Office) -> None:
    office.save()

    office.restore()

    with office.open() as system:
        for name in ("ana", "ben", "oda"):
            first = system.announcements.of(subject_of(system, name))[0]
            assert first.sentence.startswith("An operator at the command line restored this portal")
            assert not first.seen
        told = [e for e in system.log.of_subject(subject_of(system, "ben")) if e.outcome == finishing.RESTORED]
    assert len(told) == 1


def test_a_dismissal_that_the_backup_does_not_know_is_a_warning_to_make_it_again(office: Office) -> None:
    office.save()
    with office.open() as system:
        ana, ben = subject_of(system, "ana"), subject_of(system, "ben")
        system.people.dismiss(ana, "claims")

    assert office.restore().problems == []

    with office.open() as system:
        assert Role.MANAGER in system.directory.roles(ana)
        found = verifying.verify(system)
    assert list(found.problems) == []
    for subject in (ana, ben):
        assert any(f"“dismissed” of {subject} is not in the data" in each for each in found.warnings)


def test_sessions_links_and_reading_tokens_of_then_are_ended(office: Office) -> None:
    with office.open() as system:
        ben = subject_of(system, "ben")
        session = system.sessions.start(ben)
        link = system.invitations.issue(ben, Link.INVITATION)
        reading = system.tokens.issue(ben, "script", [Scope.READ])
        sending = system.tokens.issue(ben, "desk", [Scope.INGEST])
    office.save()

    office.restore()

    with office.open() as system:
        assert system.sessions.find(session) is None
        with pytest.raises(LinkRefused):
            system.invitations.look(link, "192.0.2.1")
        with system.stores.data.connect() as connection:
            assert connection.execute(select(SignInSession.token_hash)).all() == []
            assert None not in set(connection.scalars(select(Invitation.replaced_on)))
            ended = dict(connection.execute(select(PersonalToken.name, PersonalToken.revoked_on)).all())
        assert ended["script"] is not None
        assert ended["desk"] is None
        assert reading != sending


@pytest.mark.parametrize("name", ["data.db", "log.db", "checkpoint.txt", "tombstones.json", "backup.json"])
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_backup_is_refused_by_the_files_name_and_changes_nothing(
    small: Office, name: str, damage: str
) -> None:
    small.save()
    file, before = small.data / name, everything(small.config)
    if damage == "missing":
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[0] ^= 1
        file.write_bytes(content)

    with pytest.raises(BackupRefused, match=name):
        small.restore()

    assert everything(small.config) == before
    assert not list(small.config.home.rglob("*.restoring*"))


def test_a_data_file_that_replaced_the_key_backup_is_refused(small: Office) -> None:
    small.save()

    with pytest.raises(BackupRefused, match="is a backup of the keys, not of the data"):
        small.restore(folder=small.keys)


def test_another_organisations_backup_is_refused(small: Office, tmp_path: Any) -> None:
    small.save()
    other = Config(home=tmp_path / "other")
    found(other, "Another Mutual").close()
    before = everything(other)

    with pytest.raises(RestoreRefused, match=r"this installation is sameview/another-mutual-.* set SAMEVIEW_HOME"):
        small.restore(other)

    assert everything(other) == before
    (other.home / "data" / "sameview.db").unlink()
    with pytest.raises(RestoreRefused, match=r"the key store here is that of sameview/another-mutual-"):
        small.restore(other)


def test_data_of_another_organisation_under_our_keys_are_refused(small: Office) -> None:
    small.save()
    with small.open() as system, writing(system.stores.data) as connection:
        connection.execute(update(OrganisationRow).values(origin="sameview/elsewhere-00000000"))

    with pytest.raises(RestoreRefused, match=r"this installation is sameview/elsewhere-00000000"):
        small.restore()


def test_a_restore_beside_a_server_or_a_command_is_refused(office: Office) -> None:
    office.save()

    with office.open(), pytest.raises(Occupied, match="stop the server"):
        office.restore()


@pytest.mark.parametrize("copies", ["postgresql"], indirect=True)
def test_a_server_on_another_host_is_found_in_the_database(office: Office) -> None:
    office.save()
    before = everything(office.config)
    with staging.opened(office.config, "data", staged=False) as engine, engine.connect(), pytest.raises(Occupied):
        office.restore()

    assert everything(office.config) == before


def test_while_a_restore_runs_nobody_opens_the_installation(small: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    small.save()
    said: list[str] = []

    def look(*_arguments: object) -> int:
        with pytest.raises(NotInitialised) as refused:
            build(small.config)
        said.append(str(refused.value))
        return 0

    monkeypatch.setattr("portal.erasing.reapply", look)
    small.restore()

    assert said == [f"{small.config.home} is being restored: wait until `sameview restore` ends"]


def test_nothing_is_served_until_erasures_were_applied_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> int:
        raise OSError("the disk is gone")

    office.save()
    with monkeypatch.context() as patch:
        patch.setattr("portal.erasing.reapply", fails)
        with pytest.raises(OSError, match="the disk is gone"):
            office.restore()

    with pytest.raises(NotInitialised, match=r"a restore did not finish: run `sameview restore` again"):
        build(office.config)
    assert office.restore(folder=None).problems == []
    with office.open() as system:
        assert read(system, subject_of(system, "ben")) is not None


def test_a_process_without_all_classes_of_keys_restores_nothing(small: Office) -> None:
    small.save()
    confined = Config(home=small.config.home, key_classes=frozenset({KeyClass.SHARED, KeyClass.AUDIT}))

    with pytest.raises(RestoreRefused, match="SAMEVIEW_KEY_CLASSES has granted, private, text"):
        small.restore(confined)


def test_a_lock_dies_with_its_process(small: Office) -> None:
    small.save()
    run_in_child(lambda _tell: build(small.config) and None)

    assert small.restore().problems == []


def test_the_command_restores_and_says_what(small: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    small.save()
    monkeypatch.setenv("SAMEVIEW_HOME", str(small.config.home))

    done = sameview("restore", "--from", small.data)
    again = sameview("restore")

    assert done.exit_code == 0, done.output
    assert "3 people, 68 sealed rows; sessions ended" in done.stdout
    assert "verified: every entry of the log" in done.stdout
    assert again.exit_code == 1
    assert "no restore is waiting" in again.stderr
