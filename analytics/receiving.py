"""Receiving: what collectors send is durable when a call returns, and many calls share one commit.

Nothing here waits for the access log, and nothing here opens a day: what came is sealed into hot rows, and folded into
days later (`Intake.fold`). A call's events pass the capture policy before they are written, inside the transaction,
since only there it is known which bucket they are of.
"""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from analytics.admission import Local
from analytics.categories import Categoriser
from analytics.column_bytes import SegmentBroken
from analytics.desk import MOST_ROWS, Desk, Receipt, Sent
from analytics.door import Door, door_name
from analytics.heartbeats import Beat
from analytics.hot import Bucket, Head, HeadTexts, decode_head
from analytics.imports import ImportedBucket
from analytics.judged import Memory
from analytics.known_marks import KnownMarks, Marks
from analytics.uploads import Upload
from privacy.capture_policy import CapturePolicy
from privacy.disclosure import Clock, Directory
from privacy.group_commit import GroupCommit
from privacy.hot import HotPlace, HotRow, HotRows, Marker
from privacy.keys import KeyGone, KeyRefused
from privacy.policies import PolicySource
from privacy.policy_parts import BECAUSE
from privacy.seal import SealBroken
from privacy.stores import writing
from privacy.vault_store import UnknownSubject

ZONE_SECONDS: Final = 60.0
"""So long the zone of a person is taken as read."""

_MOST_ZONES: Final = 10_000
_OF_ONE_PERSON: Final = (UnknownSubject, SealBroken, SegmentBroken, KeyGone, KeyRefused)
"""Faults of one person's rows or keys: nobody else's call fails with them."""


@dataclass(slots=True, eq=False)
class _Call:
    """One call that waits for its commit."""

    subject: str
    work: Callable[[Desk], Any]
    result: Any = None
    fullest: int = 0
    alone: bool = False
    done: bool = False
    error: BaseException | None = None
    refusal: Exception | None = None


@dataclass(slots=True)
class Receiver:
    """Takes what collectors send. Safe to share between threads.

    `on_full` is told who has more rows of one day than there should be: somebody has to fold them.
    """

    hot: HotRows
    directory: Directory
    policies: PolicySource
    categorisers: Callable[[CapturePolicy], Categoriser]
    clock: Clock
    day_start: dt.time = field(default=dt.time(0))
    on_full: Callable[[str], object] | None = None
    _queue: GroupCommit[_Call] = field(init=False)
    _zones: dict[str, tuple[float, ZoneInfo]] = field(init=False, default_factory=dict)
    _memory: Memory = field(init=False, default_factory=Memory)
    _marks: KnownMarks = field(init=False, default_factory=KnownMarks)
    _doors: dict[tuple[str, str], str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._queue = GroupCommit(self._commit)

    def marker(self, subject: str) -> Marker:
        """Return what marks a person's data, for `Sent`."""
        return self.hot.marker(subject)

    def marks(self, subject: str) -> Marks:
        """Return the marks of a person's data texts, for `insert`: many of a batch were in one before."""
        return self._marks.of(self.hot.marker(subject))

    def heartbeat(self, subject: str, bucket: str, sent: Sent, pulsetime_us: int) -> Beat:
        """Merge a heartbeat; return the event as it is now. Raises NoSuchBucket, EventRefused."""
        found: Beat = self._call(subject, lambda desk: desk.heartbeat(bucket, sent, pulsetime_us))
        return found

    def insert(self, subject: str, bucket: str, events: ImportedBucket, marks: Sequence[int]) -> Receipt:
        """Take a batch of events of one bucket, `marks` being those of its distinct data. Raises NoSuchBucket."""
        found: Receipt = self._call(subject, lambda desk: desk.insert(bucket, events, marks))
        return found

    def upload(self, subject: str, upload: Upload) -> Receipt:
        """Take what a relay sends; the same again changes nothing. Raises TooManyBuckets."""
        rules = self._known_rules()
        found: Receipt = self._call(subject, lambda desk: desk.upload(upload, rules))
        return found

    def create_bucket(self, subject: str, bucket: Bucket) -> bool:
        """Make a bucket; False if there is one of that name. Raises TooManyBuckets."""
        return bool(self._call(subject, lambda desk: desk.make(bucket)))

    def change_bucket(self, subject: str, name: str, kind: str | None, host: str | None, client: str | None) -> None:
        """Change what a bucket is. Raises NoSuchBucket."""
        self._call(subject, lambda desk: desk.change(name, kind, host, client))

    def delete_bucket(self, subject: str, name: str) -> Bucket:
        """Remove a bucket from the list of those that take events; return what it was. Raises NoSuchBucket."""
        found: Bucket = self._call(subject, lambda desk: desk.remove(name))
        return found

    def set_setting(self, subject: str, key: str, value: Any) -> None:
        """Keep a setting of the person's own ActivityWatch pages. Raises SettingsTooLarge."""
        self._call(subject, lambda desk: desk.set(key, value))

    def require_bucket(self, subject: str, name: str) -> Bucket:
        """Return a bucket as its watcher made it. Raises NoSuchBucket."""
        found: Bucket = self._call(subject, lambda desk: desk.bucket(name))
        return found

    def _call(self, subject: str, work: Callable[[Desk], Any]) -> Any:
        call = _Call(subject, work)
        self._queue.wait_for([call])
        if call.error is not None:
            raise call.error
        if call.fullest > MOST_ROWS and self.on_full is not None:
            self.on_full(subject)
        if call.refusal is not None:
            raise call.refusal
        return call.result

    def _commit(self, calls: Sequence[_Call]) -> None:
        by_subject: dict[str, list[_Call]] = defaultdict(list)
        for call in calls:
            call.error = call.refusal = None  # a batch that met a lock is done again from its beginning
            by_subject[call.subject].append(call)
        with writing(self.hot.engine) as connection:
            for subject in sorted(by_subject):  # in one order, so that two servers never wait for each other
                try:
                    self._serve(connection, subject, by_subject[subject])
                except _OF_ONE_PERSON as error:
                    for call in by_subject[subject]:
                        call.error = error

    def _serve(self, connection: Connection, subject: str, calls: Sequence[_Call]) -> None:
        found = self.hot.open_head(connection, subject)
        head, texts = (Head(), HeadTexts()) if found is None else decode_head(found.private, found.texts)
        place, had_texts = (None, False) if found is None else (found.place, found.texts is not None)
        desk = Desk(self._local(subject), head, texts, place, had_texts)
        try:
            rows, remove = self._worked(desk, calls)
        except Exception as fault:  # a defect that one person's data bring to light; nothing of them is written
            for call in calls:
                call.error = fault
            return
        if rows or remove:
            self.hot.file(connection, subject, rows, remove)
        for call in calls:
            call.fullest = desk.fullest

    def _worked(self, desk: Desk, calls: Sequence[_Call]) -> tuple[list[HotRow], list[HotPlace]]:
        """Do what one person's calls ask for; return the rows to be written, and the places to be emptied."""
        for call in calls:
            try:
                call.result = call.work(desk)
            except (LookupError, ValueError) as refusal:
                if isinstance(refusal, SegmentBroken):
                    raise
                call.refusal = refusal
        return desk.rows()

    def _local(self, subject: str) -> Local:
        zone = self._zone(subject)
        door = Door(self.policies.of(subject), self.categorisers, zone, self._memory)
        return Local(door, self._door_name(door), zone, self.day_start, self.hot.marker(subject), self.clock())

    def _zone(self, subject: str) -> ZoneInfo:
        now = time.monotonic()
        known = self._zones.get(subject)
        if known is not None and now < known[0]:
            return known[1]
        if len(self._zones) >= _MOST_ZONES:
            self._zones.clear()
        zone = self.directory.zone(subject)
        self._zones[subject] = (now + ZONE_SECONDS, zone)
        return zone

    def _door_name(self, door: Door) -> str:
        said = (door.policy.text, door.policy.schedules[0].name)
        if (name := self._doors.get(said)) is None:
            name = self._doors[said] = door_name(door.policy, self.categorisers(door.policy).rules)
        return name

    def _known_rules(self) -> frozenset[str]:
        policies = self.policies.in_force().policies
        rules = {each.id for policy in policies for each in policy.rules}
        never = {each.id for policy in policies for each in policy.never}
        return frozenset(rules | never | set(BECAUSE) | DESK_RULES)


DESK_RULES: Final = frozenset({"before-policy", "before-notice", "device-ended", "oversize"})
"""Rules of the desk itself: what it drops while it has no policy or no notice, after its end, and beyond measure."""
