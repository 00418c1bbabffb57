"""Who else can see it at its source: for every kind of source, and for those that delivered something of the asker.

Looks there leave no entry here. What the asker's own stored days name is what is listed; a source that was only set up,
and never delivered anything, is not.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from analytics import segments
from analytics.activity import UNKNOWN_HOST
from analytics.imports.csv_mapping import sources as suites
from auth.devices import Device
from portal import own
from portal.access import system, viewer
from portal.locale import N_, _
from privacy.fields import Field
from privacy.period import Period

DAYS: Final = 60
"""So many days back the asker's own days are asked where they came from."""

_ACTIVITYWATCH: Final = N_(
    "Its page at localhost:5600 shows every event that it stores, titles and addresses too, to whoever uses your "
    "account there; whoever manages the computer can read its database. Sameview’s rules do not reach it."
)
_FILE: Final = N_("Whoever has the file, or a backup of it. Delete it after the import.")
SOURCES: Final = (
    (N_("ActivityWatch on your computer"), _ACTIVITYWATCH),
    (N_("A file that was imported"), _FILE),
    (
        N_("Programs with a token of yours"),
        N_("Whatever you gave a personal token to reads what you read. The tokens page lists them and revokes them."),
    ),
)
"""Who else can see it where it comes from, in general."""

_COLLECTOR: Final = N_(
    "What the policy leaves waits there, sealed, until it is sent. The key lies beside it: whoever uses your account on"
    " that computer, or manages the computer, can read what waits. Of what was sent nothing stays there."
)
_FROM_FILE: Final = N_("If it came as a file: whoever has the file, or a backup of it. Delete it after the import.")
_UNSAID: Final = N_("Sameview does not know who can: ask whoever runs that suite.")
_CSV: Final = "csv-"


@dataclass(frozen=True, slots=True)
class Source:
    """One source that delivered something of the asker: who else can see it there, on how many days, and when last."""

    name: str
    who_else: str
    days: int
    last: dt.date


class _Said(NamedTuple):
    """What a day says of where something came from."""

    host: str
    bucket: str
    day: dt.date


def in_general() -> list[tuple[str, str]]:
    """Return every kind of source and who else can see it there, the suites whose exports can be imported included."""
    general = [(_(name), _(said)) for name, said in SOURCES]
    suites = [(_("%(name)s, where its export was imported", name=name), _(said)) for name, said in _suites().values()]
    return general + suites


def mine() -> list[Source]:
    """Return what delivered something of the asker lately, as their own days say it: the newest first."""
    current = own.current_day()
    period = Period(current - dt.timedelta(days=DAYS - 1), current + dt.timedelta(days=1))
    opened = own.stored({Field.RHYTHM}, period).values
    said = (_Said(host, bucket, day) for (day, _), blob in opened.items() for host, _, bucket in segments.sources(blob))
    return listed(said, system().devices.of(viewer()))


def listed(said: Iterable[tuple[str, str, dt.date]], devices: Iterable[Device]) -> list[Source]:
    """Return the sources that days name by host and bucket, with the sentence for each."""
    known, own_devices, days = _suites(), list(devices), dict[tuple[str, str], set[dt.date]]()
    for host, bucket, day in said:
        days.setdefault(_named(host, bucket, day, own_devices, known), set()).add(day)
    found = [Source(name, who_else, len(on), max(on)) for (name, who_else), on in days.items()]
    return sorted(found, key=lambda each: (-each.last.toordinal(), -each.days, each.name))


def _named(
    host: str, bucket: str, day: dt.date, devices: list[Device], known: dict[str, tuple[str, str]]
) -> tuple[str, str]:
    if bucket.startswith(f"{_CSV}{host}-"):
        name, who_else = known.get(host, (host, _UNSAID))
        return _("%(name)s, from an export", name=name), f"{_(who_else)} {_(_FROM_FILE)}"
    sending = (each for each in devices if each.host == host and _sends(each, day))
    if (device := next(sending, None)) is not None:
        return _("Sameview’s collector on “%(name)s”", name=device.name), _(_COLLECTOR)
    if host == UNKNOWN_HOST:
        where = _("ActivityWatch on a computer that it does not name")
    else:
        where = _("ActivityWatch on %(host)s", host=host)
    return where, f"{_(_ACTIVITYWATCH)} {_(_FROM_FILE)}"


def _sends(device: Device, day: dt.date) -> bool:
    return device.enrolled_on <= day and (device.revoked_on is None or day <= device.revoked_on)


def _suites() -> dict[str, tuple[str, str]]:
    """Return by its short name how a suite is called, and who else can see it there."""
    return suites(system().config.mappings)
