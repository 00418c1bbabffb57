"""What notes do to the figures of a day, against sums over minutes."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.annotations import (
    NOTHING_NOTED,
    WORK,
    AppCategory,
    Correction,
    Kind,
)
from analytics.corrected import Said
from analytics.events import AFK as AFK_KIND
from analytics.events import WINDOW as WINDOW_KIND
from analytics.events import Data, DayEvents, Stream
from analytics.formulas import Day
from analytics.measured import is_corrected
from analytics.measures import MEASURES, measure
from analytics.summaries import summarise
from privacy.fields import SHARED_FIELDS, Field
from tests.analytics.intake_office import (
    BERLIN,
)
from tests.analytics.noted import CORE, END, FIRST, MINUTE, note, notes

SHEET = Data("excel.exe", None, None, None, None, "Work", b"")
MAIL = Data("outlook.exe", None, None, None, None, "Comms", b"")
HERE = Data(None, None, None, None, "not-afk", "Uncategorized", b"")
AWAY = Data(None, None, None, None, "afk", "Uncategorized", b"")
LENGTH = 180
"""Minutes of the made-up mornings."""

minutes = st.lists(st.tuples(st.sampled_from("wma"), st.integers(1, 25)), min_size=1, max_size=14)
spans = st.lists(st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 60), st.sampled_from(list(Kind))), max_size=6)
fixes = st.lists(
    st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 60), st.sampled_from(["Work", "Comms"])), max_size=3
)


def strip_of(runs: list[tuple[str, int]]) -> str:
    """Return what each minute holds: w(ork), m(ail) or a(way)."""
    return "".join(letter * length for letter, length in runs)[:LENGTH].ljust(LENGTH, "a")


def day_of(strip: str) -> DayEvents:
    data = [SHEET, MAIL, HERE, AWAY]
    windows, statuses, at = [], [], 0
    for letter, group in itertools.groupby(strip):
        length = len(list(group))
        if letter != "a":
            windows.append((at, length, "wm".index(letter)))
        statuses.append((at, length, 3 if letter == "a" else 2))
        at += length

    def stream(kind: str, rows: list[tuple[int, int, int]]) -> Stream:
        start, length, places = np.array(rows, np.int64).reshape(-1, 3).T
        return Stream("pc", kind, kind, FIRST + start * MINUTE, length * MINUTE, places.astype(np.int32), start * 0)

    return DayEvents(FIRST, END, (stream(WINDOW_KIND, windows), stream(AFK_KIND, statuses)), data)


def plain(
    strip: str, noted: list[Kind | None], category: list[str | None]
) -> tuple[int, int, int, dict[str, int], list[int], int]:
    """Return by counting minutes: noted work, unexplained away time, core, categories, breaks and longest stretch."""
    names = {"w": "Work", "m": "Comms"}
    kinds = [category[n] or names[letter] if letter in names else None for n, letter in enumerate(strip)]
    core = [kind == "Work" for kind in kinds]
    work = sum(noted[n] in WORK and not core[n] for n in range(LENGTH))
    away = sum(kinds[n] is None and noted[n] is None for n in range(LENGTH))
    sums = {name: kinds.count(name) for name in {*kinds} - {None}}
    active = [n for n in range(LENGTH) if kinds[n] is not None]
    breaks, stretches = [], [1] if active else []
    for before, after in itertools.pairwise(active):
        gap = range(before + 1, after)
        if len(gap) - sum(noted[n] in WORK for n in gap) >= 5 and len(gap) >= 5:
            stretches.append(0)
        stretches[-1] += 1
        if len(gap) < 5:
            continue
        rest = 0
        for kind, run in itertools.groupby(gap, key=lambda n: noted[n]):
            length = len(list(run))
            if kind is Kind.BREAK or (kind is None and length <= 15):
                rest += length
                continue
            breaks += [rest] if rest >= 5 else []
            rest = 0
        breaks += [rest] if rest >= 5 else []
    return work, away, sum(core), sums, breaks, max(stretches, default=0)  # type: ignore[return-value]


@settings(max_examples=150)
@given(minutes, spans, fixes)
def test_figures_with_notes_are_those_of_counting_minutes(
    runs: list[tuple[str, int]], wanted: list[tuple[int, int, Kind]], corrected: list[tuple[int, int, str]]
) -> None:
    strip, said = strip_of(runs), NOTHING_NOTED
    noted: list[Kind | None] = [None] * LENGTH
    category: list[str | None] = [None] * LENGTH
    for start, length, kind in wanted:
        end = min(start + length, LENGTH)
        said = said.adding(note(start, end, kind), replace=True)
        noted[start:end] = [kind] * (end - start)
    for start, length, name in corrected:
        end = min(start + length, LENGTH)
        said = said.adding(Correction(FIRST + start * MINUTE, FIRST + end * MINUTE, name), replace=True)
        category[start:end] = [name] * (end - start)
    work, away, core, sums, breaks, longest = plain(strip, noted, category)
    before = summarise(day_of(strip), BERLIN, CORE)

    found = summarise(day_of(strip), BERLIN, CORE, (), Said(said, {}))

    assert found[Field.AWAY_TIME] == {"afk_seconds": away * 60}
    assert found[Field.CATEGORIES] == {name: count * 60 for name, count in sums.items()}
    assert found[Field.RECOVERY] == {
        "breaks": len(breaks),
        "seconds": sum(breaks) * 60,
        "longest_stretch_seconds": longest * 60,
    }
    assert found[Field.ACTIVE_TIME] == before[Field.ACTIVE_TIME]
    if not said:
        assert found == before
        return
    told = found.pop(Field.ANNOTATIONS)
    assert told["annotated_seconds"] == work * 60
    shared = sorted(SHARED_FIELDS & told["original"].keys())
    assert found.pop(Field.CORRECTED, {"fields": []}) == {"fields": shared}  # for those without private keys
    for plainly in (found, before):
        plainly[Field.RHYTHM].pop("timeline")  # what is drawn is not kept twice
    assert {**found, **told["original"]} == before
    assert all(found[Field(name)] != value for name, value in told["original"].items())
    hours = Day({**found, Field.ANNOTATIONS: told}, CORE, planned_minutes=120)
    assert measure("utilisation").value(hours) == pytest.approx((core + work) / 120 * 100)


def test_an_application_counts_as_what_its_person_says_and_a_time_stands_above_that() -> None:
    said = Said(notes(AppCategory("Outlook.EXE", "Work"), Correction(FIRST, FIRST + 10 * MINUTE, "Media")), {})
    day = day_of("m" * 60 + "w" * 30)

    found = summarise(day, BERLIN, CORE, (), said)

    assert found[Field.CATEGORIES] == {"Media": 600, "Work": 4800}
    assert found[Field.FOCUS]["longest_seconds"] == 4800
    assert found[Field.APPS] == {"excel.exe": 1800, "outlook.exe": 3600}


def test_an_own_rule_says_nothing_about_a_day_without_its_application() -> None:
    day = day_of("w" * 30)

    assert summarise(day, BERLIN, CORE, (), Said(NOTHING_NOTED, {"zoom": "Work"})) == summarise(day, BERLIN, CORE)


def test_a_day_with_notes_is_marked_in_the_trend_of_what_they_change_and_of_nothing_else() -> None:
    figures = summarise(day_of("w" * 60 + "a" * 60 + "w" * 60), BERLIN, CORE, (), Said(notes(note(60, 120)), {}))
    told = {name.value: value for name, value in figures.items()}
    payload = {"fields": told, "marks": dict.fromkeys(told["annotations"]["original"], "corrected")}

    marked = {each.name for each in MEASURES if is_corrected(each, payload)}

    assert marked == {"utilisation", "away_time", "longest_stretch", "recovery", "breaks", "break_time", "noted_time"}
    assert not any(is_corrected(each, {"fields": {}, "marks": {}}) or is_corrected(each, None) for each in MEASURES)
