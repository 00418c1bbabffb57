"""Uploading: on the fixed 15-minute grid, also when there is nothing, so that when somebody works cannot be told.

Acknowledged is the portal's 200; only then does anything leave the queue. A failed attempt is repeated with growing,
jittered pauses. What a refusal means is told by its type (`refusals`), never by its status alone: without one it came
from something in between, and is no word of the portal's. An unknown token ends this device; a notice that was not read
shuts it; an older policy has it ask. Where the portal has no room for a bucket, its events wait and the others go on.
What cannot be sent at all is found by halving: it goes if the portal itself says so, else it waits, too.
"""

import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from analytics.uploads import ZSTD, Upload
from portal.relay.batches import MOST_EVENTS, Batch, Held, next_batch, padded, put_anew, settled, waits
from portal.relay.desk import Desk
from portal.relay.doors import PolicyDoor
from portal.relay.policing import Offer, Policing
from portal.relay.portal_calls import NoAnswer, Portal, Reply
from portal.relay.refusals import NO_UPLOAD, NOTICE_NOT_READ, TOKEN_UNKNOWN, TOO_MANY_BUCKETS

EVERY_SECONDS: Final = 900.0
SPREAD_SECONDS: Final = 60.0
"""Each device has its own fixed moment within so many seconds after the grid, so that not all call at once."""
_FIRST_PAUSE: Final = 15.0
_TICK_SECONDS: Final = 5.0
_TRIED_AGAIN_SECONDS: Final = 86_400.0
"""After so long, single events that something in between refused are tried once more."""
_UNUSABLE: Final = (400, 413, 422)
_IN_BETWEEN: Final = "something between this desk and the portal refused"

EVENTS: Final = "/api/v1/events"
POLICY: Final = "/api/v1/relay/policy"


class Uploading:
    """Sends what waits. `attempt` is one go; `run` calls it at its times until `stop`."""

    def __init__(
        self,
        desk: Desk,
        policing: Policing,
        portal: Portal | None,
        spread: int = 0,
        every: float = EVERY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._desk = desk
        self._policing = policing
        self._portal = portal
        self._every = every
        self._spread = spread % 1000 / 1000 * min(SPREAD_SECONDS, every / 4)
        self._clock = clock
        self._stop = threading.Event()
        self._failures = 0
        self.sent: float | None = None
        self.problem: str | None = None
        self.has_ended = False
        self.unusable = 0
        self.held = Held()
        self._held_since = clock()
        self._thread = threading.Thread(target=self.run, name="uploading", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def run(self) -> None:
        """Upload at every moment of the grid, and look after what has its time in between."""
        due = self._clock() if self._policing.shut else self._slot_after(self._clock())
        while not self._stop.wait(max(0.0, min(_TICK_SECONDS, due - self._clock()))):
            self._desk.end_pause_if_over()
            self._desk.close_silent()
            self._policing.refresh()
            if self._clock() >= due:
                due = self._next_after(self._attempt_whatever_comes())

    def _slot_after(self, moment: float) -> float:
        return ((moment - self._spread) // self._every + 1) * self._every + self._spread

    def _next_after(self, well: bool) -> float:
        now = self._clock()
        slot = self._slot_after(now)
        if well:
            self._failures = 0
            return slot
        self._failures += 1
        pause: float = min(self._every, _FIRST_PAUSE * 2.0 ** min(self._failures - 1, 10))
        return min(slot, now + pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter is no secret

    def _attempt_whatever_comes(self) -> bool:
        try:
            return self.attempt()
        except Exception as error:  # a defect must not end the only thread that sends; its text may hold data
            self.problem = f"sending failed ({type(error).__name__}); it is tried again"
            return False

    def attempt(self) -> bool:
        """Send everything that waits, or one empty upload; False if it is to be tried again soon."""
        if self._portal is None or self.has_ended:
            return True
        try:
            return self._send(self._portal)
        except NoAnswer as error:
            self.problem = f"the portal cannot be reached: {error}"
        return False

    def _send(self, portal: Portal) -> bool:
        if (self._policing.policy is None or self._policing.shut) and not self._fetch_policy(portal):
            return self._policing.shut is not None and self.problem is None
        self._hear_of_private_times(portal)
        self._try_again_what_is_held()
        most, fetched = MOST_EVENTS, False
        while (door := self._door()) is not None:
            batch = next_batch(self._desk, door, most, self.held)
            reply = portal.post(EVENTS, padded(batch.upload), ZSTD)
            if reply.status == 200:
                self.problem, self.sent = None, self._clock()
                if not batch.entries:
                    return True
                if not self._desk.queue.submit(settled(batch)).wait():
                    return True  # the disk is full: it is sent again, which changes nothing
                if not waits(self._desk, self.held):
                    self._desk.queue.shrink()
                    return True
            elif reply.is_refused_by_portal(TOO_MANY_BUCKETS) and self._holds_buckets(reply):
                self._put_anew()
            elif reply.status == 409 and not fetched:
                fetched = self._fetch_policy(portal)
                if not fetched:
                    return False
            elif reply.status in _UNUSABLE and batch.entries > 1:
                self._put_anew()
                most = batch.entries // 2
            elif reply.status in _UNUSABLE and batch.entries and self._takes_anything(portal, door):
                most = self._without_unusable(batch, reply)
            else:
                return self._refused(reply)
        return False

    def _door(self) -> PolicyDoor | None:
        door = self._desk.door
        return door if isinstance(door, PolicyDoor) else None

    def _put_anew(self) -> None:
        """Give up a batch that was refused, so that the next one is put together anew."""
        self._desk.queue.submit([put_anew()]).wait()

    def _try_again_what_is_held(self) -> None:
        """Let buckets be sent again, as there may be room by now, and after a long while single events, too."""
        self.held.buckets.clear()
        if self._clock() - self._held_since >= _TRIED_AGAIN_SECONDS:
            self._held_since = self._clock()
            self.held.places.clear()

    def _holds_buckets(self, reply: Reply) -> bool:
        """Hold back the buckets for which the portal has no room; False if it names none that were sent."""
        named = reply.problem.get("buckets")
        found = {self._desk.buckets[each].number for each in named or () if each in self._desk.buckets}
        found -= self.held.buckets
        self.held.buckets |= found
        return bool(found)

    def _takes_anything(self, portal: Portal, door: PolicyDoor) -> bool:
        """Ask whether an upload of nothing is taken: else the refusal is of whatever stands before the portal."""
        empty = Upload(secrets.token_hex(16), door.version)
        return portal.post(EVENTS, padded(empty), ZSTD).status == 200

    def _without_unusable(self, batch: Batch, reply: Reply) -> int:
        """Let go what the portal cannot take even alone, hold back what never reached it; return how many go next."""
        if reply.is_refused_by_portal(NO_UPLOAD):
            self.unusable += 1
            self._desk.queue.submit(settled(batch)).wait()
        else:
            self.held.places.add(batch.last)
            self._put_anew()
        return MOST_EVENTS

    def _hear_of_private_times(self, portal: Portal) -> None:
        """Ask before each upload what the person has paused or forgotten since; a new policy is taken with it.

        That may fail: the portal cuts it again.
        """
        reply = portal.get(POLICY)
        if reply.status == 200:
            with suppress(msgspec.MsgspecError):
                self._policing.offered(msgspec.json.decode(reply.body, type=Offer))

    def _fetch_policy(self, portal: Portal) -> bool:
        """Ask for the policy; True if there is one in force now and the desk may capture."""
        reply = portal.get(POLICY)
        if reply.status != 200:
            self._refused(reply)
            return False
        try:
            offer = msgspec.json.decode(reply.body, type=Offer)
        except msgspec.MsgspecError:
            self.problem = "the portal's policy cannot be read"
            return False
        self.problem = None
        self._policing.offered(offer)
        return self._policing.shut is None

    def _refused(self, reply: Reply) -> bool:
        """Take note of a refusal; True if there is no use in trying again before the next slot."""
        self.problem = f"the portal refused: {reply.reason}"
        if reply.is_refused_by_portal(TOKEN_UNKNOWN):
            self.has_ended = True
            self.problem = "the portal does not know this device any more: run `sameview relay enrol` if it should"
            self._policing.ended()
            return True
        if reply.is_refused_by_portal(NOTICE_NOT_READ):
            self._policing.notice_missing()
            return True
        if reply.status in (401, 403):
            self.problem = f"{_IN_BETWEEN} ({reply.status}: {reply.reason}); it is tried again"
        return reply.status == 404
