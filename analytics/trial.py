"""What a policy would take away of the days that are stored: a dry run, in numbers by rule and never in values.

What is stored has passed the policy of its time. So a trial shows what a stricter policy would take, but not what a
wider one would add: what was never stored cannot be counted.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from analytics import segments
from analytics.categories import Categoriser
from analytics.door import DROPPED, Door
from analytics.events import Data, Stream
from analytics.joining import STORED_FIELDS
from privacy.capture_policy import CapturePolicy
from privacy.disclosure import Gate
from privacy.fields import Field, Tier
from privacy.period import Period
from privacy.policies import Always
from privacy.policy import Purpose

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(slots=True)
class Trial:
    """How many stored events a policy would leave as they are, coarsen or drop; `entry` is that of the opening."""

    events: int = 0
    coarsened: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    days: int = 0
    entry: int = 0


def of_days(
    gate: Gate,
    subject: str,
    policy: CapturePolicy,
    categorisers: Callable[[CapturePolicy], Categoriser],
    period: Period,
    zone: ZoneInfo,
) -> Trial:
    """Try a policy on what is stored of somebody. The gate logs the opening first, and raises as `disclose` does."""
    opened = gate.disclose(None, subject, STORED_FIELDS, Purpose.OPERATIONS, period, tier=Tier.DAY)
    trial = Trial(entry=opened.entry)
    for day in period.days():
        blobs = {name: opened.values[day, name] for name in STORED_FIELDS if (day, name) in opened.values}
        if Field.RHYTHM in blobs:
            _try(trial, blobs, Door(Always(policy).in_force(), categorisers, zone))
    return trial


def _try(trial: Trial, blobs: dict[Field, bytes], door: Door) -> None:
    events = segments.decode(blobs).events
    texts = [_encode(_raw(data)) for data in events.data]
    trial.days += 1
    for stream in events.streams:
        _try_stream(trial, stream, texts, door)


def _try_stream(trial: Trial, stream: Stream, texts: list[bytes], door: Door) -> None:
    passed = door.let_in(stream.kind, texts, stream.start_us, stream.duration_us, stream.data.astype(np.int64))
    code, first = passed.code, passed.counted
    gone = passed.admitted.data[code] == DROPPED
    trial.events += len(stream.start_us)
    for n, rule in enumerate(door.rules):
        ruled = (passed.admitted.rules[code] >> n & 1).astype(bool) & first
        trial.coarsened[rule] += int((ruled & ~gone).sum())
        trial.dropped[rule] += int((ruled & gone).sum())


def _raw(data: Data) -> dict[str, Any]:
    """Return data as a watcher would send what is left of it."""
    said = {"app": data.app, "title": data.title, "url": data.url, "audible": data.audible, "status": data.status}
    rest = _decode(data.rest) if data.rest else {}
    return {key: value for key, value in said.items() if value is not None} | rest
