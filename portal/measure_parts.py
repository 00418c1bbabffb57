"""What a measure is asked of that needs a choice, and how a page says it: a category, an application, a kind, hours."""

from typing import Final
from urllib.parse import quote

from flask import abort, request

from analytics.annotations import Kind
from analytics.formulas import hours_of
from analytics.measures import Measure
from portal import own_notes
from portal.locale import _
from portal.parse import bad

_LONGEST: Final = 200


def part_of(of: Measure) -> str | None:
    """Read what a measure is of, None where that is not chosen; a 400 for hours or a kind that there are not."""
    if of.part is None or not (text := request.args.get(of.part, "")[:_LONGEST]):
        return None
    if of.part == "hour":
        return _hours(text)
    if of.part == "kind" and text not in set(Kind):
        abort(404)
    return text


def words(of: Measure, part: str | None) -> str:
    """Say what a measure is of; nothing where it is of everything."""
    if part is None:
        return ""
    if of.part == "kind":
        return own_notes.kind_word(part)
    if of.part == "hour":
        first, dash, end = part.partition("-")
        return f"{int(first):02}:00–{int(end) if dash else int(first) + 1:02}:00"
    return part


def query(of: Measure, part: str | None, before_notes: bool = False) -> str:
    """Return what an address of the same choice has behind its days."""
    chosen = "" if part is None else f"&{of.part}={quote(part)}"
    return chosen + ("&before=1" if before_notes else "")


def before_notes() -> bool:
    """Tell whether days are asked for as they were captured, without what their person said of them."""
    return "before" in request.args


def _hours(text: str) -> str:
    try:
        hours_of(text)
    except ValueError:
        raise bad(_("Hours are written like 9, or 10-12.")) from None
    return text
