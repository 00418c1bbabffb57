"""A fold of years goes slice by slice: nobody waits for all of it, and it comes to what one transaction comes to."""

import datetime as dt
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cast import BEN
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import ledger as ledgers
from analytics.folding import SLICES, Folding
from analytics.intake import Intake
from analytics.taking import OwnChange
from analytics.uploads import MOST_DAYS, BucketInfo, Dropped, Event, Gap, Upload, UploadBroken, decode, encode
from privacy.disclosure import LogUnavailable
from privacy.fields import Field, Tier
from privacy.inventory import VaultIncomplete
from privacy.log_entries import PAUSED
from privacy.stores import writing
from privacy.vault_store import SealedField
from tests.analytics.intake_office import AFK, MONDAY, WEB, WINDOW, Office, event
from tests.analytics.test_receiving import EPOCH, SLOW, beat, insert, make, receiver_of

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
FIRST_DAY = MONDAY - 80 * DAY  # longer ago than the door itself knows of private times
LAPTOP = ("laptop", "afkstatus", "aw-watcher-afk_laptop")


def us(at: dt.datetime) -> int:
    return (at - EPOCH) // dt.timedelta(microseconds=1)


def slicing(office: Office, days: int, preset: str = "own_insight") -> Intake:
    intake = office.intake(preset)
    intake.slice_days, intake.let_in_seconds = days, 0
    return intake


def everything(office: Office, subject: str) -> dict[Any, Any]:
    """Return all that is stored and shown of somebody, byte for byte, but for the salts of the ledgers."""
    found: dict[Any, Any] = dict(office.figures(subject))
    for place, value in office.stored(subject).items():
        if place[1] is Field.CAPTURE_LEDGER:
            ledger = ledgers.decode(value)
            dropped = {rule: len(marks) for rule, marks in ledger.dropped.items()}
            found[place] = (ledger.doors, ledger.gaps, dropped)
        else:
            found[place] = value
    return found


def fill(office: Office, subject: str, days: int = 5, start: dt.datetime = FIRST_DAY) -> None:
    """Send ten events of each of some days, an upload that is of one row a day."""
    sent = [
        Event(0, us(start + day * DAY + 9 * HOUR + n * dt.timedelta(minutes=5)), 60_000_000, {"app": "EXCEL.EXE"})
        for day in range(days)
        for n in range(10)
    ]
    info = BucketInfo(WINDOW[2], WINDOW[1], WINDOW[0])
    receiver_of(office).upload(subject, Upload(batch="0" * 32, policy=1, buckets=[info], events=sent))


# Around midnights in Berlin and of UTC, over a week.
TIMES = st.builds(
    lambda day, minutes, ms: FIRST_DAY + day * DAY + dt.timedelta(minutes=minutes, milliseconds=ms),
    st.integers(0, 6),
    st.sampled_from([0, 60, 119, 120, 121, 600, 1380, 1439]),
    st.sampled_from([-1, 0, 1, 1500]),
)
SECONDS = st.sampled_from([0, 1, 600, 7200, 86_400, 100_000])
SAID = st.sampled_from(
    [
        (WINDOW, {"app": "EXCEL.EXE", "title": "Invoice 7"}),
        (WINDOW, {"app": "msedge.exe", "title": "ExampleShop"}),
        (AFK, {"status": "not-afk"}),
        (AFK, {"status": "afk"}),
        (WEB, {"url": "https://erp.test/", "title": "FB60"}),
        (WEB, {"url": "https://shop.test/", "title": "ExampleShop", "incognito": True}),
    ]
)
EVENTS = st.lists(st.tuples(TIMES, SECONDS, SAID), min_size=1, max_size=25)
DROPS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), max_size=6)
GAPS = st.lists(st.tuples(TIMES, SECONDS), max_size=2)


@settings(SLOW, max_examples=30)
@given(EVENTS, DROPS, GAPS, st.sampled_from([1, 2]), st.booleans(), st.randoms(use_true_random=False))
def test_slices_of_a_day_or_two_come_to_what_one_transaction_comes_to(
    small_office: Office,
    events: list[Any],
    drops: list[Any],
    gaps: list[Any],
    slice_days: int,
    private: bool,
    source: random.Random,
) -> None:
    ways = small_office.person(), small_office.person()
    # Of two policies, an event at the same times counts once if a fold was between, and else as it came: and a private
    # time can make times equal.
    preset = "coaching" if private else source.choice(["own_insight", "coaching"])
    if preset != "coaching":
        events = list({(at, key): (at, seconds, (key, data)) for at, seconds, (key, data) in events}.values())
    halves = source.sample(events, len(events)), preset
    stops = [source.choice([1, 2, None]) for _ in range(3)]
    for subject, days in zip(ways, (10_000, slice_days), strict=True):
        intake = slicing(small_office, days, "coaching")
        small_office.take(subject, {WINDOW: [event(FIRST_DAY + 5 * DAY, 60, app="before")]}, "coaching")
        if private:
            start, end = us(FIRST_DAY + DAY + 23 * HOUR), us(FIRST_DAY + 3 * DAY)
            intake.change_own(subject, OwnChange("s", PAUSED, lambda own, s=start, e=end: own.forgetting(s, e)))  # type: ignore[misc]
        send(small_office, subject, *halves, drops, gaps)
        if days == slice_days:
            for stop in stops:  # as if the power had gone after each
                intake.fold(subject, stop)
        intake.fold(subject)
        assert not intake.hot.is_fresh(subject)

    assert everything(small_office, ways[1]) == everything(small_office, ways[0])


def send(office: Office, subject: str, events: list[Any], preset: str, drops: list[Any], gaps: list[Any]) -> None:
    """Send events in rows, in the head and in an upload, through two doors; two buckets end with an open event."""
    first, second = receiver_of(office, preset), receiver_of(office, "coaching")
    make(first, subject, WINDOW, AFK, WEB)
    half = len(events) // 2
    for key in (WINDOW, AFK, WEB):
        listed = [event(at, seconds, **data) for at, seconds, (own, data) in events[:half] if own == key]
        if listed:
            insert(first, subject, key, listed * (1 if len(listed) < 4 else 3))
    buckets = [BucketInfo(name, kind, host) for host, kind, name in (WINDOW, AFK, WEB, LAPTOP)]
    places = {WINDOW: 0, AFK: 1, WEB: 2}
    upload = Upload(
        batch="0" * 32,
        policy=1,
        buckets=buckets,
        events=[Event(places[key], us(at), int(s * 1e6), dict(data), "Work") for at, s, (key, data) in events[half:]],
        dropped=[Dropped(n % 3, str((FIRST_DAY + day * DAY).date()), "domains", n) for day, n in drops],
        not_captured=[Gap(us(at), us(at) + int(seconds * 1e6), "queue full") for at, seconds in gaps],
    )
    second.upload(subject, upload)
    for day in (2, 6):
        beat(second, subject, WINDOW, event(FIRST_DAY + day * DAY + 23 * HOUR, 9000, app="EXCEL.EXE"))
    beat(second, subject, AFK, event(FIRST_DAY + DAY + 23 * HOUR, 9000, status="not-afk"))


def test_each_slice_has_its_own_opening_and_account_in_the_log(small_office: Office) -> None:
    intake = slicing(small_office, 2)
    fill(small_office, BEN, 5)
    before = small_office.log.size

    found = intake.fold(BEN)

    assert found is not None
    assert found.days == [(FIRST_DAY + n * DAY).date() for n in range(5)]
    entries = [each.outcome for each in small_office.log.of_subject(BEN) if each.index >= before]
    assert entries == ["disclosed", "compacted"] * 3
    assert intake.fold(BEN) is None


def test_after_a_fault_between_slices_the_next_fold_goes_on_from_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake, whole = slicing(office, 2), office.person()
    fill(office, BEN, 5)
    fill(office, whole, 5)
    slicing(office, 100).fold(whole)
    account, calls = type(office.gate).account, iter([True, False])

    def once(*arguments: Any, **more: Any) -> Any:
        if next(calls):
            return account(*arguments, **more)
        raise LogUnavailable("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(office.gate), "account", once)
        with pytest.raises(LogUnavailable):
            intake.fold(BEN)

    shown = {day for day, field in office.figures(BEN) if field == Field.ACTIVE_TIME.value}
    assert shown == {str((FIRST_DAY + n * DAY).date()) for n in (3, 4)}
    assert intake.hot.is_fresh(BEN)
    intake.fold(BEN)
    assert everything(office, BEN) == everything(office, whole)


def test_a_page_waits_for_the_newest_slices_and_the_rest_is_folded_beside(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake, beside = slicing(small_office, 2), []
    folding = Folding(intake)
    fill(small_office, BEN, 7)
    monkeypatch.setattr(Folding, "soon", lambda _, subject: beside.append(subject))

    folding.before_reading(BEN)

    left = [(FIRST_DAY + n * DAY).date() for n in range(7 - 2 * SLICES)]
    assert intake.hot.days(small_office.stores.data, BEN) == left
    assert beside == [BEN]
    monkeypatch.undo()
    thread = folding.soon(BEN)
    assert thread is not None
    thread.join()
    assert not intake.hot.is_fresh(BEN)


def test_a_row_that_waits_for_its_slice_is_missed_at_once_if_it_was_removed(small_office: Office) -> None:
    fill(small_office, BEN, 5)
    with writing(small_office.stores.data) as connection:
        of_first = (SealedField.tier == Tier.HOT, SealedField.day == FIRST_DAY.date())
        connection.execute(SealedField.__table__.delete().where(*of_first))

    with pytest.raises(VaultIncomplete, match=rf"day={FIRST_DAY.date()} sequence=2: it is listed, but was removed"):
        slicing(small_office, 2).fold(BEN, 1)


def test_somebody_else_s_heartbeat_comes_in_between_two_slices(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, receiver = small_office.person(), receiver_of(small_office)
    make(receiver, other, WINDOW)
    fill(small_office, BEN, 40)
    intake, order = slicing(small_office, 10), []
    intake.let_in_seconds = 0.3
    take = Intake._take

    def told(self: Intake, *arguments: Any, **more: Any) -> Any:
        found = take(self, *arguments, **more)
        order.append("slice")
        return found

    monkeypatch.setattr(Intake, "_take", told)
    thread = threading.Thread(target=intake.fold, args=(BEN,))
    thread.start()
    time.sleep(0.05)
    beat(receiver, other, WINDOW, event(MONDAY, 0, app="a"))
    order.append("heartbeat")
    thread.join()

    assert order.count("slice") == 4
    assert order.index("heartbeat") < 3


def test_what_was_dropped_on_many_days_is_folded_by_days_too(small_office: Office) -> None:
    marks = [Dropped(0, str((FIRST_DAY + n * DAY).date()), "domains", n) for n in range(40)]
    info = BucketInfo(WINDOW[2], WINDOW[1], WINDOW[0])
    receiver_of(small_office).upload(BEN, Upload(batch="0" * 32, policy=1, buckets=[info], dropped=marks))

    found = slicing(small_office, 10).fold(BEN, 1)

    assert found is not None
    assert found.days == [(FIRST_DAY + n * DAY).date() for n in range(30, 40)]


def test_an_upload_is_of_so_many_days_at_most() -> None:
    def of(events: int, dropped: int) -> bytes:
        days: Iterator[dt.datetime] = (FIRST_DAY - n * DAY for n in range(max(events, dropped)))
        listed = list(days)
        return encode(
            Upload(
                batch="0" * 32,
                policy=1,
                buckets=[BucketInfo(WINDOW[2], WINDOW[1], "pc")],
                events=[Event(0, us(each), 0, {}) for each in listed[:events]],
                dropped=[Dropped(0, str(each.date()), "domains", 1) for each in listed[:dropped]],
            )
        )

    decode(of(MOST_DAYS, MOST_DAYS))
    for events, dropped in ((MOST_DAYS + 1, 0), (0, MOST_DAYS + 1)):
        with pytest.raises(UploadBroken, match="1,101 different days, and one upload brings at most 1,100"):
            decode(of(events, dropped))
