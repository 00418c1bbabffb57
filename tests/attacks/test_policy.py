"""An administrator changes what may be recorded: the versions of the policy, or the keys that sign them."""

import datetime as dt
import json

import pytest

from portal import policy_record
from portal.checks import Level, inspect
from portal.config import Config
from portal.policy_record import PolicyRefused
from portal.wiring import build
from privacy.canonical import digest
from privacy.capture import preset_text
from privacy.policy_note import PolicyKey, Signers, note_of
from privacy.policy_text import version_of
from tests.attacks.conftest import DATA, KEYS, Attacked

EMPLOYER = PolicyKey("example/employer", bytes(range(32)))
COUNCIL = PolicyKey("example/council", bytes(range(32, 64)))
BOTH = Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier))


def text(attacked: Attacked, number: int, preset: str) -> str:
    system = attacked.system
    return version_of(preset_text(preset), number, system.organisation.origin, system.clock() + dt.timedelta(hours=1))


def agreed(attacked: Attacked) -> None:
    """Let employer and council agree on keys, and sign a strict policy that holds now."""
    system = attacked.system
    policy_record.agree(system, BOTH)
    strict = text(attacked, 2, "strict")
    policy_record.propose(system, strict)
    policy_record.approve(system, 2, [EMPLOYER.sign(strict), COUNCIL.sign(strict)])
    attacked.office.clock.now += dt.timedelta(hours=2)
    assert system.policies.now().name == "strict"


def write(attacked: Attacked, number: int, preset: str, *keys: PolicyKey) -> None:
    """Write a version into the database as one that was accepted and holds."""
    wider = text(attacked, number, preset)
    signatures = note_of("", [key.sign(wider) for key in keys]).removeprefix("\n")
    effective = int(attacked.system.clock().timestamp()) + 3600
    values = (number, wider, signatures, effective, True)
    attacked.sql("INSERT OR REPLACE INTO capture_policy VALUES (?, ?, ?, ?, ?)", *values)
    attacked.office.clock.now += dt.timedelta(hours=2)
    attacked.system.policies.forget()


def told(attacked: Attacked, *words: str) -> bool:
    return any(all(word in each for word in words) for each in attacked.verify())


def in_force(attacked: Attacked) -> list[str]:
    """Return what is in force for a process that runs on, and for one that is started now."""
    attacked.system.policies.forget()
    names = [attacked.system.policies.now().name]
    anew = build(Config(home=attacked.home), attacked.office.clock)
    try:
        policy_record.settle(anew)
        return [*names, anew.policies.now().name]
    finally:
        anew.close()


def checked(attacked: Attacked) -> list[str]:
    """Return the faults of `sameview check`."""
    attacked.system.policies.forget()
    return [each.what for each in inspect(attacked.system) if each.level is Level.FAULT]


def test_a_wider_policy_without_the_councils_signature_is_not_used_and_named(attacked: Attacked) -> None:
    agreed(attacked)
    assert not attacked.verify()
    write(attacked, 3, "own_insight", EMPLOYER)

    assert in_force(attacked) == ["strict", "strict"]
    assert told(attacked, "policy version 3", "example/council")
    assert any("policy version 3" in each for each in checked(attacked))


def test_a_version_with_both_signatures_that_nobody_accepted_is_not_used_and_named(attacked: Attacked) -> None:
    agreed(attacked)
    write(attacked, 3, "own_insight", EMPLOYER, COUNCIL)

    assert in_force(attacked) == ["strict", "strict"]
    assert told(attacked, "policy version 3", "no entry of the log commits to it")


def test_a_signed_policy_that_was_changed_goes_on_as_it_was_and_is_named(attacked: Attacked) -> None:
    agreed(attacked)
    text = attacked.system.policies.now().text
    attacked.sql("UPDATE capture_policy SET text = replace(text, 'months = 13', 'months = 23') WHERE version = 2")

    assert in_force(attacked) == ["strict", "strict"]
    assert attacked.system.policies.now().text == text
    assert told(attacked, "policy version 2", "no entry of the log commits to")


def test_an_unsigned_version_of_before_that_is_dated_later_than_a_signed_one_is_not_used_and_named(
    attacked: Attacked,
) -> None:
    agreed(attacked)
    write(attacked, 1, "own_insight")

    assert in_force(attacked) == ["strict", "strict"]
    assert told(attacked, "policy version 1", "no entry of the log commits to")


def test_keys_put_in_the_place_of_the_agreed_ones_sign_nothing_and_are_named(attacked: Attacked) -> None:
    agreed(attacked)
    stranger = PolicyKey("example/employer", bytes(32))
    attacked.sql("UPDATE policy_signers SET employer = ?, council = NULL, first_signed = 3", str(stranger.verifier))
    write(attacked, 3, "own_insight", stranger)

    assert in_force(attacked) == ["strict", "strict"]
    assert attacked.system.policies.signers == BOTH
    assert told(attacked, "policy signers", "no entry of the log commits to these keys")
    assert told(attacked, "policy version 3", "not used")


def test_signatures_asked_for_from_a_later_version_on_are_asked_for_as_agreed_and_it_is_named(
    attacked: Attacked,
) -> None:
    agreed(attacked)
    attacked.sql("UPDATE policy_signers SET first_signed = 99")
    write(attacked, 3, "own_insight")

    assert in_force(attacked) == ["strict", "strict"]
    assert told(attacked, "policy signers", "no entry of the log commits to these keys")


def test_keys_that_were_taken_away_count_on_and_are_named(attacked: Attacked) -> None:
    agreed(attacked)
    attacked.sql("DELETE FROM policy_signers")
    attacked.sql("DELETE FROM capture_policy")

    assert in_force(attacked) == ["strict", "strict"]
    assert attacked.system.policies.signers == BOTH
    assert told(attacked, "policy signers", "their row was taken away")
    assert any("policy signers" in each for each in checked(attacked))


@pytest.mark.parametrize("statement", ["DELETE FROM capture_policy", "UPDATE capture_policy SET accepted = 0"])
def test_a_version_that_was_taken_away_goes_on_and_is_named(attacked: Attacked, statement: str) -> None:
    agreed(attacked)
    before = attacked.sql("SELECT * FROM capture_policy WHERE version = 2")
    attacked.sql(f"{statement} WHERE version = 2")

    assert in_force(attacked) == ["strict", "strict"]
    assert told(attacked, "policy version 2", "the accepted one goes on")
    assert any("policy version 2" in each for each in checked(attacked))
    assert "policy version 2" in attacked.office.client("cleo").get("/compliance/policy").text
    assert "changed from outside" in attacked.office.client("ben").get("/me/recorded").text

    policy_record.mend(attacked.system)
    assert attacked.sql("SELECT * FROM capture_policy WHERE version = 2") == before
    assert not attacked.verify()


def test_rows_of_before_put_back_bring_no_earlier_version_back_and_are_named(attacked: Attacked) -> None:
    agreed(attacked)
    yesterday = attacked.copy(DATA)
    narrower = text(attacked, 3, "coaching")
    policy_record.propose(attacked.system, narrower)
    policy_record.approve(attacked.system, 3, [EMPLOYER.sign(narrower), COUNCIL.sign(narrower)])
    attacked.office.clock.now += dt.timedelta(hours=2)
    attacked.put_back(yesterday)

    assert in_force(attacked) == ["coaching", "coaching"]
    assert told(attacked, "policy version 3", "its row was taken away")


def test_a_policy_that_nobody_signs_goes_on_when_it_is_changed_in_the_database_and_it_is_named(
    attacked: Attacked,
) -> None:
    attacked.sql("UPDATE capture_policy SET text = replace(text, 'text_days = 0', 'text_days = 14')")

    attacked.system.policies.forget()
    assert attacked.system.policies.now().text_days is None
    assert told(attacked, "policy version 1", "no entry of the log commits to")


def test_a_mark_changed_in_the_key_store_counts_for_nothing_and_is_named(attacked: Attacked) -> None:
    agreed(attacked)
    wider = text(attacked, 2, "own_insight")
    content = json.dumps({"version": 2, "text": wider, "signatures": "", "effective": 0})
    attacked.sql("UPDATE policy_mark SET content = ? WHERE content LIKE '%strict%'", content, store=KEYS)

    attacked.system.policies.forget()
    assert attacked.system.policies.now().name == "strict"
    assert told(attacked, "policy mark", "was not written by the portal")
    policy_record.settle(attacked.system)
    assert not attacked.verify()


@pytest.mark.parametrize("stamp", [b"", b"s" * 32, None])
def test_a_mark_written_into_the_key_store_counts_for_nothing_and_is_named(
    attacked: Attacked, stamp: bytes | None
) -> None:
    agreed(attacked)
    wider = text(attacked, 3, "own_insight")
    content = json.dumps({"version": 3, "text": wider, "signatures": "", "effective": 0})
    stamp = attacked.sql("SELECT stamp FROM policy_mark", store=KEYS)[0][0] if stamp is None else stamp
    values = (digest({"policy": wider}), 5, 0, "policy", content, stamp)
    attacked.sql("INSERT INTO policy_mark VALUES (?, ?, ?, ?, ?, ?)", *values, store=KEYS)
    write(attacked, 3, "own_insight")

    assert in_force(attacked) == ["strict", "strict"]
    assert told(attacked, "policy mark", "was not written by the portal")


def test_a_version_taken_away_together_with_its_mark_is_named_and_nothing_is_kept_from_the_next_start_on(
    attacked: Attacked,
) -> None:
    agreed(attacked)
    attacked.sql("DELETE FROM capture_policy WHERE version = 2")
    attacked.sql("DELETE FROM policy_mark WHERE content LIKE '%strict%'", store=KEYS)
    assert any("what it commits to of the policy is not stored" in each for each in checked(attacked))

    assert in_force(attacked)[1] == "lost"
    attacked.system.policies.forget()
    assert attacked.system.policies.now().name == "lost"
    assert told(attacked, "what it commits to of the policy is not stored")


def test_keys_taken_away_together_with_their_mark_let_nothing_be_kept_from_the_next_start_on_and_it_is_named(
    attacked: Attacked,
) -> None:
    agreed(attacked)
    attacked.sql("DELETE FROM policy_signers")
    attacked.sql("DELETE FROM policy_mark WHERE content LIKE '%employer%'", store=KEYS)
    token = attacked.system.tokens.issue(attacked["ben"], "desk", {"ingest"})

    assert in_force(attacked)[1] == "lost"
    attacked.system.policies.forget()
    header = {"Authorization": f"Bearer {token}"}
    answer = attacked.office.app.test_client().get("/api/v1/relay/policy", headers=header)
    assert answer.status_code == 404  # a desk goes on with what it has, and the portal takes nothing
    assert told(attacked, "what it commits to of the policy is not stored")
    with pytest.raises(PolicyRefused, match="other keys"):
        policy_record.agree(attacked.system, Signers(str(EMPLOYER.verifier)))

    policy_record.agree(attacked.system, BOTH)
    assert attacked.system.policies.now().name == "strict"


def test_signatures_taken_away_together_with_the_mark_let_nothing_be_kept_and_mending_keeps_the_text(
    attacked: Attacked,
) -> None:
    agreed(attacked)
    write(attacked, 3, "own_insight", EMPLOYER)
    attacked.sql("DELETE FROM policy_mark WHERE content LIKE '%strict%'", store=KEYS)
    attacked.sql("UPDATE capture_policy SET signatures = '' WHERE version = 2")

    policy_record.mend(attacked.system)

    assert [row[0] for row in attacked.sql("SELECT version FROM capture_policy ORDER BY version")] == [1, 2]
    assert attacked.system.policies.now().name == "lost"
