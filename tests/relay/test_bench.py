"""The benchmark says so when a promise is missed."""

import copy
import io
import json
from typing import Any

import pytest
from rich.console import Console

from benchmarks.relay import KEPT, NEW, heartbeat, missed, show

GOOD: dict[str, Any] = {
    "seconds": 60,
    "ms": {
        way: {side: {"p50": ms, "p95": 2 * ms} for side, ms in (("relay", 2.5), ("bare", 0.9))} for way in (NEW, KEPT)
    },
    "VmRSS": 39.0,
    "VmHWM": 41.0,
}


@pytest.mark.parametrize(("place", "value", "what"), [("ms", 2.95, NEW), ("VmHWM", 60.0, "memory")])
def test_a_missed_promise_is_named(place: str, value: float, what: str) -> None:
    bad = copy.deepcopy(GOOD)
    if place == "ms":
        bad["ms"][NEW]["relay"]["p50"] = value
    else:
        bad[place] = value
    table = io.StringIO()
    show(bad, Console(file=table, width=200))

    assert missed(GOOD) == []
    assert missed(bad) == [what]
    assert "(missed)" in table.getvalue()


def test_a_watcher_stays_in_a_window_and_its_titles_do_not_come_back() -> None:
    titles = [json.loads(heartbeat(second, "window"))["data"]["title"] for second in range(120)]

    assert len(set(titles)) == 10
    assert titles == sorted(titles, key=titles.index)
