"""A deterministic desk: as many days of ActivityWatch events of one office worker as a measurement needs.

The shape is that of the real watchers: the window is polled once a second, so an event lasts a whole number of slightly
uneven polls, one in nine was seen only once (no duration), and about a second lies between two events. Titles are
long-tailed: people come back to what they just had open. About 2,600 events a working day.
"""

import datetime as dt
import json
import random
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Event = dict[str, Any]

HOST = "desk-0001"
LAST_DAY = dt.date(2026, 11, 13)
BUCKETS = {
    f"aw-watcher-window_{HOST}": ("currentwindow", "aw-watcher-window"),
    f"aw-watcher-afk_{HOST}": ("afkstatus", "aw-watcher-afk"),
    f"aw-watcher-web-firefox_{HOST}": ("web.tab.current", "aw-client-web"),
}

RULES: list[tuple[list[str], dict[str, Any]]] = [
    (["Work"], {"type": "regex", "regex": r"soffice|xpdf"}),
    (["Work", "Invoices"], {"type": "regex", "regex": r"Invoice \d+|Ledger"}),
    (["Work", "ERP"], {"type": "regex", "regex": r"erpclient|Posting \d+"}),
    (["Work", "Cases"], {"type": "regex", "regex": r"Case \d+|CaseDesk", "ignore_case": True}),
    (["Work", "Spreadsheets"], {"type": "regex", "regex": r"\.ods|\.xlsx|\.csv"}),
    (["Work", "Documents"], {"type": "regex", "regex": r"\.odt|\.pdf"}),
    (["Work", "Knowledge"], {"type": "regex", "regex": r"Handbook|wiki\.example"}),
    (["Work", "Checks"], {"type": "regex", "regex": r"Four eyes|Sampling"}),
    (["Comms"], {"type": "regex", "regex": r"thunderbird|chatty|meetbox"}),
    (["Comms", "Mail"], {"type": "regex", "regex": r"thunderbird"}),
    (["Comms", "Chat"], {"type": "regex", "regex": r"chatty"}),
    (["Comms", "Meetings"], {"type": "regex", "regex": r"meetbox|Call with"}),
    (["Tools"], {"type": "regex", "regex": r"calculator|files|screenshot", "ignore_case": True}),
    (["Tools", "Translate"], {"type": "regex", "regex": r"^Translate"}),
    (["Media", "News"], {"type": "regex", "regex": r"Example Times"}),
    (["Media", "Video"], {"type": "regex", "regex": r"ClipBox"}),
    (["Private", "Shopping"], {"type": "regex", "regex": r"Basket"}),
    (["System"], {"type": "regex", "regex": r"lockscreen|New Tab"}),
]


class App(NamedTuple):
    """A program: how often it is turned to, for how many seconds (the median), and what its title says."""

    name: str
    weight: float
    seconds: float
    title: str
    url: str = ""


PROGRAMS = (
    App("firefox", 14, 9, "Case {n} · {who} · CaseDesk", "https://cases.example.test/open/{n}?tab=history"),
    App("firefox", 9, 9, "Invoice {n} · {who}", "https://ledger.example.test/in/{n}/lines"),
    App("firefox", 4, 12, "Handbook {k} · how to", "https://wiki.example.test/handbook/{k}"),
    App("firefox", 2, 10, "Example Times · article {k}", "https://times.example.test/a/{k}"),
    App("firefox", 1, 8, "Basket ({k}) · Example Shop", "https://shop.example.test/basket/{k}"),
    App("firefox", 1, 15, "ClipBox · {k}", "https://clips.example.test/watch?c={k}"),
    App("firefox", 1, 3, "New Tab", "about:newtab"),
    App("thunderbird", 20, 8, "Re: {n} from {who} - Mozilla Thunderbird"),
    App("soffice", 15, 13, "open_items_{k}.xlsx - LibreOffice Calc"),
    App("soffice", 5, 15, "letter {who} {n}.odt - LibreOffice Writer"),
    App("erpclient", 13, 11, "Posting {n} · company code {k}"),
    App("xpdf", 6, 10, "scan_{n}.pdf"),
    App("chatty", 9, 6, "{who} | chatty"),
    App("meetbox", 1, 200, "Call with {who}"),
    App("files", 4, 3, "inbox {k}"),
    App("calculator", 2, 3, "Calculator"),
    App("lockscreen", 1, 4, ""),
)
Window = tuple[App, str, str]
WEIGHTS = [app.weight for app in PROGRAMS]
WHO = [
    f"{given} {family}"
    for family in ("Adler", "Birke", "Claes", "Dorn", "Ebner", "Falk", "Gabor", "Hahn", "Iwan")
    for given in ("Ada", "Bert", "Cora", "Dirk", "Elif", "Finn", "Gina", "Hans", "Ida", "Jan", "Karo", "Leo")
]


def long_tailed(source: random.Random, size: int) -> int:
    """Return a rank from 0 to `size` - 1; the first ranks come up most (density 1/x)."""
    return int(size ** source.random()) % size


def day_of(day: dt.date, seed: int = 1) -> tuple[list[Event], list[Event], list[Event]]:
    """Return the window, AFK and web events of one working day."""
    source = random.Random(f"{seed}:{day.isoformat()}")
    start = dt.datetime.combine(day, dt.time(7), dt.UTC) + dt.timedelta(milliseconds=source.randrange(5_400_000))
    end = start + dt.timedelta(milliseconds=source.randrange(29_000_000, 33_000_000))
    afk, absences = _presence(source, start, end)
    window: list[Event] = []
    web: list[Event] = []
    at, recent = start, deque[Window](maxlen=12)
    while at < end:
        app, title, url = _turn_to(source, recent)
        seconds = _polls(source, app.seconds)
        while absences and absences[0][0] < at + dt.timedelta(seconds=seconds + 1):
            seconds += absences.popleft()[1]  # whoever leaves the desk leaves the last window open
        window.append(_event(at, seconds, {"app": app.name, "title": title}))
        if url and seconds:
            web.append(_tab(source, at, seconds, url, title))
        at += dt.timedelta(seconds=seconds + 1, milliseconds=source.randrange(40))
    return window, afk, web


def _tab(source: random.Random, at: dt.datetime, seconds: float, url: str, title: str) -> Event:
    """Return the browser watcher's event beside a window event: it notices a little later."""
    lag = min(source.randrange(50, 950) / 1000, seconds)
    data = {"url": url, "title": title, "audible": source.random() < 0.02, "incognito": False}
    tabs = 4 + int(abs(source.gauss(0, 6)))
    return _event(at + dt.timedelta(seconds=lag), seconds - lag, data | {"tabCount": tabs})


def _presence(
    source: random.Random, start: dt.datetime, end: dt.datetime
) -> tuple[list[Event], deque[tuple[dt.datetime, float]]]:
    """Return the AFK watcher's events of the day, and when and for how long the person was away."""
    events: list[Event] = []
    absences: deque[tuple[dt.datetime, float]] = deque()
    at = start
    while at < end:
        busy = min(240 + source.lognormvariate(7.1, 0.8), 5400, (end - at).total_seconds())
        events.append(_event(at, busy, {"status": "not-afk"}))
        at += dt.timedelta(seconds=busy, milliseconds=1)
        lunch = 4 < (at - start).total_seconds() / 3600 < 5
        away = source.uniform(1800, 2700) if lunch else 180 + source.lognormvariate(5.4, 0.9)
        if at < end:
            events.append(_event(at, away, {"status": "afk"}))
            absences.append((at, away))
        at += dt.timedelta(seconds=away, milliseconds=1)
    return events, absences


def _turn_to(source: random.Random, recent: deque[Window]) -> Window:
    """Choose the next window: more often than not one of the last twelve."""
    if recent and source.random() < 0.55:
        chosen = recent[-1 - long_tailed(source, len(recent))]
    else:
        app = source.choices(PROGRAMS, WEIGHTS)[0]
        number = long_tailed(source, 40_000)  # a case, an invoice, a letter: each is about one person
        words = {"n": 100_000 + number, "k": 1 + long_tailed(source, 3000), "who": WHO[number % len(WHO)]}
        chosen = (app, app.title.format(**words), app.url.format(**words))
    if chosen in recent:
        recent.remove(chosen)
    recent.append(chosen)
    return chosen


def _polls(source: random.Random, median: float) -> float:
    """Return seconds between the first and the last poll that saw one window."""
    count = int(source.lognormvariate(0, 1.1) * median / 2.2)
    return count + source.randrange(5 * count + 1) / 1000


def _event(at: dt.datetime, seconds: float, data: dict[str, Any]) -> Event:
    return {"timestamp": at.isoformat(timespec="milliseconds"), "duration": round(seconds, 3), "data": data}


def working_days(last: dt.date = LAST_DAY) -> Iterator[dt.date]:
    """Yield Mondays to Fridays, the last one first."""
    while True:
        if last.weekday() < 5:
            yield last
        last -= dt.timedelta(days=1)


def export(events: int, seed: int = 1) -> dict[str, Any]:
    """Return an ActivityWatch export of exactly `events` events that ends on LAST_DAY; the oldest are cut off."""
    streams: tuple[list[list[Event]], ...] = ([], [], [])
    missing = events
    for day in working_days():
        if missing <= 0:
            break
        for stream, part in zip(streams, day_of(day, seed), strict=True):
            stream.append(part[-missing:] if missing > 0 else [])
            missing -= len(stream[-1])
    found = ([event for part in reversed(stream) for event in part] for stream in streams)
    return {"buckets": {name: _bucket(name, events) for name, events in zip(BUCKETS, found, strict=True)}}


def _bucket(name: str, events: list[Event]) -> dict[str, Any]:
    kind, client = BUCKETS[name]
    heading = {"id": name, "created": "2025-01-01T00:00:00+00:00", "name": None, "type": kind, "client": client}
    return heading | {"hostname": HOST, "data": {}, "events": events}


def write_export(path: Path, events: int, seed: int = 1) -> None:
    """Write `export` to `path`, unless the same one is there from an earlier run."""
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(export(events, seed), ensure_ascii=False), encoding="utf-8")
        partial.rename(path)
