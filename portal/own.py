"""What the employee's pages read of their own: days through the gate, and the settings that only they see."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from analytics import goals, working
from analytics.days import day_payloads
from analytics.goals import Goals
from analytics.public_holidays import Region, country_of
from analytics.rings import Own, Payload
from analytics.working import Working
from auth.zones import zones_over_time
from portal.access import person, session_key, system, viewer
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import Period, local_day
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Row

_SETTINGS = frozenset({Field.GOALS, Field.WORKING_PATTERN})


def zone() -> ZoneInfo:
    """Return the asker's time zone."""
    return person().zone


def current_day() -> dt.date:
    """Return the asker's local day that runs now."""
    return local_day(system().clock(), zone(), system().config.day_start)


def disclose(fields: Collection[Field], period: Period) -> Disclosed:
    """Open the asker's own figures, as new as they are; logged once per session, day and field set."""
    system().folding.before_reading(viewer())
    return system().gate.disclose(viewer(), viewer(), fields, Purpose.OWN_REVIEW, period, session=session_key())


def stored(fields: Collection[Field], period: Period) -> Disclosed:
    """Open the asker's own days as they are stored, event by event; logged as `disclose` is."""
    system().folding.before_reading(viewer())
    own = Purpose.OWN_REVIEW
    return system().gate.disclose(viewer(), viewer(), fields, own, period, tier=Tier.DAY, session=session_key())


def history(fields: Collection[Field], period: Period) -> dict[dt.date, Payload]:
    """Return the asker's own payloads of each day of `period`."""
    found = day_payloads(disclose(fields, period), str(zone()))
    return {dt.date.fromisoformat(payload["date"]): payload for payload in found}


def settings() -> tuple[Working, Goals]:
    """Return the asker's planned time and goals, as they are today."""
    found = disclose(_SETTINGS, Period.day(current_day())).values
    latest: Mapping[Field, bytes] = {field: value for (_, field), value in sorted(found.items())}
    planned = working.parse(latest.get(Field.WORKING_PATTERN))
    if not planned.regions:
        planned = replace(planned, assumed=_assumed())
    return planned, goals.parse(latest.get(Field.GOALS))


def _assumed() -> tuple[tuple[dt.date, Region | None], ...]:
    """Return whose public holidays are taken to hold until the asker says so: those of their time zone's country."""
    zones = zones_over_time(system().stores.data, viewer(), str(zone()))
    countries = [(begin, country_of(name)) for begin, name in zones]
    return tuple((begin, None if country is None else Region(country)) for begin, country in countries)


def own() -> Own:
    """Return what the asker set for themselves, and the installation's core categories."""
    planned, wanted = settings()
    begun = system().vault.oldest_day(viewer(), Field.ACTIVE_TIME, Tier.SUMMARY) or current_day()
    return Own(planned, wanted, system().categorisers(system().policies.now()).rules.core, begun)


def keep(*values: Working | Goals) -> None:
    """Seal and file the asker's settings from today on."""
    fields = {Working: Field.WORKING_PATTERN, Goals: Field.GOALS}
    rows = [Row(fields[type(each)], Tier.SUMMARY, current_day(), 0, each.dump()) for each in values]
    with writing(system().stores.data) as connection:
        system().vault.put(connection, viewer(), rows)
        system().gate.account(viewer(), connection, own=True, fields=[row.field for row in rows])
