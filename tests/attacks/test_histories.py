"""An administrator who has the keys too, and rebuilds a log that agrees with itself: outsiders see it.

Whoever can use the organisation's keys signs whatever tree they like. `sameview log verify` on their machine has only
their word, so these rows rest on what left the machine before: a witness, and what an employee kept.
"""

import datetime as dt
from collections.abc import Callable

import pytest

from portal import checkpoints
from privacy.log_key import open_signer
from tests.attacks.conftest import LOG, Attacked, Keeper, Outside

Fork = Callable[[str], Attacked]


def test_a_log_with_two_histories_is_refused_by_the_witness(attacked: Attacked, fork: Fork, witness: Outside) -> None:
    other = fork("other")
    attacked.look()
    other.look("2026-W44")
    assert attacked.system.log.size == other.system.log.size

    assert witness.ask(attacked.system).status == 200
    refused = witness.ask(other.system)

    assert refused.status == 409
    (evidence,) = witness.witness.store.evidence(attacked.system.log.signer.origin)
    assert evidence.note != evidence.known


def test_a_second_history_of_another_length_is_refused_by_the_witness(
    attacked: Attacked, fork: Fork, witness: Outside
) -> None:
    other = fork("other")
    attacked.look()
    assert witness.ask(attacked.system).status == 200

    for week in ("2026-W43", "2026-W44", "2026-W45"):
        other.look(week)

    assert witness.ask(other.system).status == 422
    assert witness.witness.store.evidence(attacked.system.log.signer.origin)


def test_a_second_history_is_noticed_by_the_employee_to_whom_the_first_was_shown(
    attacked: Attacked, fork: Fork, ben: Keeper
) -> None:
    other = fork("other")
    attacked.look()
    assert ben.check(attacked) == ""

    for week in ("2026-W43", "2026-W44", "2026-W45"):
        other.look(week)

    assert other.verify() == []
    assert "forked" in ben.check(other) or "dropped" in ben.check(other) or "not the beginning" in ben.check(other)


def test_the_last_looks_dropped_and_the_log_grown_again_are_noticed_by_the_witness_and_the_employee(
    attacked: Attacked, ben: Keeper, witness: Outside
) -> None:
    attacked.look()
    before = attacked.copy(LOG)
    attacked.look()
    assert ben.check(attacked) == ""
    assert witness.ask(attacked.system).status == 200

    attacked.put_back(before)
    for who in ("ana", "cleo", "dan", "eva"):
        attacked.office.client(who).get("/me/access")

    assert attacked.system.log.verify().problems == []
    assert witness.ask(attacked.system).status == 422
    assert "dropped" in ben.check(attacked) or "forked" in ben.check(attacked)


def test_the_last_looks_left_out_of_a_persons_proofs_are_noticed_by_the_closing_of_the_day(
    attacked: Attacked, ben: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal itself leaves Ben's last entries out of what it gives him; the log, and its tree, are whole."""
    attacked.look()
    attacked.office.clock.advance(days=1)
    attacked.system.log.close_day(dt.date(2026, 11, 19))
    whole = attacked.system.log.of_subject
    last = max(each.index for each in whole(attacked["ben"]) if each.chain == "others")
    monkeypatch.setattr(attacked.system.log, "of_subject", lambda who: [e for e in whole(who) if e.index != last])

    found = ben.check(attacked, closing=True)

    assert "entries were dropped or replaced" in found
    assert ben.check(attacked) == ""


def test_a_replaced_signing_key_is_named_by_what_was_published_and_refused_by_witness_and_employee(
    attacked: Attacked, ben: Keeper, witness: Outside
) -> None:
    checkpoints.publish(attacked.system)
    assert ben.check(attacked) == ""
    origin = attacked.system.log.signer.origin
    attacked.sql("DELETE FROM log_key", store="keys/keys.db")
    signer = open_signer(attacked.system.keys, origin)
    ((size, root),) = attacked.log_sql("SELECT size, root FROM head")
    attacked.log_sql("UPDATE head SET note = ?", signer.sign(size, root))
    for day, note in attacked.log_sql("SELECT day, note FROM checkpoint"):
        kept = attacked.system.log.signer.verifier.open_checkpoint(note)
        attacked.log_sql("UPDATE checkpoint SET note = ? WHERE day = ?", signer.sign(kept.size, kept.root), day)

    attacked.start()

    assert attacked.system.log.verify().problems == []
    assert any("is not signed by the log's key, which was replaced" in each for each in attacked.verify())
    assert witness.ask(attacked.system).status == 403
    assert "checkpoint" in ben.check(attacked)


def test_not_detected_a_history_that_nobody_outside_ever_saw(attacked: Attacked) -> None:
    """Keys, log, key store and files rolled back together, before anybody outside kept anything: nothing can tell."""
    attacked.look()
    yesterday = attacked.copy("data/sameview.db", LOG, "keys/keys.db")
    attacked.look()

    attacked.put_back(yesterday)

    assert attacked.verify() == []
