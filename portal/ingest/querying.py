"""Queries of ActivityWatch's language, answered by aw-core's own code in a process of its own.

The language is harmless, but its functions search with whatever expression they are given, and an expression can take
for ever. So the process gets the person's own events, a while and some memory, and nothing else of this server.
"""

import datetime as dt
import subprocess
import sys
from typing import Any, Final, NamedTuple

import msgspec

from analytics.imports.timestamps import BadTimestamp, microsecond

SECONDS: Final = 20
MOST_PERIODS: Final = 400
LONGEST_QUERY: Final = 100_000
_LONGEST_US: Final = 400 * 86_400_000_000


class QueryRefused(ValueError):
    """A query cannot be answered; `kind` is what ActivityWatch calls the fault."""

    def __init__(self, message: str, kind: str = "QueryException") -> None:
        super().__init__(message)
        self.kind = kind


class Question(NamedTuple):
    """A query for some periods, and the span that holds all of them."""

    query: str
    periods: list[str]
    first_us: int
    last_us: int


def asked(body: dict[str, Any]) -> Question:
    """Read the body of a query. Raises QueryRefused."""
    lines, periods = body.get("query"), body.get("timeperiods")
    lines = [lines] if isinstance(lines, str) else lines
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        raise QueryRefused("query is a list of lines of text")
    if not isinstance(periods, list) or not 0 < len(periods) <= MOST_PERIODS:
        raise QueryRefused(f"timeperiods is a list of 1 to {MOST_PERIODS} periods")
    query = "".join(lines)
    if len(query) > LONGEST_QUERY:
        raise QueryRefused(f"a query has at most {LONGEST_QUERY:,} characters")
    spans = [_span(each) for each in periods]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    if last - first > _LONGEST_US:
        raise QueryRefused("the periods lie within 400 days")
    texts = ["/".join(map(_text, span)) for span in spans]
    return Question(query, texts, first, last)


def ask(question: Question, buckets: dict[str, Any]) -> Any:
    """Return what aw-core's `query2` answers over these buckets, a value for each period. Raises QueryRefused."""
    sent = msgspec.json.encode({"query": question.query, "periods": question.periods, "buckets": buckets})
    command = [sys.executable, "-m", "portal.ingest.query_process"]
    try:
        done = subprocess.run(command, input=sent, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise QueryRefused(f"the query took longer than {SECONDS} seconds") from error
    if done.returncode:
        raise QueryRefused("the query needs more time or memory than there is for one")
    found = msgspec.json.decode(done.stdout)
    if "message" in found:
        raise QueryRefused(found["message"], found["type"])
    return found["result"]


def _span(period: Any) -> tuple[int, int]:
    parts = period.split("/") if isinstance(period, str) else []
    if len(parts) < 2:
        raise QueryRefused("a period is written START/END, in ISO 8601")
    try:
        start, end = microsecond(parts[0]), microsecond(parts[1])
    except BadTimestamp as error:
        raise QueryRefused("a period is written START/END, in ISO 8601") from error
    if start > end:
        raise QueryRefused("a period begins before it ends")
    return start, end


def _text(microseconds: int) -> str:
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)).isoformat()
