"""The gate to the access log itself: reading it is disclosure too, so an entry says so before a payload is opened."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from dataclasses import field as attribute
from typing import Any, Final, NoReturn

from privacy import decisions
from privacy.access_log import AccessLog, Filter, Page
from privacy.canonical import digest
from privacy.closings import Closed
from privacy.decisions import Decision, Directory
from privacy.keys import KeyClassWithheld
from privacy.log_entries import LOG_FIELD, Chain, Draft, Entry, LogUnavailable
from privacy.log_talks import is_of_others
from privacy.messages import N_, Said
from privacy.policy import Purpose, Relation
from privacy.seal import SealBroken
from privacy.vault import ORGANISATION

NO_RELATION: Final = "none"
"""The relation in the entry about somebody who has none, and was refused."""
REVIEWS: Final = 200
"""How many of the latest reviews of the whole log an employee is shown."""


class Refused(Exception):
    """The gate said no: `decision` says why, `entry` is the log entry of the refusal."""

    def __init__(self, decision: Decision, entry: int) -> None:
        super().__init__(decision.sentence)
        self.decision = decision
        self.entry = entry


class NotPermitted(Refused):
    """The policy does not let this viewer see these fields, for this purpose."""


class NotYet(Refused):
    """The policy would, but not now: the week is running, in its grace time or too long ago, or the manager is new."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A page of the log from the day `since` on, and the number of the entry that says it was read."""

    page: Page = attribute(repr=False)
    entry: int
    since: dt.date

    @property
    def sentence(self) -> str:
        """What the reviewer is told about the reach of their role."""
        return _reach(self.since)


@dataclass(frozen=True, slots=True)
class Counted:
    """How the closing of a day counted one person's entries, with the proof bundle of the entry that says so."""

    closed: Closed
    proof: dict[str, Any]


class LogGate:
    """Writes to the log for the gate, and opens it for reviewers and for the persons whom entries are about."""

    def __init__(self, log: AccessLog, directory: Directory) -> None:
        self._log = log
        self._directory = directory

    def record(self, draft: Draft) -> int:
        """Write an entry that opens nothing (an import, an appointment), and return its number."""
        return self._append(draft)

    def review(self, viewer: str, query: Filter) -> Reviewed:
        """Open the entries that match, for a reviewer: the read is itself an entry, in the chain of whom it asks about.

        Own reads stay closed: nobody watches an employee look; and so does what was written before the day on which the
        viewer became a reviewer. Of conversations they see what they did themselves and that they were asked
        (`privacy.log_talks`). NotPermitted, logged, for whoever is no reviewer.
        """
        since = self._reviewer_since(viewer, query.subject)
        first = since if query.first_day is None else max(since, query.first_day)
        query = replace(query, chains=frozenset(query.chains) - {Chain.SELF}, first_day=first)
        entry = self._reviewing(viewer, query.subject, _asked(query) | {"count": self._log.count(query)})
        return Reviewed(self._log.read(replace(query, party=viewer)), entry, since)

    def review_entry(self, viewer: str, index: int) -> tuple[Entry | None, int]:
        """Open one entry for a reviewer (None if it was erased), with the number of the entry that says so.

        LookupError if there is none, if it is an employee's own read, or of a conversation of others. NotPermitted,
        logged, for whoever is no reviewer, and for an entry of before the day on which they became one.
        """
        since = self._reviewer_since(viewer, None)
        if self._log.day_of(index) < since:
            self._refuse_review(viewer, None, Relation.COMPLIANCE, _reach(since))
        entry = self._reviewing(viewer, None, {"entry": index})
        found = self._log.entry(index)
        if found is not None and found.chain is Chain.SELF:
            raise LookupError(f"entry {index} is somebody's own read")
        if found is not None and is_of_others(found, viewer):
            raise LookupError(f"entry {index} is of a conversation of others")
        return found, entry

    def own_log(self, subject: str, session: str | None) -> list[Entry]:
        """Open what the log says about a person, for that person: who looked, their own reads, and reviews of the log.

        Oldest first. Logged as an own read, once per session and UTC day.
        """
        self._append(_reading_log(subject, subject, Relation.SELF, Purpose.OWN_REVIEW, session=session))
        reviews = self._log.read(
            Filter(subject=ORGANISATION, purpose=Purpose.COMPLIANCE_REVIEW, chains=(Chain.ORGANISATION,), limit=REVIEWS)
        )
        return sorted([*self._log.of_subject(subject), *reviews.entries], key=lambda each: each.index)

    def own_looks(self, subject: str, session: str | None, limit: int) -> list[Entry]:
        """Open the newest entries of `own_log` in which other people looked, or were refused; the rest stays sealed.

        Oldest first, and logged as `own_log` is. SealBroken for an entry about this person that does not open.
        """
        self._append(_reading_log(subject, subject, Relation.SELF, Purpose.OWN_REVIEW, session=session))
        found = self._log.looks_and_reviews(subject, limit, Purpose.COMPLIANCE_REVIEW)
        if found.unreadable:
            raise SealBroken(f"entry {found.unreadable[0]} of the access log does not open")
        return sorted(found.entries, key=lambda each: each.index)

    def looks_to_tell(self, subject: str, limit: int) -> list[Entry]:
        """Open the newest entries in which other people looked at a person, or were refused, for a job that tells them.

        Oldest first; an entry says that the job read the log.
        """
        self._append(_reading_log(None, subject, Relation.OPERATIONS, Purpose.OPERATIONS))
        return sorted(self._log.looks(subject, limit).entries, key=lambda each: each.index)

    def own_proofs(
        self,
        subject: str,
        session: str | None,
        indices: Collection[int],
        old_size: int | None = None,
        note: str | None = None,
    ) -> dict[str, Any]:
        """Return the proof bundle of a person's own entries, salts and payloads included, for that person.

        `old_size` adds the proof that the log only grew since; `note` is the checkpoint to prove it under, else that of
        now. LookupError for an entry that is not about them.
        """
        self._append(_reading_log(subject, subject, Relation.SELF, Purpose.OWN_REVIEW, session=session))
        if foreign := sorted(set(indices) - {each.index for each in self._log.of_subject(subject)}):
            raise LookupError(f"no entry {foreign[0]} about this person")
        return self._log.export_bundle(sorted(set(indices)), old_size=old_size, open=True, note=note)

    def own_closing(self, subject: str, session: str | None, day: dt.date | None, old_size: int | None) -> Counted:
        """Return how a closing counted a person's entries, and the proof bundle of its entry, for that person.

        NotClosed if no day, or not that one, was closed, another LookupError if the entries of now are not those that
        were counted. ValueError for an old size that the log never had.
        """
        self._append(_reading_log(subject, subject, Relation.SELF, Purpose.OWN_REVIEW, session=session))
        closed = self._log.closing(subject, day)
        return Counted(closed, self._log.export_bundle([closed.entry], old_size=old_size, open=True))

    def _reviewing(self, viewer: str, subject: str | None, asked: Mapping[str, object]) -> int:
        """Log a review with the digest of what was asked, and return the entry's number."""
        draft = _review(viewer, subject, Relation.COMPLIANCE)
        plain = {key: _plain(value) for key, value in asked.items()}
        return self._append(replace(draft, digest=digest(plain)))

    def _reviewer_since(self, viewer: str, subject: str | None) -> dt.date:
        """Return the day from which on the viewer reviews the log, or raise NotPermitted after logging the refusal."""
        since = self._directory.reviewer_since(viewer)
        if since is None:
            self._refuse_review(viewer, subject, None, N_("Only compliance reviewers read the access log."))
        return since

    def _refuse_review(self, viewer: str, subject: str | None, relation: Relation | None, sentence: str) -> NoReturn:
        draft = replace(_review(viewer, subject, relation or NO_RELATION), outcome="refused")
        raise NotPermitted(Decision(False, decisions.NOT_PERMITTED, sentence, relation), self._append(draft))

    def _append(self, draft: Draft) -> int:
        with _written():
            return self._log.append(draft).index

    def _append_all(self, drafts: Sequence[Draft]) -> list[int]:
        with _written():
            return [each.index for each in self._log.append_many(drafts)]


@contextmanager
def _written() -> Iterator[None]:
    """Whatever it is: a full disk, a lock, a lost connection. Without an entry there is no disclosure."""
    try:
        yield
    except (LogUnavailable, KeyClassWithheld):
        raise
    except Exception as e:
        raise LogUnavailable(f"the access log cannot be written: {type(e).__name__}") from e


def _asked(query: Filter) -> dict[str, object]:
    """Return what a reviewer asked for, without what the gate adds."""
    return {name: value for name, value in asdict(query).items() if name != "party"}


def _reach(since: dt.date) -> str:
    return Said(N_("You can read the log from %(day)s on, the day on which you became a reviewer."), day=since)


def _review(viewer: str, subject: str | None, relation: str) -> Draft:
    return _reading_log(viewer, None if subject == ORGANISATION else subject, relation, Purpose.COMPLIANCE_REVIEW)


def _reading_log(
    viewer: str | None, subject: str | None, relation: str, purpose: Purpose, session: str | None = None
) -> Draft:
    own = relation == Relation.SELF
    return Draft(
        viewer=viewer,
        subject=subject,
        relation=relation,
        fields=(LOG_FIELD,),
        purpose=purpose,
        period=None,
        outcome="disclosed",
        chain=Chain.ORGANISATION if subject is None else Chain.SELF if own else Chain.OTHERS,
        session=session,
    )


def _plain(value: object) -> object:
    """Return a value of a filter in a form that JSON has."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return sorted(map(str, value)) if isinstance(value, frozenset) else value
