"""What an export holds beside the days: account, settings, sharing, conversations, notices, the policies that held."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from analytics import exported
from analytics.sheets import Sheets
from analytics.sheets import parse as parse_sheets
from auth.team_history import teams_over_time
from auth.zones import zones_over_time
from portal import conversations
from portal.export_copy import Copy
from portal.export_days import File, as_file
from portal.locale import gettext
from privacy.fields import Field, Tier
from privacy.grants import Grant
from privacy.seal import SealBroken
from privacy.threads import Thread

_SETTINGS: Final = (
    (Field.GOALS, Tier.SUMMARY),
    (Field.AGREED_GOALS, Tier.SUMMARY),
    (Field.WORKING_PATTERN, Tier.SUMMARY),
    (Field.OWN_TIMES, Tier.DAY),
    (Field.OWN_RULES, Tier.DAY),
    (Field.SOURCES, Tier.DAY),
)
"""What somebody sets, and at which tier it is filed."""
_HELD_ALWAYS: Final = dt.date(1900, 1, 1)


def settings(copy: Copy) -> Iterator[File]:
    """Yield goals, agreed goals, planned week, private times, own rules and sources, each as it was from a day on."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, tier in _SETTINGS:
        listed = found.setdefault(name.value, [])
        for day, stored in copy.settings(name, tier):
            since = None if day == _HELD_ALWAYS else day
            try:
                listed.append({"since": since, "value": exported.setting(name, stored)})
            except (ValueError, msgspec.MsgspecError) as broken:
                copy.miss(f"{name} since {day}", broken)
    yield "settings.json", [as_file(found)]


def account(copy: Copy) -> Iterator[File]:
    """Yield the account: who somebody is here, where they sign in, their computers and tokens; no secret of any."""
    owner, system = copy.owner, copy.system
    managers = [
        {"name": each.person.name, "team": each.team_name, "told_on": each.announced}
        for each in system.directory.managers_of(owner.subject)
    ]
    found = {
        "subject": owner.subject,
        "name": owner.name,
        "email": owner.email,
        "timezone": owner.timezone,
        "joined": owner.joined,
        "left": owner.left,
        "acknowledged_policy": owner.acknowledged_policy,
        "has_password": owner.has_password,
        "language": owner.language,
        "wishes": (owner.wishes or "").split(),
        "last_mail_of_a_week_on": owner.mailed,
        "last_mail_of_looks_on": owner.looks_mailed,
        "roles": sorted(each.value for each in system.directory.roles(owner.subject)),
        "teams": sorted(system.directory.teams_of(owner.subject).values()),
        "teams_over_time": [
            {"since": each.since, "teams": sorted(each.names)}
            for each in teams_over_time(system.stores.data, owner.subject)
        ],
        "timezones_over_time": [
            {"since": None if begin == dt.date.min else begin, "timezone": name}
            for begin, name in zones_over_time(system.stores.data, owner.subject, owner.timezone)
        ],
        "managers": managers,
        "manages": sorted(each.name for each in system.directory.managed(owner.subject)),
        "sessions": [{"id": each.id, "created_on": each.created_on} for each in system.sessions.of(owner.subject)],
        "computers": system.devices.of(owner.subject),
        "tokens": system.tokens.of(owner.subject),
    }
    yield "account.json", [as_file(found)]


def notices(copy: Copy) -> Iterator[File]:
    """Yield what somebody was told, newest first, in their language."""
    listed = [
        {"entry": each.entry, "day": each.day, "kind": each.kind, "sentence": gettext(each.sentence), "seen": each.seen}
        for each in copy.system.announcements.of(copy.owner.subject)
    ]
    yield "notices.json", [as_file(listed)]


def one_to_ones(copy: Copy) -> Iterator[File]:
    """Yield the one-to-ones that somebody had or has ahead, each with what stands on its sheet, the latest first."""
    try:
        newest = max(copy.settings(Field.ONE_TO_ONES, Tier.SUMMARY), default=None)
        sheets = parse_sheets(None if newest is None else newest[1])
    except ValueError as broken:
        copy.miss(Field.ONE_TO_ONES, broken)
        sheets = Sheets()
    subject, directory = copy.owner.subject, copy.system.directory
    meetings = directory.meetings.of(subject)
    names = directory.names({each.manager for each in meetings})
    listed = [
        {
            "number": each.number,
            "with": names.get(each.manager),
            "day": each.day,
            "proposed_by": "you" if each.proposed_by == subject else "manager",
            "proposed_on": each.proposed_on,
            "agreed_on": each.agreed_on,
            "cancelled_on": each.ended_on,
            "items": sheets.payload(subject, each.manager, each.number)["items"],
        }
        for each in meetings
    ]
    yield "one-to-ones.json", [as_file(listed)]


def sharing(copy: Copy) -> Iterator[File]:
    """Yield what somebody granted, with what its viewer is shown, and what was granted to them, without its content."""
    rooms, subject = copy.system.rooms.grants, copy.owner.subject
    given, got = rooms.of(subject), rooms.to(subject)
    names = copy.system.directory.names({each.viewer for each in given} | {each.subject for each in got})
    found = {
        "given": [_grant(each, names.get(each.viewer)) | {"payload": _payload(copy, each)} for each in given],
        "received": [_grant(each, names.get(each.subject)) for each in got],
    }
    yield "sharing.json", [as_file(found)]


def threads(copy: Copy) -> Iterator[File]:
    """Yield the conversations that somebody began, with all messages."""
    listed = [_thread(copy, each) for each in copy.system.rooms.threads.of(copy.owner.subject)]
    names = copy.system.directory.names({message["by"] for each in listed for message in each["messages"]})
    for each in listed:
        for message in each["messages"]:
            message["name"] = names.get(message["by"])
    yield "conversations.json", [as_file(listed)]


def policies(copy: Copy) -> Iterator[File]:
    """Yield every version of the policy that has held, each as its text, with the signatures that it has."""
    found = copy.system.policies
    for each in found.in_force().policies:
        note = found.note(each)
        yield f"policy/version-{each.version}.txt", [(note or each.text).encode()]


def _grant(grant: Grant, name: str | None) -> dict[str, Any]:
    return {
        "number": grant.number,
        "with": name,
        "purpose": grant.purpose,
        "fields": sorted(grant.fields),
        "first_day": grant.period.first,
        "last_day": grant.period.last,
        "given_on": grant.given_on,
        "expires_on": grant.expires_on,
        "digest": grant.digest,
    }


def _payload(copy: Copy, grant: Grant) -> Any:
    try:
        opened = copy.system.gate.open_own_grant(copy.owner.subject, grant.number, copy.session)
    except (LookupError, SealBroken) as broken:  # ended meanwhile, or a restore brought its key not back
        copy.miss(f"grant {grant.number}", broken)
        return None
    return None if opened is None else msgspec.json.decode(opened.payload)


def _thread(copy: Copy, thread: Thread) -> dict[str, Any]:
    subject, messages = copy.owner.subject, []
    try:
        opened = copy.system.gate.open_thread(subject, subject, thread.number, copy.session)
        messages = [msgspec.to_builtins(conversations.parse(each)) for each in opened.messages]
    except (LookupError, SealBroken) as broken:
        copy.miss(f"conversation {thread.number}", broken)
    return {
        "number": thread.number,
        "kind": thread.kind,
        "to_roles": sorted(thread.to_roles),
        "opened_on": thread.opened_on,
        "due_on": thread.due_on,
        "moved_on": thread.moved_on,
        "state": thread.state,
        "messages": messages,
    }
