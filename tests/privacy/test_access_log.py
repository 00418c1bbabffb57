"""The access log writes durably or not at all, in the pinned form, and tells outsiders nothing."""

import datetime as dt
import hashlib
import json
import random
import threading
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from log_book import ORIGIN, look, open_keys, open_log, own, told
from sqlalchemy import event, func, select, text, update

from privacy.access_log import AccessLog, Draft, LogUnavailable, open_signer
from privacy.bundle import check_bundle
from privacy.chains import chain_head
from privacy.fields import KeyClass
from privacy.log_entries import LEAF_PREFIX
from privacy.log_said import has_said
from privacy.log_tree import entry, head, node
from privacy.stores import Stores, open_engine


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    return open_log(stores, tmp_path, clock)


@pytest.fixture
def sqlite_log(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    return open_log(sqlite_stores, tmp_path, clock)


def opened(log: AccessLog, index: int) -> dict[str, object]:
    """Return the payload of an entry as the person concerned takes it home."""
    bundle = log.export_bundle([index], open=True)
    check_bundle(bundle, log.signer.verifier)
    payload: dict[str, object] = json.loads(b64decode(bundle["inclusion"][0]["payload"]))
    return payload


# What is written


def test_an_entry_has_the_pinned_payload(log: AccessLog) -> None:
    log.append(look(digest="sha256:00"))

    assert opened(log, 0) == {
        "v": 1,
        "time": "2026-11-19T09:30:00.000Z",
        "viewer": ANA,
        "subject": BEN,
        "relation": "manager",
        "fields": ["active_time", "focus"],
        "purpose": "one_to_one",
        "period": ["2026-11-02", "2026-11-09"],
        "policy": 1,
        "outcome": "disclosed",
        "chain": "others",
        "sequence": 0,
        "previous": None,
        "digest": "sha256:00",
    }


def test_an_entry_continues_the_chain_of_its_subject(log: AccessLog) -> None:
    log.append_many([look(), look(subject=DAN), look(CLEO)])

    first = b64decode(log.export_bundle([0])["inclusion"][0]["leaf"]).removeprefix(LEAF_PREFIX)
    found = [(opened(log, i)["sequence"], opened(log, i)["previous"]) for i in range(3)]
    assert found == [(0, None), (0, None), (1, first.hex())]


def test_an_entry_without_a_person_is_the_organisation_s(log: AccessLog) -> None:
    log.append(told())

    payload = opened(log, 0)
    assert (payload["viewer"], payload["subject"], payload["chain"]) == (None, None, "organisation")


def test_entries_are_numbered_across_single_and_many(log: AccessLog) -> None:
    indices = [log.append(look()).index, *(a.index for a in log.append_many([look()] * 300)), log.append(told()).index]

    assert indices == list(range(302))
    assert log.size == 302
    assert log.signer.verifier.open_checkpoint(log.checkpoint()).size == 302


def test_an_empty_log_has_a_checkpoint_too(log: AccessLog) -> None:
    assert log.signer.verifier.open_checkpoint(log.checkpoint()).size == log.size == 0


def test_a_moment_given_is_the_moment_written(log: AccessLog) -> None:
    log.append(look(at=dt.datetime(2026, 11, 2, 1, 0, 0, 1999, tzinfo=dt.timezone(dt.timedelta(hours=2)))))

    assert opened(log, 0)["time"] == "2026-11-01T23:00:00.001Z"


@pytest.mark.parametrize(
    "draft",
    [
        lambda: look(chain="self"),
        lambda: look(chain="organisation"),
        lambda: look(chain="strangers"),
        lambda: look(fields="focus"),
    ],
    ids=["own read of another", "person in the organisation", "unknown chain", "one string of fields"],
)
def test_drafts_that_contradict_themselves_are_refused(draft: Callable[[], Draft]) -> None:
    with pytest.raises((ValueError, TypeError)):
        draft()


# Own reads


def test_own_reads_of_a_session_and_day_and_field_set_share_one_entry(log: AccessLog, clock: Clock) -> None:
    first = log.append(own())
    clock.advance(hours=2)

    assert log.append(own(fields=["active_time", "focus"])) == type(first)(first.index, written=False)
    assert opened(log, 0)["period"] is None
    assert log.append(own(session="session 2")).written
    assert log.append(own(fields=["focus"])).written
    assert log.append(own(outcome="refused")).written
    clock.advance(days=1)
    assert log.append(own()).written


def test_another_process_finds_the_entry_of_an_own_read(
    log: AccessLog, stores: Stores, tmp_path: Path, clock: Clock
) -> None:
    written = [log.append(own()).index, log.append(own(fields=["focus"])).index]
    other = open_log(stores, tmp_path, clock)

    assert [a.index for a in other.append_many([own(), own(fields=["focus"]), own(ANA)])] == [*written, 2]
    assert log.size == 3


def test_own_reads_without_a_session_are_entries_each(log: AccessLog) -> None:
    assert [log.append(own(session=None)).index for _ in range(2)] == [0, 1]


def test_a_later_own_read_opens_while_the_log_cannot_be_written(sqlite_log: AccessLog, sqlite_stores: Stores) -> None:
    first = sqlite_log.append(own())
    fill(sqlite_stores)

    assert sqlite_log.append(own()).index == first.index
    with pytest.raises(LogUnavailable):
        sqlite_log.append_many([own(session="another"), *[look()] * 200])


# What may go wrong


def fill(stores: Stores) -> None:
    """Let the log's file grow no further: to SQLite the disk is full."""

    def limit(connection: object, *_: object) -> None:
        cursor = connection.execute("PRAGMA page_count")  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count={cursor.fetchone()[0]}").close()  # type: ignore[attr-defined]

    event.listen(stores.log, "checkout", limit)


def test_a_full_disk_leaves_nothing_half_written(sqlite_log: AccessLog, sqlite_stores: Stores) -> None:
    sqlite_log.append_many([look()] * 20)
    before = sqlite_log.checkpoint()
    fill(sqlite_stores)

    with pytest.raises(LogUnavailable, match="full"):
        sqlite_log.append_many([look()] * 200)

    assert sqlite_log.checkpoint() == before
    assert sqlite_log.verify().problems == []


def test_a_locked_log_is_unavailable_and_goes_on_when_it_is_free(
    sqlite_stores: Stores, tmp_path: Path, clock: Clock
) -> None:
    log = open_log(sqlite_stores, tmp_path, clock)
    log.append(look())
    event.listen(sqlite_stores.log, "checkout", lambda c, *_: c.execute("PRAGMA busy_timeout=1").close())

    with sqlite_stores.log.connect().execution_options(sqlite_begin="IMMEDIATE") as other:
        other.execute(text("SELECT 1"))
        with pytest.raises(LogUnavailable, match="locked"):
            log.append(look())
        other.rollback()

    assert log.append(look()).index == 1


def test_every_thread_of_a_failed_commit_hears_of_it(sqlite_log: AccessLog, sqlite_stores: Stores) -> None:
    sqlite_log.append_many([look(), own()])
    fill(sqlite_stores)
    start = threading.Barrier(12)

    def write(_: int) -> str:
        start.wait()
        try:
            sqlite_log.append_many([look()] * 100)
        except LogUnavailable:
            return "unavailable"
        return "written"

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(write, range(12))) == {"unavailable"}
    assert sqlite_log.size == 2


def test_threads_share_commits_and_lose_nothing(log: AccessLog, stores: Stores) -> None:
    commits = []
    event.listen(stores.log, "commit", commits.append)
    people = [ANA, BEN, CLEO, DAN]
    drafts = [look(random.Random(i).choice(people), random.Random(i + 1).choice(people)) for i in range(160)]

    with ThreadPoolExecutor(16) as pool:
        indices = sorted(a.index for a in pool.map(log.append, drafts))

    assert indices == list(range(160))
    assert len(commits) < 160
    assert log.verify().problems == []


def test_two_processes_write_to_one_log(log: AccessLog, stores: Stores, tmp_path: Path, clock: Clock) -> None:
    url = stores.log.url.render_as_string(hide_password=False)
    other_stores = Stores(stores.data, open_engine(url), stores.keys)
    other = open_log(other_stores, tmp_path, clock)

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda i: (log, other)[i % 2].append(own() if i % 3 else look()), range(60)))

    assert {a.index for a in written if a.written} == set(range(log.size))
    assert log.verify().problems == []
    other_stores.log.dispose()


def test_a_chain_that_is_broken_stops_only_its_own_entries(log: AccessLog, stores: Stores) -> None:
    log.append_many([look(), look(subject=DAN)])
    with stores.log.begin() as connection:
        connection.execute(update(chain_head).where(chain_head.c.subject_id == BEN).values(sealed=b"SV" + bytes(90)))

    with pytest.raises(LogUnavailable, match="chain"):
        log.append(look())

    assert log.append(look(subject=DAN)).index == 2


@pytest.mark.parametrize("table", [head, node])
def test_a_log_whose_tree_was_tampered_with_is_not_written_on(
    log: AccessLog, stores: Stores, tmp_path: Path, clock: Clock, table: object
) -> None:
    log.append_many([look()] * 2)
    with stores.log.begin() as connection:
        connection.execute(table.delete())  # type: ignore[attr-defined]

    with pytest.raises(LogUnavailable):
        open_log(stores, tmp_path, clock).append(look())


def test_an_acknowledged_entry_is_durable(stores: Stores) -> None:
    with stores.log.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA synchronous")) == 2
        else:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"


# What outsiders see


def test_plain_columns_do_not_tell_who(log: AccessLog, stores: Stores, clock: Clock) -> None:
    log.append_many([look(BEN, BEN, relation="manager"), own(), own(session="another"), look()])
    clock.advance(days=30)
    log.append(look())

    with stores.log.connect() as connection:
        rows = connection.execute(select(entry).order_by(entry.c.index)).all()
    about, by = [row.subject_tag for row in rows], [row.viewer_tag for row in rows]
    assert len({about[0], about[1], about[2], about[3]}) == 1
    assert about[4] not in about[:4]
    assert by[3] != by[4]
    assert by[0] != about[0], "a person's tag as a viewer is not their tag as a subject"
    assert len({by[0], by[1], by[2]}) == 3, "own reads have random viewer tags"


def test_the_size_of_a_chain_s_head_does_not_tell_how_often_somebody_looked(log: AccessLog, stores: Stores) -> None:
    log.append(own(session="first"))
    log.append(own(ANA, session="first"))

    log.append_many([own(session=f"session {i}") for i in range(4)])

    with stores.log.connect() as connection:
        lengths = connection.execute(select(func.length(chain_head.c.sealed))).scalars().all()
    assert len(set(lengths)) == 1


def test_no_name_is_found_in_the_log_s_rows(log: AccessLog, stores: Stores) -> None:
    log.append_many([look(), own(), told()])

    with stores.log.connect() as connection:
        found = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for table in (entry, head, node)
            for row in connection.execute(select(table))
            for value in row
        )
    assert not any(word in found for word in (b"one_to_one", b"focus", b"manager", BEN.encode(), bytes.fromhex(BEN)))


# The signing key


def test_the_signing_key_is_the_same_for_every_process_and_sealed_where_it_lies(stores: Stores, tmp_path: Path) -> None:
    keys = open_keys(stores, tmp_path)
    first, second = open_signer(keys, ORIGIN), open_signer(open_keys(stores, tmp_path), ORIGIN)
    keys.rotate(KeyClass.AUDIT)
    keys.destroy_version(KeyClass.AUDIT, 1)

    assert first.sign(0, bytes(32)) == second.sign(0, bytes(32)) == open_signer(keys, ORIGIN).sign(0, bytes(32))


def test_each_log_has_a_signing_key_of_its_own(stores: Stores, tmp_path: Path) -> None:
    keys = open_keys(stores, tmp_path)

    assert open_signer(keys, ORIGIN).verifier.public != open_signer(keys, ORIGIN + "ef").verifier.public


def test_the_commitment_is_over_a_random_salt(log: AccessLog) -> None:
    log.append_many([told(), told()])

    bundle = log.export_bundle([0, 1], open=True)

    salts = [b64decode(each["salt"]) for each in bundle["inclusion"]]
    assert len(salts[0]) == len(salts[1]) == 32
    assert salts[0] != salts[1]
    assert hashlib.sha256(salts[0]).digest() != hashlib.sha256(salts[1]).digest()


def test_that_something_was_done_is_known_by_its_own_entry_alone(log: AccessLog) -> None:
    def note(outcome: str) -> None:
        log.append(Draft(None, None, "operations", (), "operations", None, outcome, chain="organisation"))

    note("founded")
    assert not has_said(log, "people-stamped")

    note("people-stamped")
    assert has_said(log, "people-stamped")
