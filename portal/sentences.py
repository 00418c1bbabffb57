"""Entries of the access log as plain sentences: who did what with whose figures, when, and why.

A reader is addressed as "you"; everybody else has their name, and a job of the system is "Sameview itself". A sentence
says what the entry says and nothing more: an entry has no figures.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from auth.announcements import COMMAND_LINE
from portal.show import day, initials, listing, moment, short_day, span
from privacy.fields import Field
from privacy.log_entries import (
    CORRECTED,
    FORGOTTEN,
    GRANT_FIELD,
    INVENTORIED,
    LOG_FIELD,
    NOTE_REMOVED,
    NOTED,
    PAUSED,
    PRIVATE_APPS,
    RESUMED,
    THREAD_FIELD,
    Chain,
    Entry,
)
from privacy.log_upkeep import ERASED, EXPIRED
from privacy.period import Period, is_week
from privacy.policy import Purpose, Relation
from privacy.receipts import READ, RECEIPT, paired

FIELD_NAMES: Final[dict[str, str]] = {
    Field.ACTIVE_TIME: "active time",
    Field.AWAY_TIME: "time away",
    Field.CATEGORIES: "categories",
    Field.CATEGORY_DETAIL: "categories in detail",
    Field.FOCUS: "focus",
    Field.RHYTHM: "hours of the day",
    Field.RECOVERY: "breaks",
    Field.APPS: "applications",
    Field.TITLES: "window titles",
    Field.URLS: "web addresses",
    Field.CAPTURE_LEDGER: "capture ledger",
    Field.ANNOTATIONS: "notes",
    Field.GOALS: "own goals",
    Field.AGREED_GOALS: "agreed goals",
    Field.WORKING_PATTERN: "working week",
    Field.SOURCES: "names of collectors",
    Field.OWN_TIMES: "what you keep private",
    Field.OWN_RULES: "own categories of applications",
    LOG_FIELD: "access log",
    GRANT_FIELD: "shared copy",
    THREAD_FIELD: "conversation",
}
"""How a field is called in a sentence."""

PURPOSE_NAMES: Final[dict[str, str]] = {
    Purpose.OWN_REVIEW: "for themselves",
    Purpose.ONE_TO_ONE: "for a one-to-one",
    Purpose.TEAM_RHYTHM: "for the team's rhythm",
    Purpose.TARGET_SETTING: "to set a target",
    Purpose.COMPLIANCE_REVIEW: "to review the log",
    Purpose.SUBJECT_REQUEST: "on request of the person",
    Purpose.OPERATIONS: "to run the system",
}

_WITH_DIGEST: Final = ("shown", "imported", "compacted", "removed", INVENTORIED)
"""Outcomes whose digest is of figures that the reader has, too."""
_SILENT: Final = (Purpose.OWN_REVIEW, Purpose.OPERATIONS)
"""Purposes that the sentence says already."""

_REPLAYED: Final = (Relation.MANAGER, Relation.GRANTEE)
"""Those to whom figures are shown that their person can open again as they were."""

_RELATION_NAMES: Final[dict[str, str]] = {
    Relation.MANAGER: "manager",
    Relation.COMPLIANCE: "compliance reviewer",
}

_EVENTS: Final[dict[str, str]] = {
    "acknowledged": "{viewer} read the notice on what is recorded",
    "appointed": "{viewer} appointed a manager of {whose} team; the notice says who",
    "credential-changed": "A password, a computer or a personal token of {whose} account changed",
    "credential-renewed": "{whose} password, unchanged, is stored in a stronger form",
    "dismissed": "{viewer} ended the appointment of a manager of {whose} team; the notice says who",
    "escrow-key-made": "{viewer} made the key pair of the escrow",
    "escrowed": "{viewer} sealed a copy of every key to the key of the escrow",
    "recovered": "{viewer} brought lost keys back from an escrow",
    "founded": "{viewer} set this portal up",
    "goal-agreed": "{viewer} agreed to a goal that {subject} proposed",
    "goal-declined": "{viewer} did not agree to a goal that {subject} proposed",
    "goal-ended": "{viewer} ended a goal with {subject}",
    "goal-proposed": "{viewer} proposed a goal to {subject}, or a change of one",
    "grant-ended": "{viewer} ended what somebody could see of {whose} record; the notice says who",
    "grant-expired": "Something that was shared of {whose} record was closed: its time was over",
    "grant-given": "{viewer} let {subject} see something of their own record; the notice says until when",
    "grant-made": "{viewer} let somebody see something of {whose} record; the notice says who",
    "grant-revoked": "{viewer} ended what {subject} could see of their own record",
    "invited": "{viewer} issued an invitation to {whose} account",
    "key-destroyed": "The key {keys} was destroyed: what backups hold under it opens no more",
    "key-noted": "The key {keys} was found to be in use",
    "leaving": "{viewer} noted {whose} last day",
    "member-added": "{viewer} put {subject} into a team",
    "member-removed": "{viewer} took {subject} out of a team",
    "person-created": "{viewer} made {whose} account",
    "policy": "A version of the policy on what is recorded was accepted",
    "policy-signers": "It was agreed on who signs the policy on what is recorded",
    "policy-told": "{subject} was told of a change in what is recorded",
    "profile-changed": "{viewer} changed {whose} profile",
    "reset-issued": "{viewer} issued a link that sets a new password for {subject}",
    "reviewer-granted": "{viewer} let somebody review the access log; the notice to {subject} says who",
    "restored": "{viewer} put an older state of this portal back from a backup",
    "reviewer-revoked": "{viewer} ended that somebody reviews the access log; the notice to {subject} says who",
    "role-granted": "{viewer} gave {subject} a role",
    "role-revoked": "{viewer} took a role from {subject}",
    "rotated": "The key {keys} was made, and the data keys of its class were wrapped anew under it",
    "sign-in-link-issued": "{viewer} issued a one-time link that signs in as {subject}",
    "signed-in-by-link": "Somebody signed in as {subject} with a one-time link",
    "staying": "{viewer} removed {whose} last day",
    "thread-answered": "{viewer} answered a question of {subject}",
    "thread-asked": "{viewer} asked {subject} for an answer",
    "thread-removed": "A conversation of {subject} was removed: the time for which it is kept is over",
    "witness-refused": "A witness refused to co-sign the access log; everybody sees why at the top of their pages",
}
"""What happened to a person's account and relations, by the outcome of the entry."""

_OF_EVENTS: Final[dict[str, str]] = {
    "compacted": "put together what came from {whose} computers",
    "removed": "removed events of {whose} record",
}
"""What the system did with events that came, by the outcome of the entry."""

_BY_THEMSELVES: Final[dict[str, tuple[str, str]]] = {
    PAUSED: ("paused what is recorded", "pause"),
    RESUMED: ("ended a pause of what is recorded", "check"),
    FORGOTTEN: ("let a time be forgotten", "cross"),
    PRIVATE_APPS: ("changed which applications are kept private", "lock"),
    NOTED: ("noted what a time was", "check"),
    NOTE_REMOVED: ("took back what was noted", "cross"),
    CORRECTED: ("corrected a category", "check"),
}
"""What somebody did about what is recorded of them, in the chain that only they read; and its icon."""

_TAKEN: Final[dict[str, str]] = {
    "imported": " added events to {whose} record",
    "compacted": " put what {whose} collectors sent into days",
    "removed": " removed events from {whose} record",
}
"""What came of a person's events."""

Names = Callable[[str], str]
"""From a subject id to a name."""
Part = tuple[str, bool]
"""Words, and whether they are the ones to see first."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One entry for a list.

    `opened` is the entry that opened what this one shows; `replays` says that the reader can open what was shown.
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
        why="" if entry.purpose in _SILENT else PURPOSE_NAMES.get(entry.purpose, "for no agreed purpose"),
        sign=sign,
        tone=tone,
        initials=initials(names(entry.viewer)) if by_person and entry.viewer else "",
        digest=entry.digest if entry.outcome in _WITH_DIGEST else None,
        replays=entry.subject == reader
        and entry.relation in _REPLAYED
        and entry.outcome in (READ, RECEIPT)
        and Field.AGREED_GOALS not in entry.fields,  # what both agreed on stands on a page of its own
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
        return f"week {period.first.isocalendar().week}"
    if period.end - period.first == dt.timedelta(days=1):
        return short_day(period.first)
    return span(period.first, period.end)


def field_words(fields: Sequence[str]) -> str:
    """Say which fields: "active time, categories and focus"; a long list is counted."""
    known = [name for field, name in FIELD_NAMES.items() if field in fields]
    return listing(known) if 0 < len(known) <= 4 else f"{len(fields)} fields" if fields else "nothing"


def _said(entry: Entry, reader: str, names: Names) -> tuple[list[Part], str, str]:
    """Return the words, the icon and the tone of an entry."""
    words = {"viewer": _who(entry.viewer, reader, names), "subject": _who(entry.subject, reader, names)}
    words["whose"] = _whose(entry, reader, names)
    words["keys"] = ", ".join(entry.fields)
    if entry.outcome in _EVENTS:
        words["viewer"] = words["viewer"] if entry.viewer or entry.by_job else COMMAND_LINE
        return [(_EVENTS[entry.outcome].format(**words), False)], "key", "g"
    if entry.outcome in (ERASED, EXPIRED):
        return _gone(entry, words)
    if LOG_FIELD in entry.fields:
        return _log_read(entry, words)
    if entry.outcome in _TAKEN:
        return [(words["viewer"], True), (_TAKEN[entry.outcome].format(**words), False), _of(entry)], "down", "g"
    if entry.outcome in _OF_EVENTS:
        text = _OF_EVENTS[entry.outcome].format(**words)
        return [(words["viewer"], True), (f" {text}", False), _of(entry)], "down", "g"
    if entry.outcome in _BY_THEMSELVES:
        text, icon = _BY_THEMSELVES[entry.outcome]
        return [(words["viewer"], True), (f" {text}", False), _of(entry)], icon, "g"
    if entry.outcome == INVENTORIED:
        return _inventoried(entry, words)
    if entry.outcome in ("disclosed", "shown", "refused"):
        return _read(entry, reader, words)
    return [(words["viewer"], True), (f" wrote “{entry.outcome}”", False), _of(entry)], "file", "g"


def _read(entry: Entry, reader: str, words: dict[str, str]) -> tuple[list[Part], str, str]:
    what = field_words(entry.fields)
    viewer: list[Part] = [(words["viewer"], True)]
    if entry.relation in _RELATION_NAMES:
        viewer.append((f", {words['whose']} {_RELATION_NAMES[entry.relation]},", False))
    object_: list[Part] = [(f"{words['whose']} " if entry.viewer != reader else "your own ", False), (what, True)]
    if entry.outcome == "refused":
        return [("Refused: ", True), *viewer, (" asked for ", False), *object_, _of(entry)], "block", "w"
    if entry.viewer is None:
        added_up = (", to add up figures. Nobody was shown them", False)
        return [*viewer, (" opened ", False), *object_, _of(entry), added_up], "gear", "g"
    verb = " saw " if entry.outcome == "shown" or entry.chain is Chain.SELF else " opened "
    own = entry.viewer == entry.subject
    shared = (", as shared with them", False) if entry.relation == Relation.GRANTEE else ("", False)
    return [*viewer, (verb, False), *object_, _of(entry), shared], "user" if own else "eye", "g" if own else ""


def _gone(entry: Entry, words: dict[str, str]) -> tuple[list[Part], str, str]:
    """Say that somebody was erased, or that something was kept for as long as was agreed."""
    if entry.outcome == ERASED:
        return [("A person was erased", True), (" from everything that Sameview keeps", False)], "cross", "g"
    whose = "everybody’s" if entry.subject is None else words["whose"]
    what = "entries in this log" if LOG_FIELD in entry.fields else field_words(entry.fields)
    until = "" if entry.period is None else f" of days before {day(entry.period.end, 'yMMMd')}"
    over = f"{until}: the time for which they are kept is over"
    return [("Sameview itself", True), (f" removed {whose} ", False), (what, True), (over, False)], "cross", "g"


def _inventoried(entry: Entry, words: dict[str, str]) -> tuple[list[Part], str, str]:
    if entry.chain is Chain.SELF:
        return [(words["viewer"], True), (" changed ", False), (field_words(entry.fields), True)], "user", "g"
    what = f" noted what is stored of {words['subject']}"
    if set(entry.fields) != set(Field):
        what += f", after a change of {field_words(entry.fields)}"
    return [(words["viewer"], True), (what, False), _of(entry)], "gear", "g"


def _log_read(entry: Entry, words: dict[str, str]) -> tuple[list[Part], str, str]:
    if entry.outcome == "refused":
        return [("Refused: ", True), (words["viewer"], False), (" asked for the access log", False)], "block", "w"
    if entry.viewer is None:
        return [("Sameview itself", True), (f" wrote “{entry.outcome}” about the log", False)], "seal", "g"
    verb = " read " if entry.outcome == "disclosed" else f" wrote “{entry.outcome}” about "
    about = "the access log" if entry.subject is None else f"{words['whose']} access log"
    return [(words["viewer"], True), (verb, False), (about, True)], "seal", "g"


def _of(entry: Entry) -> Part:
    return ("" if entry.period is None else f" of {period_words(entry.period)}", False)


def _who(person: str | None, reader: str, names: Names) -> str:
    return "Sameview itself" if person is None else "you" if person == reader else names(person)


def _whose(entry: Entry, reader: str, names: Names) -> str:
    if entry.subject is None:
        return "the organisation's"
    return "your" if entry.subject == reader else f"{names(entry.subject)}’s"


def _capital(part: Part) -> Part:
    return (part[0][:1].upper() + part[0][1:], part[1])
