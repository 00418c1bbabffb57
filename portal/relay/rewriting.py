"""Changing what waits already: a time is cut out of it, or a bucket goes, while watchers go on."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from portal.relay.entries import Entry, Waiting, without
from portal.relay.queue import Queue, Statement

_BLOCK: Final = 512


def cut(queue: Queue, start_us: int, end_us: int) -> int:
    """Take a time out of every entry; returns how many were changed."""

    def change_of(number: int, entry: Waiting) -> Statement | None:
        if not isinstance(entry, Entry) or not entry.parts:
            return None
        left = without(entry.parts, [(start_us, end_us)])
        if left == entry.parts:
            return None
        return queue.change(number, replace(entry, parts=left)) if left else queue.drop(number)

    return _rewrite(queue, change_of)


def drop_bucket(queue: Queue, bucket: int) -> int:
    """Delete every entry of a bucket; returns how many there were."""

    def change_of(number: int, entry: Waiting) -> Statement | None:
        return queue.drop(number) if isinstance(entry, Entry) and entry.bucket == bucket else None

    return _rewrite(queue, change_of)


def _rewrite(queue: Queue, change_of: Callable[[int, Waiting], Statement | None]) -> int:
    """Change entry by entry; a batch that is being sent is no longer what it was, so it is put together anew."""
    statements = [
        statement for number, _, entry in queue.entries() if (statement := change_of(number, entry)) is not None
    ]
    for first in range(0, len(statements), _BLOCK):
        queue.submit(statements[first : first + _BLOCK]).wait()
    queue.submit([("DELETE FROM note WHERE name = 'batch'", ())]).wait()
    return len(statements)
