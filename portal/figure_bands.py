"""The bands that a team has agreed on for a released figure: beside the figure, and over its past as they held."""

import datetime as dt
from itertools import groupby
from typing import TYPE_CHECKING, Any

from analytics import released_chart
from analytics.target_aims import RELEASED
from analytics.targets import Target
from portal import target_view, targets
from portal.locale import _
from portal.show import figure, span
from portal.target_view import Drawn
from privacy.period import Period

if TYPE_CHECKING:
    from portal.wiring import System


def of_team(system: "System", team: str, today: dt.date) -> dict[str, Drawn]:
    """Return the open targets of a team about released figures, by the name of the measure."""
    found = (each for each in targets.board(system, team).targets if each.is_open)
    about = {each.shown(today).terms.aim: each for each in found}
    return {aim: target_view.drawn(system, each, today) for aim, each in about.items() if aim in RELEASED}


def rows(target: Target, period: Period) -> list[dict[str, Any]]:
    """Return the bands of a target over a period, each on the days on which it held, for a chart of the past."""
    found = []
    for version, days in groupby(period.days(), target.holds_on):
        if version is not None:
            held, terms = list(days), version.terms
            first, end = held[0], held[-1] + dt.timedelta(days=1)
            low, high = (figure(each, terms.of.unit) for each in (terms.low, terms.high))
            found.append(
                {
                    "start": f"{first}T00:00",
                    "end": f"{end}T00:00",
                    "low": released_chart.scaled(terms.low, terms.of.unit),
                    "high": released_chart.scaled(terms.high, terms.of.unit),
                    "name": _("Target, %(days)s", days=span(first, end)),
                    "words": _("%(low)s to %(high)s", low=low, high=high),
                }
            )
    return found
