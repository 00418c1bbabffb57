"""An administrator changes what may be recorded: the versions of the policy, or the keys that sign them."""

import datetime as dt

from portal import policy_record
from privacy.capture import preset_text
from privacy.policy_note import PolicyKey, Signers, note_of
from privacy.policy_text import version_of
from tests.attacks.conftest import Attacked

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


def test_a_wider_policy_without_the_councils_signature_is_not_used_and_named(attacked: Attacked) -> None:
    agreed(attacked)
    assert not attacked.verify()
    write(attacked, 3, "own_insight", EMPLOYER)

    assert attacked.system.policies.now().name == "strict"
    assert told(attacked, "policy version 3", "example/council")


def test_a_signed_policy_that_was_changed_is_not_used_and_named(attacked: Attacked) -> None:
    agreed(attacked)
    attacked.sql("UPDATE capture_policy SET text = replace(text, 'months = 13', 'months = 23') WHERE version = 2")
    attacked.system.policies.forget()

    assert attacked.system.policies.now().version == 1
    assert told(attacked, "policy version 2", "the signature by example/employer is wrong")
    assert told(attacked, "policy version 2", "no entry of the log commits to it")


def test_an_unsigned_version_of_before_that_is_dated_later_than_a_signed_one_is_not_used_and_named(
    attacked: Attacked,
) -> None:
    agreed(attacked)
    write(attacked, 1, "own_insight")

    assert attacked.system.policies.now().name == "strict"
    assert told(attacked, "policy version 1", "no entry of the log commits to it")


def test_keys_put_in_the_place_of_the_agreed_ones_are_named(attacked: Attacked) -> None:
    agreed(attacked)
    stranger = PolicyKey("example/employer", bytes(32))
    attacked.sql("UPDATE policy_signers SET employer = ?, council = NULL, first_signed = 3", str(stranger.verifier))
    write(attacked, 3, "own_insight", stranger)

    assert attacked.system.policies.now().name == "own_insight"
    assert told(attacked, "policy signers", "no entry of the log commits to these keys")
    assert told(attacked, "policy version 3", "no entry of the log commits to it")


def test_keys_that_were_taken_away_are_named(attacked: Attacked) -> None:
    agreed(attacked)
    attacked.sql("DELETE FROM policy_signers")

    assert told(attacked, "the signers' keys were taken away")


def test_a_version_that_was_taken_away_is_named(attacked: Attacked) -> None:
    agreed(attacked)
    attacked.sql("DELETE FROM capture_policy WHERE version = 2")

    assert told(attacked, "what it commits to of the policy is not stored")


def test_a_policy_that_nobody_signs_is_named_when_it_is_changed_in_the_database(attacked: Attacked) -> None:
    attacked.sql("UPDATE capture_policy SET text = replace(text, 'text_days = 0', 'text_days = 14')")

    assert told(attacked, "policy version 1", "no entry of the log commits to it")
