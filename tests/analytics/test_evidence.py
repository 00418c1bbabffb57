"""Every measure equals what plain arithmetic makes of the oracle's events, and the times that are shown behind it.

The arithmetic here is written again, slowly and from the definitions, over the events that ActivityWatch's own code
finds: nothing of ours stands between them and the expected figure. What is promised of rounding is written again, too:
a number that is kept (a total, or that of one category, application or kind) is rounded to whole milliseconds once,
half up, and what is made of such numbers is exact. So a figure is not near the oracle's but equal to it, and the exact
times behind it are half a millisecond away for each number that was rounded on the way.
"""

import datetime as dt
import json
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.annotations import Annotation, Kind, Notes
from analytics.categories import Categoriser, read
from analytics.corrected import Said
from analytics.events import WINDOW, DayEvents
from analytics.evidence import Known, evidence
from analytics.evidence_times import Term
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
SUMS = ("app_time", "meeting_time", "hour_time", "core_hours")
"""The measures whose numbers are all added up."""
MINUTE = 60_000_000
MINUTE_MS = 60_000
HALF_MS = 0.5
EXACT = 1e-9
"""What floating point leaves of an equality."""
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


def rounded(microseconds: int) -> int:
    """Round to whole milliseconds, half up: done once to each number that is kept."""
    return (microseconds + 500) // 1000


def in_minutes(microseconds: int) -> float:
    return rounded(microseconds) / MINUTE_MS


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


def expected(
    active: list[tuple[int, int, str, str | None]], away: list[Span] | None, date: dt.date, zone: ZoneInfo
) -> dict[str, float | None]:
    """Compute every measure of a day in its unit."""
    times = joined([(start, end) for start, end, *_ in active])
    core = joined([(start, end) for start, end, category, _ in active if category in RULES.core])
    kept: Counter[str] = Counter()
    for start, end, category, _ in active:
        kept[category] += end - start
    active_ms, core_ms = rounded(length(times)), sum(rounded(kept[each]) for each in RULES.core)
    meetings_ms = sum(rounded(total) for each, total in kept.items() if each.split(" > ")[-1].lower() == "calls")
    blocks = focus_blocks(core)
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(times)]
    rests = [gap for gap in gaps if 5 * MINUTE <= gap <= 15 * MINUTE]
    stretches = [0]
    for number, (start, end) in enumerate(times):
        if number and gaps[number - 1] >= 5 * MINUTE:
            stretches.append(0)
        stretches[-1] += end - start
    hours = active_ms // (60 * MINUTE_MS)
    media = [(start, end) for start, end, category, _ in active if category.split(" > ")[0] == "Media"]
    browsed = [(start, end) for start, end, _, app in active if app == PARTS["app"]]
    return {
        "active_time": active_ms / MINUTE_MS,
        "utilisation": core_ms / (PLANNED_MINUTES * MINUTE_MS) * 100,
        "on_task_share": core_ms / active_ms * 100 if active_ms else None,
        "focus_time": in_minutes(sum(blocks)),
        "focus_blocks": len(blocks),
        "longest_focus": in_minutes(max(blocks, default=0)),
        "recovery": min(len(rests) / hours * 100, 100) if hours else None,
        "breaks": len(rests),
        "break_time": in_minutes(sum(rests)),
        "longest_stretch": in_minutes(max(stretches)),
        "away_time": None if away is None else in_minutes(length(cut_out(joined(away), times))),
        "category_time": in_minutes(length(joined(media))),
        "meeting_time": meetings_ms / MINUTE_MS if any(map(rounded, kept.values())) else None,
        "app_time": in_minutes(length(joined(browsed))),
        "noted_time": None,
        "hour_time": _morning(active, date, zone, lambda _: True),
        "core_hours": _morning(active, date, zone, {each.split(" > ")[0] for each in RULES.core}.__contains__),
    }


def _morning(
    active: list[tuple[int, int, str, str | None]], date: dt.date, zone: ZoneInfo, wanted: Callable[[str], bool]
) -> float | None:
    """Return the minutes from nine to twelve: each category's running total is rounded, so the hours make up the day.

    What lies in some hours is what the running total says after them without what it said before, both rounded.
    """
    by_top: dict[str, list[Span]] = {}
    for start, end, category, _ in active:
        by_top.setdefault(category.split(" > ")[0], []).append((start, end))
    if not any(rounded(length(spans)) for spans in by_top.values()):
        return None
    nine, noon = (_micros(dt.datetime.combine(date, dt.time(hour), tzinfo=zone)) for hour in (9, 12))
    found = 0
    for spans in (spans for name, spans in by_top.items() if wanted(name)):
        before, until = (length([(a, min(b, clock)) for a, b in spans if a < clock]) for clock in (nine, noon))
        found += rounded(until) - rounded(before)
    return found / MINUTE_MS


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
@example(2312214, "UTC", FIRST_DAYS[0], DAY_STARTS[0])  # somebody is both away and there until a day is over
def test_every_measure_equals_arithmetic_over_the_oracles_events(
    seed: int, zone_name: str, first: str, day_start: dt.time
) -> None:
    zone = ZoneInfo(zone_name)
    export = _export(seed, dt.date.fromisoformat(first), zone, day_start)

    with tempfile.TemporaryDirectory() as folder, oracle(export, CLASSES, Path(folder)) as store:
        for date, day in raw_days(export, Categoriser(RULES), zone, day_start).items():
            if _is_tied(day):
                continue
            events = store.active(date, zone, day_start, HOST)
            active = [(*_span(each), " > ".join(each.data["$category"]), each.data.get("app")) for each in events]
            has_windows = any(each.kind == WINDOW for each in day.streams)
            away = store.away(date, zone, day_start, HOST) if has_windows else None  # no windows, no desk: nobody knows
            wanted = expected(active, None if away is None else [_span(each) for each in away], date, zone)
            for each in MEASURES:
                value = _value(each, day, zone)
                if each.name == "app_time" and not any(app for *_, app in active):
                    assert not value, "no application was kept, or none was used"
                    continue
                assert value == _nearly(wanted[each.name]), each.name


def _is_tied(day: DayEvents) -> bool:
    """Tell whether a bucket has two events at the same time of a day that are not the same: none of them comes first.

    An export has no such two, but where a day cuts them off they may come to be.
    """
    for each in day.streams:
        ends = np.minimum(each.start_us + each.duration_us, day.end_us).tolist()
        found = set(zip(each.start_us.tolist(), ends, each.data.tolist(), strict=True))
        if len({(start, end) for start, end, _ in found}) < len(found):
            return True
    return False


def _nearly(value: float | None, allowed: float = EXACT) -> object:
    return None if value is None else pytest.approx(value, rel=EXACT, abs=allowed)


def _micros(instant: dt.datetime) -> int:
    return (instant - _EPOCH) // dt.timedelta(microseconds=1)


def _span(event: object) -> Span:
    start = _micros(event.timestamp)  # type: ignore[attr-defined]
    return start, start + event.duration // dt.timedelta(microseconds=1)  # type: ignore[attr-defined]


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
        for each in MEASURES:
            part = hours if each.part == "hour" else PARTS.get(each.part or "")
            terms = evidence(each.name, replace(_known(each, day, zone, said), part=part))
            _check(each, terms, _value(each, day, zone, said, part))


def _notes(first_us: int, noted: list[tuple[int, int, Kind]]) -> Notes:
    found = Notes()
    for begin, minutes, kind in noted:
        start = first_us + begin * MINUTE
        found = found.adding(Annotation(start, start + minutes * MINUTE, kind), replace=True)
    return found


def _check(of: Measure, terms: tuple[Term, ...], value: float | None) -> None:
    """Compare a figure with the exact times behind it: as many roundings lie between them as numbers were kept.

    A number of many categories may be away by half a millisecond for each, one of hours by a whole one (two running
    totals), and a share of active time by what is allowed to both, of as much activity as there is.
    """
    if value is None:
        return
    for term in terms:
        if term.times is not None:
            counted = sum(each.counted_us for each in term.times)
            assert term.count in (None, len(term.times))
            assert term.seconds is None or term.seconds * 1e6 == pytest.approx(counted, abs=1)
            assert all(0 < each.counted_us <= each.end_us - each.start_us for each in term.times)
    first = terms[0]
    many_ms = (len(CLASSES) + 1) * HALF_MS  # the categories of the rules, and the note beside them
    if of.name in SUMS:
        hours_ms = 2 * 2 * many_ms if of.part == "hour" else 0  # from 22 until 2 they are two pieces of the day
        total = sum(each.seconds for each in terms) / 60
        assert total == _nearly(value, (many_ms + hours_ms) / MINUTE_MS)
        assert len({each.of for each in terms}) == len(terms) or of.name == "meeting_time"
    elif of.name == "utilisation":
        percent = (first.seconds + terms[1].seconds) / terms[2].seconds * 100
        assert percent == _nearly(value, many_ms / (terms[2].seconds * 1000) * 100)
    elif of.name == "on_task_share":
        active_ms = terms[1].seconds * 1000
        assert first.seconds * 1000 == _nearly(value / 100 * active_ms, many_ms + value / 100 * HALF_MS)
    elif of.name == "recovery":
        assert min(first.count / terms[1].count * 100, 100) == _nearly(value)
    elif of.unit == COUNT:
        assert first.count == value
    else:
        assert first.seconds / 60 == _nearly(value, HALF_MS / MINUTE_MS)


def test_every_measure_has_its_evidence() -> None:
    empty = DayEvents(0, 86_400_000_000, (), [])

    for each in MEASURES:
        assert isinstance(evidence(each.name, _known(each, empty, ZoneInfo("UTC"))), tuple)
    with pytest.raises(KeyError):
        evidence("breaks?", _known(measure("breaks"), empty, ZoneInfo("UTC")))
