"""Charts of released figures: the past of one measure, and the parts of a period, each figure drawn as its interval.

Templates are built once, as in `analytics.charts`; a request fills in rows. What is withheld is drawn over the whole
scale, the same for every such cell: its rows hold the period or the part, and nothing else. The scale of a past is the
measure's cap, that of parts the largest bound that is shown.
"""

import copy
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from analytics.charts import LABELS, NO_TITLE, Rows
from analytics.measures import MINUTES
from analytics.released import Cell, Figures, Release
from privacy.release_store import FOUR_WEEKS

_BROAD: Final = ("withheld_four_weeks", "four_weeks")
PARTS: Final = ("withheld_four_weeks", "withheld", "four_weeks", "cells")
"""The layers of parts, from the ground up."""
PAST: Final = ("bands", *PARTS)
"""The layers of a past; `bands` is for ranges that a unit has agreed on."""
Words = Callable[[Cell], str]
Named = Callable[[Release], str]

_ROW: Final = 40
"""Pixels of a part."""
_BROAD_INSET: Final = dt.timedelta(hours=6)
_NARROW_INSET: Final = dt.timedelta(hours=30)


def past(measure: str, releases: Sequence[Release], named: Named, words: Words, bands: Rows = ()) -> dict[str, Any]:
    """Return the specification of a measure's past; `releases` are weeks and four weeks, in the arrow keys' order.

    `named` writes a period, `words` a cell. A band is {"start", "end", "low", "high", "name", "words"}, hours for
    minutes. A release without the measure, from before it was released, has no row.
    """
    shown = [(each, found) for each in releases if (found := each.figures(measure))]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in PAST}
    rows["bands"] = [dict(each) for each in bands]
    unit = shown[0][1].unit if shown else MINUTES
    cap = max((found.cap for _, found in shown), default=0.0)
    for n, (release, found) in enumerate(shown):
        inset = _BROAD_INSET if release.kind == FOUR_WEEKS else _NARROW_INSET
        place = {"start": _at(release.period.first, inset), "end": _at(release.period.end, -inset)}
        row = {"n": n, "name": named(release), **place, **_drawn(found.mean, found.unit, cap, words)}
        rows[_layer(release, found.mean)].append(row)
    weeks = [each.period.first for each, _found in shown if each.kind != FOUR_WEEKS]
    return {**_dated(past_template(unit, scaled(cap, unit)), weeks[::-2]), "datasets": rows}


def parts(
    shown: Sequence[tuple[Release, Figures]], titled: Callable[[str], str], named: Named, words: Words
) -> dict[str, Any]:
    """Return the specification of the parts of periods, such as the newest four weeks and the newest week."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in PARTS}
    unit = shown[0][1].unit if shown else MINUTES
    bounds = [cell.interval.high for _, found in shown for cell in found.cells if cell.interval]
    most = max(bounds, default=max((found.cap for _, found in shown), default=0.0))
    order = {name: n for n, name in enumerate(dict.fromkeys(cell.name for _, found in shown for cell in found.cells))}
    for release, found in shown:
        for cell in found.cells:
            part = titled(cell.name)
            row = {"n": order[cell.name], "part": part, "name": f"{part} · {named(release)}"}
            rows[_layer(release, cell)].append({**row, **_drawn(cell, unit, most, words)})
    return {**parts_template(unit), "height": _ROW * len(order), "datasets": rows}


def scaled(value: float, unit: str) -> float:
    """Return a value as the axis counts: minutes as hours."""
    return round(value / 60 if unit == MINUTES else value, 4)


@cache
def past_template(unit: str, most: float) -> dict[str, Any]:
    """Return the specification of a past without rows. The same object every time: never change it."""
    return build_past(unit, most)


@cache
def parts_template(unit: str) -> dict[str, Any]:
    """Return the specification of parts without rows. The same object every time: never change it."""
    return build_parts(unit)


def build_past(unit: str, most: float) -> dict[str, Any]:
    """Build the specification of a past with Altair, from scratch; the axis goes from 0 to `most`."""
    import altair as alt

    days = alt.Axis(aria=False, format="%-d %b", labelOverlap=True, grid=False)
    values = alt.Axis(aria=False, labelExpr=LABELS[unit], tickCount=5, domain=False, ticks=False)
    scale = alt.Scale(domain=[0, most or 1], nice=False)
    x, y = alt.X("start:T", title=None, axis=days), alt.Y("low:Q", title=None, axis=values, scale=scale)
    layers = [alt.Chart(alt.NamedData(name), name=name).mark_rect(aria=False, cornerRadius=3) for name in PAST]
    return _finished([each.encode(x=x, x2="end:T", y=y, y2="high:Q") for each in layers], height=210)


def build_parts(unit: str) -> dict[str, Any]:
    """Build the specification of parts with Altair, from scratch: four weeks are broad, a week is narrow."""
    import altair as alt

    names = alt.Axis(aria=False, domain=False, ticks=False, labelLimit=150)
    label = LABELS[unit].replace(".2~f", ".1~f")
    values = alt.Axis(aria=False, labelExpr=label, tickCount=5, domain=False, ticks=False)
    x = alt.X("low:Q", title=None, axis=values, scale=alt.Scale(nice=False, zero=True))
    y = alt.Y("part:N", title=None, axis=names, sort=alt.EncodingSortField("n", op="min"))
    layers = []
    for name in PARTS:
        height = alt.RelativeBandSize(band=0.7 if name in _BROAD else 0.3)
        bars = alt.Chart(alt.NamedData(name), name=name).mark_bar(aria=False, cornerRadius=3, height=height)
        layers.append(bars.encode(x=x, x2="high:Q", y=y))
    return _finished(layers)


def _dated(template: Mapping[str, Any], days: Sequence[dt.date]) -> dict[str, Any]:
    """Return a template of a past whose axis names these days: Vega's own weeks begin on Sundays."""
    encoding, x = template["encoding"], template["encoding"]["x"]
    values = [{"year": day.year, "month": day.month, "date": day.day} for day in days]
    return {**template, "encoding": {**encoding, "x": {**x, "axis": {**x["axis"], "values": values}}}}


def _finished(layers: list[Any], **properties: Any) -> dict[str, Any]:
    """Return the specification of layers that have all their encodings in common: these are written once."""
    import altair as alt

    said = [alt.Tooltip("name:N", title=" "), alt.Tooltip("words:N", title=NO_TITLE)]
    chart = (
        alt.layer(*(each.encode(tooltip=said) for each in layers))
        .properties(
            width="container",
            background="transparent",
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
            **properties,
        )
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, labelPadding=8)
    )
    built: dict[str, Any] = copy.deepcopy(chart.to_dict())
    (built["encoding"], *_others) = [each.pop("encoding") for each in built["layer"]]
    return built


def _drawn(cell: Cell, unit: str, most: float, words: Words) -> Mapping[str, Any]:
    low, high = (0.0, most) if cell.interval is None else (cell.interval.low, cell.interval.high)
    return {"low": scaled(low, unit), "high": scaled(high, unit), "words": words(cell)}


def _layer(release: Release, cell: Cell) -> str:
    if release.kind == FOUR_WEEKS:
        return _BROAD[0] if cell.interval is None else _BROAD[1]
    return "withheld" if cell.interval is None else "cells"


def _at(day: dt.date, inset: dt.timedelta) -> str:
    """Return the moment at which a bar begins or ends, as Vega reads it: without a zone."""
    return (dt.datetime.combine(day, dt.time()) + inset).isoformat(timespec="minutes")
