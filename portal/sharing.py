"""Sharing: somebody lets a named person see chosen figures of chosen days, for a purpose, until a day.

What is shared is looked at first: the payload is made from the person's own disclosure, its digest goes with the form,
and what is granted later has to have that digest. So nobody grants anything else than what they have seen.
"""

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from analytics import granted
from analytics.annotations import Notes
from analytics.granted import Note, Terms
from analytics.weeks import Answer
from auth.errors import TooManyAttempts
from auth.permissions import Role
from auth.person import Person, normal_email
from auth.throttle import Limit
from portal import granting, own
from portal.access import person, session_key, system, viewer
from portal.locale import _, ngettext
from portal.parse import day_from
from portal.problems import Problem
from portal.show import clock, day
from privacy.canonical import digest
from privacy.fields import Field
from privacy.grants import LONGEST_DAYS, PURPOSES, Grant
from privacy.period import Period
from privacy.policy import GRANTABLE, Purpose
from privacy.receipts import RECEIPT

LONGEST_PERIOD: Final = 31
"""Days in one grant."""
TRIES: Final = Limit(free=5, longest_steps=12)
"""How many addresses that nobody has can be tried before each further one has to wait, up to an hour."""
_TRIES: Final = "sharing-address"
_OFFICES: Final = frozenset({Role.REVIEWER, Role.COUNCIL})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY: Final = dt.timedelta(days=1)


class Wrong(Exception):
    """What was typed cannot be shared: a message for each place in the form."""

    def __init__(self, **messages: str) -> None:
        super().__init__(", ".join(messages))
        self.messages = messages


class Changed(Exception):
    """The figures are not those any more that the person looked at; `answer` has those of now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("the figures changed since they were looked at")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to share, with whom; `without` are the ids of notes that they leave out."""

    terms: Terms
    who: Person
    salt: str
    without: frozenset[str]


@dataclass(frozen=True, slots=True)
class Given:
    """A grant of the asker's, with the name of its viewer, and how often that viewer opened it."""

    grant: Grant
    name: str
    opened: int


def wish_from(form: MultiDict[str, str]) -> Wish:
    """Read the form; Wrong has a message for every place that has to be changed."""
    wrong: dict[str, str] = {}
    who = _who(form, wrong)
    fields = frozenset(Field(each) for each in form.getlist("field") if each in set(GRANTABLE))
    if not fields:
        wrong["field"] = _("Choose at least one thing.")
    purpose = form.get("purpose", "")
    if purpose not in set(PURPOSES):
        wrong["purpose"] = _("Choose what it is for.")
    period = _period(form, wrong)
    until = _until(form, wrong)
    if wrong or who is None or period is None or until is None:
        raise Wrong(**wrong)
    salt = form.get("salt", "")
    terms = Terms(viewer(), who.subject, Purpose(purpose), fields, period, until)
    return Wish(terms, who, salt if _is_salt(salt) else secrets.token_hex(16), frozenset(form.getlist("without")))


def look(wish: Wish) -> Answer:
    """Return what the viewer would get, opened by the person whom it is about. Wrong if there is nothing to share."""
    terms = wish.terms
    days = own.disclose(terms.fields | {Field.ANNOTATIONS}, terms.period)
    chosen = [each for each in notes(terms) if each.id not in wish.without]
    payload = granted.payload(terms, days, chosen, str(own.zone()), wish.salt)
    if not any(payload["fields"].values()):
        raise Wrong(first=_("Nothing of this was captured on these days, so there is nothing to share."))
    return Answer(payload, days.entry, digest(payload))


def notes(terms: Terms) -> list[Note]:
    """Return the person's own notes of these days, if notes are to be shared."""
    if Field.ANNOTATIONS not in terms.fields:
        return []
    found = own.stored({Field.ANNOTATIONS}, terms.period).values
    return [each for (date, _field), stored in sorted(found.items()) for each in _noted(date, stored)]


def give(wish: Wish, seen: str, acknowledged: bool) -> Grant:
    """Grant what was looked at, and tell the viewer. Wrong without the acknowledgement; Changed if it is not the same.

    LogUnavailable if the log cannot be written: then nothing was granted.
    """
    answer = look(wish)
    if not acknowledged:
        raise Wrong(acknowledged=_("Tick this first: what was seen once cannot be taken back."))
    if answer.digest != seen:
        raise Changed(answer)
    return granting.give(system(), wish.terms, answer.payload)


def revoke(number: int) -> Grant | None:
    """End a grant of the asker's: its key is destroyed, and its viewer is told. None if there is none (any more)."""
    grant = system().rooms.grants.find(viewer(), number)
    if grant is not None:
        granting.end(system(), grant)
    return grant


def given() -> list[Given]:
    """Return what the asker shares now, the newest first, and how often each was opened."""
    grants = [each for each in system().rooms.grants.of(viewer()) if each.expires_on >= _today_of(each)]
    names = system().directory.names({each.viewer for each in grants})
    opened = Counter(
        (entry.viewer, entry.digest)
        for entry in (system().gate.own_log(viewer(), session_key()) if grants else ())
        if entry.outcome == RECEIPT
    )
    return [Given(each, names.get(each.viewer, ""), opened[each.viewer, each.digest]) for each in grants]


def shared_with_me() -> list[tuple[Grant, str]]:
    """Return what others let the asker see now, with their names. Nothing is opened."""
    grants = system().rooms.grants.to(viewer())
    names = system().directory.names({each.subject for each in grants})
    in_force = [each for each in grants if each.permits(viewer(), _today_of(each))]
    return [(each, names[each.subject]) for each in in_force if each.subject in names]


def near() -> list[Person]:
    """Return who is offered by name, by name: the asker's managers and teams, compliance and the council."""
    now, standing = system().people.standing()
    mine = next((each for each in standing.values() if each.person.subject == viewer()), None)
    teams = frozenset() if mine is None else mine.teams.keys()
    found = [
        each.person
        for each in standing.values()
        if not teams.isdisjoint([*each.teams, *each.manages]) or not each.roles.isdisjoint(_OFFICES)
    ]
    here = (each for each in found if each.subject != viewer() and each.is_here(now))
    return sorted(here, key=lambda each: (each.name, each.subject))


def _who(form: Mapping[str, str], wrong: dict[str, str]) -> Person | None:
    typed = form.get("person", "").strip()
    if not typed:
        wrong["person"] = _("Write the e-mail address of one person.")
        return None
    try:
        found = _found(typed)
    except TooManyAttempts as wait:
        minutes = -(-wait.retry_after // 60)
        wrong["person"] = ngettext(
            "Nobody has many of the addresses that you tried. Choose a person of the list, or wait %(num)s minute.",
            "Nobody has many of the addresses that you tried. Choose a person of the list, or wait %(num)s minutes.",
            minutes,
        )
        return None
    if found is None or found.is_erased or not found.is_here(system().clock()):
        wrong["person"] = _("Nobody here has this address. Look at it again, or ask the person for theirs.")
    elif found.subject == viewer():
        wrong["person"] = _("This is your own address, and you see all of it already.")
    return found


def _found(typed: str) -> Person | None:
    """Return whose address it is. Trying out which addresses there are is slowed down; TooManyAttempts says until when.

    Who is offered by name is no secret and costs no try; nor does an address that somebody has.
    """
    known = next((each for each in near() if each.email == normal_email(typed)), None)
    if known is not None:
        return known
    system().throttle.spend(_TRIES, viewer(), TRIES)
    found = system().people.find(typed)
    if found is not None:
        system().throttle.refund(_TRIES, viewer())
    return found


def _period(form: Mapping[str, str], wrong: dict[str, str]) -> Period | None:
    first, last = _date(form, "first", wrong), _date(form, "last", wrong)
    if first is None or last is None:
        return None
    if last >= own.current_day():
        yesterday = day(own.current_day() - _DAY, "yMMMd")
        wrong["last"] = _("Only days that are over can be shared: the last one is %(day)s.", day=yesterday)
    elif first > last:
        wrong["first"] = _("The first day comes after the last one.")
    elif first < person().joined:
        wrong["first"] = _("You joined on %(day)s; there is nothing before.", day=day(person().joined, "yMMMd"))
    elif (last - first).days >= LONGEST_PERIOD:
        wrong["first"] = _("At most %(count)s days at once.", count=LONGEST_PERIOD)
    else:
        return Period(first, last + _DAY)
    return None


def _until(form: Mapping[str, str], wrong: dict[str, str]) -> dt.date | None:
    found, today = _date(form, "until", wrong), own.current_day()
    if found is None:
        return None
    if found < system().gate.latest_day(viewer(), today):
        wrong["until"] = _("This day is over already.")
    elif (found - today).days > LONGEST_DAYS:
        latest = day(today + LONGEST_DAYS * _DAY, "yMMMd")
        wrong["until"] = _("At most %(count)s days: until %(day)s.", count=LONGEST_DAYS, day=latest)
    return found


def _today_of(grant: Grant) -> dt.date:
    return system().gate.latest_day(grant.subject, grant.given_on)


def _date(form: Mapping[str, str], name: str, wrong: dict[str, str]) -> dt.date | None:
    try:
        return day_from(form.get(name, ""))
    except Problem as problem:
        wrong[name] = problem.detail
        return None


def _is_salt(text: str) -> bool:
    return len(text) == granted.SALT_HEX and all(each in "0123456789abcdef" for each in text)


def _noted(date: dt.date, stored: bytes) -> Iterator[Note]:
    for each in Notes.parse(stored).annotations:
        start, end = (clock(_at(moment)) for moment in (each.start_us, each.end_us))
        yield Note(f"{date}/{each.id}", date, start, end, each.kind.value, each.text)


def _at(microseconds: int) -> dt.datetime:
    return (_EPOCH + dt.timedelta(microseconds=microseconds)).astimezone(own.zone())
