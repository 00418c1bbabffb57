"""What was kept last is what is read, by both who may, wherever the person moves in between; on both databases."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.agreed import Agreed, Side, Terms
from auth.notices import Kind
from portal import agreeing, create_app
from portal.agreeing import Author
from portal.wiring import System, build
from tests.installation import Copies, subject_of
from tests.portal.conftest import check_value
from tests.portal.test_zone_changes import move

START = dt.datetime(2026, 11, 29, 21, tzinfo=dt.UTC)
"""The evening of the last Sunday in November: a move crosses days, a week and a month."""
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue")
GOAL = "/me/goals/focus_time"
STEPS = st.lists(st.tuples(st.sampled_from((0, 3, 11, 26)), st.sampled_from(ZONES)), min_size=3, max_size=4)


class Kept:
    """Ben, his manager Ana, and what both find on their pages."""

    def __init__(self, system: System, clock: Clock) -> None:
        self.system, self.clock = system, clock
        self.app: Any = create_app(system)
        self.ana, self.ben = (subject_of(system, who) for who in ("ana", "ben"))
        self.team = next(iter(system.directory.managed(self.ana))).id
        self.count = 0
        self.keep()

    def client(self, who: str) -> Any:
        client = self.app.test_client()
        client.set_cookie("sameview", self.system.sessions.start(who))
        return client

    def keep(self) -> None:
        """Keep a goal of one's own and one that is agreed on, both with a number that was never there."""
        self.count += 1
        today = self.system.gate.today(self.ben)
        client = self.client(self.ben)
        values = {f"value-{n}": f"0:{self.count:02}" for n in range(7)}
        form = {"csrf_token": check_value(client, GOAL), "first": today.isoformat(), **values}
        assert client.post(GOAL, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
        agreeing.file(self.system, Author(self.ben, self.ben, self.ana, "a session"), Kind.GOAL_PROPOSED, self.proposed)

    def proposed(self, _standing: Agreed, today: dt.date) -> Agreed:
        terms = Terms(f"Goal {self.count}.", "", None, None, "why", "for", today, today + dt.timedelta(days=60))
        return Agreed().proposed(Side.EMPLOYEE, self.ana, terms, today)

    def check(self) -> None:
        mine, theirs = self.client(self.ben), self.client(self.ana)
        assert re.search(rf'<input[^>]* name="value-0"[^>]* value="0:{self.count:02}"', mine.get(GOAL).text)
        for page in (mine.get("/me/agreed-goals"), theirs.get(f"/team/{self.team}/people/{self.ben}/goals")):
            assert page.status_code == 200
            assert f"Goal {self.count}.</h3>" in page.text


@pytest.fixture
def kept(copies: Copies) -> Iterator[Kept]:
    clock = Clock()
    clock.now = START
    system = build(copies(), clock)
    yield Kept(system, clock)
    assert system.log.verify().problems == []
    system.close()


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_was_kept_last_is_what_is_read_whatever_zone_comes_next(kept: Kept, steps: list[Any]) -> None:
    for hours, zone in steps:
        kept.clock.now += dt.timedelta(hours=hours)
        move(kept.system, kept.ben, zone)
        kept.check()
        kept.keep()
        kept.check()


def test_a_day_that_comes_again_does_not_bring_back_what_was_changed_on_it(kept: Kept) -> None:
    kept.clock.now = dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC)  # Tuesday, the first, in Berlin
    kept.keep()
    move(kept.system, kept.ben, "America/New_York")  # Monday, the last day of the month
    kept.check()
    kept.keep()
    kept.check()
    kept.clock.now += dt.timedelta(hours=10)  # Tuesday again
    kept.check()
