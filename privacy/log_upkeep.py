"""Erasing from the log: rows are emptied in the transaction of the entry that says so, and their hashes stay.

A person's chains end with it: in the place of their heads stands the number of that entry, and whoever wants to write
about the person afterwards, in any process, is refused behind the lock that every commit takes.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, false, insert, or_, select, update

from privacy.chains import LIVING, ChainEnded, Heads, chain_head, ended, ended_by, erasure_digest
from privacy.fields import epoch_of
from privacy.key_provider import KeyGone, KeyRefused
from privacy.log_entries import LOG_FIELD, Chain, Draft
from privacy.log_read import IS_OWN_READ, LogReader
from privacy.log_seals import SUBJECT_TAG, ChainHead, LogSeals, class_of, epoch_named
from privacy.log_tables import ChainHeadRow, EntryRow
from privacy.log_tree import entry
from privacy.period import Period
from privacy.policy import Purpose, Relation
from privacy.seal import SealBroken
from privacy.vault import ORGANISATION

ERASED: Final = "erased"
EXPIRED: Final = "expired"
_CHAINS: Final = (Chain.OTHERS, Chain.SELF)
_ROWS_A_STATEMENT: Final = 5_000


class Erased(NamedTuple):
    """The entry that records an erasure, and the rows that it erased."""

    entry: int
    rows: tuple[int, ...]


class Erasure:
    """Erases everything about one person. `known` are rows of theirs that the log of another day held."""

    def __init__(self, seals: LogSeals, subject: str, known: Collection[int] = ()) -> None:
        self._seals = seals
        self._subject = subject
        self._known = known
        self._indices: set[int] = set()
        self.damage: list[str] = []
        """What is wrong with keys of the person that should have found their rows."""

    def draft(self) -> Draft:
        return Draft(None, None, Relation.OPERATIONS, [LOG_FIELD], Purpose.SUBJECT_REQUEST, None, ERASED)

    def digest(self, heads: Heads) -> str:
        """Find the rows, and return the digest over their indices; ChainEnded if it was all done before.

        A damaged key of the person counts as destroyed: what only it finds is not emptied, and nothing opens it.
        """
        if (done := erasure_of(heads.connection, self._subject)) is not None:
            raise ChainEnded(f"the person was erased, see entry {done.entry}")
        log = LogReader(heads.connection, self._seals)
        found, self.damage = log.findable(self._subject)
        self._indices = {*found, *log.nobodys(self._known, but=self._subject)}
        return erasure_digest(self._indices)

    def write(self, connection: Connection, index: int) -> None:
        """Empty the rows, and end the chains."""
        _empty(connection, self._indices, index)
        for chain in _CHAINS:
            here = (chain_head.c.subject_id == self._subject, chain_head.c.chain == chain)
            if not connection.execute(update(ChainHeadRow).where(*here).values(sealed=ended(index))).rowcount:
                row = {"subject_id": self._subject, "chain": chain.value, "sealed": ended(index)}
                connection.execute(insert(ChainHeadRow), row)


def erasure_of(connection: Connection, subject: str) -> Erased | None:
    """Return what was erased of a person, None if they were not."""
    here = (chain_head.c.subject_id == subject, chain_head.c.chain == Chain.OTHERS)
    sealed = connection.scalar(select(chain_head.c.sealed).where(*here))
    if sealed is None or (record := ended_by(sealed)) is None:
        return None
    rows = connection.scalars(select(entry.c.index).where(entry.c.erased_by == record).order_by(entry.c.index))
    return Erased(record, tuple(rows))


def ended_chains(connection: Connection) -> dict[str, int]:
    """Return whose chains ended, each with the entry that is to record it; nothing is opened."""
    wanted = select(chain_head.c.subject_id, chain_head.c.sealed).where(chain_head.c.chain == Chain.OTHERS, ~LIVING)
    found = {subject: ended_by(sealed) for subject, sealed in connection.execute(wanted)}
    return {subject: record for subject, record in found.items() if record is not None}


class Expiration:
    """Erases everybody's entries of days before `before` in some chains; the organisation's own never expire."""

    def __init__(self, seals: LogSeals, chains: Collection[Chain], before: dt.date) -> None:
        self._seals = seals
        self._chains = chains
        self._before = before
        self._indices: list[int] = []

    def draft(self, fields: Collection[str], period: Period) -> Draft:
        return Draft(None, None, Relation.OPERATIONS, fields, Purpose.OPERATIONS, period, EXPIRED)

    def due(self, connection: Connection) -> bool:
        """Tell whether there is anything to erase."""
        return connection.scalar(self._rows(connection).limit(1)) is not None

    def digest(self, heads: Heads) -> str:
        """Find the rows, and return the digest over their indices."""
        self._indices = list(heads.connection.scalars(self._rows(heads.connection)))
        return erasure_digest(self._indices)

    def write(self, connection: Connection, index: int) -> None:
        """Empty the rows, and seal under a key that stays the heads of chains that were not written to since."""
        _empty(connection, self._indices, index)
        for subject, chain, head in self._old_heads(connection):
            if isinstance(head, ChainHead):
                resealed = self._seals.seal_head(subject, chain, self._before, head)
                here = (chain_head.c.subject_id == subject, chain_head.c.chain == chain)
                connection.execute(update(ChainHeadRow).where(*here).values(sealed=resealed))

    def stuck(self, connection: Connection) -> dict[str, str]:
        """Return of whom such a head does not open, and why: as long as their keys are there it can be mended."""
        heads = self._old_heads(connection)
        return {subject: str(head) for subject, _, head in heads if not isinstance(head, ChainHead)}

    def _old_heads(self, connection: Connection) -> Iterator[tuple[str, str, ChainHead | Exception]]:
        """Yield the heads that were sealed before the bound, or why one does not open."""
        columns = (chain_head.c.subject_id, chain_head.c.chain, chain_head.c.sealed)
        wanted = select(*columns).where(chain_head.c.chain.in_(self._chains), LIVING)
        for subject, chain, sealed in connection.execute(wanted).all():
            try:
                if epoch_named(sealed) < epoch_of(class_of(chain), self._before):
                    yield subject, chain, self._seals.open_head(subject, chain, sealed)
            except (SealBroken, KeyGone, KeyRefused) as error:
                yield subject, chain, error

    def _rows(self, connection: Connection) -> Select[int]:
        found = select(entry.c.index).where(entry.c.sealed.is_not(None), entry.c.day < self._before)
        of_chains = (self._of(chain, connection) for chain in self._chains)
        return found.where(or_(false(), *of_chains)).order_by(entry.c.index)

    def _of(self, chain: Chain, connection: Connection) -> ColumnElement[bool]:
        if chain is Chain.SELF:
            return IS_OWN_READ
        months = LogReader(connection, self._seals).months(None, self._before)
        own = self._seals.tags(SUBJECT_TAG, ORGANISATION, months)
        return ~IS_OWN_READ & entry.c.subject_tag.not_in(own)


def _empty(connection: Connection, indices: Iterable[int], record: int) -> None:
    empty = {"sealed": None, "subject_tag": None, "viewer_tag": None, "day": None, "erased_by": record}
    wanted = sorted(indices)
    for start in range(0, len(wanted), _ROWS_A_STATEMENT):
        some = wanted[start : start + _ROWS_A_STATEMENT]
        connection.execute(update(EntryRow).where(entry.c.index.in_(some)).values(**empty))
