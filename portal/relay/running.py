"""A relay put together out of its parts, and the orders that its person may give it, running or not."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Collection
from typing import IO

from analytics import uploads
from analytics.heartbeats import Beat
from portal.relay.api import Api
from portal.relay.batches import next_batch
from portal.relay.control import Control, ControlRefused, Order
from portal.relay.desk import Desk
from portal.relay.doors import ENDED, PolicyDoor, ShutDoor
from portal.relay.entries import BucketInfo
from portal.relay.home import Home
from portal.relay.known_policies import EarlierUnknown, learn_from
from portal.relay.policing import Policing
from portal.relay.portal_calls import Portal
from portal.relay.queue import DEFAULT_CAP_BYTES, Queue, QueueBroken
from portal.relay.reserve import Reserve
from portal.relay.server import Server
from portal.relay.uploading import EVERY_SECONDS, Uploading


class Relay:
    """Everything of one folder. Nothing listens or sends before `serve`."""

    def __init__(
        self,
        home: Home,
        cap_bytes: int = DEFAULT_CAP_BYTES,
        every: float = EVERY_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.home = home
        key = home.prepare()
        self.enrolment = home.enrolment()
        enrolled = self.enrolment
        self._portal = Portal(enrolled.url, enrolled.token, enrolled.ca) if enrolled else None
        self._claim: IO[bytes] = home.claim()
        try:
            self.queue = Queue(home.queue, key, cap_bytes)
        except QueueBroken:
            self._claim.close()
            raise
        self._reserve = Reserve(home.reserve, key)
        self.desk = Desk(self.queue, self._reserve, key, ShutDoor("starting"), clock)
        self.policing = Policing(self.desk, self.enrolment, clock)
        self.uploading = Uploading(self.desk, self.policing, self._portal, key.spread, every, clock)
        self.device_id = f"{key.spread:08x}"

    def close(self) -> None:
        self.uploading.stop()
        self.queue.close()
        self._reserve.close()
        self._claim.close()

    # Orders

    def obey(self, order: Order) -> Order:
        """Do what the person asks for."""
        match order["do"]:
            case "status":
                return self._status()
            case "pause":
                return {"until_us": self.desk.pause(float(order["seconds"]))}
            case "resume":
                return {"resumed": self.desk.resume()}
            case "forget":
                start, end = int(order["start_us"]), int(order["end_us"])
                return {"changed": self.desk.forget(start, end), "portal": self._url()}
            case "show":
                return self._show()
            case "history":
                return self._learn()
            case "create":
                return {"made": self.desk.create(BucketInfo(*map(str, order["bucket"])))}
            case "insert":
                events = [Beat(int(start), int(length), data) for start, length, data in order["events"]]
                return {"stored": self.desk.insert(str(order["bucket"]), events)}
        raise ControlRefused("this relay is older than the command: restart it")

    def _url(self) -> str | None:
        return self.enrolment.url if self.enrolment else None

    def _status(self) -> Order:
        policy, uploading = self.policing.policy, self.uploading
        return {
            "portal": self._url(),
            "name": self.enrolment.name if self.enrolment else None,
            "policy": None if policy is None else {"version": policy.version, "name": policy.name},
            "signed": self.policing.is_signed,
            "unpinned": self.policing.is_unpinned,
            "single_key": bool(self.enrolment and self.enrolment.single_key),
            "refused_policy": self.policing.refused,
            "shut": self.policing.shut,
            "paused_until_us": self.desk.private.pause_end_us,
            "waiting": self.queue.count(),
            "waiting_bytes": self.queue.size(),
            "full": self.desk.is_full,
            "sent": uploading.sent,
            "problem": uploading.problem,
            "ended": self.policing.shut == ENDED,
            "unusable": uploading.unusable,
            "without_room": sorted(self._names(uploading.held.buckets)),
            "held": self._held(uploading.held.places),
        }

    def _learn(self) -> Order:
        """Learn which policies held before: history that is taken over passes that of its time."""
        if self._portal is None:
            raise ControlRefused("this desk is not enrolled: run `sameview relay enrol URL` first")
        try:
            learn_from(self._portal, self.policing.known)
        except EarlierUnknown as error:
            raise ControlRefused(f"the policies of the past are not known: {error}; import when they are") from error
        return {}

    def _held(self, places: Collection[int]) -> int:
        """Count single entries that are held back, without those that were forgotten meanwhile."""
        return sum(place in places for place, _ in self.queue.closed_entries()) if places else 0

    def _names(self, buckets: Collection[int]) -> list[str]:
        found = (self.desk.bucket_of(each) for each in list(buckets))
        return [each.id for each in found if each is not None]

    def _show(self) -> Order:
        door = self.desk.door
        if not isinstance(door, PolicyDoor):
            return {"shut": self.policing.shut, "upload": None}
        upload = next_batch(self.desk, door, held=self.uploading.held, remember=False).upload
        return {"shut": None, "upload": uploads.encode(upload).decode()}


_STOP = (signal.SIGTERM, signal.SIGINT)


def serve(home: Home, port: int, every: float = EVERY_SECONDS) -> None:
    """Listen and upload until the process is told to stop."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)  # before any thread is made: this one waits for them below
    relay = Relay(home, every=every)
    server = Server(port, Api(relay.desk, relay.device_id))
    control = Control(relay.home.socket, relay.obey)
    relay.uploading.start()
    threading.Thread(target=server.serve_forever, name="watchers", daemon=True).start()
    _say(f"listening on http://127.0.0.1:{server.server_port}, for {relay.home.folder}")
    try:
        signal.sigwait(_STOP)
    finally:
        server.shutdown()
        server.server_close()
        control.close()
        relay.close()


def _say(what: str) -> None:
    print(f"sameview relay: {what}", file=sys.stderr, flush=True)
