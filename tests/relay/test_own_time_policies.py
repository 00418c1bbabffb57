"""An event passes the policy of its own time and the one in force, on the desk as at the portal's door."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import DATA, STREAMS, policies

from analytics.categories import Categorisers
from analytics.door import Door
from analytics.timing import GONE
from portal.relay.doors import PolicyDoor
from portal.relay.known_policies import EarlierUnknown
from privacy.capture import BROWSER, WINDOW, apply_each, preset_text
from privacy.capture_policy import CapturePolicy
from privacy.policies import InForce
from privacy.policy_note import PolicyKey, note_of
from tests.relay.desks import MORNING, Desk, desk, iso, us
from tests.relay.fake_portal import FakePortal, fake_portal

EMPLOYER, STRANGER = (PolicyKey.new(f"example/{name}") for name in ("employer", "stranger"))
SIGNERS = {"employer": str(EMPLOYER.verifier)}
BERLIN = ZoneInfo("Europe/Berlin")
CHANGED = dt.datetime(2026, 11, 16, 9, 0, tzinfo=dt.UTC)
NEVER = '\n[[never]]\nid = "union"\napps = ["union*"]\nbecause = "It is nobody\'s business."\n'
CATEGORY = '\n[[category]]\npath = ["{name}"]\nregex = "mail"\n'


def both(then: CapturePolicy, now: CapturePolicy) -> tuple[PolicyDoor, CapturePolicy, CapturePolicy]:
    then, now = replace(then, version=1), replace(now, version=2, effective=CHANGED)
    door = PolicyDoor(now, BERLIN, held_at=lambda start_us, _: then if start_us < us(0) else None)
    return door, then, now


@settings(max_examples=150)
@given(policies(), policies(), st.sampled_from(STREAMS), DATA, st.booleans())
def test_a_desk_leaves_of_data_what_the_portal_s_door_leaves(
    then: CapturePolicy, now: CapturePolicy, kind: str, data: dict[str, Any], before: bool
) -> None:
    door, then, now = both(then, now)
    stages = (then, now) if before else (now,)
    whole = all(each.keeps_page_texts() for each in stages)
    category = "Uncategorized" if kind == WINDOW or (kind == BROWSER and not whole) else ""

    left = door.judge(kind, data, us(-1) if before else us(0))

    assert left == apply_each(stages, kind, data, category)


@settings(max_examples=150)
@given(policies(), policies(), st.integers(-20_000, 20_000), st.integers(0, 40_000))
def test_a_desk_leaves_of_times_what_the_portal_s_door_leaves(
    then: CapturePolicy, now: CapturePolicy, start: int, seconds: int
) -> None:
    door, then, now = both(then, now)
    start_us, duration_us = us(start), seconds * 1_000_000

    parts, rules = door.parts(start_us, duration_us)

    portal = Door(InForce((then, now)), Categorisers(), BERLIN)
    left = portal.times_left(np.array([start_us]), np.array([duration_us]))
    if left is None:
        assert (parts, rules) == ([(start_us, duration_us)], ())
    else:
        gone = (left.flags & GONE) != 0
        assert parts == list(zip(left.start_us[~gone].tolist(), left.duration_us[~gone].tolist(), strict=True))
        assert rules


# What a desk knows of the policies of before


def text(preset: str, version: int, effective: dt.datetime, more: str = "") -> str:
    head = f'version = {version}\norganisation = "example"\neffective = {effective:%Y-%m-%dT%H:%M:%SZ}\n'
    return head + preset_text(preset) + more


def note(body: str, key: PolicyKey = EMPLOYER) -> str:
    return note_of(body, [key.sign(body)])


MONTH = dt.timedelta(days=30)
FIRST = text("own_insight", 1, CHANGED - 2 * MONTH)
SECOND = text("own_insight", 2, CHANGED - MONTH, NEVER)
THIRD = text("strict", 3, CHANGED - dt.timedelta(hours=1))


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    with fake_portal(note(SECOND)) as found:
        yield found


def kept(here: Desk) -> list[int]:
    """The days before the morning on which what waits began."""
    entries = [entry for _, _, entry in here.relay.queue.entries()]
    return [(us(0) - entry.parts[0][0]) // 86_400_000_000 for entry in entries if getattr(entry, "parts", ())]


def insert(here: Desk, *days: int, app: str = "union mail") -> None:
    events = [{"timestamp": iso(-each * 86_400.0), "duration": 1, "data": {"app": app}} for each in days]
    assert here.call("POST", f"buckets/{here.bucket()}/events", events)[0] == 200


def test_what_a_desk_has_held_it_goes_by_for_events_of_that_time_and_after_a_restart(
    tmp_path: Path, portal: FakePortal
) -> None:
    with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
        assert here.status()["policy"]["version"] == 2
        portal.offer["policy"] = note(THIRD)
        here.send()
        assert here.status()["policy"]["version"] == 3
        insert(here, 10, 0)
        assert kept(here) == [0]
    with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
        insert(here, 11)
        insert(here, 12, app="EXCEL.EXE")
        assert kept(here) == [12]


def test_without_the_past_all_passes_the_policy_in_force_and_with_it_that_of_its_time(
    tmp_path: Path, portal: FakePortal
) -> None:
    portal.offer["policy"] = note(THIRD)
    portal.earlier = [FIRST, note(SECOND)]
    with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
        insert(here, 10)
        assert kept(here) == [10]
        assert here.relay.obey({"do": "history"}) == {}
        insert(here, 9, 40, 400)
        assert kept(here) == [10, 40, 400], "the first one held before it began, too"
        assert here.status()["policy"]["version"] == 3


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        ([FIRST, SECOND, note(text("strict", 1, CHANGED - MONTH))], "version 2 .* lacks a signature"),
        ([note(FIRST), note(SECOND, STRANGER)], "version 2 .* lacks a signature"),
        ([note(FIRST + "surprise = 1\n")], "surprise"),
        (["nonsense"], "cannot be read"),
    ],
)
def test_a_past_that_lacks_a_signature_is_not_learned_and_the_import_is_refused(
    tmp_path: Path, portal: FakePortal, earlier: list[str], why: str
) -> None:
    portal.offer["policy"], portal.earlier = note(THIRD), earlier
    with desk(tmp_path / "relay", portal, signers=SIGNERS) as here:
        with pytest.raises(Exception, match=why) as refused:
            here.relay.obey({"do": "history"})
        assert isinstance(refused.value.__cause__, EarlierUnknown)
        insert(here, 10)
        assert kept(here) == [10]


def test_the_category_is_that_of_the_event_as_it_came(tmp_path: Path, portal: FakePortal) -> None:
    portal.offer["policy"] = note(text("strict", 3, CHANGED, CATEGORY.format(name="Now")))
    portal.earlier = [note(text("strict", 2, CHANGED - MONTH, CATEGORY.format(name="Then")))]
    with desk(tmp_path / "relay", portal, signers=SIGNERS, now=[MORNING + 60]) as here:
        here.relay.obey({"do": "history"})
        insert(here, 5, 0, app="mail")
        found = [entry for _, _, entry in here.relay.queue.entries()]

    assert [entry.category for entry in found] == ["Then", "Now"]  # type: ignore[union-attr]
    assert {entry.policy for entry in found} == {3}  # type: ignore[union-attr]
