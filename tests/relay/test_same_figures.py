"""The same events come to the same figures by file, batches, heartbeats and a relay: byte for byte, whatever happens.

Batches are of any size and order, and come twice. The relay is stopped and started in between, uploads come twice or
their answers get lost, days are folded early.
"""

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analytics import uploads
from analytics.captured import Key
from analytics.categories import as_stated, read
from analytics.heartbeats import pulse_us
from analytics.receiving import Receiver
from portal.relay import aw_events
from portal.relay.entries import BucketInfo
from portal.relay.home import Enrolment, Home
from portal.relay.portal_calls import NoAnswer, Reply
from portal.relay.running import Relay
from portal.relay.uploading import Uploading
from privacy.capture import PRESETS, preset_text
from privacy.policies import Always
from privacy.policy_text import categories_text
from privacy.stores import Stores
from tests.analytics.intake_office import RULES, Office, open_office
from tests.analytics.test_receiving import PULSE, STREAMS, heartbeats_of, receiver_of, three_ways

SLOW = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def office(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    return open_office(sqlite_stores, tmp_path, clock)


class Unreliable:
    """The portal's receiver, reached over a network that loses uploads, and answers, and repeats what it carried."""

    def __init__(self, receiver: Receiver, subject: str, preset: str, source: random.Random) -> None:
        self._receiver, self._subject, self._source = receiver, subject, source
        policy = preset_text(preset) + categories_text(as_stated(read(json.dumps(RULES))))
        self._offer = {"policy": policy, "timezone": "Europe/Berlin"}
        self._carried: list[uploads.Upload] = []
        self.reliable = False

    def get(self, _path: str) -> Reply:
        return Reply(200, json.dumps(self._offer).encode())

    def post(self, _path: str, body: bytes, encoding: str) -> Reply:
        if not self.reliable and self._source.random() < 0.2:
            raise NoAnswer("lost on its way")
        self._carried.append(uploads.decode(uploads.unpack(body, encoding)))
        self._receiver.upload(self._subject, self._carried[-1])
        if not self.reliable and self._source.random() < 0.3:
            self._receiver.upload(self._subject, self._source.choice(self._carried))
            raise NoAnswer("the answer was lost")
        return Reply(200, b"{}")


class Desk:
    """A relay that lives many lives."""

    def __init__(self, folder: Path, portal: Any) -> None:
        self._home, self._portal = Home(folder), portal
        self._home.prepare()
        self._home.enrol(Enrolment("http://127.0.0.1:1", "token", "desk"))
        self.relay = self._begin()

    def _begin(self) -> Relay:
        relay = Relay(self._home)
        relay.uploading = Uploading(relay.desk, relay.policing, self._portal)
        return relay

    def restart(self) -> None:
        self.relay.close()
        self.relay = self._begin()

    def beat(self, key: Key, found: dict[str, Any]) -> None:
        host, kind, name = key
        self.relay.desk.create(BucketInfo(name, kind, host, "test", ""))
        self.relay.desk.heartbeat(name, aw_events.event(json.dumps(found).encode()), pulse_us(PULSE))


def through_a_relay(desk: Desk, heartbeats: dict[Key, list[dict[str, Any]]], source: random.Random, fold: Any) -> None:
    unsent = {key: list(listed) for key, listed in heartbeats.items()}
    while unsent:
        key = source.choice(sorted(unsent))
        desk.beat(key, unsent[key].pop(0))
        if not unsent[key]:
            del unsent[key]
        happened = source.random()
        if happened < 0.1:
            desk.restart()
        elif happened < 0.3:
            desk.relay.uploading.attempt()
        elif happened < 0.35:
            fold()


@settings(SLOW, max_examples=20)
@given(STREAMS, st.sampled_from(sorted(PRESETS)), st.randoms(use_true_random=False))
def test_the_same_events_by_file_batches_heartbeats_and_relay_come_to_the_same_figures_byte_for_byte(
    office: Office, streams: dict[Key, list[tuple[int, int, int]]], preset: str, source: random.Random
) -> None:
    heartbeats = heartbeats_of(streams)
    by_file, by_batch, by_beat = three_ways(office, heartbeats, source, Always(PRESETS[preset]))
    by_relay = office.person()
    receiver, intake = receiver_of(office, preset), office.intake(preset)
    portal = Unreliable(receiver, by_relay, preset, source)

    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "relay", portal)
        try:
            portal.reliable = True
            desk.relay.uploading.attempt()
            portal.reliable = False
            through_a_relay(desk, heartbeats, source, lambda: intake.fold(by_relay))
            desk.relay.desk.use(desk.relay.desk.door)  # closes what is open, as an hour of silence does
            desk.relay.queue.submit([]).wait()
            portal.reliable = True
            desk.relay.uploading.attempt()
            assert desk.relay.queue.count() == 0
        finally:
            desk.relay.close()
    intake.fold(by_relay)

    figures = office.figures(by_file)
    assert figures
    assert office.figures(by_batch) == figures
    assert office.figures(by_beat) == figures
    assert office.figures(by_relay) == figures
