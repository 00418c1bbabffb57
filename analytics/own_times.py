"""What a person keeps for themselves: pauses, forgotten times, and applications of which nothing is ever kept.

Nothing of it is undone by late data: an event that comes again, through any way, is cut at the same borders. Times are
half-open, in microseconds since 1970 UTC. Shared with the relay, so nothing here knows a database or an array.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from privacy.messages import N_, Said
from privacy.policy_parts import AWAY, PRIVATE_APP, WINDOW

__all__ = [
    "FORGOTTEN",
    "NOTHING_PRIVATE",
    "PAUSED",
    "PRIVATE_APP",
    "OwnTimes",
    "OwnTimesRefused",
    "Part",
    "Span",
    "left",
    "stem",
]

Span = tuple[int, int]
"""From a moment until before another."""
Part = tuple[int, int, int]
"""Of an event: start, length, and how long before the start the event began."""

PAUSED: Final = "paused"
FORGOTTEN: Final = "forgotten"
MOST_APPS: Final = 100
LONGEST_APP: Final = 120
_MOST_SPANS: Final = 20_000
_BROWSERS: Final = {"chrome": r"chrom(e|ium)", "edge": "edge", "firefox": "firefox|nightly", "opera": "opera"} | {
    name: name for name in ("brave", "vivaldi", "safari", "arc")
}
"""The tabs of a browser are in a bucket of their own, whose name holds that of the browser."""


class OwnTimesRefused(ValueError):
    """What somebody wants to keep for themselves cannot be written down like that; the text says why."""


class OwnTimes(msgspec.Struct, frozen=True, array_like=True):
    """One person's pauses (the last may still run), forgotten times and private applications, each in order."""

    paused: tuple[Span, ...] = ()
    forgotten: tuple[Span, ...] = ()
    apps: tuple[str, ...] = ()

    @classmethod
    def parse(cls, encoded: bytes | None) -> "OwnTimes":
        """Return what `dump` was given; nothing of anybody who has never kept anything for themselves."""
        return cls() if encoded is None else _decode(encoded)

    def dump(self) -> bytes:
        """Return it as bytes, to be sealed."""
        return msgspec.msgpack.encode(self)

    def blind(self) -> list[Span]:
        """Return all times of which nothing is kept; they do not touch one another."""
        return _union((*self.paused, *self.forgotten))

    def is_private(self, moment_us: int) -> bool:
        """Tell whether nothing is kept of a moment."""
        return any(start <= moment_us < end for start, end in (*self.paused, *self.forgotten))

    def since(self, moment_us: int) -> "OwnTimes":
        """Return it without the times that were over by then, for whoever only has to do with what is newer."""
        paused, forgotten = (tuple(s for s in spans if s[1] > moment_us) for spans in (self.paused, self.forgotten))
        return msgspec.structs.replace(self, paused=paused, forgotten=forgotten)

    def gaps(self, first_us: int, end_us: int, now_us: int) -> list[tuple[int, int, str]]:
        """Return what lies within a time, with its reason; of a pause that runs, what has passed of it."""
        found = [(*span, PAUSED) for span in self.paused] + [(*span, FORGOTTEN) for span in self.forgotten]
        within = [(max(start, first_us), min(end, end_us, now_us), reason) for start, end, reason in found]
        return sorted(each for each in within if each[0] < each[1])

    def runs_until(self, now_us: int) -> int | None:
        """Return when the pause that runs now ends, None if none does."""
        return next((end for start, end in reversed(self.paused) if start <= now_us < end), None)

    def pausing(self, now_us: int, until_us: int) -> "OwnTimes":
        """Begin a pause, or let the one that runs end at another moment."""
        past, begun = self._ended(now_us)
        return self._with(paused=(*past, (begun, until_us)))

    def resuming(self, now_us: int) -> "OwnTimes":
        """End the pause that runs; what has passed of it stays private."""
        past, begun = self._ended(now_us)
        return self._with(paused=(*past, (begun, now_us)))

    def forgetting(self, start_us: int, end_us: int) -> "OwnTimes":
        """Keep nothing of a time, whatever comes of it."""
        return self._with(forgotten=(*self.forgotten, (start_us, end_us)))

    def keeping_private(self, names: Iterable[str]) -> "OwnTimes":
        """Keep nothing of these applications from now on, and of no others."""
        cleaned = [name for name in (" ".join(each.split()) for each in names) if name]
        wanted = {name.casefold(): name for name in reversed(cleaned)}
        if len(wanted) > MOST_APPS or any(len(each) > LONGEST_APP or not each.isprintable() for each in wanted):
            raise OwnTimesRefused(
                Said(
                    N_("Write at most %(most_apps)s names of applications, each of at most %(longest_app)s letters."),
                    most_apps=MOST_APPS,
                    longest_app=LONGEST_APP,
                )
            )
        return msgspec.structs.replace(self, apps=tuple(wanted[key] for key in sorted(wanted)))

    def is_of_private_app(self, kind: str, bucket: str, app: str | None) -> bool:
        """Tell whether an event is of a private application: its window, or what reports from inside of it."""
        if not self.apps:
            return False
        if app is not None and stem(app) in {stem(each) for each in self.apps}:
            return True
        return kind not in (WINDOW, AWAY) and any(_reports(bucket.casefold(), stem(each)) for each in self.apps)

    def _ended(self, now_us: int) -> tuple[Sequence[Span], int]:
        """Return the pauses that are over, and when the one that runs began; it begins now if none does."""
        running = [span for span in self.paused if span[0] <= now_us < span[1]]
        past = [span for span in self.paused if span not in running]
        return past, min((start for start, _ in running), default=now_us)

    def _with(self, **changed: Sequence[Span]) -> "OwnTimes":
        found = msgspec.structs.replace(self, **{name: tuple(_union(spans)) for name, spans in changed.items()})
        if len(found.paused) + len(found.forgotten) > _MOST_SPANS:
            raise OwnTimesRefused(N_("That are more single times than can be kept apart: forget a longer one instead."))
        return found


NOTHING_PRIVATE: Final = OwnTimes()

_decode = msgspec.msgpack.Decoder(OwnTimes).decode


def stem(app: str) -> str:
    """Return the name by which an application is known again: on Windows it ends with .exe, elsewhere it does not."""
    return app.casefold().removesuffix(".exe").removesuffix(".app")


def left(start_us: int, duration_us: int, before_us: int, blind: Sequence[Span]) -> list[Part]:
    """Return what is left of an event, or of its part in a day, when blind times are cut out of it.

    The blind times do not touch one another. How long before a part its event began is counted from the last border
    that was cut, so that it makes no difference whether an event is cut into days before or after.
    """
    before = min((start_us - end for _, end in blind if start_us - before_us < end <= start_us), default=before_us)
    if duration_us <= 0:
        return [] if any(start <= start_us < end for start, end in blind) else [(start_us, duration_us, before)]
    found, reached, until = list[Part](), start_us, start_us + duration_us
    for start, end in blind:
        if end <= reached or start >= until:
            continue
        if start > reached:
            found.append((reached, start - reached, before))
        reached, before = end, 0
    if reached < until:
        found.append((reached, until - reached, before))
    return found


def _reports(bucket: str, app: str) -> bool:
    return any(name in bucket and re.search(pattern, app) for name, pattern in _BROWSERS.items()) or (
        len(app) > 2 and app in re.split(r"[-_. ]", bucket)
    )


def _union(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
