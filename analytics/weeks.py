"""Closed weeks: frozen once, 48 hours after the week's end, and read as the same bytes by employee and manager.

What a manager may see of a person is computed here, by one function, from one disclosure; the employee's mirror calls
the same function. Late data, corrections and policy changes never change a frozen week.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from analytics.days import CORRECTED, value_of
from analytics.figures import dump, load
from analytics.totals import TOTALS
from privacy.canonical import digest
from privacy.decisions import NO_SHEET
from privacy.disclosure import Decision, Directory, Disclosed, Gate
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.period import Period, iso_week, week_name
from privacy.policy import Purpose
from privacy.stores import writing
from privacy.vault import Row, Vault

LEAST_CAPTURED_DAYS: Final = 3
"""A week with fewer captured days is withheld: it would be nearly a day's figure."""

_FIELDS: Final = tuple(sorted(SHARED_FIELDS))
_OPENED_FIELDS: Final = SHARED_FIELDS | {Field.CORRECTED}
"""What a week is added up from, all of it shared: the days' figures, and which of them their person corrected."""


class WeekClosedToManager(Exception):
    """The manager could not open this week either; `decision` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.sentence)
        self.decision = decision


@dataclass(frozen=True, slots=True)
class Answer:
    """What was shown: the payload, the log entry that accounts for it, and the payload's digest."""

    payload: dict[str, Any]
    entry: int
    digest: str


@dataclass(frozen=True, slots=True)
class Weeks:
    """Freezes weeks and answers for them."""

    vault: Vault
    gate: Gate
    directory: Directory

    def for_manager(self, viewer: str, subject: str, week: str, purpose: Purpose) -> Answer:
        """Answer a manager's read of a closed week; its receipt is in the log before this returns.

        Raises NotPermitted or NotYet, with the refusal in the log.
        """
        period = iso_week(week)
        fields = self.asked(subject, purpose, period)
        if self.gate.decide(viewer, subject, fields, purpose, period, Tier.WEEK).permitted:
            self.freeze(subject, period)
        disclosed = self.gate.disclose(viewer, subject, fields, purpose, period, tier=Tier.WEEK)
        answer = _answer(disclosed, purpose)
        self.gate.receipt(disclosed, answer.digest)
        return answer

    def as_seen_by_manager(self, manager: str, subject: str, week: str, purpose: Purpose, session: str) -> Answer:
        """Answer the employee's question what `manager` gets for this week and purpose: the same payload.

        Raises WeekClosedToManager where the manager would be refused, unless all that is missing is an open sheet of a
        one-to-one: what stands on it is shown to its person at any time.
        """
        period = iso_week(week)
        fields = self.asked(subject, purpose, period)
        decision = self.gate.decide(manager, subject, fields, purpose, period, Tier.WEEK)
        if not decision.permitted and decision.reason != NO_SHEET:
            raise WeekClosedToManager(decision)
        self.freeze(subject, period)
        disclosed = self.gate.disclose(
            subject, subject, fields, Purpose.OWN_REVIEW, period, tier=Tier.WEEK, session=session
        )
        return _answer(disclosed, purpose)

    def asked(self, subject: str, purpose: Purpose, period: Period) -> frozenset[Field]:
        """Return the fields of a week that a manager is shown; where the policy shares nothing, those to be refused."""
        return (self.gate.shared(subject, purpose, period) & SHARED_FIELDS) or SHARED_FIELDS

    def again(
        self, subject: str, period: Period, purpose: Purpose, session: str, fields: frozenset[Field] = SHARED_FIELDS
    ) -> Answer | None:
        """Open a frozen week as the person whom it is about, in the form in which a read of `fields` was answered.

        None if nothing is stored of it any more. Nothing is frozen here, and whether the viewer of then could still
        open it does not matter. SealBroken and VaultIncomplete say that stored rows were tampered with.
        """
        disclosed = self.gate.disclose(
            subject, subject, fields, Purpose.OWN_REVIEW, period, tier=Tier.WEEK, session=session
        )
        return _answer(disclosed, purpose) if disclosed.values else None

    def freeze(self, subject: str, period: Period) -> bool:
        """Freeze one closed week; return False when it was frozen before. The caller knows that its grace is over."""
        with self.vault.engine.connect() as connection:
            if self._frozen(connection, subject, period):
                return False
        days = self.gate.disclose(None, subject, _OPENED_FIELDS, Purpose.OPERATIONS, period, tier=Tier.SUMMARY)
        zone = str(self.directory.zone(subject))
        rows = [
            Row(field, Tier.WEEK, period.first, 0, dump({"value": value, "mark": mark, "timezone": zone}))
            for field, value, mark in week_values(days, period)
        ]
        with writing(self.vault.engine) as connection:
            if self._frozen(connection, subject, period):
                return False  # another process was faster: its bytes stay
            self.vault.put(connection, subject, rows)
            self.gate.account(subject, connection, fields=SHARED_FIELDS, period=period)
        return True

    def _frozen(self, connection: Connection, subject: str, period: Period) -> bool:
        return self.vault.has(connection, subject, SHARED_FIELDS, Tier.WEEK, period)

    def freeze_due(self, subject: str, periods: list[Period]) -> int:
        """Freeze those of `periods` that are not frozen yet; return how many were."""
        return sum(self.freeze(subject, period) for period in periods)


def _answer(disclosed: Disclosed, purpose: Purpose) -> Answer:
    payload = week_payload(disclosed, purpose)
    return Answer(payload, disclosed.entry, digest(payload))


def week_payload(disclosed: Disclosed, purpose: Purpose) -> dict[str, Any]:
    """Return the one payload of a frozen week, for the manager's page and for the employee's mirror alike."""
    monday = disclosed.period.first
    frozen = {field: load(disclosed.values[monday, field]) for field in sorted(disclosed.fields)}
    return {
        "week": week_name(disclosed.period),
        "subject": disclosed.subject,
        "timezone": next(iter(frozen.values()))["timezone"],
        "purpose": purpose.value,
        "fields": {field.value: each["value"] for field, each in frozen.items() if each["value"] is not None},
        "marks": {field.value: each["mark"] for field, each in frozen.items() if each["mark"] is not None},
        "salt": disclosed.salt,
    }


def week_values(
    days: Disclosed, period: Period, *, before_corrections: bool = False
) -> list[tuple[Field, Any, str | None]]:
    """Return the shared figures of a week, each with its mark: what is frozen, of the days as they are disclosed.

    A figure in which a correction of its person counts is `corrected`. `before_corrections` returns what it would be
    without any, where the person's notes are disclosed as well.
    """
    noted = {day: (value_of(days, day, Field.ANNOTATIONS) or {}).get("original", {}) for day in period.days()}

    def value(day: dt.date, field: Field) -> Any | None:
        original = noted[day].get(field.value) if before_corrections else None
        return value_of(days, day, field) if original is None else original

    per_field = {field: [v for day in noted if (v := value(day, field)) is not None] for field in _FIELDS}
    captured = sum(each["active_seconds"] > 0 for each in per_field[Field.ACTIVE_TIME])
    if captured < LEAST_CAPTURED_DAYS:
        return [(field, None, "withheld") for field in _FIELDS]
    marked = [] if before_corrections else [value_of(days, day, Field.CORRECTED) or {} for day in period.days()]
    corrected = {field for each in marked for field in each.get("fields", ())}
    return [(field, TOTALS[field](per_field[field]), CORRECTED if field in corrected else None) for field in _FIELDS]
