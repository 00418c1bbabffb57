"""What the desks of the synthetic back office recorded, in the form of an ActivityWatch export (pure, deterministic).

A day is a sequence of beats (mail, focus, piecework, meeting, errand, break), a beat a handful of windows. That is far
fewer windows than a real desk has, about a hundred events a day and never more than 150, and yet the figures look like
real ones. Titles and addresses are there because real watchers send them; what happens to them is the capture policy's
business.
"""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from portal.demo.organisation import CLAIMS_EAST, CLAIMS_WEST, PAYABLES, QUALITY, WEEKS, Colleague

MOST_EVENTS = 150
"""No person's day has more events than this, in all streams together."""

Event = dict[str, Any]
MS_PER_MINUTE: Final = 60_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Screen(NamedTuple):
    """What is in front of somebody: an application, its title and, in a browser, the address."""

    app: str
    title: str
    url: str = ""


class Beat(NamedTuple):
    """A stretch of the day: what it is for and how many milliseconds it takes."""

    kind: str
    duration: int


BROWSER: Final = "msedge.exe"
_CASES = (
    Screen(BROWSER, "Case #{n} – CaseDesk", "https://casedesk.example.test/cases/{n}"),
    Screen(BROWSER, "Case #{n} – Documents – CaseDesk", "https://casedesk.example.test/cases/{n}/documents"),
    Screen("saplogon.exe", "SAP Easy Access – reserve {n}"),
    Screen("Acrobat.exe", "Form {n}.pdf - Adobe Acrobat Reader"),
    Screen("WINWORD.EXE", "Letter {n}.docx - Word"),
)
_INVOICES = (
    Screen("saplogon.exe", "FB60 Enter Vendor Invoice: {n}"),
    Screen("saplogon.exe", "FBL1N Vendor Line Items: {n}"),
    Screen("EXCEL.EXE", "AP_aging_{k}.xlsx - Excel"),
    Screen("Acrobat.exe", "Invoice {n}.pdf - Adobe Acrobat Reader"),
    Screen(BROWSER, "Invoice {n} – Accounts Payable", "https://erp.example.test/ap/invoices/{n}"),
)
_REVIEWS = (
    Screen("EXCEL.EXE", "Sampling_{k}.xlsx - Excel"),
    Screen(BROWSER, "Case #{n} – CaseDesk", "https://casedesk.example.test/cases/{n}"),
    Screen("WINWORD.EXE", "Findings {k}.docx - Word"),
    Screen(BROWSER, "KB-{k}: How to – Intranet", "https://intranet.example.test/kb/{k}"),
)
CORE: Final = {CLAIMS_EAST: _CASES, CLAIMS_WEST: _CASES, PAYABLES: _INVOICES, QUALITY: _REVIEWS}
"""Team → the screens of its core work."""

OTHERWISE: Final[dict[str, tuple[Screen, ...]]] = {
    "mail": (
        Screen("OUTLOOK.EXE", "Inbox - team@example.test - Outlook"),
        Screen("OUTLOOK.EXE", "Re: case {n} - Outlook"),
        Screen("ms-teams.exe", "Chat | Team | Microsoft Teams"),
    ),
    "meeting": (Screen("ms-teams.exe", "Meeting in “Daily” | Microsoft Teams"),),
    "errand": (
        Screen("explorer.exe", "inbox"),
        Screen("GeoView.exe", "Parcel {n} - GeoView"),  # no rule of the defaults knows it
        Screen(BROWSER, "KB-{k}: How to – Intranet", "https://intranet.example.test/kb/{k}"),
        Screen("ms-teams.exe", "Chat | Team | Microsoft Teams"),
        Screen(BROWSER, "Article {k} – Example News", "https://news.example.test/articles/{k}"),
        Screen(BROWSER, "Shopping basket {k} – ExampleShop", "https://shop.example.test/basket/{k}"),
    ),
}
_AWAY: Final = Screen("LockApp.exe", "Windows Default Lock Screen")
_BEATS: Final = {"focus": (30, 80), "piecework": (6, 22), "mail": (8, 24), "meeting": (20, 50), "errand": (4, 12)}
"""Kind of stretch → its shortest and longest minutes; in focus and piecework the team's core work is on the screen."""
_MINUTES_A_WINDOW: Final = {"focus": 6.5, "piecework": 4.5, "mail": 5.0, "meeting": 30.0, "errand": 3.5}


def export(person: Colleague, days: list[dt.date], until: dt.datetime, seed: int = 1) -> dict[str, Any]:
    """Return what ActivityWatch on this person's desk would export of `days`, cut off at the moment `until`."""
    host = f"desk-{person.email.partition('@')[0].replace('.', '-')}"
    window, afk, web = streams = list[Event](), list[Event](), list[Event]()
    for day in days:
        progress = 1 - (until.date() - day).days / (7 * WEEKS)
        for stream, part in zip(streams, day_events(person, day, progress, seed), strict=True):
            stream += part if day < until.date() - dt.timedelta(days=1) else _before(part, until)
    return {
        "buckets": dict(
            (
                _bucket(f"aw-watcher-window_{host}", "currentwindow", "aw-watcher-window", host, window),
                _bucket(f"aw-watcher-afk_{host}", "afkstatus", "aw-watcher-afk", host, afk),
                _bucket(f"aw-watcher-web-edge_{host}", "web.tab.current", "aw-client-web", host, web),
            )
        )
    }


def _bucket(name: str, kind: str, client: str, host: str, events: list[Event]) -> tuple[str, dict[str, Any]]:
    heading = {"id": name, "created": "2025-01-01T00:00:00+00:00", "name": None, "type": kind, "client": client}
    return name, heading | {"hostname": host, "data": {}, "events": events}


def _before(events: list[Event], until: dt.datetime) -> Iterator[Event]:
    """Yield what lies before `until`, the last event cut there, as a watcher has it when it is asked at that moment."""
    for event in events:
        left = (until - dt.datetime.fromisoformat(event["timestamp"])).total_seconds()
        if left > 0:
            yield event | {"duration": min(event["duration"], round(left, 3))}


def day_events(
    person: Colleague, day: dt.date, progress: float, seed: int = 1
) -> tuple[list[Event], list[Event], list[Event]]:
    """Return the window, AFK and browser events of one local day.

    `progress` runs from 0 to 1 over the recorded weeks. On a very busy day the last tabs are left out (MOST_EVENTS).
    """
    source = random.Random(f"{seed}:{person.email}:{day}")  # noqa: S311 - a seeded office, not a secret
    at = _arrival(source, person, day, seed)
    window, afk, web = list[Event](), list[Event](), list[Event]()
    present = at
    for beat in _beats(source, person, day, progress, seed):
        if beat.kind in ("break", "lunch"):
            afk.append(_event(present, at - present, {"status": "not-afk"}))
            afk.append(_event(at + 1, beat.duration - 1, {"status": "afk"}))
            window.append(_event(at, beat.duration - 1000, {"app": _AWAY.app, "title": _AWAY.title}))
            present = at + beat.duration
        else:
            for begin, duration, screen in _windows(source, person, beat, at):
                window.append(_event(begin, duration, {"app": screen.app, "title": screen.title}))
                if screen.url:
                    web.append(_tab(source, begin, duration, screen))
        at += beat.duration
    afk.append(_event(present, at - present, {"status": "not-afk"}))
    return window, afk, web[: MOST_EVENTS - len(window) - len(afk)]


def _arrival(source: random.Random, person: Colleague, day: dt.date, seed: int) -> int:
    """Return when the day begins, ms since the epoch: everybody has an own usual hour, and varies around it."""
    usual = random.Random(f"{seed}:{person.email}").uniform(6.8, 9.2)  # noqa: S311 - as above
    midnight = dt.datetime.combine(day, dt.time(5), ZoneInfo(person.timezone))
    hours = min(5.5, max(1.2, source.gauss(usual - 5, 0.25)))
    return round((midnight.timestamp() + hours * 3600) * 1000)


def _beats(source: random.Random, person: Colleague, day: dt.date, progress: float, seed: int) -> Iterator[Beat]:
    """Yield the beats of a day until the planned hours are over; lunch comes on top."""
    slope = random.Random(f"slope:{seed}:{person.email}").uniform(-0.1, 0.5)  # noqa: S311 - as above
    quiet = source.random() < 0.06
    planned = person.hours_on(day) * 60 * (0.55 if quiet else source.uniform(0.93, 1.06))
    worked, since_break, eaten = 0.0, 0.0, planned < 300
    kinds = _kinds(source, quiet)
    while worked < planned:
        kind = next(kinds)
        minutes = min(
            _minutes(source, kind) * (1 + slope * (progress - 0.5) if kind == "focus" else 1), planned - worked + 2
        )
        yield Beat(kind, round(minutes * MS_PER_MINUTE))
        worked, since_break = worked + minutes, since_break + minutes
        if not eaten and worked > planned * 0.48:
            yield Beat("lunch", round(source.uniform(28, 50) * MS_PER_MINUTE))
            eaten, since_break = True, 0.0
        elif since_break > 50 and source.random() < 0.8 and worked < planned - 20:
            yield Beat("break", round(source.uniform(5.5, 12) * MS_PER_MINUTE))
            since_break = 0.0


def _kinds(source: random.Random, quiet: bool) -> Iterator[str]:
    """Yield what the day's stretches are for: mail in the morning, then focus with the rest in between."""
    yield "mail"
    weights = (1, 2, 1, 2, 2) if quiet else (2.8, 2, 1.4, 1.4, 1.8)
    while True:
        kind = source.choices(("focus", "mail", "meeting", "errand", "piecework"), weights)[0]
        yield kind
        if kind == "focus":
            yield source.choice(("mail", "errand"))


def _minutes(source: random.Random, kind: str) -> float:
    shortest, longest = _BEATS[kind]
    return source.triangular(shortest, longest)


def _windows(source: random.Random, person: Colleague, beat: Beat, at: int) -> Iterator[tuple[int, int, Screen]]:
    """Yield the windows of one beat: when each begins, for how many ms it stays, and what it shows."""
    count = max(1, round(beat.duration / MS_PER_MINUTE / _MINUTES_A_WINDOW[beat.kind]))
    cuts = sorted(source.randrange(beat.duration) for _ in range(count - 1))
    screens = OTHERWISE.get(beat.kind) or CORE[person.team or CLAIMS_EAST]
    number = _number(source)
    for begin, end in zip((0, *cuts), (*cuts, beat.duration), strict=True):
        if source.random() < 0.3:
            number = _number(source)
        screen = source.choice(screens)
        words = {"n": number, "k": number % 60}
        # The watcher looks once a second: about that much lies between two events.
        yield (
            at + begin,
            max(0, end - begin - 1000),
            Screen(screen.app, screen.title.format(**words), screen.url.format(**words)),
        )


def _number(source: random.Random) -> int:
    """Return the number of one of the cases or invoices that are open in these weeks."""
    return 41_000 + source.randrange(600)


def _tab(source: random.Random, at: int, duration: int, screen: Screen) -> Event:
    """Return the browser watcher's event beside a window event; now and then somebody browses in private."""
    lag = min(duration, source.randrange(100, 900))
    private = "shop" in screen.url and source.random() < 0.4
    data = {"url": screen.url, "title": screen.title, "audible": False, "incognito": private, "tabCount": 5}
    return _event(at + lag, duration - lag, data)


def _event(at: int, duration: int, data: dict[str, Any]) -> Event:
    """Return an event in ActivityWatch's form; `at` is ms since the epoch and `duration` ms."""
    stamp = (_EPOCH + dt.timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
    return {"timestamp": stamp, "duration": duration / 1000, "data": data}
