"""A one-to-one as a file for calendars (iCalendar, RFC 5545): a day, two names and an address, and no figure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Response

_LINE: Final = 75
"""Octets in a line without its end (RFC 5545 §3.1)."""
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@dataclass(frozen=True, slots=True)
class Entry:
    """One day in a calendar. `sequence` grows with each change, `status` is CONFIRMED, TENTATIVE or CANCELLED."""

    uid: str
    stamp: dt.datetime
    day: dt.date
    sequence: int
    status: str
    summary: str
    description: str
    url: str


def text_of(entry: Entry) -> str:
    """Return the file: an event of a whole day, which is on whatever clock its reader has."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Sameview//One-to-ones//EN",
        "BEGIN:VEVENT",
        f"UID:{_text(entry.uid)}",
        f"DTSTAMP:{entry.stamp.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{entry.day + dt.timedelta(days=1):%Y%m%d}",
        f"SEQUENCE:{entry.sequence}",
        f"STATUS:{entry.status}",
        f"SUMMARY:{_text(entry.summary)}",
        f"DESCRIPTION:{_text(entry.description)}",
        f"URL:{entry.url}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def answer(name: str, entry: Entry) -> Response:
    """Answer an entry as a file to open with a calendar."""
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(text_of(entry), content_type="text/calendar; charset=utf-8", headers=headers)


def _text(value: str) -> str:
    return "".join(each for each in value.translate(_ESCAPED) if each.isprintable())


def _folded(line: str) -> Iterable[str]:
    """Yield a line in pieces that fit, none of which splits a character; each but the first begins with a space."""
    piece = ""
    for each in line:
        if len((piece + each).encode()) > _LINE:
            yield piece
            piece = " "
        piece += each
    yield piece
