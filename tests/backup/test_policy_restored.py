"""The policy after a restore: what was agreed on since stays, and what nobody has any more lets nothing in."""

import datetime as dt

from command_line import sameview
from sqlalchemy import delete

from portal import policy_record, verifying
from portal.wiring import System
from privacy.capture import preset_text
from privacy.policy_history import read
from privacy.policy_marks import PolicyMarkRow
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import version_of
from privacy.stores import writing
from tests.backup.places import Office

EMPLOYER = PolicyKey("example/employer", bytes(range(32)))
COUNCIL = PolicyKey("example/council", bytes(range(32, 64)))
BOTH = Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier))
SOON = dt.timedelta(hours=1)


def sign(system: System, number: int, preset: str) -> None:
    """Let both sign a version that holds in an hour."""
    text = version_of(preset_text(preset), number, system.organisation.origin, system.clock() + SOON)
    policy_record.propose(system, text)
    policy_record.approve(system, number, [EMPLOYER.sign(text), COUNCIL.sign(text)])


def agree_after_the_backup(office: Office) -> None:
    office.save()
    with office.open() as system:
        policy_record.settle(system)
        policy_record.agree(system, BOTH)
        sign(system, 2, "strict")
    office.clock.now += 2 * SOON


def test_what_was_agreed_on_since_the_backup_holds_after_it_is_restored(office: Office) -> None:
    agree_after_the_backup(office)

    done = office.restore()

    assert done.problems == []
    with office.open() as system:
        assert (system.policies.now().name, system.policies.signers) == ("strict", BOTH)
        assert system.policies.refused() == ()  # the rows are there again
        assert verifying.verify(system).problems == []


def test_what_the_log_lost_in_a_restore_it_says_anew(small: Office) -> None:
    agree_after_the_backup(small)
    small.lose("log")

    done = small.restore(checkpoint=small.data / "checkpoint.txt")

    assert (done.took_log, done.problems) == (True, [])
    with small.open() as system:
        assert system.policies.now().name == "strict"
        assert {each.digest for each in system.policies.marks.read()[0]} == set(read(system.log))


def test_where_the_keys_were_lost_too_nothing_is_kept_under_an_older_policy(small: Office) -> None:
    agree_after_the_backup(small)
    small.lose("keys")

    done = small.restore(keys_folder=small.keys)

    assert any("what it commits to of the policy is not stored" in each for each in done.problems)
    with small.open() as system:
        assert system.policies.now().name == "lost"
        policy_record.agree(system, BOTH)  # the same keys are taken again
        sign(system, 2, "strict")
        small.clock.now += 2 * SOON
        assert (system.policies.now().name, system.policies.refused()) == ("strict", ())


def test_an_installation_of_before_there_were_marks_gets_them_when_it_is_migrated(small: Office) -> None:
    with small.open() as system:
        policy_record.settle(system)
        before = system.policies.marks.read()
        with writing(system.stores.keys) as connection:
            connection.execute(delete(PolicyMarkRow))

    done = sameview("migrate", env={"SAMEVIEW_HOME": str(small.config.home)})

    assert (done.exit_code, done.stderr) == (0, "")
    with small.open() as system:
        assert system.policies.marks.read() == before
        assert before[0]


def test_mending_names_what_was_wrong_and_puts_the_rows_back(small: Office) -> None:
    with small.open() as system:
        policy_record.settle(system)
        before = system.policies.versions()
        with writing(system.stores.data) as connection:
            connection.exec_driver_sql("DELETE FROM capture_policy")
    environment = {"SAMEVIEW_HOME": str(small.config.home)}

    done = sameview("policy", "mend", env=environment)
    again = sameview("policy", "mend", env=environment)

    assert "policy version 1: its row was taken away" in done.stdout
    assert (done.exit_code, again.stdout) == (0, "nothing to do: it says what was agreed on\n")
    with small.open() as system:
        assert system.policies.versions() == before
