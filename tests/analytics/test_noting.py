"""Notes in what is stored: late data, taking back, forgetting, the log; all can be taken back to the byte."""

import datetime as dt
from typing import Any

import pytest
from cast import BEN

from analytics.annotations import (
    AppCategory,
    Kind,
    Note,
    NoteRefused,
    Notes,
    Refusal,
)
from analytics.figures import load
from analytics.noting import NOTED_FIELDS, NoteChange
from analytics.own_rules import OwnRule
from analytics.taking import OwnChange
from privacy.fields import Field, Tier
from privacy.log_entries import CORRECTED, FORGOTTEN, NOTED, Chain
from privacy.period import Period
from privacy.policy import Purpose
from tests.analytics.intake_office import (
    AFK,
    EVERYTHING,
    MONDAY,
    WINDOW,
    Events,
    Office,
    event,
    morning,
)
from tests.analytics.noted import DAY, FIRST, MINUTE, ONE_DAY, note


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
