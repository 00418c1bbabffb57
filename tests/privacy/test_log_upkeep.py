"""Closing a day states the end of every chain; what is erased is gone and stays provable."""

import datetime as dt
from base64 import b64decode
from pathlib import Path

import pytest
from cast import ANA, BEN, DAN
from conftest import Clock
from log_book import keep_busy, look, open_keys, open_log, own, told
from sqlalchemy import select

from privacy.access_log import AccessLog, Chain, Filter, LogUnavailable
from privacy.bundle import check_bundle
from privacy.chains import End
from privacy.closings import closing_digest, leaf_hashes
from privacy.fields import KeyClass
from privacy.log_seals import SUBJECT_TAG, LogSeals
from privacy.log_tree import entry
from privacy.period import Period
from privacy.stores import Stores

TODAY = dt.date(2026, 11, 19)


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    return open_log(stores, tmp_path, clock)


@pytest.fixture
def busy_log(log: AccessLog, clock: Clock) -> AccessLog:
    return keep_busy(log, clock)


def test_closing_a_day_states_the_end_of_every_chain_once(log: AccessLog, stores: Stores, tmp_path: Path) -> None:
    log.append_many([look(), look(), own(DAN)])
    seals = LogSeals(open_keys(stores, tmp_path))

    index = log.close_day(TODAY)

    commitments = [b64decode(p["leaf"])[-32:] for p in log.export_bundle([1, 2])["inclusion"]]
    ends = [
        End(seals.tag(SUBJECT_TAG, BEN, TODAY), 2, commitments[0]),
        End(seals.tag(SUBJECT_TAG, DAN, TODAY), 1, commitments[1]),
    ]
    closing = log.entry(index)
    assert closing is not None
    assert closing.digest == closing_digest(leaf_hashes(ends))
    assert (closing.outcome, closing.period) == ("closed", Period.day(TODAY))
    assert log.close_day(TODAY) == index
    assert log.close_day(TODAY - dt.timedelta(days=1)) == index + 1


def test_erased_entries_are_gone_and_stay_provable(busy_log: AccessLog, stores: Stores, tmp_path: Path) -> None:
    record, rows = busy_log.erase(BEN)
    open_keys(stores, tmp_path).destroy(BEN)

    with stores.log.connect() as connection:
        gone = connection.execute(select(entry).where(entry.c.erased_by == record)).all()
    assert [row[0] for row in gone] == list(rows) == [0, 2, 3, 4, 6, 7]
    assert {(row.day, row.subject_tag, row.viewer_tag, row.sealed) for row in gone} == {(None,) * 4}
    assert busy_log.of_subject(BEN) == []
    assert busy_log.entry(0) is None
    bundle = busy_log.export_bundle(range(busy_log.size), open=True)
    assert check_bundle(bundle, busy_log.signer.verifier).size == busy_log.size
    assert [each["payload"] is None for each in bundle["inclusion"]][:3] == [True, False, True]
    assert busy_log.verify().problems == []


def test_nothing_is_written_about_a_person_who_was_erased_by_whatever_process(
    busy_log: AccessLog, stores: Stores, tmp_path: Path, clock: Clock
) -> None:
    other = open_log(stores, tmp_path, clock)
    other.append(look())  # it has the keys of Ben at hand
    busy_log.erase(BEN)
    size = busy_log.size

    for log in (busy_log, other):
        for draft in (look(), own(session="another")):
            with pytest.raises(LogUnavailable, match=f"was erased, see entry {size - 1}"):
                log.append(draft)

    assert (busy_log.size, busy_log.of_subject(BEN)) == (size, [])
    assert other.append(look(DAN, ANA)).index == size
    assert busy_log.verify().problems == []


def test_erasing_a_second_time_writes_nothing_and_answers_the_same(busy_log: AccessLog) -> None:
    first = busy_log.erase(BEN)
    size = busy_log.size

    assert busy_log.erase(BEN) == busy_log.erasure_of(BEN) == first
    assert busy_log.size == size
    assert busy_log.erasure_of(DAN) is None


def test_old_own_reads_of_everybody_are_erased_before_their_month_s_key_is_destroyed(
    busy_log: AccessLog, stores: Stores, tmp_path: Path
) -> None:
    end = dt.date(2026, 11, 1)
    own_reads = [e.index for e in busy_log.of_subject(BEN) if e.chain == "self" and e.time.date() < end]
    others = [e.index for e in busy_log.of_subject(BEN) if e.index not in own_reads]
    record = busy_log.expire([Chain.SELF], end, ["goals"], Period(dt.date(2026, 1, 1), end))
    keys = open_keys(stores, tmp_path)
    for person in (BEN, DAN):
        keys.destroy(person, [(KeyClass.PRIVATE, 2026 * 12 + n) for n in range(10)])

    busy_log.append(own(session="later"))

    assert own_reads
    assert [e.index for e in busy_log.of_subject(BEN)] == [*others, record + 1]
    assert busy_log.verify().problems == []
    assert not busy_log.has_expired([Chain.SELF], end)


def test_the_organisation_s_own_entries_never_expire(busy_log: AccessLog) -> None:
    busy_log.append(told())
    later = dt.date(2027, 1, 1)

    record = busy_log.expire([Chain.OTHERS, Chain.SELF], later, ["access_log"], Period(dt.date(2026, 1, 1), later))

    assert [busy_log.of_subject(each) for each in (BEN, DAN, ANA)] == [[], [], []]
    kept = busy_log.read(Filter(chains=[Chain.ORGANISATION])).entries
    assert {"expired", "released"} == {each.outcome for each in kept}
    assert kept[0].index == record
    assert busy_log.verify().problems == []
