"""Private times cut out of many events at once, and private applications taken away: days as they are joined, batches.

What no border touches, which is nearly everything, costs a few comparisons of arrays.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analytics.admission import Local
from analytics.captured import Rows, joined
from analytics.events import Data, Int64
from analytics.hot import Batch
from analytics.own_times import PRIVATE_APP, OwnTimes, Span, left


class _Cut(NamedTuple):
    """Parts of events: the place of the event of each, its times, and which events were touched."""

    event: Int64
    start_us: Int64
    duration_us: Int64
    before_us: Int64
    touched: Int64


def rows_left(rows: Rows, blind: Sequence[Span], data: Sequence[Data]) -> tuple[Rows, int]:
    """Return what is left of a day's rows, and of how many of them something was taken away."""
    found = _cut(rows.start_us, rows.duration_us, rows.before_us, blind)
    if found is None:
        return rows, 0
    cut = replace(
        rows.chosen(found.event),
        start_us=found.start_us,
        duration_us=found.duration_us,
        before_us=found.before_us,
    )
    return joined([cut], data), len(found.touched)


def is_blind(start_us: Int64, duration_us: Int64, blind: Sequence[Span]) -> Int64:
    """Return the places of the events of which nothing is left."""
    nothing = np.zeros(len(start_us), np.int64)
    found = _cut(start_us, duration_us, nothing, blind)
    return np.empty(0, np.int64) if found is None else np.setdiff1d(np.arange(len(start_us)), found.event)


def batch_left(batch: Batch, own: OwnTimes, local: Local) -> Batch:
    """Return what a person lets be kept of a batch; of private applications a mark is left, to be counted."""
    batch = _without_apps(batch, own, local)
    found = _cut(batch.start_us, batch.duration_us, np.zeros(len(batch), np.int64), own.blind())
    if found is None:
        return batch
    chosen = found.event
    return replace(
        batch,
        key=batch.key[chosen],
        start_us=found.start_us,
        duration_us=found.duration_us,
        copy=batch.copy[chosen],
        raw=batch.raw[chosen],
    )


def _without_apps(batch: Batch, own: OwnTimes, local: Local) -> Batch:
    if not own.apps or not len(batch):
        return batch
    judged = {
        (key, raw): own.is_of_private_app(batch.keys[key][1], batch.keys[key][2], batch.data[raw].app)
        for key, raw in set(zip(batch.key.tolist(), batch.raw.tolist(), strict=True))
    }
    gone = np.array([judged[pair] for pair in zip(batch.key.tolist(), batch.raw.tolist(), strict=True)], dtype=bool)
    if not gone.any():
        return batch
    dropped = list(batch.dropped)
    for place in np.flatnonzero(gone & (batch.copy == 0)).tolist():
        times = (batch.start_us[place : place + 1], batch.duration_us[place : place + 1])
        mark = int(batch.mark[batch.raw[place]])
        dropped += local.marks(batch.keys[int(batch.key[place])], [PRIVATE_APP], *times, [mark])
    return replace(
        batch,
        key=batch.key[~gone],
        start_us=batch.start_us[~gone],
        duration_us=batch.duration_us[~gone],
        copy=batch.copy[~gone],
        raw=batch.raw[~gone],
        dropped=dropped,
    )


def _cut(start: Int64, duration: Int64, before: Int64, blind: Sequence[Span]) -> _Cut | None:
    """Return the parts that are left of events, None if that is all of all of them."""
    if not len(start) or not blind:
        return None
    near = np.zeros(len(start), dtype=bool)
    for first, end in blind:
        near |= (start - before < end) & (np.maximum(start + duration, start + 1) > first)
    parts = {
        place: left(int(start[place]), int(duration[place]), int(before[place]), blind)
        for place in np.flatnonzero(near).tolist()
    }
    touched = [n for n, found in parts.items() if found != [(int(start[n]), int(duration[n]), int(before[n]))]]
    if not touched:
        return None
    whole = np.ones(len(start), dtype=bool)
    whole[touched] = False
    added = np.array([(n, *part) for n in touched for part in parts[n]], np.int64).reshape(-1, 4)
    kept = np.flatnonzero(whole)
    columns = (kept, start[kept], duration[kept], before[kept])
    merged = [np.concatenate([column, added[:, n]]) for n, column in enumerate(columns)]
    order = np.lexsort((merged[1], merged[0]))
    event, start, duration, before = (column[order] for column in merged)
    return _Cut(event, start, duration, before, np.array(touched, np.int64))
