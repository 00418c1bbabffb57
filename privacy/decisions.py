"""Whether a disclosure is permitted, and why: the policy's rules, and the conditions under which managers may use them.

Nothing here writes, opens or raises a refusal: the gate does. The page that tells an employee what their manager would
be answered asks here too.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from privacy.fields import Field, Tier
from privacy.messages import N_, Said
from privacy.one_to_ones import Met, sheets
from privacy.period import Period, is_week, local_day, oldest_readable, shared_from_all
from privacy.policy import POLICY, Purpose, Relation, Rule, permitted

PERMITTED: Final = "permitted"
NOT_PERMITTED: Final = "not-permitted"
NOT_ACKNOWLEDGED: Final = "not-acknowledged"
NOT_GENUINE: Final = "not-genuine"
NOT_A_WEEK: Final = "not-a-week"
NOT_AS_IT_STANDS: Final = "not-as-it-stands"
NOT_TOLD: Final = "not-told"
LISTENING: Final = "listening"
NOT_YET: Final = "not-yet"
TOO_OLD: Final = "too-old"
NO_SHEET: Final = "no-sheet"
CHANGED: Final = N_(
    "Nothing is shown: the time zone, dates or address of this person were changed outside of the portal. Whoever runs"
    " it finds out with `sameview check` what to do."
)
_LISTENING: Final = N_(
    "Listening comes first: whoever is new as a manager opens nothing of a person yet, here from %(day)s on. That is in"
    " the policy."
)
MEETINGS_CHANGED: Final = N_(
    "Nothing is shown: the one-to-ones of this person were changed outside of the portal. Whoever runs it finds the"
    " place with `sameview log verify`."
)
OPENS_LATER: Final = N_(
    "A week opens only on the sheet of a one-to-one that both agreed to: the next is on %(day)s, and its sheet opens on"
    " %(opens)s."
)
NOTHING_AGREED: Final = N_(
    "A week opens only on the sheet of a one-to-one that both agreed to, from three working days before it to three"
    " after. There is none that opens now."
)
_OWN_READS: Final = frozenset({Relation.SELF, Relation.OPERATIONS})


AGREED: Final = frozenset({Field.AGREED_GOALS})
"""Goals that both agreed on."""
SHEETS: Final = frozenset({Field.ONE_TO_ONES})
"""What two people wrote for their one-to-ones."""
STANDING: Final = AGREED | SHEETS
"""What managers read outside of closed weeks: both wrote it, it holds no figure, and it is a state, not a day."""


class Telling(NamedTuple):
    """That somebody was told who manages them: their name, and the first day on which it was said."""

    name: str
    day: dt.date


class Clocks(NamedTuple):
    """The zones of somebody, the present one first, and whether what is stored of them was written by the portal."""

    zones: tuple[ZoneInfo, ...]
    are_genuine: bool


class Directory(Protocol):
    """Answers who stands in which relation to whom; `auth` implements it."""

    def relations(self, viewer: str | None, subject: str, period: Period) -> Mapping[Relation, dt.date | None]:
        """Return what `viewer` (None: a job) is to `subject` for all of `period`.

        Each with the day on which the subject was told of it, None where nobody has to be told.
        """

    def told(self, viewer: str, subject: str) -> Telling | None:
        """Return when `subject` was told that `viewer` manages them, if so now: it explains a refusal, no more."""

    def managing(self, viewer: str, subjects: Collection[str]) -> frozenset[str]:
        """Return those of `subjects` whom `viewer` manages now, and who were told so."""

    def one_to_ones(self, viewer: str, subject: str) -> Sequence[Met] | None:
        """Return the one-to-ones that `subject` and `viewer`, a manager, have agreed to and nobody cancelled.

        None where rows of them were written, changed or taken away outside of the portal.
        """

    def zone(self, subject: str) -> ZoneInfo:
        """Return the zone of the subject's local days."""

    def clocks(self, subject: str, since: dt.date) -> Clocks:
        """Return all zones of the subject that were in force on `since` or later."""

    def acknowledged(self, subject: str) -> bool:
        """Tell whether the subject has read the notice about what is recorded."""

    def is_genuine(self, subject: str) -> bool:
        """Tell whether what is stored of the subject's clocks, days and address was written by the portal."""

    def is_reviewer(self, viewer: str) -> bool:
        """Tell whether `viewer` reviews the access log."""

    def holds(self, viewer: str, role: str) -> bool:
        """Tell whether `viewer` has a role now, by its name."""

    def held_since(self, viewer: str, role: str) -> dt.date | None:
        """Return the day from which on `viewer` has a role that was granted, None if they do not have it now."""

    def reviewer_since(self, viewer: str) -> dt.date | None:
        """Return the day (UTC) from which on `viewer` may review the access log, None if they may not."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, its code, the sentence for people, and the relation it rests on (None if there is none)."""

    permitted: bool
    reason: str
    sentence: str
    relation: Relation | None


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to see what of whom, why, of which days, and how fine."""

    viewer: str | None
    subject: str
    fields: frozenset[Field]
    purpose: Purpose
    period: Period
    tier: Tier


def decide(
    request: Request, directory: Directory, now: dt.datetime, day_start: dt.time, policy: tuple[Rule, ...] = POLICY
) -> Decision:
    """Decide a request, all or nothing: one relation has to permit every field of it."""
    relations = dict(directory.relations(request.viewer, request.subject, request.period))
    if request.viewer is not None:
        relations.pop(Relation.OPERATIONS, None)  # what jobs may open is never shown to a person
    relation = _permitting(request, relations, policy)
    if relation is None:
        held = next((r for r in Relation if r in relations), None)
        return Decision(False, *_why_not(request, directory, policy), held)
    if relation is not Relation.OPERATIONS and not directory.acknowledged(request.subject):
        sentence = N_("Nothing is shown about a person who has not yet read and acknowledged what is recorded.")
        return Decision(False, NOT_ACKNOWLEDGED, sentence, relation)
    if relation in _OWN_READS:
        return Decision(True, PERMITTED, N_("The policy permits it."), relation)
    zones, are_genuine = directory.clocks(request.subject, request.period.first)
    if not are_genuine:
        return Decision(False, NOT_GENUINE, CHANGED, relation)
    if relation is Relation.MANAGER:
        todays = [local_day(now, zone, day_start) for zone in zones]
        if request.fields <= SHEETS:  # words for a talk: listening is done there
            return _as_it_stands(request.period, todays)
        if min(todays) < (until := _listens_until(relations[relation], policy)):
            return Decision(False, LISTENING, Said(_LISTENING, day=until), relation)
        if request.fields <= AGREED:
            return _as_it_stands(request.period, todays)
        closed = _closed_week(request.period, zones, now, day_start)
        return _on_a_sheet(request, directory, todays) if closed.permitted else closed
    return Decision(True, PERMITTED, N_("The policy permits it."), relation)


def _listens_until(told: dt.date | None, policy: tuple[Rule, ...]) -> dt.date:
    """Return the day from which on a manager may read at all: any, where the policy lets nobody listen first."""
    weeks = max((rule.listen_weeks for rule in policy if rule.relation is Relation.MANAGER), default=0)
    if not weeks:
        return dt.date.min
    return dt.date.max if told is None else told + dt.timedelta(weeks=weeks)


def _permitting(request: Request, relations: Collection[Relation], policy: tuple[Rule, ...]) -> Relation | None:
    if not request.fields:
        return None  # an empty list of fields must not let everybody in
    for relation in Relation:
        if relation in relations and request.fields <= permitted({relation}, request.purpose, request.tier, policy):
            return relation
    return None


def _why_not(request: Request, directory: Directory, policy: tuple[Rule, ...]) -> tuple[str, str]:
    """Return the code and the sentence of a refusal: to a manager, that the week began before the person was told."""
    of_managers = permitted({Relation.MANAGER}, request.purpose, request.tier, policy)
    if request.viewer is not None and request.fields and request.fields <= of_managers:
        told = directory.told(request.viewer, request.subject)
        if told is not None and request.period.first <= told.day:
            sentence = N_("You may open weeks that began after %(name)s was told that you manage the team (%(day)s).")
            return NOT_TOLD, Said(sentence, name=told.name, day=told.day)
    return NOT_PERMITTED, N_(
        "The policy has no rule under which this viewer may see these fields for this purpose and period."
    )


def _closed_week(period: Period, zones: tuple[ZoneInfo, ...], now: dt.datetime, day_start: dt.time) -> Decision:
    """Decide about the period alone; whoever changed the zone since it began, it must be open on every clock."""
    if not is_week(period):
        return Decision(False, NOT_A_WEEK, N_("Only one whole ISO week can be opened at a time."), Relation.MANAGER)
    if now < (opens := shared_from_all(period, zones, day_start)):
        local = opens.astimezone(zones[0])
        sentence = Said(
            N_("Not yet: a week can be opened 48 hours after its end, this one from %(day)s, %(time)s on."),
            day=local.date(),
            time=f"{local:%H:%M}",
        )
        return Decision(False, NOT_YET, sentence, Relation.MANAGER)
    if period < oldest_readable(max(local_day(now, zone, day_start) for zone in zones)):
        return Decision(False, TOO_OLD, N_("Only the last eight closed weeks can be opened."), Relation.MANAGER)
    return Decision(True, PERMITTED, N_("The policy permits it."), Relation.MANAGER)


def _on_a_sheet(request: Request, directory: Directory, todays: Sequence[dt.date]) -> Decision:
    """Decide whether the week stands on a sheet that is open on every clock: both have agreed to its one-to-one."""
    met = None if request.viewer is None else directory.one_to_ones(request.viewer, request.subject)
    if met is None:
        return Decision(False, NOT_GENUINE, MEETINGS_CHANGED, Relation.MANAGER)
    found = sheets(met)
    here = [each for each in found if each.is_open(todays)]
    if any(each.holds(request.period) for each in here):
        return Decision(True, PERMITTED, N_("The policy permits it."), Relation.MANAGER)
    if before := [each.before for each in here if each.before is not None]:
        earlier = N_("This week lies before the last one-to-one (%(day)s): it stood on the sheets of then.")
        return Decision(False, NO_SHEET, Said(earlier, day=min(before)), Relation.MANAGER)
    ahead = next((each for each in found if each.open.first > min(todays) and each.holds(request.period)), None)
    if ahead is None:
        return Decision(False, NO_SHEET, NOTHING_AGREED, Relation.MANAGER)
    return Decision(False, NO_SHEET, Said(OPENS_LATER, day=ahead.day, opens=ahead.open.first), Relation.MANAGER)


def _as_it_stands(period: Period, todays: Sequence[dt.date]) -> Decision:
    """Decide about what both have agreed on: it is read as it stands on the subject's present day, and on no other.

    `todays` are those of the clocks that the subject has had since that day, the present one first. Something can be
    filed under the day of a former one that was ahead: it stands now as well, and nothing newer is filed.
    """
    if period != Period.day(period.first) or not todays[0] <= period.first <= max(todays):
        sentence = N_("What two people agreed on is read as it stands today.")
        return Decision(False, NOT_AS_IT_STANDS, sentence, Relation.MANAGER)
    return Decision(True, PERMITTED, N_("The policy permits it."), Relation.MANAGER)
