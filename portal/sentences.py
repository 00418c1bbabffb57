"""Entries of the access log as plain sentences: who did what with whose figures, when, and why.

A reader is addressed as "you"; everybody else has their name, and a job of the system is "Sameview itself". A sentence
says what the entry says and nothing more: an entry has no figures.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from portal.locale import N_, _, ngettext, pgettext
from portal.log_words import BY_THEMSELVES, EVENTS, FIELD_NAMES, OF_EVENTS, PURPOSE_NAMES, TAKEN
from portal.show import day, initials, listing, moment, short_day, span
from privacy.decisions import STANDING
from privacy.fields import Field
from privacy.log_entries import INVENTORIED, LOG_FIELD, Chain, Entry
from privacy.log_upkeep import ERASED, EXPIRED
from privacy.period import Period, is_week
from privacy.policy import Purpose, Relation
from privacy.receipts import READ, RECEIPT, paired

_WITH_DIGEST: Final = ("shown", "imported", "compacted", "removed", INVENTORIED)
"""Outcomes whose digest is of figures that the reader has, too."""
_SILENT: Final = (Purpose.OWN_REVIEW, Purpose.OPERATIONS)
"""Purposes that the sentence says already."""

_REPLAYED: Final = (Relation.MANAGER, Relation.GRANTEE)
"""Those to whom figures are shown that their person can open again as they were."""

Names = Callable[[str], str]
"""From a subject id to a name."""
Part = tuple[str, bool]
"""Words, and whether they are the ones to see first."""
Words = dict[str, str | list[Part]]
"""What fills the places of a message."""

_PLACE: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry for a list.

    `opened` is the entry that opened what this one shows; `replays` says that the reader can open what was shown, and
    `reportable` that it is of somebody else's doing, or of the system's.
    """

    number: int
    parts: tuple[Part, ...]
    when: str
    why: str
    sign: str
    tone: str
    initials: str
    digest: str | None = None
    opened: int | None = None
    replays: bool = False
    reportable: bool = False

    def __str__(self) -> str:
        return "".join(text for text, _ in self.parts)


def sentence(entry: Entry, reader: str, names: Names, zone: ZoneInfo) -> Sentence:
    """Say `entry` to `reader`, with times on the clock of `zone`."""
    parts, sign, tone = _said(entry, reader, names)
    by_person = sign == "eye" and entry.viewer not in (None, reader)
    return Sentence(
        number=entry.index,
        parts=(_capital(parts[0]), *parts[1:]),
        when=moment(entry.time, zone),
        why="" if entry.purpose in _SILENT else _(PURPOSE_NAMES.get(entry.purpose, N_("for no agreed purpose"))),
        sign=sign,
        tone=tone,
        initials=initials(names(entry.viewer)) if by_person and entry.viewer else "",
        digest=entry.digest if entry.outcome in _WITH_DIGEST else None,
        reportable=entry.viewer != reader,
        replays=entry.subject == reader
        and entry.relation in _REPLAYED
        and entry.outcome in (READ, RECEIPT)
        and STANDING.isdisjoint(entry.fields),  # what both agreed on stands on a page of its own
    )


def sentences(entries: Iterable[Entry], reader: str, names: Names, zone: ZoneInfo) -> list[Sentence]:
    """Say entries, newest first; an opening and the receipt of what it showed become one line with both numbers."""
    newest_first = sorted(entries, key=lambda e: e.index, reverse=True)
    opened = paired(newest_first)
    told_by_receipt = set(opened.values())
    return [
        replace(sentence(each, reader, names, zone), opened=opened.get(each.index))
        for each in newest_first
        if each.index not in told_by_receipt
    ]


def period_words(period: Period) -> str:
    """Say which days: "week 46", "19 Nov" or "9–15 Nov 2026"."""
    if is_week(period):
        return _("week %(number)s", number=period.first.isocalendar().week)
    if period.end - period.first == dt.timedelta(days=1):
        return short_day(period.first)
    return span(period.first, period.end)


def field_words(fields: Sequence[str]) -> str:
    """Say which fields: "active time, categories and focus"; a long list is counted."""
    known = [_(name) for field, name in FIELD_NAMES.items() if field in fields]
    if 0 < len(known) <= 4:
        return listing(known)
    return ngettext("%(num)s field", "%(num)s fields", len(fields)) if fields else _("nothing")


def _said(entry: Entry, reader: str, names: Names) -> tuple[list[Part], str, str]:
    """Return the words, the icon and the tone of an entry."""
    words = _words(entry, reader, names)
    if entry.outcome in EVENTS:
        if entry.viewer is None and not entry.by_job:
            words["viewer"] = pgettext("who did it", "An operator at the command line")
        return _parts(_(EVENTS[entry.outcome]), words, strong=()), "key", "g"
    if entry.outcome in (ERASED, EXPIRED):
        return _gone(entry, words)
    if LOG_FIELD in entry.fields:
        return _log_read(entry, words)
    if entry.outcome in TAKEN:
        return _parts(_(TAKEN[entry.outcome]), words), "down", "g"
    if entry.outcome in OF_EVENTS:
        return _parts(_(OF_EVENTS[entry.outcome]), words), "down", "g"
    if entry.outcome in BY_THEMSELVES:
        text, icon = BY_THEMSELVES[entry.outcome]
        return _parts(_(text), words), icon, "g"
    if entry.outcome == INVENTORIED:
        return _inventoried(entry, words)
    if entry.outcome in ("disclosed", "shown", "refused"):
        return _read(entry, reader, names, words)
    return _parts(_("%(viewer)s wrote “%(outcome)s”%(of)s"), words), "file", "g"


def _read(entry: Entry, reader: str, names: Names, words: Words) -> tuple[list[Part], str, str]:
    words["viewer"] = _reader_of(entry, reader, names, words)
    if entry.viewer == reader:
        words["whose"] = pgettext("whose", "your own")
    if entry.outcome == "refused":
        asked = _parts(_("%(viewer)s asked for %(whose)s %(what)s%(of)s"), words)
        return [(_("Refused:") + " ", True), *asked], "block", "w"
    if entry.viewer is None:
        added_up = _("%(viewer)s opened %(whose)s %(what)s%(of)s, to add up figures. Nobody was shown them")
        return _parts(added_up, words), "gear", "g"
    own = entry.viewer == entry.subject
    icon, tone = ("user", "g") if own else ("eye", "")
    if entry.relation == Relation.GRANTEE:
        return _parts(_("%(viewer)s saw %(whose)s %(what)s%(of)s, as shared with them"), words), icon, tone
    if entry.outcome == "shown" or entry.chain is Chain.SELF:
        return _parts(_("%(viewer)s saw %(whose)s %(what)s%(of)s"), words), icon, tone
    return _parts(_("%(viewer)s opened %(whose)s %(what)s%(of)s"), words), icon, tone


def _reader_of(entry: Entry, reader: str, names: Names, words: Words) -> str | list[Part]:
    """Return who read, with what they are to whom, which is no more than a remark."""
    mine = entry.subject == reader
    if entry.relation == Relation.MANAGER and mine:
        text = pgettext("who did it", "%(name)s, your manager,")
    elif entry.relation == Relation.MANAGER:
        text = pgettext("who did it", "%(name)s, %(whose)s manager,")
    elif entry.relation == Relation.COMPLIANCE and mine:
        text = pgettext("who did it", "%(name)s, your compliance reviewer,")
    elif entry.relation == Relation.COMPLIANCE:
        text = pgettext("who did it", "%(name)s, %(whose)s compliance reviewer,")
    else:
        return words["viewer"]
    named: Words = {"name": _you() if entry.viewer == reader else _name(entry.viewer, names), "whose": words["whose"]}
    return _parts(text, named, strong=("name",))


def _gone(entry: Entry, words: Words) -> tuple[list[Part], str, str]:
    """Say that somebody was erased, or that something was kept for as long as was agreed."""
    words["viewer"] = pgettext("who did it", "Sameview itself")
    if entry.outcome == ERASED:
        words["what"] = _("A person was erased")
        return _parts(_("%(what)s from everything that Sameview keeps"), words), "cross", "g"
    if entry.subject is None:
        words["whose"] = pgettext("whose", "everybody’s")
    if LOG_FIELD in entry.fields:
        words["what"] = _("entries in this log")
    if entry.period is None:
        return (
            _parts(_("%(viewer)s removed %(whose)s %(what)s: the time for which they are kept is over"), words),
            "cross",
            "g",
        )
    words["day"] = day(entry.period.end, "yMMMd")
    before = _("%(viewer)s removed %(whose)s %(what)s of days before %(day)s: the time for which they are kept is over")
    return _parts(before, words), "cross", "g"


def _inventoried(entry: Entry, words: Words) -> tuple[list[Part], str, str]:
    if entry.chain is Chain.SELF:
        return _parts(_("%(viewer)s changed %(what)s"), words), "user", "g"
    if set(entry.fields) == set(Field):
        return _parts(_("%(viewer)s noted what is stored of %(subject)s%(of)s"), words, strong=("viewer",)), "gear", "g"
    after = _("%(viewer)s noted what is stored of %(subject)s, after a change of %(what)s%(of)s")
    return _parts(after, words, strong=("viewer",)), "gear", "g"


def _log_read(entry: Entry, words: Words) -> tuple[list[Part], str, str]:
    if entry.outcome == "refused":
        asked = _parts(_("%(viewer)s asked for the access log"), words, strong=())
        return [(_("Refused:") + " ", True), *asked], "block", "w"
    words["what"] = _("the access log")
    if entry.viewer is None:
        return _parts(_("%(viewer)s wrote “%(outcome)s” about the log"), words), "seal", "g"
    if entry.subject is not None:
        words["what"] = _("%(whose)s access log", whose=words["whose"])
    if entry.outcome == "disclosed":
        return _parts(_("%(viewer)s read %(what)s"), words), "seal", "g"
    return _parts(_("%(viewer)s wrote “%(outcome)s” about %(what)s"), words), "seal", "g"


def _words(entry: Entry, reader: str, names: Names) -> Words:
    """Return what fills the places of a message (see `portal.log_words`)."""
    about = _("the organisation") if entry.subject is None else names(entry.subject)
    return {
        "viewer": _who(entry.viewer, reader, names),
        "subject": _whom(entry.subject, reader, names),
        "whose": pgettext("whose", "your") if entry.subject == reader else _theirs(entry.subject, about),
        "what": field_words(entry.fields),
        "of": "" if entry.period is None else _(" of %(period)s", period=period_words(entry.period)),
        "keys": ", ".join(entry.fields),
        "outcome": entry.outcome,
    }


def _who(person: str | None, reader: str, names: Names) -> str:
    """Return whoever did something, as the subject of a sentence; in some languages with its auxiliary verb."""
    if person is None:
        return pgettext("who did it", "Sameview itself")
    return _you() if person == reader else pgettext("who did it", "%(name)s", name=names(person))


def _name(person: str | None, names: Names) -> str:
    return pgettext("who did it", "Sameview itself") if person is None else names(person)


def _you() -> str:
    return pgettext("who did it", "you")


def _whom(person: str | None, reader: str, names: Names) -> str:
    """Return whom something was about, as the object of a sentence."""
    if person is None:
        return pgettext("object", "Sameview itself")
    return pgettext("object", "you") if person == reader else names(person)


def _theirs(person: str | None, name: str) -> str:
    return pgettext("whose", "the organisation's") if person is None else pgettext("whose", "%(name)s’s", name=name)


def _parts(text: str, words: Words, strong: tuple[str, ...] = ("viewer", "what")) -> list[Part]:
    """Fill the places of a translated message; what stands in a `strong` place is what one sees first."""
    found: list[Part] = []
    for index, piece in enumerate(_PLACE.split(text)):
        if index % 2 == 0:
            found.append((piece, False))
        elif isinstance(inner := words[piece], str):
            found.append((inner, piece in strong))
        else:
            found += inner
    return [part for part in found if part[0]]


def _capital(part: Part) -> Part:
    return (part[0][:1].upper() + part[0][1:], part[1])
