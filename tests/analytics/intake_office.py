"""An office with a vault, a log and a gate, into which tests take what desks recorded."""

import datetime as dt
import io
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cast import BEN
from conftest import Clock
from log_book import ORIGIN, open_keys

from analytics.categories import Categoriser, read
from analytics.figures import load
from analytics.imports import read_export
from analytics.intake import Intake, Report
from analytics.joining import STORED_FIELDS
from privacy.access_log import AccessLog, open_signer
from privacy.capture import PRESETS
from privacy.disclosure import Gate
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.policies import Always
from privacy.policy import Purpose, Relation
from privacy.stores import Stores, writing
from privacy.vault import Subject, Vault

RULES = [
    [["Work"], {"type": "regex", "regex": "EXCEL|Invoice"}],
    [["Work", "ERP"], {"type": "regex", "regex": "saplogon|FB60"}],
    [["Private"], {"type": "regex", "regex": "ExampleShop", "ignore_case": True}],
]
BERLIN = ZoneInfo("Europe/Berlin")
EVERYTHING = Period(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
MONDAY = dt.datetime(2026, 11, 16, tzinfo=BERLIN)

Events = dict[tuple[str, str, str], list[dict[str, Any]]]
"""Host, type and id of a bucket, and its events."""


WINDOW, AFK, WEB = (
    ("pc", "currentwindow", "aw-watcher-window_pc"),
    ("pc", "afkstatus", "aw-watcher-afk_pc"),
    ("pc", "web.tab.current", "aw-watcher-web-edge_pc"),
)


class FakeDirectory:
    """Everybody is themselves, jobs run for everybody, and all live in Berlin unless they moved."""

    def __init__(self) -> None:
        self.zones: dict[str, ZoneInfo] = {}

    def relations(self, viewer: str | None, subject: str, period: Period) -> dict[Relation, None]:
        if viewer is None:
            return {Relation.OPERATIONS: None}
        return {Relation.SELF: None} if viewer == subject else {}

    def told(self, viewer: str, subject: str) -> None:
        return None

    def zone(self, subject: str) -> ZoneInfo:
        return self.zones.get(subject, BERLIN)

    def acknowledged(self, subject: str) -> bool:
        return True

    def is_reviewer(self, viewer: str) -> bool:
        return False


@dataclass
class Office:
    """Vault, log and gate, with an intake for each preset."""

    stores: Stores
    vault: Vault
    gate: Gate
    log: AccessLog
    directory: FakeDirectory
    clock: Clock

    def person(self) -> str:
        subject = uuid.uuid4().hex
        with writing(self.stores.data) as connection:
            connection.execute(Subject.__table__.insert().values(id=subject, created_day=dt.date(2026, 1, 1)))
        return subject

    def intake(self, preset: str = "own_insight", rules: list[Any] = RULES, day_start: dt.time = dt.time(0)) -> Intake:
        categoriser = Categoriser(read(json.dumps(rules)))
        policies = Always(PRESETS[preset])
        return Intake(self.vault, self.gate, self.directory, policies, lambda _: categoriser, self.clock, day_start)

    def take(self, subject: str, events: Events, preset: str = "own_insight", **options: Any) -> Report:
        return self.intake(preset, **options).take(subject, read_export(io.BytesIO(export_of(events))))

    def figures(self, subject: str) -> dict[tuple[str, str], bytes]:
        fields = {field for field in Field if field is not Field.WORKING_PATTERN}
        shown = self.gate.disclose(subject, subject, fields, Purpose.OWN_REVIEW, EVERYTHING).values
        return {(day.isoformat(), field.value): value for (day, field), value in shown.items()}

    def figure(self, subject: str, day: str, field: Field) -> Any:
        return load(self.figures(subject)[day, field.value])

    def stored(self, subject: str) -> dict[tuple[dt.date, Field], bytes]:
        fields = STORED_FIELDS | {Field.SOURCES}
        opened = self.gate.disclose(None, subject, fields, Purpose.OPERATIONS, EVERYTHING, tier=Tier.DAY)
        return dict(opened.values)


def open_office(stores: Stores, folder: Path, clock: Clock) -> Office:
    """Open an office on empty stores; Ben works there."""
    keys = open_keys(stores, folder)
    vault, directory = Vault(stores.data, keys), FakeDirectory()
    log = AccessLog(stores.log, keys, open_signer(keys, ORIGIN), clock)
    with writing(stores.data) as connection:
        connection.execute(Subject.__table__.insert().values(id=BEN, created_day=dt.date(2026, 1, 1)))
    return Office(stores, vault, Gate(vault, log, directory, clock), log, directory, clock)


def event(at: dt.datetime, seconds: float, **data: Any) -> dict[str, Any]:
    return {"timestamp": at.isoformat(), "duration": seconds, "data": data}


def buckets_of(events: Events) -> dict[str, Any]:
    return {name: {"type": kind, "hostname": host, "events": found} for (host, kind, name), found in events.items()}


def export_of(events: Events) -> bytes:
    return json.dumps({"buckets": buckets_of(events)}).encode()


def morning(day: dt.datetime = MONDAY) -> Events:
    """Return an hour of work: half of it in a private browser window, a quarter of it away."""
    nine = day + dt.timedelta(hours=9)
    return {
        WINDOW: [
            event(nine, 1800, app="saplogon.exe", title="FB60 Enter Vendor Invoice"),
            event(nine + dt.timedelta(minutes=30), 1800, app="msedge.exe", title="ExampleShop"),
        ],
        AFK: [
            event(nine, 2700, status="not-afk"),
            event(nine + dt.timedelta(minutes=45), 900, status="afk"),
        ],
        WEB: [
            event(nine + dt.timedelta(minutes=30), 1800, url="https://shop.test/", title="ExampleShop", incognito=True)
        ],
    }
