"""The gate: the only way from sealed bytes to plaintext, and from the access log to its readers.

Three steps, in this order: (1) the policy decides, all or nothing; (2) an entry is appended to the access log and
committed on its own, for a refusal too; (3) the keys of just those fields are unwrapped. If the entry cannot be
written, nothing opens. Nobody has a way around it: no role, no job, no command.

Writing has one rule, too: whoever changes what the vault holds of somebody calls `Gate.account` last, inside the same
transaction. It commits in the log to all that the vault then holds, so that an older state put back is noticed.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from privacy import decisions
from privacy.access_log import AccessLog
from privacy.decisions import Decision, Directory, Request
from privacy.fields import Field, KeyClass, Tier, epoch_of
from privacy.granted_gate import GrantedGate, Rooms
from privacy.log_entries import INVENTORIED, Chain, Draft, LogUnavailable
from privacy.log_gate import NO_RELATION, NotPermitted, NotYet, Refused, Reviewed
from privacy.opening import Disclosed, Opening
from privacy.period import Period, is_week, starts_at, week_name
from privacy.policy import POLICY, Purpose, Relation, Rule, permitted
from privacy.snapshot import Snapshot
from privacy.vault import Vault, Wanted

__all__ = [
    "Decision",
    "Directory",
    "Disclosed",
    "Gate",
    "LogUnavailable",
    "NotPermitted",
    "NotYet",
    "Opening",
    "Refused",
    "Reviewed",
]

Clock = Callable[[], dt.datetime]

SALT_BYTES: Final = 16
_MIDNIGHT: Final = dt.time(0)
_LATER: Final = frozenset({decisions.LISTENING, decisions.NOT_YET, decisions.TOO_OLD})


class Gate(GrantedGate):
    """Discloses what the policy permits, after it is logged."""

    def __init__(
        self,
        vault: Vault,
        log: AccessLog,
        directory: Directory,
        clock: Clock,
        *,
        day_start: dt.time = _MIDNIGHT,
        rules_since: Callable[[dt.datetime], tuple[Rule, ...]] = lambda _: POLICY,
        rooms: Rooms | None = None,
    ) -> None:
        super().__init__(log, directory, clock, day_start, rooms)
        self._vault = vault
        self._rules_since = rules_since

    def decide(
        self,
        viewer: str | None,
        subject: str,
        fields: Collection[Field],
        purpose: Purpose,
        period: Period,
        tier: Tier = Tier.SUMMARY,
    ) -> Decision:
        """Say what `disclose` would answer: no entry, no key."""
        return self._decide(Request(viewer, subject, frozenset(fields), purpose, period, tier))

    def disclose(
        self,
        viewer: str | None,
        subject: str,
        fields: Collection[Field],
        purpose: Purpose,
        period: Period,
        *,
        tier: Tier = Tier.SUMMARY,
        session: str | None = None,
    ) -> Disclosed:
        """Open `fields` of `subject` for each day of `period`, or raise.

        NotPermitted and NotYet are logged refusals, LogUnavailable opened nothing. A viewer of None is a job. With
        `session`, own reads are logged once per session, UTC day and field set.
        """
        return self.begin(viewer, subject, fields, purpose, period, tier=tier, session=session).part(period)

    def begin(
        self,
        viewer: str | None,
        subject: str,
        fields: Collection[Field],
        purpose: Purpose,
        period: Period,
        *,
        tier: Tier = Tier.SUMMARY,
        session: str | None = None,
    ) -> "Opening":
        """Do steps (1) and (2) of `disclose` for a job that opens a long period in parts. Raises as `disclose` does."""
        request = Request(viewer, subject, frozenset(fields), purpose, period, tier)
        # (1) All or nothing: a partial answer would hide the refusal.
        decision = self._decide(request)
        # (2) Committed before anything is opened, and without values: the log's readers may not see them.
        entry = self._append(_draft(request, decision, session))
        if not decision.permitted or decision.relation is None:
            raise (NotYet if decision.reason in _LATER else NotPermitted)(decision, entry)
        return Opening(request, decision.relation, entry, session, self._open)

    def begin_all(
        self, subjects: Sequence[str], fields: Collection[Field], purpose: Purpose, period: Period
    ) -> list["Opening"]:
        """Do steps (1) and (2) for a job that opens the same of several people; their entries are committed together.

        LogUnavailable says nothing about which were written: then nothing opens. Keys are fetched together before, and
        open nothing by being there.
        """
        asked = [Request(None, subject, frozenset(fields), purpose, period, Tier.SUMMARY) for subject in subjects]
        self._vault.warm(subjects, fields, period, self._clock().date())
        decided = [self._decide(each) for each in asked]
        entries = self._append_all([_draft(*each, None) for each in zip(asked, decided, strict=True)])
        found = []
        for request, decision, entry in zip(asked, decided, entries, strict=True):
            if not decision.permitted or decision.relation is None:
                raise NotPermitted(decision, entry)
            found.append(Opening(request, decision.relation, entry, None, self._open))
        return found

    def _open(self, opening: "Opening", wanted: Sequence[Wanted], then: Snapshot | None) -> list[Disclosed]:
        # (3)
        subject, source = opening.request.subject, None if then is None else then.engine
        if len(wanted) == 1:
            return [self._disclosed(opening, wanted[0], self._vault._open(subject, *wanted[0], source))]
        opened = self._vault._open_all(subject, wanted, source)
        return [self._disclosed(opening, each, values) for each, values in zip(wanted, opened, strict=True)]

    def _disclosed(
        self, opening: "Opening", wanted: Wanted, values: Mapping[tuple[dt.date, Field], bytes]
    ) -> Disclosed:
        asked = opening.request
        weekly = values and wanted.tier is Tier.WEEK and is_week(wanted.period)
        return Disclosed(
            viewer=asked.viewer,
            subject=asked.subject,
            fields=wanted.fields,
            purpose=asked.purpose,
            period=wanted.period,
            tier=wanted.tier,
            relation=opening.relation,
            entry=opening.entry,
            session=opening.session,
            values=values,
            salt=self._salt(asked.subject, wanted.period) if weekly else "",
        )

    def receipt(self, disclosed: Disclosed, digest: str) -> int:
        """Log the digest ("sha256:…") of what is about to be shown, and return the entry's number.

        For own reads the entry of the disclosure is enough. LogUnavailable: then the answer must not be sent.
        """
        if disclosed.relation is Relation.SELF:
            return disclosed.entry
        return self._append(
            Draft(
                viewer=disclosed.viewer,
                subject=disclosed.subject,
                relation=disclosed.relation,
                fields=disclosed.fields,
                purpose=disclosed.purpose,
                period=disclosed.period,
                outcome="shown",
                digest=digest,
            )
        )

    def account(
        self,
        subject: str,
        connection: Connection,
        *,
        own: bool = False,
        fields: Collection[str] = frozenset(Field),
        period: Period | None = None,
        outcome: str = INVENTORIED,
    ) -> int:
        """Log the digest of all that the vault will hold of a subject when `connection` commits; return the entry.

        Call it last in the transaction that changed the vault. `fields` are those that changed, where that is known.
        `own` is for what the person did: it goes to the chain of their own reads, so that no reviewer sees when
        somebody was active. LogUnavailable: roll the change back. An entry whose transaction was killed before its
        commit commits to a state that never came about; the next writing leaves a right one, and until then
        `sameview log verify` names it (docs/attacks.md).
        """
        return self._append(
            Draft(
                viewer=subject if own else None,
                subject=subject,
                relation=Relation.SELF if own else Relation.OPERATIONS,
                fields=sorted(fields),
                purpose=Purpose.OWN_REVIEW if own else Purpose.OPERATIONS,
                period=period,
                outcome=outcome,
                digest=self._vault.digest(subject, connection),
                chain=Chain.SELF if own else Chain.OTHERS,
            )
        )

    def _decide(self, request: Request) -> Decision:
        # An agreement narrows what managers may read. The rules for everybody else are those of always.
        other = request.viewer not in (None, request.subject)
        rules = self._rules(request.subject, request.period) if other or request.tier is Tier.WEEK else POLICY
        return decisions.decide(request, self._directory, self._clock(), self._day_start, rules)

    def shared(self, subject: str, purpose: Purpose, period: Period) -> frozenset[Field]:
        """Return what a manager may read of a closed week, if anything: what was agreed on since it began."""
        return permitted({Relation.MANAGER}, purpose, Tier.WEEK, self._rules(subject, period))

    def _rules(self, subject: str, period: Period) -> tuple[Rule, ...]:
        return self._rules_since(starts_at(period.first, self._directory.zone(subject), self._day_start))

    def _salt(self, subject: str, week: Period) -> str:
        info = f"sameview/v1/digest/{week_name(week)}".encode()
        epoch = epoch_of(KeyClass.SHARED, week.first)
        return self._vault.keys.derive(subject, KeyClass.SHARED, epoch, info, SALT_BYTES).hex()


def _draft(request: Request, decision: Decision, session: str | None) -> Draft:
    own = decision.relation is Relation.SELF
    return Draft(
        viewer=request.viewer,
        subject=request.subject,
        relation=decision.relation or NO_RELATION,
        fields=request.fields,
        purpose=request.purpose,
        period=None if own else request.period,
        outcome="disclosed" if decision.permitted else "refused",
        chain=Chain.SELF if own else Chain.OTHERS,
        session=session if own else None,
    )
