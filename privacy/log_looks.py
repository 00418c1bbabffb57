"""Who looked: the newest entries by other people about somebody, which every Today asks for. Used behind the gate only.

It needs no transaction: an entry that comes in between two statements is seen with the next page.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, bindparam, select

from privacy.log_entries import Entry
from privacy.log_read import COLUMNS, IS_OWN_READ, Page, months, page
from privacy.log_seals import SUBJECT_TAG, VIEWER_TAG, Filed, LogSeals
from privacy.log_tree import entry
from privacy.statement import Question
from privacy.vault import ORGANISATION

_ROWS_A_QUERY: Final = 32
_LAST: Final = 2**62
"""An index after every entry's."""


class Looks:
    """The looks of others as they are now."""

    def __init__(self, engine: Engine, seals: LogSeals) -> None:
        self._engine = engine
        self._seals = seals
        self._months = months(engine)

    def at(self, subject: str, limit: int, *, but: str) -> Page:
        """Open the newest entries in which people read something about `subject`, or were refused it.

        Whatever jobs did, or the person `but`, stays sealed: their tags say that it is theirs.
        """
        rows = self._rows(self._seals.tags(SUBJECT_TAG, subject, self._months), but)
        return page(rows, lambda row: self._seals.open_entry(subject, row)[1], lambda each: bool(each.fields), limit)

    def with_reviews(self, subject: str, limit: int, purpose: str, *, but: str) -> Page:
        """Open the same together with the entries in which people read the whole log for a purpose.

        Of these, one that does not open is passed over.
        """
        whole = dict.fromkeys(self._seals.tags(SUBJECT_TAG, ORGANISATION, self._months))
        rows = self._rows([*self._seals.tags(SUBJECT_TAG, subject, self._months), *whole], but)
        broken: set[int] = set()

        def payload(row: Filed) -> bytes:
            if row.subject_tag not in whole:
                return self._seals.open_entry(subject, row)[1]
            broken.add(row.index)
            opened = self._seals.open_entry(ORGANISATION, row)[1]
            broken.discard(row.index)
            return opened

        def fits(opened: Entry) -> bool:
            return bool(opened.fields) and (opened.subject == subject or opened.purpose == purpose)

        found = page(rows, payload, fits, limit)
        return replace(found, unreadable=tuple(each for each in found.unreadable if each not in broken))

    def _rows(self, about: Sequence[bytes], but: str) -> Iterator[Filed]:
        """Yield what others did about somebody, newest first, as far as it is asked for."""
        if not about:
            return
        silent = [tag for viewer in (ORGANISATION, but) for tag in self._seals.tags(VIEWER_TAG, viewer, self._months)]
        question, before = _question(len(about), len(silent)), _LAST
        tags = _named("about", about) | _named("but", silent)
        while True:
            rows = [Filed(*row) for row in question.ask(self._engine, before=before, **tags)]
            yield from rows
            if len(rows) < _ROWS_A_QUERY:
                return
            before = rows[-1].index


@functools.cache
def _question(about: int, but: int) -> Question:
    """Build the statement for so many tags of a subject, one a month, and of viewers who are not asked for."""
    conditions: list[ColumnElement[bool]] = [
        entry.c.subject_tag.in_([bindparam(name) for name in _named("about", range(about))])
    ]
    if but:
        conditions.append(entry.c.viewer_tag.not_in([bindparam(name) for name in _named("but", range(but))]))
    conditions += [entry.c.sealed.is_not(None), ~IS_OWN_READ, entry.c.index < bindparam("before")]
    return Question(select(*COLUMNS).where(*conditions).order_by(entry.c.index.desc()).limit(_ROWS_A_QUERY))


def _named(name: str, values: Iterable[Any]) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, value in enumerate(values)}
