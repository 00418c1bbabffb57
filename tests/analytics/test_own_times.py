"""What a person keeps for themselves: pauses, forgotten times, private applications."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.captured import Rows
from analytics.events import cut
from analytics.own_cut import rows_left
from analytics.own_times import MOST_APPS, OwnTimes, OwnTimesRefused, left
from tests.analytics.intake_office import BERLIN, MONDAY

HOUR = 3_600_000_000
MONDAY_US = round(MONDAY.timestamp() * 1_000_000)


def test_a_pause_begins_is_moved_and_ends_and_what_has_passed_of_it_stays_private() -> None:
    own = OwnTimes().pausing(100, 200)
    assert (own.runs_until(150), own.runs_until(200)) == (200, None)

    longer = own.pausing(150, 400)
    ended = longer.resuming(300)

    assert longer.paused == ((100, 400),)
    assert ended.paused == ((100, 300),)
    assert ended.runs_until(301) is None
    assert ended.pausing(500, 600).paused == ((100, 300), (500, 600))


def test_a_pause_that_is_ended_at_once_leaves_nothing() -> None:
    assert OwnTimes().pausing(100, 200).resuming(100).paused == ()


def test_gaps_tell_why_and_only_what_has_passed_of_a_pause() -> None:
    own = OwnTimes().forgetting(0, 50).pausing(100, 400)

    assert own.gaps(20, 1000, 250) == [(20, 50, "forgotten"), (100, 250, "paused")]


def test_times_survive_being_written_down() -> None:
    own = OwnTimes().forgetting(5, 9).pausing(10, 20).keeping_private(["Firefox", " my  bank "])

    assert OwnTimes.parse(own.dump()) == own
    assert OwnTimes.parse(None) == OwnTimes()


@pytest.mark.parametrize(
    ("private", "kind", "bucket", "app", "is_private"),
    [
        ("Firefox", "currentwindow", "aw-watcher-window_pc", "firefox", True),
        ("firefox.exe", "currentwindow", "aw-watcher-window_pc", "Firefox", True),
        ("Firefox", "currentwindow", "aw-watcher-window_pc", "msedge.exe", False),
        ("Firefox", "web.tab.current", "aw-watcher-web-firefox_pc", None, True),
        ("msedge.exe", "web.tab.current", "aw-watcher-web-edge_pc", None, True),
        ("Google Chrome", "web.tab.current", "aw-watcher-web-chrome_pc", None, True),
        ("Firefox", "web.tab.current", "aw-watcher-web-edge_pc", None, False),
        ("vscode", "app.editor.activity", "aw-watcher-vscode_pc", None, True),
        ("Firefox", "afkstatus", "aw-watcher-afk_firefox", None, False),
    ],
)
def test_an_application_is_known_again(private: str, kind: str, bucket: str, app: str | None, is_private: bool) -> None:
    own = OwnTimes().keeping_private([private])

    assert own.is_of_private_app(kind, bucket, app) is is_private


def test_names_are_kept_once_and_bounded() -> None:
    assert OwnTimes().keeping_private(["Zoom", "zoom ", "", "Anki"]).apps == ("Anki", "Zoom")
    for names in ([f"app {n}" for n in range(MOST_APPS + 1)], ["x" * 200], ["a\0b"]):
        with pytest.raises(OwnTimesRefused):
            OwnTimes().keeping_private(names)


SPANS = st.lists(st.tuples(st.integers(0, 72), st.integers(1, 30)), max_size=5)


def blind_of(spans: list[tuple[int, int]]) -> OwnTimes:
    own = OwnTimes()
    for start, length in spans:
        own = own.forgetting(MONDAY_US + start * HOUR, MONDAY_US + (start + length) * HOUR)
    return own


@given(st.integers(0, 72), st.integers(0, 47), SPANS)
def test_it_makes_no_difference_whether_days_or_private_times_are_cut_first(
    begins: int, hours: int, spans: list[tuple[int, int]]
) -> None:
    start, duration = MONDAY_US + begins * HOUR + HOUR // 2, min(hours, 23) * HOUR
    blind = blind_of(spans).blind()

    def by_days(parts: list[tuple[int, int, int]]) -> set[tuple[int, int, int, int]]:
        columns = np.array(parts, np.int64).reshape(-1, 3)
        found = cut(columns[:, 0], columns[:, 1], BERLIN, dt.time(0))
        before = found.before_us + columns[found.event, 2] * (found.before_us == 0)
        return set(
            zip(found.day.tolist(), found.start_us.tolist(), found.duration_us.tolist(), before.tolist(), strict=True)
        )

    days_last = {part for part in by_days(left(start, duration, 0, blind)) if part[2] or not duration}
    days_first = {
        (day, *part)
        for day, first, length, before in by_days([(start, duration, 0)])
        for part in left(first, length, before, blind)
        if part[1] or not duration
    }

    assert days_last == days_first


@given(SPANS, SPANS)
def test_cutting_twice_is_cutting_once(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    starts = np.array([MONDAY_US + n * HOUR for n in range(0, 96, 3)], np.int64)
    zero = np.zeros(len(starts), np.int64)
    rows = Rows(starts, zero + 2 * HOUR, zero, zero, zero, {}, zero)

    stepwise = rows_left(rows_left(rows, blind_of(first).blind(), [])[0], blind_of([*first, *second]).blind(), [])[0]
    at_once = rows_left(rows, blind_of([*first, *second]).blind(), [])[0]

    assert stepwise.times() == at_once.times()
