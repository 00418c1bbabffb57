"""What a person keeps for themselves, in what is stored: it is gone at once, and in any order."""

import datetime as dt
from typing import Any

import pytest
from cast import BEN
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.figures import load
from analytics.hot import decode_head
from analytics.segments import decode
from analytics.taking import OwnChange, WeekFrozen
from privacy.fields import Field, Tier
from privacy.log_entries import FORGOTTEN, PAUSED, PRIVATE_APPS, Chain
from privacy.period import Period, week_of
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Row, parts
from tests.analytics.intake_office import (
    AFK,
    EVERYTHING,
    MONDAY,
    WEB,
    WINDOW,
    Events,
    Office,
    event,
    morning,
)
from tests.analytics.test_intake_order import segments_of as without_salts
from tests.analytics.test_receiving import SLOW, beat, insert, make, receiver_of

HOUR = 3_600_000_000
DAY = "2026-11-16"
WEEK = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 20))


def segments_of(office: Office, subject: str) -> dict[tuple[dt.date, Field], bytes]:
    return without_salts(office.stored(subject))


def us(at: dt.datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def at(hour: int, minute: int = 0, day: dt.datetime = MONDAY) -> dt.datetime:
    return day + dt.timedelta(hours=hour, minutes=minute)


def change(office: Office, outcome: str, times: Any, days: Period | None = None, **more: Any) -> dict[dt.date, int]:
    intake = office.intake(more.pop("preset", "own_insight"))
    return intake.change_own(BEN, OwnChange("session:1", outcome, times, days, **more))


def forget(office: Office, start: dt.datetime, end: dt.datetime, **more: Any) -> dict[dt.date, int]:
    return change(office, FORGOTTEN, lambda own: own.forgetting(us(start), us(end)), WEEK, **more)


def pause(office: Office, start: dt.datetime, end: dt.datetime) -> None:
    change(office, PAUSED, lambda own: own.pausing(us(start), us(end)))


def test_forgotten_is_gone_at_once_and_stays_out(office: Office) -> None:
    office.take(BEN, morning())

    taken = forget(office, at(9, 10), at(9, 40))
    once = segments_of(office, BEN)
    office.take(BEN, morning())

    assert taken == {dt.date(2026, 11, 16): 3}
    assert segments_of(office, BEN) == once
    assert office.figure(BEN, DAY, Field.ACTIVE_TIME) == {"active_seconds": 900.0}
    assert office.figure(BEN, DAY, Field.CATEGORIES) == {"Work": 600.0, "Private": 300.0}
    ledger = office.figure(BEN, DAY, Field.CAPTURE_LEDGER)
    assert ledger["not_captured"] == {"forgotten": 1800.0}
    assert office.figure(BEN, DAY, Field.RHYTHM)["gaps"] == [[33_000_000, 34_800_000, "forgotten"]]


def test_it_makes_no_difference_whether_the_events_or_the_wish_came_first(office: Office) -> None:
    office.take(BEN, morning())
    forget(office, at(9, 10), at(9, 40))
    after = segments_of(office, BEN)

    other = office.person()
    intake = office.intake()
    intake.change_own(other, OwnChange("s", FORGOTTEN, lambda own: own.forgetting(us(at(9, 10)), us(at(9, 40)))))
    office.take(other, morning())

    assert segments_of(office, other) == after


def test_what_collectors_sent_is_forgotten_where_it_waits_and_stays_out(office: Office) -> None:
    receiver = receiver_of(office)
    make(receiver, BEN, WINDOW, AFK)
    said = {"app": "EXCEL.EXE", "title": "Invoice 7"}
    for minute in range(60):
        beat(receiver, BEN, WINDOW, event(at(9, minute), 0, **said), 90)
    insert(receiver, BEN, AFK, [event(at(9), 3600, status="not-afk")])

    taken = forget(office, at(9, 30), at(10, 0))
    figures = office.figure(BEN, DAY, Field.ACTIVE_TIME)
    assert waiting(office) == []
    beat(receiver, BEN, WINDOW, event(at(9, 59), 0, **said), 90)
    insert(receiver, BEN, AFK, [event(at(9), 3600, status="not-afk"), event(at(9, 35), 60, status="not-afk")])
    office.intake().fold(BEN)

    assert figures == {"active_seconds": 1800.0}
    assert office.figure(BEN, DAY, Field.ACTIVE_TIME) == figures
    assert sum(taken.values()) == 0  # nothing of it was in a day yet
    assert all(end <= us(at(9, 30)) for end in ends(office))


def waiting(office: Office) -> list[Any]:
    """Return what is in the head of Ben's hot rows: open events, and closed ones that wait there."""
    opened = office.gate.disclose(BEN, BEN, {Field.RHYTHM}, Purpose.OWN_REVIEW, EVERYTHING, tier=Tier.HOT).values
    heads = [decode_head(part, None)[0] for value in opened.values() for part in parts(value).values()]
    return [each for head in heads for each in (*head.open.values(), *head.closed)]


def ends(office: Office) -> list[int]:
    """Return when each stored event of Ben's ends."""
    stored = office.stored(BEN)
    days = {day for day, _ in stored if day.year > 1900}
    return [
        end
        for day in days
        for stream in decode({field: value for (found, field), value in stored.items() if found == day}).events.streams
        for end in (stream.start_us + stream.duration_us).tolist()
    ]


def test_nothing_is_kept_while_a_pause_runs_and_it_goes_on_after_it(office: Office) -> None:
    receiver = receiver_of(office)
    make(receiver, BEN, WINDOW, AFK)
    beat(receiver, BEN, WINDOW, event(at(9), 0, app="EXCEL.EXE"), 90)
    pause(office, at(9, 1), at(9, 30))

    for minute in range(1, 31):
        beat(receiver, BEN, WINDOW, event(at(9, minute), 0, app="EXCEL.EXE"), 90)
    beat(receiver, BEN, WINDOW, event(at(9, 31), 0, app="EXCEL.EXE"), 90)
    insert(receiver, BEN, AFK, [event(at(8, 50), 3600, status="not-afk")])
    office.intake().fold(BEN)

    assert office.figure(BEN, DAY, Field.APPS) == {"EXCEL.EXE": 60.0}
    assert sorted(ends(office)) == [us(at(9)), us(at(9, 1)), us(at(9, 50))]


def test_a_pause_is_neither_a_break_nor_time_away(office: Office) -> None:
    """A quarter of an hour between two stretches of work is a break, unless nobody knows what it was."""
    work = {WINDOW: [event(at(9), 1800, app="a"), event(at(9, 45), 900, app="a")]}
    office.take(BEN, work)
    assert office.figure(BEN, DAY, Field.RECOVERY)["breaks"] == 1

    forget(office, at(9, 35), at(9, 40))

    assert office.figure(BEN, DAY, Field.RECOVERY) == {
        "breaks": 0,
        "seconds": 0.0,
        "longest_stretch_seconds": 1800.0,
    }


def test_a_day_of_which_all_is_forgotten_has_no_figures_and_says_why(office: Office) -> None:
    office.take(BEN, morning())

    forget(office, at(0), at(23))

    shown = office.figures(BEN)
    assert {field for day, field in shown if day == DAY} == {"capture_ledger"}
    assert load(shown[DAY, "capture_ledger"])["not_captured"] == {"forgotten": 23 * 3600.0}


def test_the_preview_counts_and_changes_nothing(office: Office) -> None:
    office.take(BEN, morning())
    before, stored = office.figures(BEN), segments_of(office, BEN)

    looked = forget(office, at(9, 10), at(9, 40), only_look=True)

    assert looked == {dt.date(2026, 11, 16): 3}
    assert (office.figures(BEN), segments_of(office, BEN)) == (before, stored)
    assert forget(office, at(9, 10), at(9, 40)) == looked


def test_a_frozen_week_is_not_changed(office: Office) -> None:
    office.take(BEN, morning())
    week = week_of(dt.date(2026, 11, 16))
    with writing(office.stores.data) as connection:
        office.vault.put(connection, BEN, [Row(Field.FOCUS, Tier.WEEK, week.first, 0, b"{}")])
        office.gate.account(BEN, connection)
    before = segments_of(office, BEN)

    with pytest.raises(WeekFrozen, match="2026-W47"):
        forget(office, at(9, 10), at(9, 40))

    assert segments_of(office, BEN) == before
    office.take(BEN, morning())
    assert segments_of(office, BEN) == before


def test_an_event_over_midnight_is_cut_on_both_days_alike(office: Office) -> None:
    night: Events = {WINDOW: [event(at(23), 7200, app="a")]}
    office.take(BEN, night)
    forget(office, at(23, 20), at(23, 40))
    once = segments_of(office, BEN)

    office.take(BEN, night)

    assert segments_of(office, BEN) == once
    assert office.figure(BEN, DAY, Field.ACTIVE_TIME)["active_seconds"] == pytest.approx(2400, abs=0.01)
    assert office.figure(BEN, "2026-11-17", Field.ACTIVE_TIME) == {"active_seconds": 3600.0}


def test_a_private_application_is_dropped_and_counted_from_then_on(office: Office) -> None:
    receiver = receiver_of(office)
    make(receiver, BEN, WINDOW, WEB)
    change(office, PRIVATE_APPS, lambda own: own.keeping_private(["msedge.exe"]))

    report = office.take(BEN, morning())
    beat(receiver, BEN, WINDOW, event(at(10), 60, app="MSEdge", title="x"))
    beat(receiver, BEN, WEB, event(at(10), 60, url="https://shop.test/", title="x", incognito=False))
    insert(receiver, BEN, WINDOW, [event(at(8), 60, app="msedge.exe"), event(at(9, 35), 60, app="EXCEL.EXE")])
    office.intake().fold(BEN)

    assert office.figure(BEN, DAY, Field.APPS) == {"saplogon.exe": 1800.0, "EXCEL.EXE": 60.0}
    assert office.figure(BEN, DAY, Field.CAPTURE_LEDGER)["dropped"] == {"incognito": 1, "private-app": 4}
    assert (report.kept, report.known, report.dropped) == (3, 1, {"incognito": 1})  # whoever imports learns nothing
    assert office.figure(BEN, DAY, Field.CAPTURE_LEDGER)["received"] == 9


def test_what_was_private_then_does_not_come_back_later(office: Office) -> None:
    change(office, PRIVATE_APPS, lambda own: own.keeping_private(["msedge.exe"]))
    office.take(BEN, morning())
    change(office, PRIVATE_APPS, lambda own: own.keeping_private([]))

    office.take(BEN, morning())

    assert office.figure(BEN, DAY, Field.APPS) == {"saplogon.exe": 1800.0}
    assert office.figure(BEN, DAY, Field.CAPTURE_LEDGER)["dropped"] == {"incognito": 1, "private-app": 1}


def test_nobody_else_sees_in_the_log_that_or_when_it_was_done(office: Office) -> None:
    office.take(BEN, morning())
    before = office.log.size

    pause(office, at(9, 1), at(9, 30))
    forget(office, at(9, 10), at(9, 40))
    change(office, PRIVATE_APPS, lambda own: own.keeping_private(["x"]))

    new = [each for each in office.log.of_subject(BEN) if each.index >= before]
    assert {each.chain for each in new} == {Chain.SELF}
    assert [each.outcome for each in new if each.digest] == ["paused", "forgotten", "private-apps"]
    assert office.log.verify().problems == []


EVENTS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([0, 1, 30, 600, 5000, 90_000]), st.sampled_from(["a", "b"])),
    min_size=1,
    max_size=12,
)


@settings(SLOW, max_examples=15)
@given(EVENTS, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=3))
def test_any_events_and_any_wishes_in_any_order_come_to_the_same(
    small_office: Office, said: list[tuple[int, int, str]], spans: list[tuple[int, int]]
) -> None:
    office, intake = small_office, small_office.intake()
    events: Events = {WINDOW: [event(at(hour), seconds, app=app) for hour, seconds, app in said]}

    def wish(subject: str) -> None:
        for start, hours in spans:
            span = (us(MONDAY) + start * HOUR, us(MONDAY) + (start + hours) * HOUR)
            days = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 20))
            intake.change_own(subject, OwnChange("s", FORGOTTEN, lambda own, span=span: own.forgetting(*span), days))

    first, last, between = office.person(), office.person(), office.person()
    wish(first)
    office.take(first, events)
    office.take(last, events)
    wish(last)
    office.take(between, events)
    wish(between)
    office.take(between, events)

    assert segments_of(office, first) == segments_of(office, last) == segments_of(office, between)
