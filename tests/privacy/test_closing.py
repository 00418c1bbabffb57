"""The closing of a day proves to each person that the end of their chain was counted, and to nobody more than that."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from log_book import look, open_log, own, told
from sqlalchemy import delete, select, update

from privacy.access_log import AccessLog
from privacy.chains import End, Heads
from privacy.closings import Closed, Counted, closing, closing_digest, leaf_hashes, split_leaves
from privacy.log_entries import Chain
from privacy.merkle import ProofBroken, check_inclusion
from privacy.period import Period
from privacy.stores import Stores

TODAY = dt.date(2026, 11, 19)
TOMORROW = TODAY + dt.timedelta(days=1)


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    """Three people were looked at, two of them looked themselves; then the day was closed."""
    log = open_log(stores, tmp_path, clock)
    log.append_many([look(), look(subject=DAN), own(), look(CLEO), told(), own(ANA), look(subject=CLEO), look()])
    log.close_day(TODAY)
    return log


def digest(log: AccessLog, closed: Closed) -> bytes:
    entry = log.entry(closed.entry)
    assert entry is not None
    return bytes.fromhex((entry.digest or "").removeprefix("sha256:"))


def check(log: AccessLog, closed: Closed, counted: Counted) -> None:
    (leaf,) = leaf_hashes([counted.end])
    check_inclusion(counted.hashes, closed.size, digest(log, closed), counted.index, leaf)


@pytest.mark.parametrize("person", [ANA, BEN, CLEO, DAN])
def test_each_person_s_chains_are_proved_to_have_been_counted(log: AccessLog, person: str) -> None:
    log.append_many([look(subject=person), own(person, session="later")])

    closed = log.closing(person, TODAY)

    assert closed.chains
    for counted in closed.chains:
        entries = [e for e in log.of_subject(person) if e.chain is counted.chain and e.index < closed.entry]
        check(log, closed, counted)
        assert counted.end.length == len(entries)


def test_a_closing_counts_chains_that_have_begun_and_no_others(log: AccessLog) -> None:
    assert [(each.chain, each.end.length) for each in log.closing(BEN).chains] == [(Chain.OTHERS, 3), (Chain.SELF, 1)]
    assert [each.chain for each in log.closing(DAN).chains] == [Chain.OTHERS]


def test_another_length_or_commitment_is_not_proved(log: AccessLog) -> None:
    closed = log.closing(BEN)
    counted = closed.chains[0]

    for end in (counted.end._replace(length=2), counted.end._replace(commitment=bytes(32))):
        with pytest.raises(ProofBroken):
            check(log, closed, dataclasses.replace(counted, end=end))


def test_the_last_closing_is_meant_unless_a_day_is_named(log: AccessLog, clock: Clock) -> None:
    clock.advance(days=1)
    log.append(look())
    log.close_day(TOMORROW)

    assert (log.closing(BEN).day, log.closing(BEN, TODAY).day) == (TOMORROW, TODAY)
    assert log.closing(BEN).chains[0].end.length == 4
    with pytest.raises(LookupError, match="that day was not closed"):
        log.closing(BEN, TODAY - dt.timedelta(days=1))


def test_before_the_first_night_nothing_is_proved(stores: Stores, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(LookupError, match="no day was closed yet"):
        open_log(stores, tmp_path, clock).closing(BEN)


def test_somebody_who_came_later_was_not_counted(log: AccessLog) -> None:
    log.append(look(subject="e" * 32))

    assert log.closing("e" * 32).chains == []


def test_what_is_kept_of_a_closing_is_hashes_without_names_or_counts(log: AccessLog, stores: Stores) -> None:
    with stores.log.connect() as connection:
        row = connection.execute(select(closing)).one()

    closed = log.closing(BEN)
    leaves = split_leaves(row.leaves)
    assert closing_digest(leaves) == f"sha256:{digest(log, closed).hex()}"
    assert len(leaves) == closed.size == 6
    assert closed.chains[0].end.tag not in row.leaves


# Verification


@pytest.fixture
def erased(log: AccessLog) -> AccessLog:
    """The same log after one person was erased, and two more days."""
    log.erase(DAN)
    log.append_many([look(), own(session="later")])
    log.close_day(TOMORROW)
    return log


def test_closings_verify_after_an_erasure(erased: AccessLog) -> None:
    assert erased.verify().problems == []


def test_leaves_that_were_changed_after_an_erasure_are_found(erased: AccessLog, stores: Stores) -> None:
    with stores.log.begin() as connection:
        row = connection.execute(select(closing).order_by(closing.c.entry)).first()
        assert row is not None
        leaves = bytes([row.leaves[0] ^ 1]) + row.leaves[1:]
        connection.execute(update(closing).where(closing.c.entry == row.entry).values(leaves=leaves))

    (problem,) = erased.verify().problems
    assert problem == f"entry {row.entry}: the leaves kept of this closing are not those that it states"


def test_leaves_that_were_removed_are_found(erased: AccessLog, stores: Stores) -> None:
    with stores.log.begin() as connection:
        connection.execute(delete(closing).where(closing.c.day == TOMORROW))

    (problem,) = erased.verify().problems
    assert problem.endswith("closes a day, but the leaves that it counted are missing")


def test_a_closing_that_counted_a_chain_wrongly_is_found_beside_erased_rows(
    erased: AccessLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = Heads.ends

    def lengthened(heads: Heads, day: dt.date) -> list[End]:
        return [end._replace(length=end.length + 1) for end in ends(heads, day)]

    monkeypatch.setattr(Heads, "ends", lengthened)
    index = erased.close_day(TOMORROW + dt.timedelta(days=1))

    assert erased.verify().problems == [f"entry {index}: closes the day with other ends of chains than there were"]


def test_a_person_whose_old_entries_expired_still_gets_the_proof(stores: Stores, tmp_path: Path, clock: Clock) -> None:
    clock.now = dt.datetime(2023, 3, 1, 9, tzinfo=dt.UTC)
    log = open_log(stores, tmp_path, clock)
    log.append_many([look(), look(), own()])
    log.close_day(clock.now.date())
    then = log.closing(BEN)
    clock.now = dt.datetime(2026, 11, 19, 9, tzinfo=dt.UTC)
    log.append_many([look(), own(session="later")])
    log.expire([Chain.OTHERS], dt.date(2023, 4, 1), ["access_log"], Period.day(dt.date(2023, 3, 1)))

    now = log.closing(BEN)
    assert len([each for each in log.of_subject(BEN) if each.chain is Chain.OTHERS]) == 1
    assert now.chains == then.chains
    assert log.verify().problems == []
