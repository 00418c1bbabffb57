"""Hot rows: durable when a call returns, folded into days, guarded, and no burden to anybody else."""

import datetime as dt
import io
import threading
from typing import Any

import pytest
from cast import BEN
from policies import versioned
from sqlalchemy import delete, select

from analytics.desk import EventRefused, NoSuchBucket, TooManyBuckets
from analytics.imports import read_export
from analytics.uploads import BucketInfo, Dropped, Gap, Upload
from analytics.uploads import Event as Uploaded
from privacy.capture_policy import read
from privacy.fields import Field, Tier
from privacy.hot import FIRST
from privacy.inventory import VaultIncomplete
from privacy.log_entries import LogUnavailable
from privacy.policies import Always
from privacy.seal import SealBroken
from privacy.stores import writing
from privacy.vault_store import SealedField
from tests.analytics.intake_office import AFK, MONDAY, WEB, WINDOW, Office, event, export_of
from tests.analytics.test_receiving import EPOCH, beat, insert, make, receiver_of


def rows_of(office: Office, subject: str) -> list[tuple[Any, ...]]:
    own = select(SealedField.day, SealedField.sequence).where(
        SealedField.subject_id == subject, SealedField.tier == Tier.HOT
    )
    with office.stores.data.connect() as connection:
        return sorted(map(tuple, connection.execute(own)))


NINE = MONDAY + dt.timedelta(hours=9)


def test_what_was_acknowledged_is_committed_before_the_call_returns(office: Office) -> None:
    receiver = receiver_of(office)
    make(receiver, BEN, WINDOW)

    beat(receiver, BEN, WINDOW, event(NINE, 0, app="a"))

    again = receiver_of(office)  # knows nothing but the database
    merged = beat(again, BEN, WINDOW, event(NINE + dt.timedelta(seconds=2), 0, app="a"))
    assert merged.duration_us == 2_000_000


def test_many_threads_lose_nothing_and_share_commits(office: Office) -> None:
    receiver, people = receiver_of(office), [office.person() for _ in range(3)]
    for person in people:
        make(receiver, person, WINDOW)

    def work(number: int) -> None:
        for n in range(20):
            at = NINE + dt.timedelta(seconds=20 * n + number)
            insert(receiver, people[number % 3], WINDOW, [event(at, 1, app=f"app {number}")])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for person in people:
        office.intake("own_insight").fold(person)
        assert office.figure(person, "2026-11-16", Field.CAPTURE_LEDGER)["kept"] == 60


def test_a_fold_is_one_opening_and_one_account_and_twice_is_nothing(office: Office) -> None:
    receiver, intake = receiver_of(office), office.intake("own_insight")
    make(receiver, BEN, WINDOW)
    insert(receiver, BEN, WINDOW, [event(NINE, 60, app="a")])
    before = office.log.size

    found = intake.fold(BEN)

    assert found is not None
    assert found.days == [dt.date(2026, 11, 16)]
    entries = [each for each in office.log.of_subject(BEN) if each.index >= before]
    assert [each.outcome for each in entries] == ["disclosed", "compacted"]
    size = office.log.size
    assert intake.fold(BEN) is None
    assert office.log.size == size


def test_late_events_touch_their_days_only(office: Office) -> None:
    receiver, intake = receiver_of(office), office.intake("own_insight")
    make(receiver, BEN, WINDOW)
    for days in (0, 1, 2):
        insert(receiver, BEN, WINDOW, [event(NINE + dt.timedelta(days=days), 60, app="a")])
    intake.fold(BEN)

    insert(receiver, BEN, WINDOW, [event(NINE + dt.timedelta(days=1, hours=1), 60, app="late")])
    found = intake.fold(BEN)

    assert found is not None
    assert found.days == [dt.date(2026, 11, 17)]


def test_an_open_event_counts_in_the_figures_and_stays_open(office: Office) -> None:
    receiver, intake = receiver_of(office), office.intake("own_insight")
    make(receiver, BEN, WINDOW)
    for minutes in (10, 20, 30):
        beat(receiver, BEN, WINDOW, event(NINE, 60 * minutes, app="EXCEL.EXE"))
        intake.fold(BEN)

        assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 60.0 * minutes}
        assert [day for day, _ in office.stored(BEN) if day.year == 2026] == []

    office.take(BEN, {AFK: [event(NINE, 600, status="not-afk")]})
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 600.0}


@pytest.mark.parametrize("failing", ["open", "account"])
def test_nothing_is_folded_when_the_log_cannot_be_written_and_receiving_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    receiver, intake = receiver_of(office), office.intake("own_insight")
    make(receiver, BEN, WINDOW)
    insert(receiver, BEN, WINDOW, [event(NINE, 60, app="a")])
    before = rows_of(office, BEN)

    def full(*_: Any, **__: Any) -> Any:
        raise LogUnavailable("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(office.gate), "begin" if failing == "open" else "account", full)
        with pytest.raises(LogUnavailable):
            intake.fold(BEN)
        assert rows_of(office, BEN) == before
        insert(receiver, BEN, WINDOW, [event(NINE + dt.timedelta(minutes=5), 60, app="a")])

    intake.fold(BEN)
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 120.0}


def test_a_row_that_was_removed_before_the_fold_is_missed(office: Office) -> None:
    receiver = receiver_of(office)
    make(receiver, BEN, WINDOW)
    for minute in range(2):
        at = NINE + dt.timedelta(minutes=minute)
        insert(receiver, BEN, WINDOW, [event(at + dt.timedelta(seconds=n), 1, app="a") for n in range(20)])
    with writing(office.stores.data) as connection:
        first = (SealedField.tier == Tier.HOT, SealedField.sequence == FIRST)
        connection.execute(delete(SealedField).where(*first))

    with pytest.raises(
        VaultIncomplete, match=rf"tier=hot day=2026-11-16 sequence={FIRST}: it is listed, but was removed"
    ):
        office.intake("own_insight").fold(BEN)


def test_a_damaged_head_stops_its_person_and_nobody_else(office: Office) -> None:
    receiver, other = receiver_of(office), office.person()
    for person in (BEN, other):
        make(receiver, person, WINDOW)
    with writing(office.stores.data) as connection:
        connection.execute(
            SealedField.__table__.update().where(SealedField.subject_id == BEN).values(sealed=b"SV\x01\x01" + bytes(60))
        )

    with pytest.raises(SealBroken, match=f"subject={BEN} field=rhythm tier=hot"):
        beat(receiver, BEN, WINDOW, event(NINE, 0, app="a"))
    assert beat(receiver, other, WINDOW, event(NINE, 0, app="a")).duration_us == 0


@pytest.mark.parametrize("way", ["beat", "insert"])
def test_a_bucket_that_was_never_made_takes_nothing(office: Office, way: str) -> None:
    receiver = receiver_of(office)

    with pytest.raises(NoSuchBucket):
        (beat if way == "beat" else lambda r, s, k, e: insert(r, s, k, [e]))(
            receiver, BEN, WINDOW, event(NINE, 0, app="a")
        )
    assert rows_of(office, BEN) == []


def test_a_heartbeat_of_tomorrow_is_refused_with_the_reason(office: Office) -> None:
    receiver = receiver_of(office)
    make(receiver, BEN, WINDOW)

    with pytest.raises(EventRefused, match="the clock was wrong"):
        beat(receiver, BEN, WINDOW, event(NINE + dt.timedelta(days=400), 0, app="a"))


def test_nobody_has_more_than_so_many_buckets(small_office: Office) -> None:
    receiver = receiver_of(small_office)
    for number in range(500):
        make(receiver, BEN, ("pc", "currentwindow", f"bucket {number}"))

    with pytest.raises(TooManyBuckets, match="500 buckets"):
        make(receiver, BEN, ("pc", "currentwindow", "one more"))


def test_a_day_that_is_too_full_is_told_and_folded_to_one_row(office: Office) -> None:
    told: list[str] = []
    receiver, intake = receiver_of(office, on_full=told.append), office.intake("own_insight")
    make(receiver, BEN, WINDOW)
    for number in range(20):
        at = NINE + dt.timedelta(minutes=number)
        insert(receiver, BEN, WINDOW, [event(at + dt.timedelta(seconds=n), 1, app="a") for n in range(10)])

    assert told == [BEN] * 4
    intake.fold(BEN)
    assert len(rows_of(office, BEN)) == 1
    assert office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER)["kept"] == 200


def test_a_bucket_of_presence_that_says_nothing_makes_its_host_idle(office: Office) -> None:
    receiver, intake = receiver_of(office), office.intake("own_insight")
    insert_first = {WINDOW: [event(NINE, 60, app="EXCEL.EXE")]}
    office.take(BEN, insert_first)
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 60.0}

    make(receiver, BEN, AFK)
    intake.fold(BEN)

    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 0.0}


def test_a_relay_s_upload_comes_to_what_a_file_comes_to(office: Office) -> None:
    by_file, by_relay = office.person(), office.person()
    receiver, intake = receiver_of(office, "coaching"), office.intake("coaching")
    office.take(by_file, {WINDOW: [event(NINE, 600, app="EXCEL.EXE", title="Invoice 7")]}, "coaching")
    start = (NINE - EPOCH) // dt.timedelta(microseconds=1)
    sent = Uploaded(0, start, 600_000_000, {"app": "EXCEL.EXE"}, "Work", ["title-to-category"])

    for batch in ("0" * 32, "1" * 32):
        receiver.upload(
            by_relay, Upload(batch=batch, policy=1, buckets=[BucketInfo(WINDOW[2], WINDOW[1], "pc")], events=[sent])
        )
    intake.fold(by_relay)

    assert office.figures(by_relay) == office.figures(by_file)


def test_what_was_not_captured_is_told_once_with_its_reason(office: Office) -> None:
    receiver, intake = receiver_of(office, "coaching"), office.intake("coaching")
    start = (MONDAY + dt.timedelta(hours=23, minutes=50) - EPOCH) // dt.timedelta(microseconds=1)
    gaps = [Gap(start, start + 1_200_000_000, "queue full"), Gap(start, start + 600_000_000, "queue full")]

    for batch in ("0" * 32, "1" * 32):
        receiver.upload(BEN, Upload(batch=batch, policy=1, not_captured=gaps))
        intake.fold(BEN)

    for day in ("2026-11-16", "2026-11-17"):
        assert office.figure(BEN, day, Field.CAPTURE_LEDGER)["not_captured"] == {"queue full": 600.0}


def test_rules_of_a_desk_that_nobody_knows_any_more_are_counted_as_one(office: Office) -> None:
    receiver, intake = receiver_of(office, "coaching"), office.intake("coaching")
    buckets = [BucketInfo(WINDOW[2], WINDOW[1], "pc")]
    dropped = [Dropped(0, "2026-11-16", f"old rule {number}", number) for number in range(100)]

    receiver.upload(BEN, Upload(batch="0" * 32, policy=1, buckets=buckets, dropped=dropped))
    intake.fold(BEN)

    assert office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER)["dropped"] == {"earlier-rule": 100}


@pytest.mark.parametrize("whole", [True, False], ids=["upload", "batch"])
def test_an_event_that_stays_open_for_days_stops_no_fold_of_whole_rows(office: Office, whole: bool) -> None:
    receiver, intake, days = receiver_of(office), office.intake("own_insight"), dt.timedelta(days=4)
    laptop = ("laptop", "currentwindow", "aw-watcher-window_laptop")
    make(receiver, BEN, WINDOW, laptop)
    for minutes, app in ((0, "a"), (10, "b")):  # the second is open from now on
        beat(receiver, BEN, WINDOW, event(NINE + dt.timedelta(minutes=minutes), 60, app=app))
    intake.fold(BEN)
    office.clock.now = (NINE + days).astimezone(dt.UTC)

    if whole:
        receiver.upload(BEN, Upload(batch="0" * 32, policy=1))
    else:
        insert(receiver, BEN, laptop, [event(NINE + days + dt.timedelta(seconds=n), 1, app="c") for n in range(30)])
    intake.fold(BEN)

    assert not intake.hot.is_fresh(BEN)
    assert office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME) == {"active_seconds": 120.0}


def test_a_dropped_event_counts_once_under_a_grid_whatever_way_it_came(small_office: Office) -> None:
    by_file, by_beat = small_office.person(), small_office.person()
    policy = read(versioned("coaching", grid_seconds="grid_seconds = 300"))
    intake = small_office.intake("coaching")
    intake.policies = Always(policy)
    receiver = receiver_of(small_office, "coaching")
    receiver.policies = intake.policies
    hidden = [event(NINE + dt.timedelta(seconds=10 * n), 1, url="https://a.test", incognito=True) for n in (0, 2, 4)]

    intake.take(by_file, read_export(io.BytesIO(export_of({WEB: hidden}))))
    make(receiver, by_beat, WEB)
    for each in hidden:
        beat(receiver, by_beat, WEB, each)
    intake.fold(by_beat)

    assert small_office.figures(by_beat) == small_office.figures(by_file)
