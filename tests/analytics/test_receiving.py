"""What collectors send comes to the same figures whatever way it came: a file, batches, heartbeats, or a relay."""

import datetime as dt
import io
import json
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from conftest import Clock
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from policies import versioned

from analytics.captured import Key
from analytics.desk import Desk, NoSuchBucket, Sent
from analytics.heartbeats import Beat, pulse_us, reduced
from analytics.hot import Bucket
from analytics.imports import read_export
from analytics.imports.columns import Columns
from analytics.imports.timestamps import microseconds
from analytics.raw_data import canonical
from analytics.receiving import Receiver, _Call
from privacy.capture import PRESETS
from privacy.capture_policy import read
from privacy.fields import Field
from privacy.hot import HotRows
from privacy.policies import Always, InForce, PolicySource
from tests.analytics.intake_office import (
    AFK,
    MONDAY,
    WEB,
    WINDOW,
    Events,
    Office,
    event,
    export_of,
)
from tests.analytics.test_intake_order import segments_of

SLOW = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PULSE = 2.0


def receiver_of(office: Office, preset: str = "own_insight", **options: Any) -> Receiver:
    intake = office.intake(preset)
    return Receiver(
        HotRows(office.vault), office.directory, intake.policies, intake.categorisers, office.clock, **options
    )


def sent_of(receiver: Receiver, subject: str, found: dict[str, Any]) -> Sent:
    start = int(microseconds([found["timestamp"]])[0])
    mark = receiver.marker(subject).data(canonical(found["data"]))
    return Sent(Beat(start, round(found["duration"] * 1e6), mark), json.dumps(found["data"]).encode())


def beat(receiver: Receiver, subject: str, bucket: Key, found: dict[str, Any], pulsetime: float = PULSE) -> Beat:
    return receiver.heartbeat(subject, bucket[2], sent_of(receiver, subject, found), pulse_us(pulsetime))


def make(receiver: Receiver, subject: str, *keys: Key) -> None:
    for host, kind, name in keys:
        receiver.create_bucket(subject, Bucket(name, kind, host, "test", 0))


def insert(receiver: Receiver, subject: str, key: Key, events: Sequence[dict[str, Any]]) -> dict[str, int]:
    columns = Columns()
    columns.add([msgspec.json.decode(json.dumps(each), type=_Raw) for each in events])
    found = columns.bucket(key[2], key[1], key[0])
    marks = [receiver.marker(subject).data(canonical(json.loads(each))) for each in found.distinct]
    return receiver.insert(subject, key[2], found, marks).refused


class _Raw(msgspec.Struct):
    timestamp: str
    duration: float = 0.0
    data: msgspec.Raw = msgspec.Raw(b"{}")


# The streams that watchers make: in order, mostly close together, of few different data.

STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 1000, 1001, 2000, 2001, 700_000, 3_600_000]),  # milliseconds to the next heartbeat
        st.sampled_from([0, 0, 0, 1_000_000, 1_500_001, 1_799_000_000]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=20,
)
SAID: dict[Key, list[dict[str, Any]]] = {
    WINDOW: [
        {"app": "EXCEL.EXE", "title": "Invoice 7"},
        {"app": "EXCEL.EXE", "title": "Invoice 8"},
        {"app": "saplogon.exe", "title": "FB60"},
        {"app": "msedge.exe", "title": "ExampleShop"},
        {"app": 7, "title": None},
        {"app": "saplogon.exe", "n": 1},
    ],
    AFK: [{"status": "not-afk"}, {"status": "afk"}] * 3,
    WEB: [
        {"url": "https://erp.test/FB60", "title": "FB60", "audible": True, "incognito": False, "tabCount": 3},
        {"url": "https://shop.test/", "title": "ExampleShop", "incognito": True},
    ]
    * 3,
    ("laptop", "app.editor.activity", "editor"): [{"file": "cv.docx", "project": "p"}] * 6,
}
EARLIEST = MONDAY + dt.timedelta(hours=20)
STREAMS = st.fixed_dictionaries({}, optional=dict.fromkeys(SAID, STEPS)).filter(bool)


def heartbeats_of(streams: dict[Key, list[tuple[int, int, int]]]) -> dict[Key, list[dict[str, Any]]]:
    found = {}
    for key, steps in streams.items():
        at, listed = EARLIEST, []
        for gap, duration_us, what in steps:
            listed.append(event(at, duration_us / 1e6, **SAID[key][what]))
            at += dt.timedelta(milliseconds=gap)
        found[key] = listed
    return found


def events_of(heartbeats: dict[Key, list[dict[str, Any]]]) -> Events:
    """Return the events that heartbeats come to, as a file holds them."""
    found: Events = {}
    for key, listed in heartbeats.items():
        beats = [Beat(int(microseconds([e["timestamp"]])[0]), round(e["duration"] * 1e6), e["data"]) for e in listed]
        found[key] = [
            event(EPOCH + dt.timedelta(microseconds=e.start_us), e.duration_us / 1e6, **e.data)
            for e in reduced(beats, pulse_us(PULSE))
        ]
    return found


def three_ways(
    office: Office, heartbeats: dict[Key, list[dict[str, Any]]], source: random.Random, policies: PolicySource
) -> tuple[str, str, str]:
    """Let three people send the same: a file; batches of any size and order, twice; heartbeats in their order."""
    events = events_of(heartbeats)
    by_file, by_batch, by_beat = office.person(), office.person(), office.person()
    intake = office.intake()
    intake.policies = policies
    receiver = Receiver(intake.hot, office.directory, policies, intake.categorisers, office.clock)

    intake.take(by_file, read_export(io.BytesIO(export_of(events))))

    make(receiver, by_batch, *events)
    batches = []
    for key, listed in events.items():
        unsent = source.sample(listed, len(listed))
        while unsent:
            size = source.choice([1, 2, 3, 9, 20])
            batches.append((key, unsent[:size]))
            unsent = unsent[size:]
    for key, batch in source.sample([*batches, *batches], 2 * len(batches)):
        insert(receiver, by_batch, key, batch)
        if source.random() < 0.2:
            intake.fold(by_batch)
    intake.fold(by_batch)

    make(receiver, by_beat, *events)
    unsent_beats = {key: list(listed) for key, listed in heartbeats.items()}
    while unsent_beats:
        key = source.choice(sorted(unsent_beats))
        beat(receiver, by_beat, key, unsent_beats[key].pop(0))
        if not unsent_beats[key]:
            del unsent_beats[key]
        if source.random() < 0.1:
            intake.fold(by_beat)
    intake.fold(by_beat)
    return by_file, by_batch, by_beat


@settings(SLOW, max_examples=40)
@given(STREAMS, st.sampled_from(sorted(PRESETS)), st.randoms(use_true_random=False))
def test_a_file_batches_of_any_size_and_order_and_heartbeats_come_to_the_same_figures(
    small_office: Office, streams: dict[Key, list[tuple[int, int, int]]], preset: str, source: random.Random
) -> None:
    ways = three_ways(small_office, heartbeats_of(streams), source, Always(PRESETS[preset]))

    by_file, by_batch, by_beat = map(small_office.figures, ways)
    assert by_batch == by_file
    assert by_beat == by_file
    assert segments_of(small_office.stored(ways[1])) == segments_of(small_office.stored(ways[0]))


class Held:
    """A policy until a quarter to nine in the evening, and another one from then on."""

    def __init__(self, hours: str, grid: int) -> None:
        before = versioned("own_insight", 1).replace("2026-11-16T", "2026-11-01T")
        after = versioned("coaching", 2, grid_seconds=f"grid_seconds = {grid}").replace(
            "2026-11-16T00:00", "2026-11-16T19:45"
        )
        self.found = (read(before), read(after + hours))

    def in_force(self) -> InForce:
        return InForce(self.found)

    def of(self, subject: str) -> InForce:
        return self.in_force()


HOURS = (
    "",
    '[[schedule]]\nname = "late"\nmonday = ["20:10-20:40", "21:00-23:00"]\n',
    '[[schedule]]\nname = "never"\ntuesday = ["09:00-10:00"]\n',
)


@settings(SLOW, max_examples=40)
@given(STREAMS, st.sampled_from(HOURS), st.sampled_from([0, 60, 300]), st.randoms(use_true_random=False))
def test_they_come_to_the_same_under_working_time_a_grid_and_a_change_of_policy(
    small_office: Office, streams: dict[Key, list[tuple[int, int, int]]], hours: str, grid: int, source: random.Random
) -> None:
    ways = three_ways(small_office, heartbeats_of(streams), source, Held(hours, grid))

    by_file, by_batch, by_beat = map(small_office.figures, ways)
    assert by_batch == by_file
    assert by_beat == by_file


class Switched:
    """Everything is kept until ten o'clock, and from then on what `coaching` lets be kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        before = versioned("own_insight", 1).replace("2026-11-16T", "2026-11-01T")
        self._found = (read(before), read(versioned("coaching", 2).replace("2026-11-16T00:00", "2026-11-16T09:00")))

    def in_force(self) -> InForce:
        return InForce(tuple(each for each in self._found if each.effective <= self._clock()))

    def of(self, subject: str) -> InForce:
        return self.in_force()


def test_a_window_that_stays_open_over_a_change_of_policy_keeps_no_title_that_is_forbidden_now(office: Office) -> None:
    policies, person, at = Switched(office.clock), office.person(), MONDAY + dt.timedelta(hours=9, minutes=50)
    intake = office.intake()
    intake.policies = policies
    receiver = Receiver(intake.hot, office.directory, policies, intake.categorisers, office.clock)
    make(receiver, person, WINDOW)

    for minutes in range(0, 120, 5):
        office.clock.now = (at + dt.timedelta(minutes=minutes)).astimezone(dt.UTC)
        beat(receiver, person, WINDOW, event(office.clock.now, 0, app="EXCEL.EXE", title="canary"), pulsetime=600)
    intake.fold(person)

    assert office.figure(person, "2026-11-16", Field.APPS) == {"EXCEL.EXE": 115 * 60.0}
    assert office.figure(person, "2026-11-16", Field.CAPTURE_LEDGER)["coarsened"] == {"title-to-category": 1}


def test_a_defect_that_one_person_s_data_bring_to_light_fails_nobody_else_s_call(office: Office) -> None:
    receiver, (ann, ben) = receiver_of(office), (office.person(), office.person())

    def work(desk: Desk) -> None:
        raise OverflowError

    made = Bucket(WINDOW[2], WINDOW[1], WINDOW[0], "test", 0)
    calls = [_Call(ann, work), _Call(ben, lambda desk: desk.make(made)), _Call(ann, lambda desk: desk.make(made))]
    receiver._commit(calls)

    assert [type(each.error) for each in calls] == [OverflowError, type(None), OverflowError]
    assert receiver.require_bucket(ben, WINDOW[2]) == made
    with pytest.raises(NoSuchBucket):
        receiver.require_bucket(ann, WINDOW[2])


@settings(SLOW, max_examples=15)
@given(STREAMS, st.sampled_from(sorted(PRESETS)))
def test_the_same_events_of_one_person_by_a_second_way_change_nothing(
    small_office: Office, streams: dict[Key, list[tuple[int, int, int]]], preset: str
) -> None:
    events, person = events_of(heartbeats_of(streams)), small_office.person()
    receiver, intake = receiver_of(small_office, preset), small_office.intake(preset)
    small_office.take(person, events, preset)
    before = small_office.figures(person)

    make(receiver, person, *events)
    for key, listed in events.items():
        insert(receiver, person, key, listed)
    found = intake.fold(person)

    assert found is not None
    assert found.days == []
    assert small_office.figures(person) == before
    assert not intake.hot.is_fresh(person)
    small_office.take(person, events, preset)
    assert small_office.figures(person) == before
