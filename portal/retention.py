"""Retention: what is older than agreed goes, by the same means as a person who is erased, every night.

For each class of data the rows of old key epochs are deleted and everybody's keys of those epochs destroyed; the log's
entries that these keys sealed are emptied before, in one entry that says so. The rows go first: whoever asks for such a
period finds nothing there ("missing"), and never a row without its key. What holds until it is changed, such as a goal
or a planned week, is carried into the oldest month that stays.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, select

from auth.change import earliest_day
from portal.settings import FEWEST_LOG_YEARS, FEWEST_MONTHS
from portal.wiring import System
from privacy import key_store, tombstones, vault_store
from privacy.fields import CLASS_OF, STATE_FIELDS, Field, KeyClass, Tier, epoch_of, first_day_of
from privacy.inventory import VaultIncomplete
from privacy.key_provider import KeyGone, KeyRefused
from privacy.key_store import WrappedKey
from privacy.log_entries import LOG_FIELD, Chain, LogUnavailable
from privacy.log_upkeep import EXPIRED
from privacy.period import Period, week_of
from privacy.policy import Purpose
from privacy.seal import SealBroken
from privacy.stamp_key import tombstone_stamps
from privacy.stores import StillRead, purge, writing
from privacy.tombstones import Expired
from privacy.vault import ORGANISATION, Row

DATED_FROM: Final = dt.date(1970, 1, 1)
"""What is filed under an earlier day has no day, such as the list of a person's collectors: it does not expire."""

DAMAGE: Final = (KeyGone, KeyRefused, LogUnavailable, SealBroken, VaultIncomplete)
"""What one damaged row, key or chain raises: it concerns whoever it is of, and keeps nobody else's from being done."""

Tell = Callable[[str], object]
"""Hears a sentence about what could not be done."""

_CHAINS: Final[dict[KeyClass, tuple[Chain, ...]]] = {
    KeyClass.PRIVATE: (Chain.SELF,),
    KeyClass.AUDIT: (Chain.OTHERS, Chain.SELF),  # own reads carry tags of the audit key
}


def ignored(_: str) -> None:
    """Hear nothing."""


@dataclass(frozen=True, slots=True)
class Bound:
    """That what is of a class and of days before `first` goes. `first` begins a key epoch."""

    key_class: KeyClass
    first: dt.date

    @property
    def low(self) -> int:
        """The first epoch that can expire."""
        return epoch_of(self.key_class, DATED_FROM)

    @property
    def before(self) -> int:
        """The first epoch that stays."""
        return epoch_of(self.key_class, self.first)

    @property
    def chains(self) -> tuple[Chain, ...]:
        """The chains of the log whose entries these keys seal, or whose tags they make."""
        return _CHAINS.get(self.key_class, ())

    @property
    def fields(self) -> list[str]:
        """What expires, as the log names it."""
        if self.key_class is KeyClass.AUDIT:
            return [LOG_FIELD]
        return sorted(field.value for field, key_class in CLASS_OF.items() if key_class is self.key_class)


def bounds(system: System) -> list[Bound]:
    """Return from which day on each class is kept now: on nobody's clock anything goes too early."""
    policy = system.policies.now()
    kept = policy.retention
    return _bounds(earliest_day(system.clock()), kept.months, policy.text_days or 0, kept.log_years)


def _bounds(today: dt.date, months: int, text_days: int, log_years: int) -> list[Bound]:
    month = today.year * 12 + today.month - 1 - months
    first_month = dt.date(month // 12, month % 12 + 1, 1)
    return [
        Bound(KeyClass.SHARED, first_month),
        Bound(KeyClass.PRIVATE, first_month),
        Bound(KeyClass.TEXT, week_of(today - dt.timedelta(days=text_days)).first),
        Bound(KeyClass.AUDIT, dt.date(today.year - log_years, 1, 1)),
    ]


def may_be_over(system: System, expiry: Expired) -> bool:
    """Tell whether what an expiry let go of can be over by now, under the shortest time that can be set.

    A shorter time may have been set once, and what went then stays gone; but no setting lets go of more than this.
    """
    shortest = _bounds(earliest_day(system.clock()), FEWEST_MONTHS, 0, FEWEST_LOG_YEARS)
    return any(bound.key_class == expiry.key_class and expiry.before_epoch <= bound.before for bound in shortest)


def is_over(system: System, key_class: KeyClass, day: dt.date) -> bool:
    """Tell whether the time is over for which what is of a class and of `day` is kept."""
    return any(day < bound.first for bound in bounds(system) if bound.key_class is key_class)


def is_due(system: System) -> bool:
    """Tell whether anything is older than agreed; nothing is opened."""
    return any(_is_due(system, bound) for bound in bounds(system))


def expire(system: System, tell: Tell = ignored) -> int:
    """Let go whatever is older than agreed, and return of how many classes there was any.

    Whoever has something that is damaged keeps all of that class, with its keys, until it is mended or they are erased:
    nothing is destroyed that cannot be read first. `tell` hears of it, and of a class that could not be let go at all.
    """
    count = 0
    for bound in bounds(system):
        try:
            count += _expire(system, bound, tell)
        except DAMAGE as error:
            tell(f"what is too old of the class {bound.key_class} was not let go: {error}")
    return count


def reapply(system: System, expiry: Expired, tell: Tell = ignored) -> bool:
    """Let go again what a restored backup brought back of an expired class; tell whether there was any."""
    return _expire(system, bound_of(expiry), tell)


def bound_of(expiry: Expired) -> Bound:
    """Return the bound that an expiry notes; ValueError if there is none such."""
    key_class = KeyClass(expiry.key_class)
    return Bound(key_class, first_day_of(key_class, expiry.before_epoch))


def _is_due(system: System, bound: Bound) -> bool:
    return bool(_filed(system, bound) or _keys_left(system, bound) or system.log.has_expired(bound.chains, bound.first))


def _expire(system: System, bound: Bound, tell: Tell) -> bool:
    """Do the steps for one class; each finds what an interrupted night left of it."""
    if not _is_due(system, bound):
        return False
    kept = set()
    for subject in _filed(system, bound):
        try:
            _drop_rows(system, subject, bound)
        except DAMAGE as error:
            kept.add(subject)
            tell(f"person {subject}: what is too old of the class {bound.key_class} was not let go: {error}")
    for subject, reason in system.log.stuck(bound.chains, bound.first).items():
        kept.add(subject)
        tell(f"person {subject}: keys of the class {bound.key_class} were not let go, their chain needs them: {reason}")
    if not _is_left_but(system, bound, kept):
        return False
    system.log.expire(bound.chains, bound.first, bound.fields, Period(DATED_FROM, bound.first))
    _destroy_keys(system, bound, kept)
    return True


def _is_left_but(system: System, bound: Bound, kept: Collection[str]) -> bool:
    """Tell whether anything is left to expire of others than `kept`: else every night would write an entry."""
    return _keys_left(system, bound, kept) or system.log.has_expired(bound.chains, bound.first)


def _filed(system: System, bound: Bound) -> list[str]:
    with system.stores.data.connect() as connection:
        return vault_store.filed_before(connection, bound.key_class, bound.low, bound.before)


def _keys_left(system: System, bound: Bound, kept: Collection[str] = ()) -> bool:
    here = (WrappedKey.key_class == bound.key_class, WrappedKey.epoch >= bound.low, WrappedKey.epoch < bound.before)
    with system.stores.keys.connect() as connection:
        return bool(
            connection.scalar(select(exists().where(*here, WrappedKey.subject_id.not_in((ORGANISATION, *kept)))))
        )


def _drop_rows(system: System, subject: str, bound: Bound) -> None:
    states = list(_states(system, subject, bound))
    with writing(system.stores.data) as connection:
        if states:
            system.vault.put(connection, subject, states)
        system.vault.expire(connection, subject, bound.key_class, bound.low, bound.before)
        system.gate.account(subject, connection, fields=bound.fields, outcome=EXPIRED)


def _states(system: System, subject: str, bound: Bound) -> Iterator[Row]:
    """Yield the latest row before the bound of each field whose value still holds, filed at the first day that stays.

    They are opened through the gate, as a job, and so after an entry in the person's log.
    """
    of_class = [each for each in STATE_FIELDS if CLASS_OF[each] is bound.key_class]
    if fields := [each for each in of_class if _is_carried(system, subject, each, bound)]:
        period = Period.day(bound.first)
        with suppress(KeyGone):  # rows that a backup brought back, whose keys expired
            found = system.gate.disclose(None, subject, fields, Purpose.OPERATIONS, period, tier=Tier.SUMMARY)
            for (_, field), value in found.values.items():
                yield Row(field, Tier.SUMMARY, bound.first, 0, value)


def _is_carried(system: System, subject: str, field: Field, bound: Bound) -> bool:
    """Tell whether the value of a field that holds at the bound is filed before it."""
    newest = system.vault.newest_day(subject, field, Tier.SUMMARY, bound.first + dt.timedelta(days=1))
    return newest is not None and DATED_FROM <= newest < bound.first


def _destroy_keys(system: System, bound: Bound, kept: Collection[str]) -> None:
    today, stamps = system.clock().date(), tombstone_stamps(system.keys)
    with writing(system.stores.keys) as connection:
        key_store.lock_for_moving(connection)
        tombstones.expire(connection, stamps, Expired(bound.key_class, bound.before, today))
        key_store.destroy_epochs(connection, bound.key_class, bound.low, bound.before, but=(ORGANISATION, *kept))
    system.keys.evict()
    with suppress(StillRead):  # the night empties the journals last, and tells where it cannot
        purge(system.stores.keys, [WrappedKey.__table__])
        purge(system.stores.data, [])
