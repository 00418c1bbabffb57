"""What is damaged keeps nobody from being erased, nor anybody else from anything: it is named, and goes with them."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal import checks, erasing, nightly, verifying
from portal.erasure_receipts import DAMAGED
from portal.wiring import System
from privacy.chains import chain_head, erasure_digest
from privacy.fields import KeyClass
from privacy.key_store import WrappedKey
from privacy.log_entries import Chain
from privacy.seal import SealBroken
from privacy.stores import writing
from privacy.vault_store import SealedField


def damage_key(system: System, subject: str, key_class: KeyClass) -> None:
    """Change the first byte of each wrapped key of a class."""
    here = (WrappedKey.subject_id == subject, WrappedKey.key_class == key_class)
    with writing(system.stores.keys) as connection:
        for epoch, wrapped in connection.execute(select(WrappedKey.epoch, WrappedKey.wrapped).where(*here)).all():
            changed = bytes([wrapped[0] ^ 1]) + wrapped[1:]
            connection.execute(update(WrappedKey).where(*here, WrappedKey.epoch == epoch).values(wrapped=changed))


def damage_head(system: System, subject: str, chain: Chain) -> None:
    """Change the last byte of the head of a chain."""
    here = (chain_head.c.subject_id == subject, chain_head.c.chain == chain)
    with writing(system.stores.log) as connection:
        sealed = connection.scalar(select(chain_head.c.sealed).where(*here))
        assert sealed is not None
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        connection.execute(update(chain_head).where(*here).values(sealed=changed))


def left(system: System, subject: str) -> tuple[int, int]:
    """Return how many sealed rows and wrapped keys there are of somebody."""
    rows = select(func.count()).select_from(SealedField).where(SealedField.subject_id == subject)
    keys = select(func.count()).select_from(WrappedKey).where(WrappedKey.subject_id == subject)
    with system.stores.data.connect() as data, system.stores.keys.connect() as store:
        return data.scalar(rows) or 0, store.scalar(keys) or 0


def night(system: System) -> nightly.Done:
    return nightly.run(system, lambda _what, _done, _total: None)


@pytest.mark.parametrize("key_class", [KeyClass.AUDIT, KeyClass.PRIVATE, KeyClass.SHARED])
def test_whose_key_is_damaged_is_erased_and_the_receipt_says_what_could_not_be_emptied(
    house: Any, key_class: KeyClass
) -> None:
    ben = house.id("ben")
    entries = [each.index for each in house.running[0].log.of_subject(ben)]
    damage_key(house.running[0], ben, key_class)
    system, told = house.process(), []

    receipt = erasing.erase(system, ben, None, told.append)

    assert left(system, ben) == (0, 0)
    assert system.people.get(ben).is_erased
    emptied = [] if key_class is KeyClass.AUDIT else entries
    assert (receipt.entries, receipt.digest) == (len(emptied), erasure_digest(emptied))
    found = key_class is not KeyClass.AUDIT
    assert (told == [], DAMAGED not in receipt.stays) == (found, found)
    assert all(each.startswith(f"person {ben}: entries of the log were not emptied") for each in told)
    assert erasing.resume(house.process()) == 0
    stuck = {each.partition(":")[0] for each in verifying.verify(system).problems}
    assert stuck == {f"entry {index}" for index in entries if index not in emptied}, "they open for nobody, and say so"


def test_a_manager_is_erased_although_somebody_cannot_be_told_of_it(house: Any) -> None:
    """Ben's chain is broken: Eva is told, Ben is named, and nobody's pages wait for it."""
    system, ana, ben = house.running[0], house.id("ana"), house.id("ben")
    with system.people.changing(None) as changes:
        eva = changes.create("eva@example.org", "Eva", "UTC")
    with system.people.changing(None) as changes:
        changes.join(eva, changes.team("Claims"))
    damage_head(system, ben, Chain.OTHERS)
    before, told = system.log.size, []

    erasing.erase(system, ana, None, told.append)

    assert left(system, ana) == (0, 0)
    assert system.people.get(ana).is_erased
    (untold,) = told
    assert untold.startswith(f"person {ben} could not be told that {ana} was erased:")
    assert "does not manage Claims any more" in system.announcements.of(eva)[0].sentence
    assert system.log.size == before + 2, "the record of the erasure, and what Eva is told: nothing is written twice"
    assert erasing.resume(house.process()) == 0
    (cancelled,) = [each for each in verifying.verify(system).problems if ana in each or eva in each]
    assert cancelled.startswith(f"one-to-one 1 of {ben} with {ana}: stands as cancelled"), (
        "Ben was not told of that either"
    )


@pytest.fixture
def hopeless(house: Any, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Ben's and Ana's erasures stopped before rows were dropped; of whoever is in the set none can be finished."""
    system, found = house.running[0], {house.id("ben")}

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    def broken(of: System, subject: str, by: str | None) -> Any:
        if subject in found:
            raise SealBroken("this does not open")
        return erasing.drop_rows(of, subject, by)

    steps = erasing.STEPS
    monkeypatch.setattr(erasing, "STEPS", (erasing.erase_from_log, killed))
    for subject in (house.id("ben"), house.id("ana")):
        with pytest.raises(KeyboardInterrupt):
            erasing.erase(system, subject, None)
    monkeypatch.setattr(erasing, "STEPS", (erasing.erase_from_log, broken, *steps[2:]))
    return found


def test_an_erasure_that_cannot_be_finished_keeps_no_other_from_it_and_is_named(house: Any, hopeless: set[str]) -> None:
    system, ana, ben = house.running[0], house.id("ana"), house.id("ben")
    told: list[str] = []

    assert erasing.resume(system, told.append) == 1

    assert left(system, ana) == (0, 0)
    assert told == [f"person {ben}: the erasure could not be finished: this does not open"]
    assert told[0] in night(system).problems
    house.clock.advance(days=1)
    (found,) = [each for each in checks.inspect(system) if "is not finished" in each.what]
    assert (found.level, ben in found.what) == (checks.Level.FAULT, True)
    assert "sameview jobs nightly" in found.fix

    hopeless.clear()
    assert erasing.resume(system) == 1
    assert left(system, ben) == (0, 0)
    assert not [each for each in checks.inspect(system) if "is not finished" in each.what]
