"""Uploads: their moments and their sizes tell nothing about when somebody worked."""

import itertools
from pathlib import Path

import pytest

from analytics import uploads
from analytics.uploads import BucketInfo, Event, Upload
from portal.relay.batches import STEP, padded
from portal.relay.portal_calls import AddressRefused, checked
from portal.relay.uploading import SPREAD_SECONDS, Uploading
from tests.relay.desks import MORNING, desk, iso
from tests.relay.fake_portal import fake_portal


def upload(events: int, seed: int = 0) -> Upload:
    made = [Event(0, n * 1_000_000, 5, {"app": f"app {n * 7919 % 101} {seed}"}) for n in range(events)]
    return Upload("0" * 32, 1, [BucketInfo("b", "t", "h")], made)


@pytest.mark.parametrize("events", [0, 1, 2, 5, 40, 300, 1_000, 4_000])
def test_every_upload_is_a_multiple_of_one_step(events: int) -> None:
    for seed in range(5):
        sent = padded(upload(events, seed))

        assert len(sent) % STEP == 0
        assert uploads.decode(uploads.unpack(sent, uploads.ZSTD)) == upload(events, seed)


def test_an_empty_upload_and_one_of_a_few_events_have_one_size() -> None:
    assert len({len(padded(upload(events))) for events in (0, 1, 3, 10, 30)}) == 1


def test_an_idle_desk_sends_as_often_as_a_busy_one(tmp_path: Path) -> None:
    with fake_portal() as portal, desk(tmp_path / "relay", portal) as here:
        here.bucket()
        for n in range(4):
            if n % 2:
                events = [{"timestamp": iso(n), "duration": 1, "data": {"app": str(k)}} for k in range(20)]
                here.call("POST", "buckets/window/events", events)
            here.send()

        assert len(portal.sizes) == 5  # the first one as it starts
        assert len(set(portal.sizes)) == 1


def moments(uploading: Uploading, now: list[float], hours: int, well: bool = True) -> list[float]:
    found, until = [], now[0] + hours * 3600
    while (due := uploading._next_after(well)) < until:
        found.append(due)
        now[0] = due + 1
    return found


def test_uploads_come_every_fifteen_minutes_at_the_device_s_own_moment(tmp_path: Path) -> None:
    with desk(tmp_path / "relay") as here:
        now = [MORNING + 123]
        uploading = Uploading(here.relay.desk, here.relay.policing, None, spread=500, clock=lambda: now[0])

        found = moments(uploading, now, 8)

        assert len(found) in (31, 32)
        assert {each % 900 for each in found} == {SPREAD_SECONDS / 2}


def test_after_failures_the_pauses_grow_and_no_slot_is_left_out(tmp_path: Path) -> None:
    with desk(tmp_path / "relay") as here:
        now = [MORNING]
        uploading = Uploading(here.relay.desk, here.relay.policing, None, clock=lambda: now[0])

        found = moments(uploading, now, 4, well=False)

        pauses = [after - before for before, after in itertools.pairwise(found)]
        assert pauses[0] < 60
        assert max(pauses) <= 901
        assert [each for each in range(int(MORNING) + 900, int(found[-1]), 900) if each not in map(round, found)] == []
        assert len(found) < 40


@pytest.mark.parametrize(
    "url", ["http://portal.example", "ftp://portal.example", "portal.example", "https://a:b@portal.example", "https://"]
)
def test_what_a_desk_sends_goes_over_tls_or_stays_on_it(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "https://portal.example/sameview"])
def test_an_address_of_a_portal_is_taken(url: str) -> None:
    assert checked(url) == url.rstrip("/")
