"""The door over time: versions are not retroactive, hours and grid act on times, and nothing dropped comes through."""

import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import zstandard
from cast import BEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policies import DATA, STREAMS, policies, versioned

from analytics.categories import Categorisers, as_stated, load, of_policy
from analytics.door import Door, door_name
from analytics.imports import read_export
from analytics.intake import Report
from analytics.judged import DROPPED
from portal.config import Config
from portal.policy_settings import chosen_body
from privacy.capture import COACHING, OWN_INSIGHT, PRESETS, STRICT, Captured, apply_each
from privacy.capture_policy import CapturePolicy, read
from privacy.fields import Field
from privacy.policies import Always, InForce
from tests.analytics.intake_office import AFK, MONDAY, WINDOW, Events, Office, event, export_of

BERLIN = ZoneInfo("Europe/Berlin")
NINE = MONDAY + dt.timedelta(hours=9)
HOUR = dt.timedelta(hours=1)
OFFICE = '[[schedule]]\nname = "office"\nmonday = ["09:00-12:00", "13:00-17:00"]\n'


class Held:
    """Policies that have held until now, oldest first."""

    def __init__(self, *found: CapturePolicy) -> None:
        self.found = found

    def in_force(self) -> InForce:
        return InForce(self.found)

    def of(self, subject: str) -> InForce:
        return self.in_force()


@pytest.fixture
def office(small_office: Office) -> Office:
    return small_office


def take(office: Office, events: Events, *found: CapturePolicy) -> Report:
    intake = office.intake()
    intake.policies = Held(*found)
    return intake.take(BEN, read_export(io.BytesIO(export_of(events))))


def windows(*spans: tuple[float, float]) -> Events:
    """Window events from an hour of Monday to another, with presence all day."""
    work = [event(MONDAY + begin * HOUR, (end - begin) * 3600, app="EXCEL.EXE", title="A") for begin, end in spans]
    return {WINDOW: work, AFK: [event(MONDAY, 86_000, status="not-afk")]}


def active_hours(office: Office) -> float:
    found: float = office.figure(BEN, "2026-11-16", Field.ACTIVE_TIME)["active_seconds"] / 3600
    return found


def test_outside_the_working_time_nothing_is_kept_and_the_ledger_says_so(office: Office) -> None:
    coached = read(versioned("coaching") + OFFICE)

    report = take(office, windows((7, 8), (8.5, 9.5), (11, 14), (18, 19)), coached)

    assert active_hours(office) == pytest.approx(0.5 + 1 + 1)
    assert report.dropped == {"outside-working-time": 2}
    assert report.coarsened == {"outside-working-time": 3, "title-to-category": 2}  # presence was cut, too
    assert (report.read, report.kept, report.known) == (5, 3, 0)
    assert office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER)["dropped"] == {"outside-working-time": 2}


def test_the_same_events_again_change_nothing_under_hours_and_grid(office: Office) -> None:
    coached = read(versioned("coaching", grid_seconds="grid_seconds = 900") + OFFICE)
    events = windows((7, 8), (8.5, 9.55), (9.55, 9.61), (11, 14.2))
    take(office, events, coached)
    before = office.figures(BEN)

    again = take(office, events, coached)

    assert (again.kept, again.days) == (0, [])
    assert office.figures(BEN) == before


def test_on_the_grid_no_stored_time_says_when_exactly(office: Office) -> None:
    coached = read(versioned("coaching", grid_seconds="grid_seconds = 300"))

    report = take(office, windows((9.01, 10.02), (10.02, 11.03)), coached)

    assert report.coarsened["time-grid"] == 3
    assert active_hours(office) == pytest.approx(2, abs=0.1)
    rhythm = json.dumps(office.figure(BEN, "2026-11-16", Field.RHYTHM))
    assert '"09:00' in rhythm
    assert "09:00:36" not in rhythm


def test_what_was_before_a_wider_policy_is_not_kept_more_than_it_was_then(office: Office) -> None:
    strict = read(versioned("strict", 1).replace("2026-11-16T", "2026-11-01T"))
    wide = read(versioned("own_insight", 2).replace("2026-11-16T00", "2026-11-16T09"))  # 10:00 in Berlin

    take(office, windows((8, 9), (10.5, 11)), strict, wide)

    stored = office.stored(BEN)
    titles = stored[dt.date(2026, 11, 16), Field.TITLES]
    assert titles
    assert office.figure(BEN, "2026-11-16", Field.APPS) == {"EXCEL.EXE": 1800, "unknown": 3600}
    assert active_hours(office) == pytest.approx(1.5)


def test_what_was_before_a_stricter_policy_passes_it_too(office: Office) -> None:
    wide = read(versioned("own_insight", 1).replace("2026-11-16T", "2026-11-01T"))
    strict = read(versioned("strict", 2).replace("2026-11-16T00", "2026-11-16T09") + OFFICE)

    report = take(office, windows((7, 8), (9.5, 10)), wide, strict)

    assert report.dropped == {"outside-working-time": 1}
    assert (dt.date(2026, 11, 16), Field.TITLES) not in office.stored(BEN)
    assert report.coarsened["title-to-category"] == 1


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_with_the_built_in_rules_is_the_door_it_always_was(name: str, tmp_path: Path) -> None:
    stated = read(chosen_body(Config(home=tmp_path, capture_preset=name)), draft=True)

    assert of_policy(stated).rules == load().rules
    assert as_stated(load()) == stated.categories
    assert door_name(stated, of_policy(stated)) == door_name(PRESETS[name], load())


def test_doors_that_do_something_else_have_another_name() -> None:
    rules, same = load(), versioned("coaching", 7)
    others = [versioned("coaching") + OFFICE, versioned("coaching", grid_seconds="grid_seconds = 60")]

    assert door_name(read(same), rules) == door_name(COACHING, rules)
    assert len({door_name(read(each), rules) for each in [same, *others]}) == 3


def test_of_two_policies_each_may_drop_and_neither_brings_back() -> None:
    data = {"app": "EXCEL.EXE", "title": "A"}

    assert apply_each((OWN_INSIGHT, STRICT), "currentwindow", data, "Work > A").data == {}
    assert apply_each((STRICT, OWN_INSIGHT), "currentwindow", data, "Work > A")[:2] == ({}, "Work")
    assert apply_each((COACHING, OWN_INSIGHT), "other", data, "") == Captured(None, "", ("unknown-stream",))


def test_more_rules_than_there_are_bits_are_counted_as_those_of_earlier_policies() -> None:
    door = Door(Always(STRICT).in_force(), Categorisers(), BERLIN)

    places = [door.bits((f"rule-{number}",)) for number in range(70)]

    assert len(door.rules) == 62
    assert len(set(places)) == 62
    assert door.rules[-1] == "earlier-rule"
    assert door.bits(("rule-7", "rule-69")) == places[7] | places[69]


CANARY = "canary-5b1f"


@settings(max_examples=60)
@given(policies(), st.sampled_from(STREAMS), st.lists(DATA, min_size=1, max_size=4), st.integers(0, 30))
def test_no_dropped_value_is_behind_the_door(
    now: CapturePolicy, stream: str, found: list[dict[str, Any]], hour: int
) -> None:
    """Canaries in every value: what the door holds of an event is what its policy keeps of it, and nothing else."""
    marked = [{key: f"<{CANARY}-{n}-{i}>" for i, key in enumerate(data)} for n, data in enumerate(found)]
    texts = [json.dumps(each).encode() for each in marked]
    start = np.full(len(texts), int((MONDAY + hour * HOUR).timestamp()) * 1_000_000)
    door = Door(Always(now).in_force(), Categorisers(), BERLIN)

    passed = door.let_in(stream, texts, start, np.full(len(texts), 600_000_000), np.arange(len(texts)))

    behind = repr((door.data, door.rules))
    for data in marked:
        kept = apply_each((now,), stream, data, "").data
        for key, value in data.items():
            if kept is None or value not in kept.values():
                assert value not in behind, key
    assert len(passed.event) >= len(texts)
    assert (np.unique(passed.event) == np.arange(len(texts))).all()
    assert passed.counted.sum() == len(texts)
    gone = passed.admitted.data[passed.code] == DROPPED
    assert all(int(bits).bit_count() == 1 for bits in passed.admitted.rules[passed.code][gone])


NUMBERS = iter(range(10**6))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policies(), st.sampled_from(STREAMS), st.lists(DATA, min_size=1, max_size=3))
def test_no_dropped_value_is_stored_counted_or_reported(
    office: Office, now: CapturePolicy, stream: str, found: list[dict[str, Any]]
) -> None:
    """From the file to the vault: everything of the person is opened, the ledger too, and searched for canaries."""
    marked = [{key: f"<{CANARY}-{n}-{i}>" for i, key in enumerate(data)} for n, data in enumerate(found)]
    subject = office.person()
    bucket = ("pc", stream, f"bucket-{next(NUMBERS)}")
    export = export_of({bucket: [event(NINE + n * HOUR, 600, **data) for n, data in enumerate(marked)]})
    intake = office.intake()
    intake.policies = Held(now)

    report = intake.take(subject, read_export(io.BytesIO(export)))

    kept = {value for each in marked for value in (apply_each((now,), stream, each, "").data or {}).values()}
    found_bytes = repr(report).encode() + b"".join(map(readable, [*opened(office, subject)]))
    for value in {value for each in marked for value in each.values()}:
        assert (value.encode() in found_bytes) == (value in kept)


def opened(office: Office, subject: str) -> Iterator[bytes]:
    """Everything that is kept of somebody, events, figures and ledgers, out of its seals."""
    yield from office.figures(subject).values()
    yield from office.stored(subject).values()


def readable(blob: bytes) -> bytes:
    packed = blob.startswith(b"\x28\xb5\x2f\xfd")
    return zstandard.ZstdDecompressor().decompress(blob, 1 << 24) if packed else blob
