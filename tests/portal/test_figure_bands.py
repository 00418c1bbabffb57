"""Bands over a released figure: on the days on which they held, and on the page of the figure they are about."""

import datetime as dt
import html
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from analytics.target_aims import RELEASED
from analytics.targets import Terms, targets_of
from portal import figure_bands
from privacy.period import Period
from tests import made_releases
from tests.analytics.test_targets import DAYS, acts, terms
from tests.made_releases import Releases
from tests.portal.target_forms import announce
from tests.portal.test_team_figures import FIGURES, WHO, specs

PERIODS = st.tuples(DAYS, st.integers(1, 90)).map(lambda each: Period(each[0], each[0] + dt.timedelta(days=each[1])))


@given(st.lists(terms(), min_size=1, max_size=4), st.none() | DAYS, PERIODS)
def test_a_band_is_drawn_on_the_days_on_which_it_held_and_on_no_others(
    versions: list[Terms], ended: dt.date | None, period: Period
) -> None:
    assume({each.aim for each in versions} <= RELEASED)
    ((target,), _broken) = targets_of(acts(versions, ended))

    found = figure_bands.rows(target, period)

    for day in period.days():
        noon, version = f"{day}T12:00", target.holds_on(day)
        here = [(row["low"], row["high"]) for row in found if row["start"] <= noon < row["end"]]
        scale = 60 if version is not None and version.terms.of.unit == "minutes" else 1
        held = (
            []
            if version is None
            else [tuple(round(each / scale, 4) for each in (version.terms.low, version.terms.high))]
        )
        assert here == held
    assert all(f"{period.first}" <= row["start"][:10] < row["end"][:10] <= f"{period.end}" for row in found)


def test_a_target_stands_beside_its_figure_and_its_band_over_the_weeks_in_which_it_holds(
    office: Any, form: Any
) -> None:
    announce(form, office)
    made = Releases()
    made_releases.file(office.system, *(made.make("claims", dt.date(2026, 11, day), WHO) for day in (9, 16)))
    before = html.unescape(office.client("ben").get(FIGURES).text)
    office.clock.advance(days=14)
    office.clients.clear()  # everybody's session has ended
    made_releases.file(office.system, made.make("claims", dt.date(2026, 11, 23), WHO))
    page = html.unescape(office.client("ben").get(FIGURES).text)

    for each in (before, page):
        assert each.count('href="/team/claims/targets/1"') == 1
        assert '45% to 60%<span class="vh">: Utilisation</span>' in each
    assert "Announced, from 27 Nov on" in before
    assert [spec["datasets"]["bands"] for spec in specs(before)[:3]] == [[], [], []]
    (row,) = specs(page)[0]["datasets"]["bands"]
    assert (row["start"], row["end"], row["low"], row["high"]) == ("2026-11-27T00:00", "2026-11-30T00:00", 45, 60)
    assert row["words"] == "45% to 60%"
    assert "targets/1" not in office.client("ben").get("/team/organisation/figures").text
