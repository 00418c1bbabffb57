"""Notes on one's own time: what can be noted, what it does to a day's figures, and that it can all be taken back."""

import datetime as dt
import itertools
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from cast import BEN
from conftest import Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.annotations import (
    LONGEST_TEXT,
    LONGEST_US,
    MOST,
    NOTHING_NOTED,
    WORK,
    Annotation,
    AppCategory,
    Correction,
    Kind,
    Note,
    NoteRefused,
    Notes,
    Refusal,
    cut,
)
from analytics.corrected import Said
from analytics.events import AFK as AFK_KIND
from analytics.events import WINDOW as WINDOW_KIND
from analytics.events import Data, DayEvents, Stream, borders_us
from analytics.figures import load
from analytics.formulas import Day
from analytics.measures import MEASURES, measure
from analytics.noting import NOTED_FIELDS, NoteChange
from analytics.own_rules import NO_OWN_RULES, OwnRule
from analytics.summaries import summarise
from analytics.taking import OwnChange
from analytics.trends import corrected
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.log_entries import CORRECTED, FORGOTTEN, NOTED, Chain
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import Stores
from tests.analytics.intake_office import (
    AFK,
    BERLIN,
    EVERYTHING,
    MONDAY,
    WINDOW,
    Events,
    Office,
    event,
    morning,
    open_office,
)

MINUTE: Final = 60_000_000
DAY: Final = dt.date(2026, 11, 16)
FIRST, END = borders_us(DAY, BERLIN, dt.time(0))
CORE: Final = frozenset({"Work"})
ONE_DAY: Final = Period.day(DAY)


def note(start: int, end: int, kind: Kind = Kind.PHONE, text: str = "") -> Annotation:
    """Return a note on minutes of the Monday."""
    return Annotation(FIRST + start * MINUTE, FIRST + end * MINUTE, kind, text)


def notes(*each: Note) -> Notes:
    found = NOTHING_NOTED
    for one in each:
        found = found.adding(one)
    return found


# What can be noted


def test_the_order_in_which_something_is_noted_leaves_no_trace() -> None:
    every = [
        note(600, 630),
        note(660, 690, Kind.BREAK),
        Correction(FIRST, FIRST + MINUTE, "Work"),
        AppCategory("Zoom.exe", "Work"),
        AppCategory("anki", "Work"),
    ]

    found = {notes(*order).dump() for order in itertools.permutations(every)}

    assert len(found) == 1
    assert Notes.parse(found.pop()) == notes(*every)


def test_an_overlap_is_refused_with_what_it_overlaps_or_takes_its_place_and_no_more() -> None:
    found = notes(note(600, 660, Kind.MEETING))

    with pytest.raises(NoteRefused) as refused:
        found.adding(note(630, 640))
    replaced = found.adding(note(630, 640), replace=True)

    assert (refused.value.reason, refused.value.other) == (Refusal.OVERLAPS, found.annotations[0])
    assert replaced.annotations == (note(600, 630, Kind.MEETING), note(630, 640), note(640, 660, Kind.MEETING))
    assert found.adding(note(660, 670)).annotations[1] == note(660, 670)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (note(600, 600), Refusal.EMPTY),
        (note(600, 630, text="x" * (LONGEST_TEXT + 1)), Refusal.TEXT),
        (note(600, 630, text="a\nb"), Refusal.UNSEEN),
        (AppCategory("", "Work"), Refusal.TEXT),
        (note(0, 1), Refusal.TOO_MANY),
    ],
)
def test_what_cannot_be_noted_is_refused(wrong: Note, reason: Refusal) -> None:
    full = notes(*(note(10 + n, 11 + n) for n in range(MOST)) if reason is Refusal.TOO_MANY else ())

    with pytest.raises(NoteRefused) as refused:
        full.adding(wrong)

    assert refused.value.reason is reason


@pytest.mark.parametrize(("day", "hours"), [(dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25), (DAY, 24)])
def test_a_time_over_midnight_is_cut_into_days_on_days_of_every_length(day: dt.date, hours: int) -> None:
    first, end = borders_us(day, BERLIN, dt.time(0))

    parts = list(cut(first - 60 * MINUTE, first + 30 * MINUTE, BERLIN, dt.time(0)))
    whole = list(cut(first, end, BERLIN, dt.time(0)))

    assert parts == [(day - dt.timedelta(1), first - 60 * MINUTE, first), (day, first, first + 30 * MINUTE)]
    assert whole == [(day, first, first + hours * 60 * MINUTE)]


def test_a_time_without_length_or_longer_than_a_day_is_refused() -> None:
    for end, reason in ((FIRST, Refusal.EMPTY), (FIRST + LONGEST_US + 1, Refusal.TOO_LONG)):
        with pytest.raises(NoteRefused) as refused:
            list(cut(FIRST, end, BERLIN, dt.time(0)))
        assert refused.value.reason is reason


def test_the_newest_rule_of_an_application_holds_from_its_day_on() -> None:
    rules = NO_OWN_RULES.adding(OwnRule("Zoom.exe", "Comms", DAY)).adding(
        OwnRule("zoom", "Work", DAY + dt.timedelta(days=2))
    )

    assert rules.on(DAY - dt.timedelta(days=1)) == {}
    assert rules.on(DAY + dt.timedelta(days=1)) == {"zoom": "Comms"}
    assert rules.on(DAY + dt.timedelta(days=2)) == {"zoom": "Work"}
    assert rules.adding(OwnRule("zoom.exe", "Media", DAY)).rules == (OwnRule("zoom.exe", "Media", DAY),)
    assert rules.removing("ZOOM") == NO_OWN_RULES


# What it does to figures: against sums over minutes

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


# In what is stored


@pytest.fixture
def office(stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    return open_office(stores, tmp_path, clock)


@pytest.fixture
def small_office(sqlite_stores: Stores, tmp_path: Path, clock: Clock) -> Office:
    return open_office(sqlite_stores, tmp_path, clock)


def say(office: Office, *each: Note, days: Period = ONE_DAY) -> list[dt.date]:
    def change(day: dt.date, found: Notes) -> Notes:
        for one in each:
            found = found.adding(one) if day == DAY else found
        return found

    return office.intake().note(BEN, NoteChange("session:1", NOTED, days, change))


def take_back(office: Office, name: str) -> None:
    office.intake().note(BEN, NoteChange("session:1", NOTED, ONE_DAY, lambda _day, found: found.removing(name)))


def everything(office: Office) -> dict[Any, bytes]:
    """Return all of Ben's rows, opened: his stored days without their salts, and their figures."""
    fields = frozenset({Field.CATEGORY_DETAIL}) | NOTED_FIELDS
    rows = office.gate.disclose(BEN, BEN, fields, Purpose.OWN_REVIEW, EVERYTHING, tier=Tier.DAY).values
    return {**office.figures(BEN), **{("stored", *place): value for place, value in rows.items()}}


def late(day: dt.datetime = MONDAY) -> Events:
    """Return what comes of the same desk later: ten minutes more, after the quarter of an hour away."""
    ten = day + dt.timedelta(hours=10)
    return {
        WINDOW: [event(ten, 600, app="EXCEL.EXE", title="Aging")],
        AFK: [event(ten, 600, status="not-afk")],
    }


def test_what_is_noted_and_taken_back_leaves_the_same_bytes(office: Office) -> None:
    office.take(BEN, morning())
    before = everything(office)
    each = note(9 * 60 + 45, 10 * 60, Kind.MEETING, "With the builder")

    touched = say(office, each)
    noted = everything(office)
    take_back(office, each.id)

    assert touched == [DAY]
    assert load(noted[DAY.isoformat(), "annotations"])["annotated_seconds"] == 900
    assert everything(office) == before


def test_a_day_of_which_nothing_was_captured_has_what_was_noted_and_nothing_else(small_office: Office) -> None:
    say(small_office, each := note(540, 600, Kind.TRAINING))
    noted = small_office.figures(BEN)
    take_back(small_office, each.id)

    assert [field for _, field in noted] == ["annotations"]
    assert load(noted[DAY.isoformat(), "annotations"])["annotated_seconds"] == 3600
    assert everything(small_office) == {}


def test_it_makes_no_difference_whether_the_data_or_the_note_came_first(office: Office) -> None:
    other = office.person()
    each = (note(9 * 60 + 40, 10 * 60, Kind.PAPER), AppCategory("msedge.exe", "Work"))
    office.take(BEN, morning())
    say(office, *each)
    office.take(BEN, late())

    office.take(other, late())
    office.intake().note(
        other, NoteChange("session:2", NOTED, ONE_DAY, lambda _day, found: found.adding(each[1]).adding(each[0]))
    )
    office.take(other, morning())

    assert office.figures(BEN) == office.figures(other)
    told = office.figure(BEN, DAY.isoformat(), Field.ANNOTATIONS)
    assert told["by_kind"]["paper"] == 900
    assert "category_detail" in told["original"]


def test_a_rule_of_one_s_own_holds_from_its_day_on_for_data_that_comes_later(small_office: Office) -> None:
    intake, tuesday = small_office.intake(), MONDAY + dt.timedelta(days=1)
    small_office.take(BEN, morning())
    small_office.take(BEN, morning(tuesday))
    days = Period(tuesday.date(), dt.date(2026, 11, 20))
    rule = OwnRule("msedge.exe", "Work", tuesday.date())

    touched = intake.note(BEN, NoteChange("s:1", CORRECTED, days, rules=lambda rules: rules.adding(rule)))
    small_office.take(BEN, morning(MONDAY + dt.timedelta(days=2)))

    categories = [small_office.figure(BEN, f"2026-11-{n}", Field.CATEGORIES) for n in (16, 17, 18)]
    assert touched == [tuesday.date()]
    assert "Private" in categories[0]
    assert categories[1] == categories[2] == {"Work": 2700}


def test_what_is_forgotten_takes_its_notes_with_it_and_cannot_be_noted_again(small_office: Office) -> None:
    small_office.take(BEN, morning())
    say(small_office, note(9 * 60 + 30, 10 * 60, Kind.MEETING), note(12 * 60, 13 * 60, Kind.BREAK))
    start, end = FIRST + (9 * 60 + 45) * MINUTE, FIRST + 12 * 60 * MINUTE + 30 * MINUTE

    def forget(own: Any) -> Any:
        return own.forgetting(start, end)

    small_office.intake().change_own(BEN, OwnChange("session:1", FORGOTTEN, forget, ONE_DAY))

    told = small_office.figure(BEN, DAY.isoformat(), Field.ANNOTATIONS)
    assert told["by_kind"] == {"meeting": 900, "break": 1800}
    before = everything(small_office)
    with pytest.raises(NoteRefused) as refused:
        say(small_office, note(12 * 60, 12 * 60 + 10))
    assert refused.value.reason is Refusal.FORGOTTEN
    assert everything(small_office) == before


def test_a_note_is_an_entry_in_one_s_own_chain_and_commits_to_what_is_stored(small_office: Office) -> None:
    small_office.take(BEN, morning())
    before = len(small_office.log.of_subject(BEN))

    say(small_office, note(540, 550))

    new = small_office.log.of_subject(BEN)[before:]
    assert {each.chain for each in new} == {Chain.SELF}
    assert [(each.outcome, each.digest) for each in new if each.digest] == [("noted", small_office.vault.digest(BEN))]


def test_a_note_that_is_refused_changes_nothing(small_office: Office) -> None:
    small_office.take(BEN, morning())
    say(small_office, note(540, 550))
    before = everything(small_office)

    with pytest.raises(NoteRefused):
        say(small_office, note(600, 610), note(545, 560))

    assert everything(small_office) == before


def test_a_day_with_notes_is_marked_in_the_trend_of_what_they_change_and_of_nothing_else() -> None:
    figures = summarise(day_of("w" * 60 + "a" * 60 + "w" * 60), BERLIN, CORE, (), Said(notes(note(60, 120)), {}))
    told = {name.value: value for name, value in figures.items()}
    payload = {"fields": told, "marks": dict.fromkeys(told["annotations"]["original"], "corrected")}

    marked = {each.name for each in MEASURES if corrected(payload, each)}

    assert marked == {"utilisation", "away_time", "longest_stretch"} | {"recovery", "breaks", "break_time"}
    assert not any(corrected({"fields": {}, "marks": {}}, each) or corrected(None, each) for each in MEASURES)
