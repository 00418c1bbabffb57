"""The gate to what people let others read: grants, and conversations that they began.

The order is the gate's: decide, log, and only then unwrap the one key. A grant or a conversation that is not there, not
the portal's, over, or somebody else's is refused, and the person sees the attempt. A grant's answer is what was sealed
when it was given, so its receipt is written here, before anybody gets it.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from functools import cache, partial
from typing import Final, NoReturn

from privacy import decisions
from privacy.access_log import AccessLog
from privacy.canonical import digest_of
from privacy.decisions import Decision, Directory
from privacy.grants import Grant, Grants
from privacy.log_entries import GRANT_FIELD, THREAD_FIELD, Chain, Draft
from privacy.log_gate import NO_RELATION, LogGate, NotPermitted
from privacy.messages import N_
from privacy.period import local_day
from privacy.policy import Purpose, Relation
from privacy.receipts import READ, RECEIPT
from privacy.seal import SealBroken
from privacy.threads import Thread, Threads

NOTHING_GRANTED: Final = N_("Nothing is shared with you here: it was ended, its time is over, or it was never for you.")
NO_CONVERSATION: Final = N_("There is no conversation here that you were asked to answer.")
UNAWARE: Final = N_("Nothing is shown about a person who has not yet read and acknowledged what is recorded.")
_UNKNOWN: Final = "unknown"
_MIDNIGHT: Final = dt.time(0)


@dataclass(frozen=True, slots=True)
class Rooms:
    """Where grants and conversations are kept."""

    grants: Grants
    threads: Threads


@dataclass(frozen=True, slots=True)
class GrantOpened:
    """A grant's payload (canonical JSON), and the entry that says that it was opened."""

    grant: Grant
    entry: int
    payload: bytes = attribute(repr=False)


@dataclass(frozen=True, slots=True)
class ThreadOpened:
    """The messages of a conversation, oldest first, and the entry that says that it was read."""

    thread: Thread
    entry: int
    messages: Sequence[bytes] = attribute(repr=False)


class GrantedGate(LogGate):
    """Opens grants and conversations, after it is logged."""

    def __init__(
        self,
        log: AccessLog,
        directory: Directory,
        clock: Callable[[], dt.datetime],
        day_start: dt.time = _MIDNIGHT,
        rooms: Rooms | None = None,
    ) -> None:
        super().__init__(log, directory)
        self._clock = clock
        self._day_start = day_start
        self._rooms = rooms

    def open_grant(self, viewer: str, subject: str, number: int) -> GrantOpened:
        """Open what `subject` granted to `viewer`; the receipt is in the log before this returns.

        NotPermitted is a logged refusal. SealBroken if the row was changed, KeyGone if it was ended at this moment;
        LogUnavailable opened nothing.
        """
        grant = self._open_rooms.grants.find(subject, number)
        draft = _asking(viewer, subject, grant)
        if grant is None or not grant.permits(viewer, self.latest_day(subject, grant.given_on)):
            self._refuse(draft, decisions.NOT_PERMITTED, NOTHING_GRANTED)
        if not self._directory.acknowledged(subject):
            self._refuse(draft, decisions.NOT_ACKNOWLEDGED, UNAWARE)
        if not (self._directory.is_genuine(subject) and self._directory.is_genuine(viewer)):
            self._refuse(draft, decisions.NOT_GENUINE, decisions.CHANGED)
        entry = self._append(draft)
        payload = self._payload(grant)
        self._append(replace(draft, outcome=RECEIPT, digest=grant.digest))
        return GrantOpened(grant, entry, payload)

    def open_own_grant(self, subject: str, number: int, session: str) -> GrantOpened | None:
        """Open a grant of one's own as its viewer sees it, None where there is none. Logged as an own read."""
        entry = self._append(_own(subject, GRANT_FIELD, session))
        grant = self._open_rooms.grants.find(subject, number)
        return None if grant is None else GrantOpened(grant, entry, self._payload(grant))

    def addressed(self, viewer: str) -> list[Thread]:
        """Return the conversations that `viewer` was asked to answer, those that wait longest first; no texts."""
        since = cache(partial(self._directory.held_since, viewer))
        found = self._open_rooms.threads.everything()
        managed = self._managed(viewer, found)
        return [each for each in found if each in managed or self._by_role(each, viewer, since)]

    def addressed_by_name(self, viewer: str) -> list[Thread]:
        """Return those of them that `viewer` was asked as somebody's manager."""
        found = self._open_rooms.threads.to(viewer)
        managed = self._managed(viewer, found)
        return [each for each in found if each in managed]

    def asked(self, thread: Thread, candidates: Collection[str]) -> list[str]:
        """Return those of `candidates` who may read a conversation, without the person who began it."""
        return [each for each in candidates if self._addresses(thread, each)]

    def open_thread(self, viewer: str, subject: str, number: int, session: str | None = None) -> ThreadOpened:
        """Open a conversation, for the person who began it and for those who were asked.

        Own reads are logged once per session and day. NotPermitted is a logged refusal. SealBroken if messages were
        changed or taken away, KeyGone if it was removed at this moment.
        """
        thread = self._open_rooms.threads.find(subject, number)
        if viewer == subject:
            draft = _own(subject, THREAD_FIELD, session)
        else:
            draft = _reading(viewer, subject)
            if thread is None or not self._addresses(thread, viewer):
                self._refuse(replace(draft, relation=NO_RELATION), decisions.NOT_PERMITTED, NO_CONVERSATION)
        if thread is None:
            raise LookupError(f"no conversation {number}")
        entry = self._append(draft)
        return ThreadOpened(thread, entry, self._open_rooms.threads._open(thread))

    def today(self, subject: str) -> dt.date:
        """Return the local day that runs now for a person."""
        return local_day(self._clock(), self._directory.zone(subject), self._day_start)

    def latest_day(self, subject: str, since: dt.date) -> dt.date:
        """Return the latest local day that runs now on a clock that a person has had since `since`.

        By it their grants end: a day that was over stays over, wherever the person travels.
        """
        now, (zones, _) = self._clock(), self._directory.clocks(subject, since)
        return max(local_day(now, zone, self._day_start) for zone in zones)

    @property
    def _open_rooms(self) -> Rooms:
        if self._rooms is None:
            raise LookupError("this gate was built without grants and conversations")
        return self._rooms

    def _payload(self, grant: Grant) -> bytes:
        payload = self._open_rooms.grants._open(grant)
        if digest_of(payload) != grant.digest:
            raise SealBroken(f"grant {grant.number} of {grant.subject}: its payload has another digest")
        return payload

    def _addresses(self, thread: Thread, viewer: str) -> bool:
        """Tell whether somebody was asked, and still is who was asked: a reported person never is."""
        since = partial(self._directory.held_since, viewer)
        return bool(self._managed(viewer, [thread])) or self._by_role(thread, viewer, since)

    def _managed(self, viewer: str, among: Collection[Thread]) -> frozenset[Thread]:
        """Return the conversations that name somebody who manages now whoever began them."""
        named = [each for each in among if each.to_person == viewer and self._may_read(each, viewer)]
        managed = self._directory.managing(viewer, {each.subject for each in named})
        return frozenset(each for each in named if each.subject in managed)

    def _by_role(self, thread: Thread, viewer: str, since: Callable[[str], dt.date | None]) -> bool:
        """Tell whether somebody was asked by a role of theirs.

        Whoever was given a role after the conversation began was not asked in it: nobody appoints a reader afterwards.
        """
        if viewer == thread.to_person or not self._may_read(thread, viewer):
            return False
        days = (since(role) for role in sorted(thread.to_roles))
        return any(day is not None and day <= thread.opened_on for day in days)

    def _may_read(self, thread: Thread, viewer: str) -> bool:
        return viewer != thread.subject and not self._open_rooms.threads.excludes(thread, viewer)

    def _refuse(self, draft: Draft, reason: str, sentence: str) -> NoReturn:
        entry = self._append(replace(draft, outcome="refused"))
        relation = None if draft.relation == NO_RELATION else Relation(draft.relation)
        raise NotPermitted(Decision(False, reason, sentence, relation), entry)


def _asking(viewer: str, subject: str, grant: Grant | None) -> Draft:
    """Return the entry of somebody's wish to see a grant; about one that is not theirs it says nothing."""
    theirs = grant if grant is not None and grant.viewer == viewer else None
    return Draft(
        viewer=viewer,
        subject=subject,
        relation=NO_RELATION if theirs is None else Relation.GRANTEE,
        fields=(GRANT_FIELD,) if theirs is None else theirs.fields,
        purpose=_UNKNOWN if theirs is None else theirs.purpose,
        period=None if theirs is None else theirs.period,
        outcome=READ,
    )


def _reading(viewer: str, subject: str) -> Draft:
    return Draft(viewer, subject, Relation.ADDRESSEE, (THREAD_FIELD,), Purpose.SUBJECT_REQUEST, None, READ)


def _own(subject: str, field: str, session: str | None) -> Draft:
    return Draft(
        viewer=subject,
        subject=subject,
        relation=Relation.SELF,
        fields=(field,),
        purpose=Purpose.OWN_REVIEW,
        period=None,
        outcome=READ,
        chain=Chain.SELF,
        session=session,
    )
