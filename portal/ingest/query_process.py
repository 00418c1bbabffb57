"""The process that answers one query: JSON in, JSON out, bounded in time and memory. See `portal.ingest.querying`."""

import json
import logging
import resource
import sys
from datetime import datetime
from typing import Any, Final

import iso8601
from aw_core.models import Event
from aw_datastore import Datastore
from aw_datastore.storages import MemoryStorage
from aw_query import query2
from aw_query.exceptions import QueryException

_SECONDS: Final = 20
_BYTES: Final = 1 << 30
_LONGEST: Final = 64 << 20


def main() -> None:
    """Answer the query on standard input."""
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    logging.disable(logging.CRITICAL)  # aw-core logs queries and events
    asked = json.load(sys.stdin.buffer)
    try:
        found: dict[str, Any] = {"result": [_answer(asked, each) for each in asked["periods"]]}
    except QueryException as error:
        found = {"type": type(error).__name__, "message": str(error)}
    except (MemoryError, RecursionError):
        sys.exit(1)
    except Exception as error:  # aw-core raises whatever its functions raise on arguments that they do not expect
        found = {"type": "QueryFunctionException", "message": f"the query failed ({type(error).__name__})"}
    json.dump(found, _Bounded(), default=_written)  # `write` is all it needs


class _Bounded:
    """Standard output, up to an end: a list that holds itself ten times, ten times over, takes no room but in JSON."""

    def __init__(self) -> None:
        self._left = _LONGEST

    def write(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            sys.exit(1)
        sys.stdout.write(text)


def _answer(asked: dict[str, Any], period: str) -> Any:
    start, end = map(iso8601.parse_date, period.split("/"))
    return query2.query("", asked["query"], start, end, _store(asked["buckets"]))


class _Trimmed(MemoryStorage):
    """Cuts events to the period, as the storage that ActivityWatch runs on does."""

    def get_events(
        self, bucket: str, limit: int, starttime: datetime | None = None, endtime: datetime | None = None
    ) -> list[Event]:
        found = super().get_events(bucket, limit, starttime, endtime)
        for each in found:
            end = each.timestamp + each.duration
            if starttime and each.timestamp < starttime:
                each.timestamp = starttime
            each.duration = (min(end, endtime) if endtime else end) - each.timestamp
        return list(found)


def _store(buckets: dict[str, Any]) -> Datastore:
    store = Datastore(_Trimmed, testing=True)
    for name, each in buckets.items():
        made = store.create_bucket(
            name, each["type"], each["client"], each["hostname"], created=iso8601.parse_date(each["created"])
        )
        made.insert([Event(**(event | {"id": None})) for event in each["events"]])  # with a number it would replace one
    return store


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds()


if __name__ == "__main__":
    main()
