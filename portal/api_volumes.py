"""The JSON of the state of the work, under `/api/v1`: deliveries of an operator's program, and a team's rows."""

import datetime as dt
from typing import Annotated, Any, Final

import msgspec
from flask import Blueprint, Response, abort, request
from msgspec import Meta

from analytics import volume_store
from analytics.volume_files import LARGEST_COUNT, LONGEST_PROCESS, OLDEST_DAYS, VolumesRefused
from analytics.volumes import COUNTS, Volume
from auth.permissions import Permission, requires
from portal.access import current_roles, system, viewer
from portal.answers import plain
from portal.openapi import answers
from portal.parse import bad, period_from
from portal.problems import Problem
from portal.shapes import Digest, Entry, Shape
from portal.volumes import deliver, visible

blueprint = Blueprint("api_volumes", __name__, url_prefix="/api/v1")

MOST_ROWS: Final = 20_000
LARGEST_BODY: Final = 8 << 20
_RANGE: Final = {"from": (True, "First day."), "to": (True, "The day after the last.")}
_REFUSED: Final = {422: "Rows have faults, each named in `faults` with its row and its fix; nothing was taken."}

Cases = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)] | None
Day = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class VolumeRow(Shape):
    """One process on one day; null for a figure that is not known. `in_time` and `wrong` count completed cases."""

    process: Annotated[str, Meta(min_length=1, max_length=LONGEST_PROCESS)]
    day: Day
    received: Cases = None
    completed: Cases = None
    open: Cases = None
    oldest_days: Annotated[int, Meta(ge=0, le=OLDEST_DAYS)] | None = None
    in_time: Cases = None
    wrong: Cases = None


class SentVolume(VolumeRow, kw_only=True):
    """A row of a delivery; `team` is the name or the id of a team."""

    team: str


class SentVolumes(Shape):
    """A delivery: taken as a whole or not at all."""

    rows: Annotated[list[SentVolume], Meta(max_length=MOST_ROWS)]


class KeptVolume(VolumeRow, kw_only=True):
    """A row as it was delivered, on a day of UTC."""

    delivered_on: Day


class Volumes(Shape):
    """The rows of a team, by process and day; a day that was not delivered has none."""

    team: str
    name: str
    rows: list[KeptVolume]


class Delivered(Shape):
    """How many rows came, how many of them were new or other than before, and the entry in the log, if any were."""

    rows: int
    new: int
    replaced: int
    entry: Entry | None
    digest: Digest | None


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    """A delivery before its rows are read: these have faults of their own, named with their fixes."""

    rows: Annotated[list[dict[str, str | int | None]], Meta(max_length=MOST_ROWS)]


_decode: Final = msgspec.json.Decoder(_Sent).decode


@blueprint.url_value_preprocessor
def _make_room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a delivery be larger than a form, before anything reads the body."""
    request.max_content_length = LARGEST_BODY


@blueprint.post("/volumes")
@requires(Permission.VOLUMES_WRITE)
@answers(Delivered, body=SentVolumes, also=_REFUSED)
def receive() -> Response:
    """Deliver the state of the work of teams; the same again changes nothing, a later row replaces the earlier one."""
    try:
        sent = _decode(request.get_data(cache=False))
    except msgspec.MsgspecError as error:
        raise bad(f"This is no delivery: {error}.") from error
    except UnicodeDecodeError as error:
        raise bad("This is no delivery: it is not UTF-8.") from error
    rows = [_whole(each) for each in sent.rows]
    try:
        found = deliver(system(), lambda reader: reader.records(rows), by=viewer())
    except VolumesRefused as error:
        detail = f"{error.faults[0].capitalize()}. Nothing was taken."
        raise Problem(422, "Unprocessable Content", detail, faults=error.faults) from error
    changed = found.changed
    return plain(Delivered(changed.rows, changed.new, changed.replaced, found.entry, found.digest))


@blueprint.get("/team/<team>/volumes")
@requires(Permission.VOLUMES_READ)
@answers(Volumes, query=_RANGE)
def volumes(team: str) -> Response:
    """The state of a team's work from one day to before another, as delivered; no person is in it."""
    name = visible(system(), viewer(), current_roles()).get(team)
    if name is None:
        abort(404)
    period = period_from(request.args.get("from", ""), request.args.get("to", ""))
    return plain(Volumes(team, name, [_kept(row) for row in volume_store.read(system().stores.data, team, period)]))


def _whole(row: dict[str, str | int | None]) -> dict[str, str | int | None]:
    """Return a row with every figure: one that is left out is not known."""
    return row | {name: None for name in COUNTS if name not in row}


def _kept(row: Volume) -> KeptVolume:
    figures = dict(zip(COUNTS, row.figures, strict=True))
    delivered = row.delivered_on or dt.date.min
    return KeptVolume(process=row.process, day=row.day.isoformat(), delivered_on=delivered.isoformat(), **figures)
