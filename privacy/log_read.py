"""Reading the log: which entries there are by their plain columns, and opening them. Used behind the gate only."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, LargeBinary, func, literal, select

from privacy.chains import LIVING, chain_head, ended_by
from privacy.keys import KeyGone, KeyRefused
from privacy.log_entries import Chain, Entry, entry_of
from privacy.log_seals import FIRST_PRIVATE_EPOCH, SUBJECT_TAG, VIEWER_TAG, Filed, LogSeals
from privacy.log_talks import is_of_others
from privacy.log_tree import entry
from privacy.seal import SealBroken
from privacy.statement import Question
from privacy.vault import ORGANISATION

COLUMNS: Final = (
    entry.c.index,
    entry.c.leaf_hash,
    entry.c.commitment,
    entry.c.day,
    entry.c.subject_tag,
    entry.c.viewer_tag,
    entry.c.sealed,
)
_ROWS_A_QUERY: Final = 500
_EPOCH: Final = func.substr(entry.c.sealed, 5, 4, type_=LargeBinary)
IS_OWN_READ: Final = literal(FIRST_PRIVATE_EPOCH.to_bytes(4, "big"), LargeBinary) <= _EPOCH
_DAYS: Final = Question(
    select(  # two statements in one: either is answered by the index alone, both at once read the table
        select(func.min(entry.c.day)).scalar_subquery(), select(func.max(entry.c.day)).scalar_subquery()
    )
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries a reader asks for; None means any. `before` is an index, for the next page.

    Own reads are left out unless `chains` names them: nobody watches an employee look. `subject` or `viewer` of
    `ORGANISATION` finds entries without a person, or by a job. `by_job` tells the system's own work from all that
    people did, at the command line too. With a `party`, entries of conversations between others are left out.
    """

    subject: str | None = None
    viewer: str | None = None
    relation: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    by_job: bool | None = None
    first_day: dt.date | None = None
    end_day: dt.date | None = None
    chains: Collection[str] = (Chain.OTHERS, Chain.ORGANISATION)
    before: int | None = None
    limit: int = 50
    party: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first; `before` continues with older ones, None at the end; `unreadable` ones did not open."""

    entries: tuple[Entry, ...]
    before: int | None
    unreadable: tuple[int, ...] = ()


def page(rows: Iterable[Filed], payload: Callable[[Filed], bytes], fits: Callable[[Entry], bool], limit: int) -> Page:
    """Open rows by `payload` until `limit` entries fit."""
    found: list[Entry] = []
    unreadable: list[int] = []
    for row in rows:
        if len(found) == limit:
            return Page(tuple(found), found[-1].index, tuple(unreadable))
        try:
            opened = entry_of(row.index, payload(row))
        except (SealBroken, KeyGone, KeyRefused):
            unreadable.append(row.index)
            continue
        if fits(opened):
            found.append(opened)
    return Page(tuple(found), None, tuple(unreadable))


class LogReader:
    """Finds and opens entries within one connection."""

    def __init__(self, connection: Connection, seals: LogSeals) -> None:
        self._connection = connection
        self._seals = seals
        self._subjects: dict[tuple[int, int], dict[bytes, str]] = {}
        self._damaged: dict[tuple[int, int], list[str]] = {}
        self._everybody: list[str] | None = None

    def count(self, wanted: Filter) -> int:
        """Return how many entries match by their plain columns alone: the payloads stay sealed."""
        conditions = self._conditions(wanted)
        return self._connection.scalar(select(func.count()).select_from(entry).where(*conditions)) or 0

    def page(self, wanted: Filter) -> Page:
        """Open the newest entries that match, up to the limit."""
        rows = self._rows(self._conditions(wanted), wanted.before)
        return self._page(rows, wanted.subject, lambda opened: _matches(opened, wanted), wanted.limit)

    def _page(self, rows: Iterable[Filed], subject: str | None, fits: Callable[[Entry], bool], limit: int) -> Page:
        """Open rows until `limit` entries fit; with a `subject`, all rows are known to be about them."""

        def payload(row: Filed) -> bytes:
            return self.unseal(row, subject or self.subject_of(row))[1]

        return page(rows, payload, fits, limit)

    def of_subject(self, subject: str) -> list[Entry]:
        """Open every entry about a person, oldest first, both chains; SealBroken names the entry that does not open."""
        return [entry_of(row.index, self.unseal(row, subject)[1]) for row in self.rows_of(subject)]

    def rows_of(self, subject: str) -> list[Filed]:
        """Return the rows of every entry about a person, oldest first."""
        tags = self._seals.tags(SUBJECT_TAG, subject, self.months(None, None))
        found = select(*COLUMNS).where(entry.c.subject_tag.in_(tags)).order_by(entry.c.index)
        return [Filed(*row) for row in self._connection.execute(found)]

    def findable(self, subject: str) -> tuple[list[int], list[str]]:
        """Return the indices of a person's entries as far as sound keys find them, and what is wrong with others."""
        tags, failed = self._seals.tags_found(SUBJECT_TAG, subject, self.months(None, None))
        found = select(entry.c.index).where(entry.c.subject_tag.in_(tags)).order_by(entry.c.index)
        damage = dict.fromkeys(str(each) for each in failed if isinstance(each, KeyRefused))
        return list(self._connection.scalars(found)), list(damage)

    def nobodys(self, indices: Collection[int], but: str) -> list[int]:
        """Return which of these rows hold something and belong to nobody whose keys exist, `but` left aside.

        Where somebody's key of a month is damaged, rows of that month may be theirs: none is nobody's.
        """
        found: list[int] = []
        wanted = sorted(indices)
        for start in range(0, len(wanted), _ROWS_A_QUERY):
            some = entry.c.index.in_(wanted[start : start + _ROWS_A_QUERY])
            rows = self._connection.execute(select(*COLUMNS).where(some, entry.c.sealed.is_not(None)))
            for row in (Filed(*each) for each in rows):
                try:
                    self.subject_of(row)
                except KeyGone:
                    if not set(self._damaged[row.day.year, row.day.month]) - {but}:
                        found.append(row.index)
        return found

    def broken_end(self, subject: str, day: dt.date) -> str | None:
        """Return why nothing can follow on `day` in the chain of what others did; None if something can."""
        here = (chain_head.c.subject_id == subject, chain_head.c.chain == Chain.OTHERS)
        sealed = self._connection.scalar(select(chain_head.c.sealed).where(*here))
        if sealed is not None and (record := ended_by(sealed)) is not None:
            return f"the person was erased, see entry {record}"
        try:
            if sealed is not None:
                self._seals.open_head(subject, Chain.OTHERS, sealed)
            self._seals.tag(SUBJECT_TAG, subject, day, create=True)
        except (SealBroken, KeyGone, KeyRefused) as error:
            return str(error)
        return None

    def commitment(self, index: int) -> bytes:
        """Return what an entry commits to, erased or not; LookupError if there is none."""
        found: bytes | None = self._connection.scalar(select(entry.c.commitment).where(entry.c.index == index))
        if found is None:
            raise LookupError(f"the log has no entry {index}")
        return found

    def day_of(self, index: int) -> dt.date:
        """Return the day of an entry, erased or not; LookupError if there is none."""
        found: dt.date | None = self._connection.scalar(select(entry.c.day).where(entry.c.index == index))
        if found is None:
            raise LookupError(f"the log has no entry {index}")
        return found

    def opened(self, index: int) -> tuple[bytes, bytes] | None:
        """Return (salt, payload) of an entry, None if it was erased; LookupError if there is none."""
        found = self._connection.execute(select(*COLUMNS).where(entry.c.index == index)).one_or_none()
        if found is None:
            raise LookupError(f"the log has no entry {index}")
        if None in found:
            return None
        row = Filed(*found)
        return self.unseal(row, self.subject_of(row))

    def unseal(self, row: Filed, subject: str) -> tuple[bytes, bytes]:
        """Return (salt, payload) of a row; SealBroken names the entry."""
        try:
            return self._seals.open_entry(subject, row)
        except SealBroken as e:
            raise SealBroken(f"entry {row.index} of the access log: {e}") from e

    def subject_of(self, row: Filed) -> str:
        """Return the subject (ORGANISATION for none) with this tag in this month; KeyGone if nobody has it.

        Whose key is damaged has none: the entries of everybody else are found all the same.
        """
        month = (row.day.year, row.day.month)
        if month not in self._subjects:
            self._subjects[month], self._damaged[month] = {}, []
            for subject in self.everybody():
                tags, failed = self._seals.tags_found(SUBJECT_TAG, subject, [row.day.replace(day=1)])
                self._subjects[month].update(dict.fromkeys(tags, subject))
                if any(isinstance(each, KeyRefused) for each in failed):
                    self._damaged[month].append(subject)
        try:
            return self._subjects[month][row.subject_tag]
        except KeyError:
            raise KeyGone(f"entry {row.index} of the access log belongs to nobody who has a chain and a key") from None

    def everybody(self) -> list[str]:
        """Return every subject that has a chain, and was not erased."""
        if self._everybody is None:
            self._everybody = list(self._connection.scalars(select(chain_head.c.subject_id).where(LIVING).distinct()))
        return self._everybody

    def days(self, since: dt.date | None) -> list[dt.date]:
        """Return `since` and the later days of entries, oldest first; those of all entries if it is None."""
        wanted = select(entry.c.day).where(entry.c.day.is_not(None)).distinct().order_by(entry.c.day)
        later = wanted if since is None else wanted.where(entry.c.day > since)
        return [*([] if since is None else [since]), *self._connection.scalars(later)]

    def _rows(self, conditions: Sequence[ColumnElement[bool]], before: int | None) -> Iterator[Filed]:
        """Yield rows newest first, a few hundred a query, so that a short page reads little."""
        while True:
            older = () if before is None else (entry.c.index < before,)
            statement = select(*COLUMNS).where(*conditions, *older).order_by(entry.c.index.desc()).limit(_ROWS_A_QUERY)
            rows = [Filed(*row) for row in self._connection.execute(statement)]
            yield from rows
            if len(rows) < _ROWS_A_QUERY:
                return
            before = rows[-1].index

    def _conditions(self, wanted: Filter) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = [entry.c.sealed.is_not(None)]
        if wanted.first_day is not None:
            conditions.append(entry.c.day >= wanted.first_day)
        if wanted.end_day is not None:
            conditions.append(entry.c.day < wanted.end_day)
        months = self.months(wanted.first_day, wanted.end_day) if wanted.subject or wanted.viewer else []
        if wanted.subject is not None:
            conditions.append(entry.c.subject_tag.in_(self._seals.tags(SUBJECT_TAG, wanted.subject, months)))
        if wanted.viewer is not None and Chain.SELF not in wanted.chains:  # own reads have a random viewer tag
            conditions.append(entry.c.viewer_tag.in_(self._seals.tags(VIEWER_TAG, wanted.viewer, months)))
        if Chain.SELF not in wanted.chains:
            conditions.append(~IS_OWN_READ)
        return conditions

    def months(self, first: dt.date | None, end: dt.date | None) -> list[dt.date]:
        """Return the first day of every month in which the log has entries, within the days asked for."""
        return months(self._connection, first, end)


def months(source: Engine | Connection, first: dt.date | None = None, end: dt.date | None = None) -> list[dt.date]:
    """Return the first day of every month in which the log has entries, within the days asked for."""
    oldest, newest = _DAYS.ask(source)[0]
    if oldest is None:
        return []
    month, last = max(oldest, first or oldest).replace(day=1), min(newest, end or newest)
    found = []
    while month <= last:
        found.append(month)
        month = (month + dt.timedelta(days=31)).replace(day=1)
    return found


def _matches(opened: Entry, wanted: Filter) -> bool:
    asked = (
        (wanted.viewer, opened.viewer or ORGANISATION),
        (wanted.relation, opened.relation),
        (wanted.purpose, opened.purpose),
        (wanted.outcome, opened.outcome),
        (wanted.by_job, opened.by_job),
    )
    if wanted.party is not None and is_of_others(opened, wanted.party):
        return False
    return opened.chain in wanted.chains and all(value in (None, found) for value, found in asked)
