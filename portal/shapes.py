"""The shapes of the JSON answers, as structures: the OpenAPI document is made from them, and tests check answers.

Seconds are numbers with at most three decimals; days are local dates; ranges are half-open.
"""

import datetime as dt
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from analytics.annotations import LONGEST_NAME, LONGEST_TEXT, Kind
from auth.tokens import LONGEST_DAYS, Scope

Seconds = Annotated[float, Meta(ge=0, description="Seconds, at most 3 decimals.")]
SecondsBy = dict[str, Seconds]
Counts = dict[str, int]
Mark = Literal["missing", "private", "paused", "withheld", "corrected"]
Digest = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$", description="SHA-256 of the RFC 8785 form of `payload`.")]
Entry = Annotated[int, Meta(ge=0, description="Number of the access log's entry that accounts for this answer.")]
P = TypeVar("P")


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    """A structure that has exactly these members."""


class Answer(Shape, Generic[P]):
    """What was shown, the log entry that accounts for it, and the digest of what was shown."""

    payload: P
    entry: Entry
    digest: Digest


class ActiveTime(Shape):
    active_seconds: Seconds


class AwayTime(Shape):
    afk_seconds: Seconds | None


class Focus(Shape):
    blocks: int
    seconds: Seconds
    longest_seconds: Seconds


class Rhythm(Shape):
    hours: dict[str, SecondsBy]
    first: str | None
    last: str | None


class Recovery(Shape):
    breaks: int
    seconds: Seconds
    longest_stretch_seconds: Seconds


class Ledger(Shape):
    received: int
    kept: int
    coarsened: Counts
    dropped: Counts
    not_captured: SecondsBy | UnsetType = UNSET


class Originals(Shape):
    """What figures were before their person's notes and corrections; those alone that differ."""

    away_time: AwayTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    category_detail: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET
    rhythm: Rhythm | UnsetType = UNSET
    recovery: Recovery | UnsetType = UNSET


class Annotations(Shape):
    """What the person noted of the day: work away from the desk that counts as work, and the times by kind."""

    annotated_seconds: Seconds
    by_kind: SecondsBy
    original: Originals


class DayFields(Shape):
    active_time: ActiveTime | UnsetType = UNSET
    away_time: AwayTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    category_detail: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET
    rhythm: Rhythm | UnsetType = UNSET
    recovery: Recovery | UnsetType = UNSET
    apps: SecondsBy | UnsetType = UNSET
    capture_ledger: Ledger | UnsetType = UNSET
    annotations: Annotations | UnsetType = UNSET


class Day(Shape):
    """One local day of the asker's own."""

    date: str
    timezone: str
    fields: DayFields
    marks: dict[str, Mark]


class Days(Shape):
    days: list[Day]


class NotedTime(Shape):
    """What a time was; work (meeting, phone, paper, training, mentoring) counts as such."""

    id: str
    start: str
    end: str
    kind: str
    text: str


class CorrectedTime(Shape):
    id: str
    start: str
    end: str
    category: str


class CorrectedApp(Shape):
    id: str
    app: str
    category: str


class NotedDay(Shape):
    """What a person noted of one local day; `id` takes it back."""

    date: str
    annotations: list[NotedTime]
    corrections: list[CorrectedTime]
    applications: list[CorrectedApp]


class NotedDays(Shape):
    days: list[NotedDay]


class NewAnnotation(Shape):
    """A time with a zone, and either what it was or which category is right; `replace` what it overlaps."""

    start: Annotated[dt.datetime, Meta(tz=True)]
    end: Annotated[dt.datetime, Meta(tz=True)]
    kind: Kind | None = None
    category: Annotated[str, Meta(max_length=LONGEST_NAME)] | None = None
    text: Annotated[str, Meta(max_length=LONGEST_TEXT)] = ""
    replace: bool = False


class WeekFields(Shape):
    active_time: ActiveTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET


class Week(Shape):
    """A closed week's shared totals: the same bytes for the manager and for the employee."""

    week: str
    subject: str
    timezone: str
    purpose: str
    fields: WeekFields
    marks: dict[str, Mark]
    salt: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class PartsOfDay(Shape):
    """Active time of all days together, by part of the day: from 0, 6, 12 and 18 o'clock on."""

    night: Seconds
    morning: Seconds
    afternoon: Seconds
    evening: Seconds


class SharedNote(Shape):
    date: str
    start: str = msgspec.field(name="from")
    end: str = msgspec.field(name="to")
    kind: str
    text: str


class SharedFields(Shape):
    active_time: ActiveTime | UnsetType = UNSET
    away_time: AwayTime | UnsetType = UNSET
    categories: SecondsBy | UnsetType = UNSET
    category_detail: SecondsBy | UnsetType = UNSET
    focus: Focus | UnsetType = UNSET
    rhythm: PartsOfDay | UnsetType = UNSET
    recovery: Recovery | UnsetType = UNSET
    apps: SecondsBy | UnsetType = UNSET
    annotations: list[SharedNote] | UnsetType = UNSET


class Shared(Shape):
    """Totals that somebody shares, over `days` days with figures of a half-open `period`; until the day `expires`."""

    subject: str
    viewer: str
    purpose: str
    period: list[str]
    expires: str
    timezone: str
    days: int
    fields: SharedFields
    marks: dict[str, Mark]
    salt: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class GrantOf(Shape):
    """A grant: whose, its number, for whom; `name` is that of the other one, `digest` of what the viewer is shown."""

    subject: str
    number: int
    viewer: str
    name: str
    purpose: str
    fields: list[str]
    first_day: dt.date
    last_day: dt.date
    given_on: dt.date
    expires_on: dt.date
    digest: Digest


class GrantByMe(GrantOf):
    opened: int


class Sharing(Shape):
    grants: list[GrantByMe]


class SharedWithMe(Shape):
    grants: list[GrantOf]


class LogPayload(Shape):
    """What an entry of the access log says (keys in the order of RFC 8785 when hashed)."""

    v: int
    time: str
    viewer: str | None
    subject: str | None
    relation: str
    fields: list[str]
    purpose: str
    period: list[str] | None
    policy: int
    outcome: str
    chain: Literal["others", "self", "organisation"]
    sequence: int
    previous: str | None
    digest: str | UnsetType = UNSET


class LogEntry(Shape):
    index: int
    payload: LogPayload


class LogEntries(Shape):
    """Entries, newest first."""

    entries: list[LogEntry]


class ShownAgain(Shape):
    """What a read of my figures by somebody else showed, opened again.

    `state` is same, or differs, broken or lost (alarms), or gone, ended, unsent or refused; `sentence` says it in
    words. `again` is the week; what was shared with somebody (`ended` when it is over) is opened on its page.
    """

    state: Literal["same", "differs", "broken", "lost", "gone", "ended", "unsent", "refused"]
    sentence: str
    read: LogEntry
    receipt: LogEntry | None
    again: Answer[Week] | None


class LogPage(Shape):
    """A page of the log; `before` asks for the next one, and `entry` says that this one was read.

    `since` is the day (UTC) from which on the reader may read the log, and `sentence` says so.
    """

    entry: Entry
    since: str
    sentence: str
    entries: list[LogEntry]
    before: int | None


class Inclusion(Shape):
    index: int
    leaf: str
    hashes: list[str]
    salt: str | None
    payload: str | None


class Bundle(Shape):
    """A proof bundle: it verifies with any implementation of C2SP signed notes and RFC 9162."""

    checkpoint: str
    old: str | None
    consistency: list[str]
    inclusion: list[Inclusion]


class CountedChain(Shape):
    """One of my chains as a closing counted it: `length` entries, the last of which has this commitment.

    `hashes` lead from the leaf (tag, length, commitment) at `index` to the root that the closing entry states.
    """

    chain: Literal["others", "self"]
    tag: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    length: Annotated[int, Meta(ge=1)]
    commitment: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    index: int
    hashes: list[str]


class Closing(Shape):
    """How the closing of a day counted my entries: my leaves in a tree of `size`, and the proof of its entry."""

    day: str
    size: int
    chains: list[CountedChain]
    proof: Bundle


class EntryDetail(Shape):
    """One entry and its proof; `found` is null if it was erased, and `entry` says that it was read."""

    entry: Entry
    found: LogEntry | None
    proof: Bundle


class Verification(Shape):
    size: int
    root: str | None
    problems: list[str]


class RecordedField(Shape):
    """A field: who besides the person may see it, and why. Generated from the policy."""

    field: str
    key_class: str
    sentences: list[str]


class RecordedRule(Shape):
    """A rule of the capture policy: what becomes of part of an event, and why."""

    id: str
    effect: Literal["keep", "coarsen", "drop"]
    because: str


class Recorded(Shape):
    policy: int
    preset: str
    fields: list[RecordedField]
    rules: list[RecordedRule]


class TrendRow(Shape):
    day: str
    value: float | None
    mark: str | None


class Usual(Shape):
    low: float
    high: float


class Trend(Shape):
    """One measure over days, with the asker's own median and usual range."""

    measure: str
    unit: str
    median: float | None
    usual: Usual | None
    rows: list[TrendRow]


class Token(Shape):
    """A personal token; its last use is known by day."""

    id: str
    name: str
    scopes: list[Literal["ingest", "read", "volumes"]]
    created_on: str
    expires_on: str
    last_used_on: str | None
    revoked_on: str | None


class Tokens(Shape):
    tokens: list[Token]


class NewToken(Shape):
    """What a token is for, and how many days it lives."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Meta(min_length=1)]
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = 90


class Device(Shape):
    """A computer that sends for its person; when it was last seen is known by day."""

    id: str
    name: str
    host: str
    enrolled_on: str
    expires_on: str
    last_seen_on: str | None
    revoked_on: str | None


class Devices(Shape):
    devices: list[Device]


class DeviceName(Shape):
    name: Annotated[str, Meta(min_length=1, max_length=100)]


class NewEnrolment(Shape):
    """A computer that asks to send: what its person will call it, and its name in the network."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    host: Annotated[str, Meta(min_length=1, max_length=255)]


class EnrolmentAsked(Shape):
    """The code to keep and the one to show, where a person confirms, how long that takes and how often to ask."""

    device_code: str
    user_code: Annotated[str, Meta(pattern="^[B-Z]{4}-[B-Z]{4}$")]
    url: str
    expires_in: int
    interval: int


class Enrolled(Shape):
    """The device's token, shown this once; whose log it is, its key, and who has to sign policies (null: nobody)."""

    token: str
    origin: str
    log_key: str
    signers: dict[str, str] | None


class RelayPolicy(Shape):
    """What a computer goes by. `policy` and `next` are signed notes, or a text alone where nobody signs.

    `paused` and `forgotten` are what its person keeps private: half-open, microseconds since 1970 UTC.
    """

    policy: str
    version: int
    signed: bool
    next: str | None
    schedule: str | None
    timezone: str
    day_start: str
    notice: bool
    paused: list[tuple[int, int]]
    forgotten: list[tuple[int, int]]
    private_apps: list[str]


class TokenMade(Shape):
    token: Annotated[str, Meta(description="Shown this once.")]


class SignedIn(Shape):
    """A browser that is signed in, known by day; `current` is the one that asks."""

    id: str
    created_on: str
    current: bool


class Sessions(Shape):
    sessions: list[SignedIn]


class Notice(Shape):
    """What somebody was told; `entry` is its number in the log."""

    entry: Entry
    day: str
    sentence: str
    seen: bool


class Notices(Shape):
    notices: list[Notice]


class RosterPerson(Shape):
    subject: str
    name: str


class RosterTeam(Shape):
    team: str
    name: str
    people: list[RosterPerson]


class Roster(Shape):
    teams: list[RosterTeam]


class Problem(msgspec.Struct):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    entry: Entry | UnsetType = UNSET
    reason: str | UnsetType = UNSET
