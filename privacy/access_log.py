"""The access log: who looked at whose data, why, and when. Append-only, and anybody can check that it is.

It is a Merkle tree (RFC 9162) whose root is signed at every commit (C2SP checkpoints). An append is a transaction of
its own and durable when it returns, so that the gate can wait for it before it opens anything. Payloads are sealed;
reading them is the gate's business, and an entry itself. Rejected: entries in the transaction of the request, which
disappear when the request fails.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from privacy import closings
from privacy.canonical import canonical_record
from privacy.chains import erasure_digest
from privacy.checkpoint import Signer
from privacy.key_provider import KeyGone, KeyRefused
from privacy.keys import KeyClassWithheld, KeyRing
from privacy.log_commit import Committer, Waiting
from privacy.log_entries import Appended, Chain, Draft, Entry, LogUnavailable, body_of, entry_of, once_key
from privacy.log_key import open_signer
from privacy.log_looks import Looks
from privacy.log_proofs import LogProofs
from privacy.log_queue import CommitQueue
from privacy.log_read import Filter, LogReader, Page
from privacy.log_seals import SUBJECT_TAG, TAG_BYTES, VIEWER_TAG, LogSeals, new_salt
from privacy.log_upkeep import ERASED, EXPIRED, Erased, Erasure, Expiration, ended_chains, erasure_of
from privacy.log_verify import Verification
from privacy.period import Period
from privacy.seal import SealBroken
from privacy.tombstones import SubjectErased
from privacy.vault import ORGANISATION

_REMEMBERED_OWN_READS: Final = 50_000
_ALL: Final = 2**31


class AccessLog(LogProofs):
    """The one log of an installation. Safe to share between threads; several processes may write to one store."""

    def __init__(self, engine: Engine, keys: KeyRing, signer: Signer, clock: Callable[[], dt.datetime]) -> None:
        super().__init__(engine, LogSeals(keys), signer)
        self._clock = clock
        self._queue = CommitQueue(Committer(engine, self._seals, signer).commit)
        self._own_reads: dict[tuple[str, bytes], int] = {}

    # Writing

    def append(self, draft: Draft) -> Appended:
        """Write an entry and return its index when it is durable; LogUnavailable if it cannot be written.

        An own read of a session that has its entry of the day already gets that entry's index, also while the log
        cannot be written.
        """
        return self.append_many([draft])[0]

    def append_many(self, drafts: Iterable[Draft]) -> list[Appended]:
        """Write entries in order, up to 256 in a commit. LogUnavailable says nothing about which were written."""
        appended = [self._remembered(draft) or self._prepare(draft) for draft in drafts]
        self._queue.submit([each for each in appended if isinstance(each, Waiting)])
        return [each if isinstance(each, Appended) else self._remember(each) for each in appended]

    def close_day(self, day: dt.date, tell: Callable[[str], object] = lambda _: None) -> int:
        """Write the closing entry of a day once, and return its index.

        Its digest is the root over (subject tag, count, last commitment) of every chain, sorted, as they are when it is
        written: a chain whose tail is cut later does not lead to it any more. One whose end does not open cannot be
        counted; `tell` hears which, and why.
        """
        with self._engine.connect() as connection:
            if (found := closings.closed(connection, day)) is not None:
                return found.entry
        closing = closings.Closing(day)
        index = self._submit_alone(closing.draft(), state=closing.digest, also=closing.write)
        for (subject, chain), reason in closing.left_out.items():
            tell(f"chain {chain} of {subject}: the closing of {day} does not count it, its end does not open: {reason}")
        return index

    def erase(
        self, subject: str, known: Collection[int] = (), tell: Callable[[str], object] = lambda _: None
    ) -> Erased:
        """Erase everything about a person and end their chains; return the entry that records it, and the rows.

        Their hashes stay, so that the tree still verifies. Call it before the keys are destroyed: without them the
        person's rows cannot be found; a damaged one finds none, and `tell` hears of it. The erased rows name the entry,
        and its digest names the rows. A second time nothing is written. `known` are rows of theirs by an earlier
        erasure; they are erased if they are nobody's now.
        """
        if (done := self.erasure_of(subject)) is None:
            erasure = Erasure(self._seals, subject, known)
            try:
                self._submit_alone(erasure.draft(), state=erasure.digest, also=erasure.write)
            except LogUnavailable:
                if self.erasure_of(subject) is None:  # else another process was faster
                    raise
            done = self._erased(subject)
            for each in erasure.damage:
                tell(each)
        self._seals.forget()
        self._own_reads = {place: i for place, i in self._own_reads.items() if place[0] != subject}
        return done

    def erasure_of(self, subject: str) -> Erased | None:
        """Return what was erased of a person, None if they were not."""
        with self._engine.connect() as connection:
            return erasure_of(connection, subject)

    def ended(self) -> dict[str, int]:
        """Return whose chains ended, each with the entry that is to record it; nothing is opened."""
        with self._engine.connect() as connection:
            return ended_chains(connection)

    def recorded_erasure(self, subject: str) -> tuple[dt.date, Erased] | None:
        """Return the day and what was erased of a person, None unless the entry opens, says so and names these rows."""
        if (erased := self.erasure_of(subject)) is None:
            return None
        try:
            found = self.entry(erased.entry)
        except (KeyGone, KeyRefused, LookupError, SealBroken):
            return None
        if found is None or found.outcome != ERASED or found.digest != erasure_digest(erased.rows):
            return None
        return found.time.date(), erased

    def records_expiry(self, fields: Collection[str], period: Period) -> bool:
        """Tell whether an entry of the organisation says that `fields` were let go for `period`."""
        wanted = Filter(subject=ORGANISATION, outcome=EXPIRED, chains=(Chain.ORGANISATION,), limit=_ALL)
        return any((set(e.fields), e.period) == (set(fields), period) for e in self.read(wanted).entries)

    def _erased(self, subject: str) -> Erased:
        if (done := self.erasure_of(subject)) is None:
            raise LogUnavailable("the erasure that was just written is not there")
        return done

    def expire(self, chains: Collection[Chain], before: dt.date, fields: Collection[str], period: Period) -> int:
        """Erase everybody's entries of days before `before` in `chains`, and return the entry that records it.

        That entry is about the expiry of `fields` for `period`. Call it before the keys of those days are destroyed.
        """
        expiration = Expiration(self._seals, chains, before)
        index = self._submit_alone(expiration.draft(fields, period), state=expiration.digest, also=expiration.write)
        self._seals.forget()
        return index

    def stuck(self, chains: Collection[Chain], before: dt.date) -> dict[str, str]:
        """Return whose chains an expiry cannot seal anew, each with the reason: they need the keys of those days."""
        with self._engine.connect() as connection:
            return Expiration(self._seals, chains, before).stuck(connection)

    def broken(self, subjects: Collection[str]) -> dict[str, str]:
        """Return those of `subjects` about whom others can have nothing written, each with what is broken."""
        day = self._clock().astimezone(dt.UTC).date()
        with self._reading() as log:
            return {each: reason for each in subjects if (reason := log.broken_end(each, day)) is not None}

    def has_expired(self, chains: Collection[Chain], before: dt.date) -> bool:
        """Tell whether `chains` hold entries of days before `before`; nothing is opened."""
        with self._engine.connect() as connection:
            return bool(chains) and Expiration(self._seals, chains, before).due(connection)

    def _submit_alone(self, draft: Draft, **work: Any) -> int:
        waiting = self._prepare(draft)
        for name, function in work.items():
            setattr(waiting, name, function)
        self._queue.submit([waiting])
        return waiting.index

    def _body(self, draft: Draft) -> tuple[dict[str, Any], bytes | None]:
        body = body_of(draft, draft.at or self._clock())
        own = body["chain"] == Chain.SELF and draft.session is not None
        return body, once_key(body, draft.session or "") if own else None

    def _remembered(self, draft: Draft) -> Appended | None:
        """Return the entry that stands for an own read, if this process knows it: neither log nor key is needed."""
        if draft.session is None or draft.chain != Chain.SELF:
            return None
        _, once = self._body(draft)
        index = self._own_reads.get((draft.owner, once)) if once is not None else None
        return None if index is None else Appended(index, written=False)

    def _remember(self, waiting: Waiting) -> Appended:
        if waiting.once is not None:
            if len(self._own_reads) >= _REMEMBERED_OWN_READS:
                self._own_reads = {}
            self._own_reads[waiting.place[0], waiting.once] = waiting.index
        return Appended(waiting.index, waiting.written)

    def _prepare(self, draft: Draft) -> Waiting:
        """Work out all that does not depend on the entry's place, in the caller's own thread."""
        body, once = self._body(draft)
        canonical_record(body)  # a draft that has no canonical form fails here, alone
        day = dt.date.fromisoformat(body["time"][:10])
        owner, chain = draft.owner, body["chain"]
        with _keys_needed():
            key = self._seals.entry_key(owner, chain, day)
            subject_tag = self._seals.tag(SUBJECT_TAG, owner, day, create=True)
            if chain == Chain.SELF:
                viewer_tag = new_salt()[:TAG_BYTES]
            else:
                viewer_tag = self._seals.tag(VIEWER_TAG, draft.viewer or ORGANISATION, day, create=True)
        return Waiting((owner, chain), day, body, subject_tag, viewer_tag, key, once)

    # Reading: for the gate, which has written an entry about it before

    def of_subject(self, subject: str) -> list[Entry]:
        """Open every entry about a person, oldest first: what others did, and the person's own reads."""
        with self._reading() as log:
            return log.of_subject(subject)

    def read(self, wanted: Filter) -> Page:
        """Open the newest entries that match."""
        with self._reading() as log:
            return log.page(wanted)

    def looks(self, subject: str, limit: int) -> Page:
        """Open the newest entries in which other people read something about a subject, or were refused."""
        return Looks(self._engine, self._seals).at(subject, limit, but=subject)

    def looks_and_reviews(self, subject: str, limit: int, purpose: str) -> Page:
        """Open what `looks` opens, with the newest entries in which other people read the whole log for a purpose."""
        return Looks(self._engine, self._seals).with_reviews(subject, limit, purpose, but=subject)

    def entry(self, index: int) -> Entry | None:
        """Open one entry; None if it was erased, LookupError if there is none."""
        with self._reading() as log:
            opened = log.opened(index)
        return None if opened is None else entry_of(index, opened[1])

    def day_of(self, index: int) -> dt.date:
        """Return the day (UTC) of an entry without opening it; LookupError if there is none."""
        with self._reading() as log:
            return log.day_of(index)

    def days_since_closing(self) -> list[dt.date]:
        """Return the days of entries since the last closing, whose day is the first of them; nothing is opened."""
        with self._engine.connect() as connection:
            closed = closings.closed(connection)
            return LogReader(connection, self._seals).days(None if closed is None else closed.day)

    def count(self, wanted: Filter) -> int:
        """Return how many entries match by subject, viewer and days; nothing is opened."""
        with self._reading() as log:
            return log.count(wanted)

    @contextmanager
    def _reading(self) -> Iterator[LogReader]:
        with self._engine.connect() as connection:
            yield LogReader(connection, self._seals)


@contextmanager
def _keys_needed() -> Iterator[None]:
    """An entry needs keys of the key store: when that cannot be reached, the log cannot be written either."""
    try:
        yield
    except SubjectErased as e:
        raise LogUnavailable("an entry about somebody who was erased, or by them, cannot be written") from e
    except KeyClassWithheld:
        raise
    except KeyRefused as e:
        raise LogUnavailable(f"the chain of this entry cannot go on: {e}") from e
    except (SQLAlchemyError, OSError) as e:
        raise LogUnavailable(f"the key store cannot be used: {type(e).__name__}") from e


__all__ = [
    "AccessLog",
    "Appended",
    "Chain",
    "Draft",
    "Entry",
    "Filter",
    "LogUnavailable",
    "Page",
    "Verification",
    "open_signer",
]
