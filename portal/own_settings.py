"""What a person set for themselves, understood from the sealed values: the same in a request of theirs and in a job."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from analytics import goals, working
from analytics.goals import Goals
from analytics.public_holidays import Region, country_of
from analytics.rings import Own
from analytics.working import Working
from auth.person import Person
from auth.zones import zones_over_time
from privacy.fields import Field, Tier
from privacy.period import local_day

if TYPE_CHECKING:
    from portal.wiring import System

FIELDS: Final = frozenset({Field.GOALS, Field.WORKING_PATTERN})
Values = Mapping[tuple[dt.date, Field], bytes]


def settings_of(system: "System", person: Person, values: Values) -> tuple[Working, Goals]:
    """Return planned time and goals; whose public holidays hold is assumed from the time zone until it is said."""
    latest = {field: value for (_, field), value in sorted(values.items())}
    planned = working.parse(latest.get(Field.WORKING_PATTERN))
    if not planned.regions:
        planned = replace(planned, assumed=_assumed(system, person))
    return planned, goals.parse(latest.get(Field.GOALS))


def own_of(system: "System", person: Person, values: Values) -> Own:
    """Return the settings with the installation's core categories, and the first day that is kept."""
    planned, wanted = settings_of(system, person, values)
    begun = system.vault.oldest_day(person.subject, Field.ACTIVE_TIME, Tier.SUMMARY)
    today = local_day(system.clock(), person.zone, system.config.day_start)
    return Own(planned, wanted, system.categorisers(system.policies.now()).rules.core, begun or today)


def _assumed(system: "System", person: Person) -> tuple[tuple[dt.date, Region | None], ...]:
    zones = zones_over_time(system.stores.data, person.subject, person.timezone)
    countries = [(begin, country_of(name)) for begin, name in zones]
    return tuple((begin, None if country is None else Region(country)) for begin, country in countries)
