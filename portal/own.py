"""What the employee's pages read of their own: days through the gate, and the settings that only they see."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Final
from zoneinfo import ZoneInfo

from analytics.days import day_payloads
from analytics.goals import Goals
from analytics.months import MONTH_FIELDS, Outgrown, month_payloads
from analytics.rings import Own, Payload
from analytics.working import Working
from portal import own_settings, standing
from portal.access import person, session_key, system, viewer
from privacy import vault_store
from privacy.disclosure import Disclosed
from privacy.fields import Field, Tier
from privacy.period import Period, local_day, shared_from_all
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Row, Wanted

Change = Callable[[Working, Goals], Working | Goals]
"""From the planned time and the goals that stand to the one of both that is to stand."""
_OF_MONTHS: Final = frozenset(MONTH_FIELDS)
_MANY_DAYS: Final = 7
"""Of fewer days a month's rows are no less to open."""
_FIELDS: Final = {Working: Field.WORKING_PATTERN, Goals: Field.GOALS}


def zone() -> ZoneInfo:
    """Return the asker's time zone."""
    return person().zone


def current_day() -> dt.date:
    """Return the asker's local day that runs now."""
    return local_day(system().clock(), zone(), system().config.day_start)


def opens(week: Period) -> dt.datetime:
    """Return when a manager may read a week of the asker's: on each clock that they have had since it began."""
    zones = system().directory.zones(viewer(), week.first)
    return shared_from_all(week, zones, system().config.day_start)


def disclose(fields: Collection[Field], period: Period) -> Disclosed:
    """Open the asker's own figures, as new as they are; logged once per session, day and field set."""
    system().folding.before_reading(viewer())
    return system().gate.disclose(viewer(), viewer(), fields, Purpose.OWN_REVIEW, period, session=session_key())


def stored(fields: Collection[Field], period: Period) -> Disclosed:
    """Open the asker's own days as they are stored, event by event; logged as `disclose` is."""
    system().folding.before_reading(viewer())
    own = Purpose.OWN_REVIEW
    return system().gate.disclose(viewer(), viewer(), fields, own, period, tier=Tier.DAY, session=session_key())


def several(*wanted: Wanted) -> list[Disclosed]:
    """Open several of the asker's own things at once, of one state, under one entry that names all of their fields."""
    system().folding.before_reading(viewer())
    fields = frozenset[Field]().union(*(each.fields for each in wanted))
    period = Period(min(each.period.first for each in wanted), max(each.period.end for each in wanted))
    own, gate = Purpose.OWN_REVIEW, system().gate
    return gate.begin(viewer(), viewer(), fields, own, period, session=session_key()).parts(*wanted)


def history(fields: Collection[Field], period: Period) -> dict[dt.date, Payload]:
    """Return the asker's own payloads of each day of `period`."""
    return with_history(fields, period)[0]


def own_and_history(fields: Collection[Field], period: Period) -> tuple[Own, dict[dt.date, Payload]]:
    """Return what `own` and `history` return, opened at once."""
    now = Wanted(own_settings.FIELDS, Tier.SUMMARY, Period.day(current_day()))
    found, (settings,) = with_history(fields, period, now)
    return own_settings.own_of(system(), person(), settings.values), found


def with_history(
    fields: Collection[Field], period: Period, *wanted: Wanted
) -> tuple[dict[dt.date, Payload], list[Disclosed]]:
    """Open the asker's own payloads of each day of `period`, and other things of theirs with them, as `several` does.

    Months say what their days say, and are far fewer. Where one of them does not, the days are opened.
    """
    days, asked = list(period.days()), frozenset(fields)
    if asked <= _OF_MONTHS and len(days) >= _MANY_DAYS:
        *others, shown = several(*wanted, Wanted(asked, Tier.MONTH, period.whole_months()))
        with suppress(Outgrown):
            return dict(zip(days, month_payloads(shown, period, str(zone())), strict=True)), others
    *others, shown = several(*wanted, Wanted(asked, Tier.SUMMARY, period))
    return dict(zip(days, day_payloads(shown, str(zone())), strict=True)), others


def settings() -> tuple[Working, Goals]:
    """Return the asker's planned time and goals, as they are today."""
    return own_settings.settings_of(system(), person(), _settings())


def own() -> Own:
    """Return what the asker set for themselves, and the installation's core categories."""
    return own_settings.own_of(system(), person(), _settings())


def _settings() -> Mapping[tuple[dt.date, Field], bytes]:
    return disclose(own_settings.FIELDS, standing.now(system().clock())).values


def change(edit: Change) -> None:
    """Open the asker's settings, change and file them from today on, while nobody else changes anything of theirs.

    So of two tabs that change something at once, the later one changes what the earlier one has kept. What `edit`
    raises leaves everything as it was.
    """
    of, own_look, now = system(), Purpose.OWN_REVIEW, standing.now(system().clock())
    with writing(of.stores.data) as connection:
        vault_store.lock(connection, viewer())
        opened = of.gate.disclose(viewer(), viewer(), own_settings.FIELDS, own_look, now, session=session_key())
        changed = edit(*own_settings.settings_of(of, person(), opened.values))
        field = _FIELDS[type(changed)]
        day = standing.day(of, viewer(), {field}, current_day(), connection)
        of.vault.put(connection, viewer(), [Row(field, Tier.SUMMARY, day, 0, changed.dump())])
        of.gate.account(viewer(), connection, own=True, fields={field})
