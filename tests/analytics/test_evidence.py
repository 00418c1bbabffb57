"""Every measure equals what plain arithmetic makes of the oracle's events, and the times that are shown behind it.

The arithmetic here is written again, slowly and from the definitions, over the events that ActivityWatch's own code
finds: nothing of ours stands between them and the expected figure.
"""

import datetime as dt
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.annotations import Annotation, Kind, Notes
from analytics.categories import Categoriser, read
from analytics.corrected import Said
from analytics.events import WINDOW, DayEvents
from analytics.evidence import Known, evidence
from analytics.formulas import Day
from analytics.measures import COUNT, MEASURES, Measure, measure
from analytics.summaries import as_said, see, summarise
from tests.analytics.oracle import oracle
from tests.analytics.raw_days import raw_days
from tests.analytics.test_totals import CLASSES, DAY_STARTS, FIRST_DAYS, HOST, ZONES, _export

RULES = read(json.dumps(CLASSES))
PLANNED_MINUTES = 480
PARTS = {"category": "Media", "app": "msedge.exe", "kind": "phone", "hour": "9-12"}
"""What a measure is of that is of one among several."""
ROUNDED = ("on_task_share", "meeting_time", "hour_time", "core_hours")
"""The measures of which a day of less than a millisecond has none."""
SUMS = ("app_time", "meeting_time", "hour_time", "core_hours")
"""The measures whose numbers are all added up."""
MINUTE = 60_000_000
Span = tuple[int, int]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def joined(spans: list[Span]) -> list[Span]:
    """Join what touches or overlaps."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif end > start:
            found.append((start, end))
    return found


def length(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)


def cut_out(spans: list[Span], taken: list[Span]) -> list[Span]:
    """Take times out of others, one after the other."""
    for start, end in taken:
        spans = [part for a, b in spans for part in ((a, min(b, start)), (max(a, end), b)) if part[0] < part[1]]
    return spans


def focus_blocks(core: list[Span]) -> list[int]:
    """Find blocks from the left, each as long as its interruptions allow, by trying every end."""
    found, first = [], 0
    while first < len(core):
        last, pause = first, 0
        while last + 1 < len(core) and pause + core[last + 1][0] - core[last][1] <= 2 * MINUTE:
            pause += core[last + 1][0] - core[last][1]
            last += 1
        worked = length(core[first : last + 1])
        if worked >= 25 * MINUTE:
            found.append(worked)
            first = last + 1
        else:
            first += 1
    return found


def within_hours(start: int, end: int, hours: range, zone: ZoneInfo) -> int:
    """Return how much of a time lies in hours of the clock, quarter by quarter."""
    quarter, counted = 15 * MINUTE, 0
    for begin in range(start - start % quarter, end, quarter):
        if (_EPOCH + dt.timedelta(microseconds=begin)).astimezone(zone).hour in hours:
            counted += min(end, begin + quarter) - max(start, begin)
    return counted


def expected(
    active: list[tuple[int, int, str, str | None]], away: list[Span] | None, zone: ZoneInfo
) -> dict[str, float | None]:
    """Compute every measure of a day in its unit."""
    times = joined([(start, end) for start, end, *_ in active])
    core = joined([(start, end) for start, end, category, _ in active if category in RULES.core])
    tops = {category.split(" > ")[0] for category in RULES.core}
    top_times = joined([(start, end) for start, end, category, _ in active if category.split(" > ")[0] in tops])
    meetings = [(start, end) for start, end, category, _ in active if category.split(" > ")[-1].lower() == "calls"]
    blocks = focus_blocks(core)
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(times)]
    rests = [gap for gap in gaps if 5 * MINUTE <= gap <= 15 * MINUTE]
    stretches = [0]
    for number, (start, end) in enumerate(times):
        if number and gaps[number - 1] >= 5 * MINUTE:
            stretches.append(0)
        stretches[-1] += end - start
    hours = (length(times) + 500) // 1000 // (60 * MINUTE // 1000)  # a figure of active time is in whole milliseconds
    media = [(start, end) for start, end, category, _ in active if category.split(" > ")[0] == "Media"]
    browsed = [(start, end) for start, end, _, app in active if app == PARTS["app"]]
    return {
        "active_time": length(times) / MINUTE,
        "utilisation": length(core) / (PLANNED_MINUTES * MINUTE) * 100,
        "on_task_share": length(core) / length(times) * 100 if times else None,
        "focus_time": sum(blocks) / MINUTE,
        "focus_blocks": len(blocks),
        "longest_focus": max(blocks, default=0) / MINUTE,
        "recovery": min(len(rests) / hours * 100, 100) if hours else None,
        "breaks": len(rests),
        "break_time": sum(rests) / MINUTE,
        "longest_stretch": max(stretches) / MINUTE,
        "away_time": None if away is None else length(cut_out(joined(away), times)) / MINUTE,
        "category_time": length(joined(media)) / MINUTE,
        "meeting_time": length(joined(meetings)) / MINUTE if times else None,
        "app_time": length(joined(browsed)) / MINUTE,
        "noted_time": None,
        "hour_time": sum(within_hours(*each, range(9, 12), zone) for each in times) / MINUTE if times else None,
        "core_hours": sum(within_hours(*each, range(9, 12), zone) for each in top_times) / MINUTE if times else None,
    }


def _value(
    of: Measure, day: DayEvents, zone: ZoneInfo, said: Said | None = None, part: str | None = None
) -> float | None:
    figures = summarise(day, zone, RULES.core, said=said) if said else summarise(day, zone, RULES.core)
    return of.value(Day(figures, RULES.core, PLANNED_MINUTES, part or PARTS.get(of.part or "")))


def _known(of: Measure, day: DayEvents, zone: ZoneInfo, said: Said | None = None) -> Known:
    seen = see(day) if said is None else as_said(see(day), said)
    return Known(seen, RULES.core, PLANNED_MINUTES * 60, (), PARTS.get(of.part or ""), zone)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(ZONES), st.sampled_from(FIRST_DAYS), st.sampled_from(DAY_STARTS))
@example(137222, "UTC", FIRST_DAYS[0], DAY_STARTS[0])  # an hour of activity but for less than half a millisecond
def test_every_measure_equals_arithmetic_over_the_oracles_events(
    seed: int, zone_name: str, first: str, day_start: dt.time
) -> None:
    zone = ZoneInfo(zone_name)
    export = _export(seed, dt.date.fromisoformat(first), zone, day_start)

    with tempfile.TemporaryDirectory() as folder, oracle(export, CLASSES, Path(folder)) as store:
        for date, day in raw_days(export, Categoriser(RULES), zone, day_start).items():
            events = store.active(date, zone, day_start, HOST)
            active = [(*_span(each), " > ".join(each.data["$category"]), each.data.get("app")) for each in events]
            has_windows = any(each.kind == WINDOW for each in day.streams)
            away = store.away(date, zone, day_start, HOST) if has_windows else None  # no windows, no desk: nobody knows
            wanted = expected(active, None if away is None else [_span(each) for each in away], zone)
            for each in _measures([(start, end) for start, end, *_ in active]):
                value = _value(each, day, zone)
                if each.name == "app_time" and not any(app for *_, app in active):
                    assert not value, "no application was kept, or none was used"
                    continue
                assert value == pytest.approx(wanted[each.name], abs=0.001), each.name


def _measures(active: Sequence[Span]) -> list[Measure]:
    """Return the measures that say something: a part of less than a minute is all rounding to the millisecond."""
    is_short = sum(end - start for start, end in active) < MINUTE
    return [each for each in MEASURES if not (is_short and each.name in ROUNDED)]


def _span(event: object) -> Span:
    micro = dt.timedelta(microseconds=1)
    start = (event.timestamp - _EPOCH) // micro  # type: ignore[attr-defined]
    return start, start + event.duration // micro  # type: ignore[attr-defined]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.integers(0, 23 * 60), st.integers(1, 240), st.sampled_from(Kind)), max_size=4),
    st.sampled_from(ZONES),
    st.sampled_from(["9-12", "23", "22-2", "0-24"]),
)
@example(137222, [], "Europe/Vienna", "9-12")  # as above
@example(0, [(540, 240, Kind.MEETING), (60, 60, Kind.PHONE)], "Europe/Vienna", "23")
def test_the_times_behind_a_figure_add_up_to_it(
    seed: int, noted: list[tuple[int, int, Kind]], zone_name: str, hours: str
) -> None:
    zone = ZoneInfo(zone_name)
    export = _export(seed, dt.date(2025, 6, 3), zone, dt.time(0))
    for day in raw_days(export, Categoriser(RULES), zone, dt.time(0)).values():
        said = Said(_notes(day.first_us, noted), {})
        active = see(day).active
        for each in _measures(list(zip(active.start_us.tolist(), active.end_us.tolist(), strict=True))):
            part = hours if each.part == "hour" else PARTS.get(each.part or "")
            terms = evidence(each.name, replace(_known(each, day, zone, said), part=part))
            _check(each, terms, _value(each, day, zone, said, part))


def _notes(first_us: int, noted: list[tuple[int, int, Kind]]) -> Notes:
    found = Notes()
    for begin, minutes, kind in noted:
        start = first_us + begin * MINUTE
        found = found.adding(Annotation(start, start + minutes * MINUTE, kind), replace=True)
    return found


def _check(of: Measure, terms: tuple, value: float | None) -> None:
    if value is None:
        return
    for term in terms:
        if term.times is not None:
            counted = sum(each.counted_us for each in term.times)
            assert term.count in (None, len(term.times))
            assert term.seconds is None or term.seconds * 1e6 == pytest.approx(counted, abs=1)
            assert all(0 < each.counted_us <= each.end_us - each.start_us for each in term.times)
    first = terms[0]
    if of.name in SUMS:
        assert sum(each.seconds for each in terms) / 60 == pytest.approx(value, abs=0.001)
        assert len({each.of for each in terms}) == len(terms) or of.name == "meeting_time"
    elif of.name == "utilisation":
        assert (first.seconds + terms[1].seconds) / terms[2].seconds * 100 == pytest.approx(value, abs=0.001)
    elif of.name == "on_task_share":
        assert first.seconds / terms[1].seconds * 100 == pytest.approx(value, abs=0.001)
    elif of.name == "recovery":
        assert min(first.count / terms[1].count * 100, 100) == pytest.approx(value, abs=0.001)
    elif of.unit == COUNT:
        assert first.count == value
    else:
        assert first.seconds / 60 == pytest.approx(value, abs=0.001)


def test_every_measure_has_its_evidence() -> None:
    empty = DayEvents(0, 86_400_000_000, (), [])

    for each in MEASURES:
        assert isinstance(evidence(each.name, _known(each, empty, ZoneInfo("UTC"))), tuple)
    with pytest.raises(KeyError):
        evidence("breaks?", _known(measure("breaks"), empty, ZoneInfo("UTC")))
