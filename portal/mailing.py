"""Mails to people who asked for them: the week that is over, from Monday on, and that somebody looked.

A mail is to the person whose data it is about, and to nobody else: nothing is sent to an address, or for a wish, that
was written into the database (`auth.genuine`). Before one leaves, an entry in their chain of the log says that it was
made of what, with its digest; another one says if nobody took it. Each kind of mail has its own day on which it last
went, noted as soon as it was taken: a night that is run twice sends nothing twice, and what a night could not send, the
next one does, whatever became of the other mail. A mail is in the language that its reader chose in their settings;
for whoever chose none in that of the installation (`SAMEVIEW_LANGUAGE`): what a browser asks for is kept nowhere.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, select_autoescape

from analytics.days import day_payloads
from auth import genuine
from auth.person import Person
from auth.wishes import Wish
from portal import own_settings, recaps, show, standing
from portal.languages import register
from portal.locale import LANGUAGES, N_, _, language, speaking
from portal.mail import Mail, Mailer, MailRefused, MailServerAway
from portal.retention import DAMAGE
from portal.wiring import System
from privacy.decisions import STANDING
from privacy.log_entries import LOG_FIELD, MAIL_FAILED, MAILED, Chain, Draft, Entry
from privacy.period import Period, local_day, week_name
from privacy.policy import Purpose, Relation

_TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_DAY: Final = dt.timedelta(days=1)
_LATEST: Final = dt.timedelta(days=14)
"""So long ago, a look that no mail told of is told of no more."""
_MOST_LOOKS: Final = 50
RECAP_SUBJECT: Final = N_("Your week, looked back on")
LOOKS_SUBJECT: Final = N_("Somebody looked at your data")


@dataclass(frozen=True, slots=True)
class Written:
    """A mail that is due, what asked for it, and of which fields and days it was made."""

    wish: Wish
    mail: Mail
    fields: frozenset[str]
    period: Period


def send_due(system: System, tell: Callable[[str], None]) -> int:
    """Send every mail that is due today and return how many went; `tell` is told of those that could not be sent."""
    if system.config.smtp_url is None or system.config.mail_from is None:
        return 0
    mailer = Mailer(system.config.smtp_url, system.config.mail_from)
    pages, sent = _pages(), 0
    for person in system.people.everybody():
        if not system.directory.is_genuine(person.subject):
            tell(genuine.changed(person.subject))  # to which address, and of what, somebody else has written
            continue
        if not person.is_here(system.clock()) or person.acknowledged_policy is None:
            continue
        today = local_day(system.clock(), person.zone, system.config.day_start)
        for kind in (_recap, _looks):
            try:
                sent += _send(system, mailer, person, _written(kind, system, pages, person, today), today)
            except MailServerAway as away:
                tell(f"mail: {away}")
                return sent  # tomorrow night is another: what is due then includes what was due now
            except (MailRefused, *DAMAGE) as error:
                tell(f"person {person.subject}: a mail was not sent: {error}")
    return sent


def _written(
    kind: Callable[[System, Environment, Person, dt.date], Written | None],
    system: System,
    pages: Environment,
    person: Person,
    today: dt.date,
) -> Written | None:
    with speaking(person.language if person.language in LANGUAGES else system.config.language):
        return kind(system, pages, person, today)


def _send(system: System, mailer: Mailer, person: Person, written: Written | None, today: dt.date) -> int:
    """Send one mail if it is due, account for it and note that it went; return how many that were."""
    if written is None:
        return 0
    _account(system, person, written, MAILED)
    try:
        mailer.send(written.mail)
    except MailRefused:
        _account(system, person, written, MAIL_FAILED)
        raise
    system.people.mailed(person.subject, written.wish, today)
    return 1


def _recap(system: System, pages: Environment, person: Person, today: dt.date) -> Written | None:
    """Return the mail with the week that is over, once a week, for whoever asked, if something is known."""
    week = recaps.last_week(today)
    if not person.wants(Wish.RECAP) or (person.mailed is not None and person.mailed >= week.end):
        return None
    period, gate = recaps.reaching_back(week), system.gate
    values = gate.disclose(None, person.subject, recaps.FIELDS, Purpose.OPERATIONS, period)
    day = standing.day(system, person.subject, own_settings.FIELDS, today)
    settings = gate.disclose(None, person.subject, own_settings.FIELDS, Purpose.OPERATIONS, Period.day(day))
    history = {dt.date.fromisoformat(each["date"]): each for each in day_payloads(values, person.timezone)}
    mine = own_settings.own_of(system, person, settings.values)
    found = recaps.recap_of(history, week, mine, today)
    if not found.days:
        return None
    name = week_name(week)
    said = {
        "week": name,
        "lines": [each.text for each in recaps.lines(found)],
        "address": f"{system.config.base_url}/me/recap/{name}",
    }
    mail = _mail(system, pages, person, "recap", _(RECAP_SUBJECT), said)
    return Written(Wish.RECAP, mail, recaps.FIELDS, period)


def _looks(system: System, pages: Environment, person: Person, today: dt.date) -> Written | None:
    """Return the mail that somebody looked; None for whoever did not ask, or when nobody did since the last mail."""
    if not person.wants(Wish.LOOKS):
        return None
    if person.looks_mailed is None:  # who asked in an older version, which had one day for both kinds
        system.people.mailed(person.subject, Wish.LOOKS, person.mailed or today - _DAY)
    last = person.looks_mailed or person.mailed or today - _DAY
    if last >= today:
        return None
    since = Period(max(last, today - _LATEST), today)
    day_of = system.config.day_start
    entries = system.gate.looks_to_tell(person.subject, _MOST_LOOKS)
    if not any(_is_look(each) and local_day(each.time, person.zone, day_of) in since for each in entries):
        return None
    said = {"address": f"{system.config.base_url}/me/access"}
    mail = _mail(system, pages, person, "looks", _(LOOKS_SUBJECT), said)
    return Written(Wish.LOOKS, mail, frozenset({LOG_FIELD}), since)


def _is_look(entry: Entry) -> bool:
    """Tell whether an entry is of another person who opened something, or was refused."""
    by_other = entry.viewer not in (None, entry.subject) and entry.chain is not Chain.SELF
    return by_other and entry.outcome in ("disclosed", "refused") and STANDING.isdisjoint(entry.fields)


def _mail(
    system: System, pages: Environment, person: Person, name: str, subject: str, said: Mapping[str, object]
) -> Mail:
    values = {**said, "person": person.name, "settings": f"{system.config.base_url}/me/settings"}
    text = pages.get_template(f"mail/{name}.txt").render(values)
    html = pages.get_template(f"mail/{name}.html").render(values, language=language().html)
    return Mail(person.email, subject, text.strip() + "\n", html.strip() + "\n")


def _account(system: System, person: Person, written: Written, outcome: str) -> None:
    system.log.append(
        Draft(
            viewer=None,
            subject=person.subject,
            relation=Relation.OPERATIONS,
            fields=sorted(written.fields),
            purpose=Purpose.OPERATIONS,
            period=written.period,
            outcome=outcome,
            digest=written.mail.digest,
        )
    )


def _pages() -> Environment:
    found = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=select_autoescape())
    register(found)
    show.register(found)
    return found
