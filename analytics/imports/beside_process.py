"""The process that reads an export for another one: the file on standard input, frames on standard output.

It knows no policy, no keys and no store. See `analytics.imports.beside`.
"""

import sys
from typing import BinaryIO, Final

from analytics.imports.activitywatch import read_into
from analytics.imports.beside_frames import Bucket, Done, Fault, Frame, New, Read, Refused, write
from analytics.imports.columns import ImportedBucket, RefusedBucket
from analytics.imports.packed import NotAnExport

_TEXTS_AT_ONCE: Final = 4096


class Telling:
    """Says what is read as soon as it is."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._waiting: list[bytes] = []
        self._said: list[bytes] = []

    def read(self, done: int, size: int) -> None:
        """Say how far the file has been read."""
        self._say(Read(done, size))

    def new(self, kind: str, texts: list[bytes]) -> None:
        """Say data texts, when there are many."""
        self._waiting += texts
        if len(self._waiting) >= _TEXTS_AT_ONCE:
            self._say(New(kind, self._waiting))
            self._said += self._waiting
            self._waiting = []

    def bucket(self, each: ImportedBucket) -> None:
        """Say a bucket: of its distinct data the rest, unless it was of something else that was spoken."""
        columns = (each.start_us.tobytes(), each.duration_us.tobytes(), each.data.tobytes())
        known = len(self._said)
        rest = each.distinct[:known] == self._said
        self._say(Bucket(each.id, each.kind, each.host, *columns, each.distinct[known if rest else 0 :], rest))
        self._begin()

    def refused(self, each: RefusedBucket) -> None:
        """Say that a bucket is refused."""
        self._say(Refused(each.bucket, each.reason, each.event, each.offset))
        self._begin()

    def _begin(self) -> None:
        self._said, self._waiting = [], []

    def _say(self, frame: Frame) -> None:
        write(self._target, frame)


def main() -> None:
    """Read the file."""
    target = sys.stdout.buffer
    telling = Telling(target)
    with open(0, "rb", closefd=False) as source:
        try:
            read_into(telling, source, telling.read)
        except NotAnExport as error:
            write(target, Fault(error.reason, error.place))
        else:
            write(target, Done())


if __name__ == "__main__":
    main()
