"""Categories as their person says they are: captured activity, cut where a correction begins or ends (pure).

A correction of a time stands above one of an application on the day, and that above the person's own rule.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from analytics.annotations import NOTHING_NOTED, Notes
from analytics.events import Data
from analytics.own_times import stem
from analytics.transforms import Intervals, intersect, overlaps


class Said(NamedTuple):
    """What somebody says about a day: its notes, and the category of applications by their `stem`, by own rules."""

    notes: Notes
    apps: Mapping[str, str]

    def concerns(self, data: Iterable[Data]) -> bool:
        """Tell whether there is anything to apply to a day that holds this data."""
        if self.notes or not self.apps:
            return bool(self.notes)
        return any(each.app is not None and stem(each.app) in self.apps for each in data)

    @property
    def categories(self) -> dict[str, str]:
        """The category of each application that has another one on this day, by its `stem`."""
        return {**self.apps, **{stem(each.app): each.category for each in self.notes.apps}}


NOTHING_SAID: Final = Said(NOTHING_NOTED, {})
_EVER: Final = 1 << 62


def corrected(active: Intervals, data: list[Data], said: Said) -> tuple[Intervals, list[Data]]:
    """Return activity and what it holds, with the categories that its person gives it."""
    apps = said.categories
    found = [
        each if each.app is None or (category := apps.get(stem(each.app))) is None else each._replace(category=category)
        for each in data
    ]
    corrections = said.notes.corrections
    if not corrections:
        return active, found
    start, end = np.array([(each.start_us, each.end_us) for each in corrections], np.int64).T
    times = Intervals(start, end, np.arange(len(corrections), dtype=np.int32))
    around = Intervals(np.append(-_EVER, end), np.append(start, _EVER), np.zeros(len(corrections) + 1, np.int32))
    untouched = intersect(active, around.where(around.end_us > around.start_us))
    event, correction = overlaps(active, times)
    places: dict[tuple[int, int], int] = {}
    held = [
        places.setdefault(pair, len(found) + len(places))
        for pair in zip(active.data[event].tolist(), correction.tolist(), strict=True)
    ]
    found += [data[place]._replace(category=corrections[number].category) for place, number in places]
    columns = (
        (untouched.start_us, np.maximum(active.start_us[event], start[correction])),
        (untouched.end_us, np.minimum(active.end_us[event], end[correction])),
        (untouched.data, np.array(held, np.int32)),
    )
    starts, ends, kinds = (np.concatenate(column) for column in columns)
    order = np.argsort(starts, kind="stable")
    return Intervals(starts[order], ends[order], kinds[order]), found
