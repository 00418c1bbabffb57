"""Targets of teams: what is announced holds from its day on, nothing is changed in place, and no band is a number."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.target_aims import AIMS, Seen, hull
from analytics.target_chart import WIDTH, track
from analytics.target_checks import CALL_CENTRE, OUTSIDE, UNSEEN_YET, Known, faults, warnings
from analytics.targets import Act, ActKind, Target, Terms, Warned, reason, said, targets_of

TODAY = dt.date(2026, 11, 19)
EARLIEST = dt.date(2026, 11, 27)
TERMS = Terms("utilisation", "", 45, 60, "Why.", "What for.", "ana", EARLIEST, dt.date(2027, 2, 26))
KNOWN = Known(TODAY, EARLIEST, {"ana"}, {(name, "") for name in AIMS}, set())

DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31))
TEXTS = st.text(max_size=20)
BANDS = st.tuples(st.integers(0, 99), st.integers(1, 100)).filter(lambda each: each[0] < each[1])


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    low, high = draw(BANDS)
    warned = tuple(Warned(code) for code in draw(st.sets(st.sampled_from([CALL_CENTRE, UNSEEN_YET]))))
    return Terms(
        draw(st.sampled_from(sorted(AIMS))),
        draw(TEXTS),
        low,
        high,
        *(draw(TEXTS) for _ in range(3)),
        draw(DAYS),
        draw(DAYS),
        draw(TEXTS),
        warned,
    )


def acts(versions: list[Terms], ended: dt.date | None = None) -> list[Act]:
    contents = [(ActKind.ANNOUNCED, each.dump(), TODAY) for each in versions]
    contents += [] if ended is None else [(ActKind.ENDED, reason("over"), ended)]
    return [
        Act("claims", 1, sequence, kind, day, "ana", content, 100 + sequence)
        for sequence, (kind, content, day) in enumerate(contents, start=1)
    ]


@given(st.lists(terms(), min_size=1, max_size=5), st.none() | DAYS, DAYS, st.randoms(use_true_random=False))
def test_what_was_announced_is_read_back_and_holds_from_its_day_on(
    versions: list[Terms], ended: dt.date | None, day: dt.date, random: object
) -> None:
    stored = acts(versions, ended)
    random.shuffle(stored)  # type: ignore[attr-defined]
    (target,), broken = targets_of(stored)

    assert broken == []
    assert [each.terms for each in target.versions] == versions
    held = target.holds_on(day)
    begun = [each for each in versions if each.effective <= day]
    over = ended is not None and ended <= day
    assert (held.terms if held else None) == (begun[-1] if begun and not over else None)
    assert target.state(day) == (
        "ended" if ended else "announced" if held is None else "changing" if target.coming(day) else "holds"
    )


@given(st.lists(terms(), min_size=1, max_size=4), st.data())
def test_a_target_that_lacks_an_act_or_has_a_strange_one_is_not_drawn(
    versions: list[Terms], data: st.DataObject
) -> None:
    stored = acts(versions, TODAY)
    place = data.draw(st.integers(0, len(stored) - 2))
    without = stored[:place] + stored[place + 1 :]
    strange = [*stored[:place], replace(stored[place], content='{"aim":"rank"}'), *stored[place + 1 :]]

    assert targets_of(without) == ([], [1])
    assert targets_of(strange) == ([], [1])


def test_answers_stand_beside_the_versions() -> None:
    answered = Act("claims", 1, 2, ActKind.ANSWERED, TODAY, "ana", said("Too high.", "It is lower."), 102)
    (target,), _ = targets_of([*acts([TERMS]), answered])

    assert [(each.said, each.did) for each in target.answers] == [("Too high.", "It is lower.")]
    assert target.acts == 2


@given(terms())
def test_terms_that_pass_are_a_band_with_reasons_an_owner_and_days_to_come(found: Terms) -> None:
    if faults(found, KNOWN):
        return
    assert 0 <= found.low < found.high <= found.of.most
    assert found.reason.strip()
    assert found.benefit.strip()
    assert found.owner == "ana"
    assert EARLIEST <= found.effective < found.review


@pytest.mark.parametrize(("low", "high"), [(60, 45), (50, 50), (-1, 50), (50, -1), (50, 101)])
def test_no_band_is_upside_down_a_number_or_off_the_scale(low: int, high: int) -> None:
    assert {"low", "high"} & faults(replace(TERMS, low=low, high=high), KNOWN).keys()


def test_a_change_of_days_alone_is_none() -> None:
    known = replace(KNOWN, before=TERMS)
    moved = replace(TERMS, effective=EARLIEST + dt.timedelta(days=7), change="Later.")

    assert "change" in faults(moved, known)
    assert faults(replace(moved, high=65), known) == {}
    assert "change" in faults(replace(moved, high=65, change=" "), known)


@given(BANDS, st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted))
def test_a_band_is_warned_of_if_it_lies_outside_of_what_was_seen(band: tuple[int, int], lay: list[float]) -> None:
    found = replace(TERMS, low=band[0], high=band[1])
    codes = {each.code for each in warnings(found, Seen(*lay))}

    assert (OUTSIDE in codes) == (band[0] > lay[1] or band[1] < lay[0])
    assert (CALL_CENTRE in codes) == (band[0] > 65)
    assert UNSEEN_YET in {each.code for each in warnings(found, None)}


def test_a_focus_band_of_70_minutes_is_no_call_centre() -> None:
    assert warnings(replace(TERMS, aim="focus_time", low=70, high=90), Seen(60, 95)) == ()


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)).map(lambda each: Seen(*sorted(each))), max_size=4))
def test_the_hull_holds_every_interval(intervals: list[Seen]) -> None:
    found = hull(intervals)

    assert (found is None) == (not intervals)
    assert all(found.low <= each.low and each.high <= found.high for each in intervals if found)


@given(terms(), st.none() | terms(), st.none() | st.tuples(st.floats(0, 400), st.floats(0, 400)).map(sorted))
def test_everything_drawn_lies_on_the_track(found: Terms, coming: Terms | None, lay: list[float] | None) -> None:
    drawn = track(found, None if lay is None else Seen(*lay), coming)

    for each in filter(None, (drawn.band, drawn.coming, drawn.lately)):
        assert each.x >= 0
        assert each.x + each.width <= WIDTH + 2
    assert [x for x, _ in drawn.ticks] == [0, 150, 300, 450, 600]


def test_the_review_is_due_two_weeks_before_its_day_and_not_for_what_changes_or_ended() -> None:
    (target,), _ = targets_of(acts([TERMS]))

    assert not target.is_to_review(dt.date(2027, 2, 11))
    assert target.is_to_review(dt.date(2027, 2, 12))
    assert target.is_to_review(dt.date(2027, 3, 12))
    (changing,), _ = targets_of(acts([TERMS, replace(TERMS, effective=dt.date(2027, 3, 1))]))
    assert not changing.is_to_review(dt.date(2027, 2, 26))
    (ended,), _ = targets_of(acts([TERMS], dt.date(2027, 2, 20)))
    assert not ended.is_to_review(dt.date(2027, 2, 26))
    assert isinstance(ended, Target)
    assert json.loads(TERMS.dump())["warned"] == []
