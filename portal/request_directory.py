"""The directory as requests ask it: frame, page and gate all want the row of the same person.

A row is kept in the request that read it and in no other, so that no decision rests on what an earlier request saw; and
only while the request reads: one that changes somebody sees its own change.
"""

from typing import Final, cast

from flask import g, has_request_context, request

from auth.directory import Directory
from auth.person import Person

_READING: Final = frozenset({"GET", "HEAD"})


class RequestDirectory(Directory):
    """Reads each person's row once a request; outside of requests it is the directory and nothing else."""

    def person(self, subject: str) -> Person | None:
        known = _known()
        if known is None:
            return super().person(subject)
        if subject not in known:
            known[subject] = super().person(subject)
        return known[subject]


def note(found: Person) -> None:
    """Keep a row that this request has just read elsewhere."""
    known = _known()
    if known is not None:
        known[found.subject] = found


def _known() -> dict[str, Person | None] | None:
    """Return the rows of this request, None where none are kept."""
    if not has_request_context() or request.method not in _READING:
        return None
    return cast(dict[str, Person | None], g.setdefault("persons", {}))
