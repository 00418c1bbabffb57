"""The page of an export that people read: one file without scripts or anything fetched, in the reader's language."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Template

from portal import policy_words
from portal.export_copy import Copy
from portal.export_days import SHOWN, Figures, File, as_file
from portal.export_proofs import CLOSING, COSIGNED, COSIGNED_CLOSING, PROOFS
from portal.locale import N_, _, language
from portal.sentences import Sentence
from portal.show import figure
from portal.zip_stream import Packed

FOLDERS: Final = (
    ("days.csv", N_("Every day with every measure, a row each.")),
    ("days/", N_("Every day’s figures as the portal has them, with its timeline, by month.")),
    ("categories.csv", N_("Seconds by day and category.")),
    ("events/", N_("Every stored event, as the policy left it, by month; and the last one of each bucket.")),
    ("weeks.json", N_("Your closed weeks as they were frozen: what a manager may open, with its digest.")),
    ("notes.json", N_("What you noted and corrected.")),
    ("settings.json", N_("Goals, agreed goals, planned week, private times, own rules, from when on each held.")),
    ("one-to-ones.json", N_("Your one-to-ones, with what stands on their sheets.")),
    ("sharing.json", N_("What you let others see, with its content, and who lets you see something.")),
    ("conversations.json", N_("What you asked, disputed and reported, with the answers.")),
    ("notices.json", N_("What you were told.")),
    ("account.json", N_("Your account, teams, computers and tokens. No password and no secret is in it.")),
    ("access/log.", N_("Every entry of the access log about you, with its number.")),
    (PROOFS, N_("What proves each of those entries; README.txt beside it says how to check.")),
    (CLOSING, N_("How the last closing of a day counted your entries: none was cut off since.")),
    (COSIGNED, N_("The same proofs under what witnesses signed.")),
    (COSIGNED_CLOSING, N_("The closing that goes with them.")),
    ("access/verify.py", N_("The program that checks the proofs.")),
    ("access/README.txt", N_("How to check them.")),
    ("policy/", N_("The text of every policy that has held.")),
)
"""What is in the file, by how a name begins, in the order of the page."""

_STYLE: Final = Path(__file__).resolve().parent / "static" / "export.css"
_MEASURES: Final = ("active_time", "focus_time", "longest_focus", "breaks", "utilisation")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the table: its first day, and for each captured day the values in words."""

    first: dt.date
    rows: tuple[tuple[dt.date, tuple[str, ...]], ...]


@cache
def _style() -> str:
    return _STYLE.read_text(encoding="utf-8")


def index(
    copy: Copy, page: Template, found: Figures, looks: Sequence[Sentence], packed: Sequence[Packed]
) -> Iterator[File]:
    """Yield the page, drawn without a request (templates/me/export_index.html); `packed` are the files it leads to."""
    drawn = page.render(
        style=_style(),
        language=language(),
        copy=copy,
        entry=copy.opening.entry,
        organisation=copy.system.organisation.name,
        zone=copy.owner.zone,
        files=_files(packed),
        measures=[_(SHOWN[n].title) for n in _places()],
        months=list(_months(found)),
        looks=looks,
        policy=copy.system.policies.now(),
        recorded=policy_words.in_short(copy.system.policies.now()),
    )
    yield "index.html", [drawn.encode()]


def manifest(copy: Copy, packed: Sequence[Packed]) -> Iterator[File]:
    """Yield what the export is: of whom, of which moment, its entry in the log, its files, and what did not open."""
    listed: list[dict[str, Any]] = [{"name": each.name, "bytes": each.size, "sha256": each.sha256} for each in packed]
    found = {
        "format": 1,
        "subject": copy.owner.subject,
        "moment": copy.moment,
        "entry": copy.opening.entry,
        "days": {"first": copy.days[0], "last": copy.days[-1], "count": len(copy.days)} if copy.days else None,
        "unreadable": copy.unreadable,
        "files": listed,
    }
    yield "manifest.json", [as_file(found)]


def _files(packed: Sequence[Packed]) -> list[tuple[str, list[Packed]]]:
    """Return the files by what they are, with the sentence that says it."""
    left = list(packed)
    found = []
    for begin, words in FOLDERS:
        listed = [each for each in left if each.name.startswith(begin)]
        left = [each for each in left if each not in listed]
        if listed:
            found.append((_(words), listed))
    return found


def _places() -> list[int]:
    return [n for name in _MEASURES for n, each in enumerate(SHOWN) if each.name == name]


def _months(found: Figures) -> Iterator[Month]:
    """Yield the months with captured days, newest first."""
    places = _places()
    by_month: dict[dt.date, list[tuple[dt.date, tuple[str, ...]]]] = {}
    for day, values in sorted(found.items()):
        if any(value is not None for value in values):
            words = tuple("–" if values[n] is None else figure(values[n] or 0, SHOWN[n].unit) for n in places)
            by_month.setdefault(day.replace(day=1), []).append((day, words))
    for first, rows in sorted(by_month.items(), reverse=True):
        yield Month(first, tuple(rows))
