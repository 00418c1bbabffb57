"""A gate with nothing real behind it, one with the real log and vault, and what is asked of both."""

import datetime as dt
import itertools
from collections.abc import Collection
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from sqlalchemy import insert

from auth.stamps import Stamps
from privacy import decisions
from privacy.access_log import AccessLog, open_signer
from privacy.disclosure import Disclosed, Gate
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.file_keys import FileKeyProvider
from privacy.granted import GrantedSeal
from privacy.granted_gate import Rooms
from privacy.grants import Grants
from privacy.keys import KeyRing
from privacy.log_entries import Appended, Draft
from privacy.one_to_ones import Met
from privacy.period import Period, iso_week
from privacy.policy import Purpose, Relation
from privacy.stamp_key import stamp_key
from privacy.stores import Stores, writing
from privacy.threads import Threads
from privacy.vault import Row, Subject, Vault

BERLIN = ZoneInfo("Europe/Berlin")
CLOSED = iso_week("2026-W46")  # Monday 9 to Sunday 15 November; the clock stands at Thursday 19 November
RUNNING = iso_week("2026-W47")
TOMORROW = dt.date(2026, 11, 20)
DAY = Period.day(CLOSED.first)
ONE = frozenset({Field.ACTIVE_TIME})


class FakeDirectory:
    """Ana manages Ben, who has read the notice, and meets him tomorrow. Cleo reviews, Dan is nobody's anything."""

    def __init__(self) -> None:
        self.unaware: set[str] = set()
        self.tampered: set[str] = set()
        self.tellings: dict[tuple[str, str], decisions.Telling] = {}
        self.former: dict[ZoneInfo, dt.date] = {}
        self.met: list[Met] | None = [Met(TOMORROW, True)]
        self.reviewing = dt.date(2026, 9, 1)

    def relations(self, viewer: str | None, subject: str, period: Period) -> dict[Relation, dt.date | None]:
        if viewer is None:
            return {Relation.OPERATIONS: None}
        found = {(ANA, BEN): Relation.MANAGER, (CLEO, BEN): Relation.COMPLIANCE}.get((viewer, subject))
        told = self.tellings.get((viewer, subject))
        return {Relation.SELF: None} if viewer == subject else {found: told.day if told else None} if found else {}

    def told(self, viewer: str, subject: str) -> decisions.Telling | None:
        return self.tellings.get((viewer, subject))

    def managing(self, viewer: str, subjects: Collection[str]) -> frozenset[str]:
        return frozenset(each for each in subjects if (viewer, each) in self.tellings)

    def one_to_ones(self, viewer: str, subject: str) -> list[Met] | None:
        return self.met

    def zone(self, subject: str) -> ZoneInfo:
        return BERLIN

    def clocks(self, subject: str, since: dt.date) -> decisions.Clocks:
        former = (zone for zone, until in self.former.items() if until >= since)
        return decisions.Clocks((self.zone(subject), *former), self.is_genuine(subject))

    def acknowledged(self, subject: str) -> bool:
        return subject not in self.unaware

    def is_genuine(self, subject: str) -> bool:
        return subject not in self.tampered

    def is_reviewer(self, viewer: str) -> bool:
        return viewer == CLEO

    def holds(self, viewer: str, role: str) -> bool:
        return (viewer, role) == (CLEO, "reviewer")

    def held_since(self, viewer: str, role: str) -> dt.date | None:
        return self.reviewing if self.holds(viewer, role) else None

    def reviewer_since(self, viewer: str) -> dt.date | None:
        return self.reviewing if viewer == CLEO else None


class MemoryLog:
    """A log in a list, which may be full."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.full = False

    def append(self, draft: Draft) -> Appended:
        if self.full:
            raise OSError("no space left on device")
        self.drafts.append(draft)
        return Appended(len(self.drafts) - 1)


class MemoryVault:
    """A vault that remembers what was opened, and what the log said by then."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.opened: list[tuple[str, frozenset[Field], Tier, Period]] = []

    def _open(
        self, subject: str, fields: frozenset[Field], tier: Tier, period: Period, source: object = None
    ) -> dict[Any, bytes]:
        assert self.log.drafts[-1].outcome == "disclosed", "opened before it was logged"
        self.opened.append((subject, fields, tier, period))
        return {(period.first, field): b"1800" for field in fields}

    @property
    def keys(self) -> "MemoryVault":
        return self

    def derive(self, *place: object) -> bytes:
        return b"\x5a" * 16


def one_to_one(gate: Gate, week: Period = CLOSED, **changed: Any) -> Disclosed:
    asked = {"viewer": ANA, "subject": BEN, "fields": SHARED_FIELDS, "purpose": Purpose.ONE_TO_ONE, "period": week}
    return gate.disclose(**{**asked, "tier": Tier.WEEK, **changed})


def own(gate: Gate, fields: frozenset[Field] = ONE, period: Period = DAY, **more: Any) -> Disclosed:
    return gate.disclose(BEN, BEN, fields, Purpose.OWN_REVIEW, period, **more)


class AnyDirectory(FakeDirectory):
    """A directory in which somebody is whatever the test says."""

    def __init__(self, given: frozenset[Relation]) -> None:
        super().__init__()
        self.given = given

    def relations(self, viewer: str | None, subject: str, period: Period) -> dict[Relation, dt.date | None]:
        return dict.fromkeys(self.given)


def real_gate(stores: Stores, tmp_path: Path, directory: FakeDirectory, clock: Clock) -> Gate:
    """A gate with nothing fake but the directory; Ben has all fields of each day of the closed week, and its totals."""
    keys = KeyRing(stores.keys, FileKeyProvider(tmp_path / "kek").create())
    vault = Vault(stores.data, keys)
    days = [Row(f, Tier.SUMMARY, d, 0, b"1800") for f, d in itertools.product(Field, CLOSED.days())]
    with writing(stores.data) as connection:
        connection.execute(insert(Subject), [{"id": s, "created_day": CLOSED.first} for s in (ANA, BEN, CLEO, DAN)])
        vault.put(connection, BEN, [*days, *(Row(f, Tier.WEEK, CLOSED.first, 0, b"9000") for f in SHARED_FIELDS)])
    log = AccessLog(stores.log, keys, open_signer(keys, "sameview/test-00000000"), clock)
    seal, stamps = GrantedSeal(keys), Stamps(stamp_key(keys))
    rooms = Rooms(Grants(stores.data, seal, stamps), Threads(stores.data, seal, stamps))
    return Gate(vault, log, directory, clock, rooms=rooms)
