"""A dry run says what the door would do to what is stored, in numbers, and claims nothing that it cannot know."""

import datetime as dt
import io
import json
from typing import Any

import pytest
from cast import BEN

from analytics import trial
from analytics.categories import Categorisers
from analytics.imports import read_export
from analytics.intake import Intake
from analytics.trial import Trial, Tried
from privacy.capture import OWN_INSIGHT, preset_text
from privacy.capture_policy import CapturePolicy, read
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.policies import Always
from privacy.policy import Purpose
from tests.analytics.intake_office import (
    AFK,
    BERLIN,
    MONDAY,
    WEB,
    WINDOW,
    Events,
    Office,
    event,
    export_of,
)
from tests.policies import never

DAY = Period.day(MONDAY.date())
HOURS = '[[schedule]]\nname = "office"\nmonday = ["09:00-09:20"]\n'
WORK = '\n[[category]]\npath = ["Work"]\nregex = "EXCEL"\n'
ERP = '\n[[category]]\npath = ["Work", "ERP"]\nregex = "FB60|saplogon"\n'
CATEGORIES = WORK + ERP
INSIGHT, COACHED, STRICT = (preset_text(name) for name in ("own_insight", "coaching", "strict"))
GRIDDED = COACHED.replace("grid_seconds = 0", "grid_seconds = 300")


def policy(text: str, *more: str) -> CapturePolicy:
    return read(text + "".join(more), draft=True)


def morning() -> Events:
    """Half an hour from nine on: a spreadsheet, the ERP, a shop in a browser, and ten minutes away."""
    at = MONDAY + dt.timedelta(hours=9)
    minute = dt.timedelta(minutes=1)
    return {
        WINDOW: [
            event(at, 600, app="EXCEL.EXE", title="Canary sheet"),
            event(at + 10 * minute, 900, app="saplogon.exe", title="FB60 Canary"),
            event(at + 25 * minute, 300, app="edge.exe", title="ExampleShop"),
        ],
        WEB: [event(at + 25 * minute, 300, url="https://shop.example/cart", title="ExampleShop", audible=False)],
        AFK: [event(at, 1500, status="not-afk"), event(at + 25 * minute, 300, status="afk")],
    }


def take(office: Office, subject: str, under: CapturePolicy, events: Events) -> None:
    intake = Intake(
        office.vault, office.gate, office.directory, Always(under), Categorisers(), office.clock, dt.time(0)
    )
    intake.take(subject, read_export(io.BytesIO(export_of(events))))


def tried(office: Office, subject: str, now: CapturePolicy, then: CapturePolicy) -> Trial:
    opened = office.gate.disclose(subject, subject, trial.FIELDS, Purpose.OWN_REVIEW, DAY, tier=Tier.DAY)
    return trial.of_days(opened, Tried(then, then.schedule(), BERLIN, now, Categorisers()))


def details(office: Office, subject: str) -> Any:
    return office.figure(subject, "2026-11-16", Field.CATEGORY_DETAIL)


@pytest.mark.parametrize(
    "then",
    [
        (INSIGHT,),
        (COACHED,),
        (STRICT,),
        (GRIDDED,),
        (COACHED, HOURS),
        (GRIDDED, HOURS),
        (COACHED, never("shop", titles=["ExampleShop"])),
        (STRICT, never("sap", apps=["sap*"]), HOURS),
    ],
    ids=["the same", "coaching", "strict", "grid", "hours", "grid and hours", "never a text", "never an application"],
)
def test_a_dry_run_shows_what_the_door_would_have_made_of_the_same_events(
    office: Office, then: tuple[str, ...]
) -> None:
    now, new = policy(INSIGHT, CATEGORIES), policy(*then, CATEGORIES)
    other = office.person()
    take(office, BEN, now, morning())
    take(office, other, new, morning())

    found = tried(office, BEN, now, new)

    assert found.before == details(office, BEN)
    assert found.after == details(office, other)
    door = office.figure(other, "2026-11-16", Field.CAPTURE_LEDGER)
    assert +found.dropped == door["dropped"]
    assert +found.coarsened == door["coarsened"]


def test_an_event_keeps_its_category_where_the_title_that_chose_it_is_not_stored(small_office: Office) -> None:
    now, other_rules = (
        policy(COACHED, CATEGORIES),
        policy(COACHED, '\n[[category]]\npath = ["Other"]\nregex = "FB60"\n'),
    )
    take(small_office, BEN, now, morning())

    found = tried(small_office, BEN, now, other_rules)

    assert found.after == found.before
    assert found.wordless == 4


def test_an_event_gets_its_category_anew_where_its_title_is_stored(small_office: Office) -> None:
    now, other_rules = (
        policy(INSIGHT, CATEGORIES),
        policy(INSIGHT, '\n[[category]]\npath = ["Other"]\nregex = "FB60"\n'),
    )
    take(small_office, BEN, now, morning())

    found = tried(small_office, BEN, now, other_rules)

    assert found.after == {"Other": 900.0, "Uncategorized": 600.0}
    assert found.wordless == 0


def test_what_was_dropped_when_it_came_is_counted_as_unknown(small_office: Office) -> None:
    now = policy(COACHED, never("sap", apps=["sap*"]), CATEGORIES)
    take(small_office, BEN, now, morning())

    found = tried(small_office, BEN, now, policy(INSIGHT, CATEGORIES))

    assert (found.refused, found.events) == (1, 5)
    assert not +found.dropped


def test_a_day_without_data_is_none(small_office: Office) -> None:
    found = tried(small_office, BEN, OWN_INSIGHT, OWN_INSIGHT)

    assert (found.days, found.events, found.before, found.after) == (0, 0, {}, {})


def test_a_dry_run_holds_no_value(small_office: Office) -> None:
    now = policy(INSIGHT, CATEGORIES)
    take(small_office, BEN, now, morning())

    said = repr(tried(small_office, BEN, now, policy(STRICT, never("sap", apps=["sap*"]), CATEGORIES)))

    for value in ("Canary", "ExampleShop", "EXCEL", "saplogon", "shop.example", "edge"):
        assert value not in said
        assert value in json.dumps([each["data"] for found in morning().values() for each in found])
