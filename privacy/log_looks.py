"""Who looked: the newest entries by other people about somebody, which every Today asks for. Used behind the gate only.

It needs no transaction: an entry that comes in between two statements is seen with the next page.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
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

    def at(self, subject: str, limit: int, *, but: str, purpose: str | None = None) -> Page:
        """Open the newest entries in which people read something about `subject`, or were refused it.

        Whatever jobs did, or the person `but`, stays sealed: their tags say that it is theirs.
        """
        silent = [tag for viewer in (ORGANISATION, but) for tag in self._seals.tags(VIEWER_TAG, viewer, self._months)]
        rows = self._rows(self._seals.tags(SUBJECT_TAG, subject, self._months), silent)

        def fits(opened: Entry) -> bool:
            return bool(opened.fields) and purpose in (None, opened.purpose)

        return page(rows, lambda row: self._seals.open_entry(subject, row)[1], fits, limit)

    def _rows(self, about: Sequence[bytes], but: Sequence[bytes]) -> Iterator[Filed]:
        """Yield what others did about somebody, newest first, as far as it is asked for."""
        if not about:
            return
        question, before = _question(len(about), len(but)), _LAST
        tags = _named("about", about) | _named("but", but)
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
