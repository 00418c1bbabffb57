"""The one chart that the browser draws: a person's own days, with the usual range, weekly medians and the gaps.

Building a chart with Altair takes tens of milliseconds and importing it half a second, so each template is built once,
with names where the data will be, and a request only fills in the rows. Colours are the style sheet's: a mark's layer
has a name, and the name becomes a class in the SVG.
"""

import copy
import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from analytics.measures import COUNT, MINUTES, PERCENT

Rows = Sequence[Mapping[str, Any]]

LABELS: Final = {
    MINUTES: "format(datum.value, '.2~f') + ' h'",  # the rows come in hours
    PERCENT: "format(datum.value, '.0f') + ' %'",
    COUNT: "format(datum.value, '.1~f')",
}
"""How the axis writes a value, by unit; an expression of Vega's, which runs interpreted."""

NO_TITLE: Final = "\u00a0"
"""The title of a tooltip's second line, another one than a space, or it would take the place of the first line."""
DATASETS: Final = ("days", "weeks", "usual", "gaps")


def trend(unit: str, days: Rows, weeks: Rows, usual: Rows, gaps: Rows) -> dict[str, Any]:
    """Return the specification of a trend with its rows. An unknown unit is a KeyError.

    `days`: {"day", "value", "words"}; `weeks`: {"day", "value"}; `usual`: {"low", "high"}, at most one;
    `gaps`: {"day", "end", "words"}. Days are ISO dates, `words` is what the tooltip says.
    """
    return {**template(unit), "datasets": {"days": days, "weeks": weeks, "usual": usual, "gaps": gaps}}


def packed(specification: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification with the rows of days and weeks as lists, for a page that holds half a year of them.

    The first list names what the others hold, its first name with the day from which theirs are counted. The browser's
    script makes rows of them again (portal/static/chart.js).
    """
    datasets = specification["datasets"]
    return {**specification, "datasets": {**datasets, **{name: _lists(datasets[name]) for name in ("days", "weeks")}}}


def _lists(rows: Rows) -> list[list[Any]]:
    if not rows:
        return []
    first = dt.datetime.fromisoformat(rows[0]["day"])
    (_day, *names), lists = rows[0], []
    for row in rows:
        day, *values = row.values()
        lists.append([(dt.datetime.fromisoformat(day) - first).days, *values])
    return [[rows[0]["day"], *names], *lists]


@cache
def template(unit: str) -> dict[str, Any]:
    """Return the specification without rows. The same object every time: never change it."""
    return build(unit)


def build(unit: str) -> dict[str, Any]:
    """Build the specification with Altair, from scratch.

    Marks and axes say nothing to a screen reader: the page names the chart, and its table twin holds the figures.
    """
    import altair as alt

    days_axis = alt.Axis(aria=False, format="%-d %b", labelOverlap=True, grid=False, tickCount=8)
    values_axis = alt.Axis(aria=False, labelExpr=LABELS[unit], tickCount=5, domain=False, ticks=False)
    x, y = alt.X("day:T", title=None, axis=days_axis), alt.Y("value:Q", title=None, axis=values_axis)
    said = [alt.Tooltip("day:T", title=" ", format="%a %-d %b %Y"), alt.Tooltip("words:N", title=NO_TITLE)]

    def layer(name: str) -> Any:
        return alt.Chart(alt.NamedData(name), name=name)

    usual = layer("usual").mark_rect(aria=False).encode(y=alt.Y("low:Q"), y2="high:Q")
    gaps = layer("gaps").mark_rect(aria=False).encode(x=alt.X("day:T"), x2="end:T", tooltip=said)
    days = layer("days").mark_circle(aria=False, size=64, opacity=1).encode(x=x, y=y, tooltip=said)
    line = layer("weeks").mark_line(aria=False, interpolate="monotone", strokeWidth=2.2, clip=True)
    weeks = line.encode(x=alt.X("day:T"), y=alt.Y("value:Q"))
    chart = (
        alt.layer(usual, gaps, days, weeks)
        .properties(
            width="container",
            height=300,
            background="transparent",
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, labelPadding=8)
    )
    built: dict[str, Any] = copy.deepcopy(chart.to_dict())
    return built
