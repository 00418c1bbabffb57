"""A relay put together out of its parts, and the orders that its person may give it, running or not."""

import datetime as dt
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from analytics import uploads
from analytics.heartbeats import Beat
from portal.relay.api import Api
from portal.relay.batches import next_batch
from portal.relay.control import Control, ControlRefused, Order
from portal.relay.desk import Desk
from portal.relay.doors import PolicyDoor, ShutDoor
from portal.relay.entries import BucketInfo
from portal.relay.home import Home
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
        portal = Portal(self.enrolment.url, self.enrolment.token, self.enrolment.ca) if self.enrolment else None
        self._claim: IO[bytes] = home.claim()
        try:
            self.queue = Queue(home.queue, key, cap_bytes)
        except QueueBroken:
            self._claim.close()
            raise
        self._reserve = Reserve(home.reserve, key)
        self.desk = Desk(self.queue, self._reserve, key, ShutDoor("starting"), clock)
        self.policing = Policing(self.desk, self.enrolment, clock)
        self.uploading = Uploading(self.desk, self.policing, portal, key.spread, every, clock)
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
            "ended": uploading.has_ended,
            "unusable": uploading.unusable,
        }

    def _show(self) -> Order:
        door = self.desk.door
        if not isinstance(door, PolicyDoor):
            return {"shut": self.policing.shut, "upload": None}
        upload = next_batch(self.desk, door, remember=False).upload
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


def told(status: dict[str, Any], zone: dt.tzinfo | None = None) -> list[str]:
    """Return a status as lines for its person."""
    return [f"{name}: {value}" for name, value in _told(status, zone)]


def _told(status: dict[str, Any], zone: dt.tzinfo | None) -> list[tuple[str, str]]:
    def moment(seconds: float) -> str:
        return dt.datetime.fromtimestamp(seconds, zone).astimezone(zone).strftime("%Y-%m-%d %H:%M")

    lines = [("portal", status["portal"] or "none: run `sameview relay enrol URL`")]
    policy = status["policy"]
    lines.append(("policy", "none yet" if policy is None else f"version {policy['version']} ({policy['name']})"))
    if status["unpinned"]:
        lines.append(("warning", "the policy is signed by now, but this desk knows no signers: enrol it again"))
    elif status["portal"] and not status["signed"]:
        lines.append(("warning", "nobody has signed the policy: whoever runs the portal can change it"))
    elif status["single_key"]:
        lines.append(("warning", "the policy is signed by the employer alone"))
    if status["refused_policy"]:
        lines.append(("warning", f"{status['refused_policy']}; the one before holds"))
    if status["paused_until_us"]:
        lines.append(("paused until", moment(status["paused_until_us"] / 1e6)))
    elif status["shut"]:
        lines.append(("captures", _SHUT.get(status["shut"], status["shut"])))
    else:
        lines.append(("captures", "what the policy allows"))
    lines.append(("waiting", f"{status['waiting']} entries, {status['waiting_bytes'] / 1e6:.1f} MB"))
    if status["full"]:
        lines.append(("warning", "the queue or the disk is full: what is newest is not captured"))
    lines.append(("last sent", moment(status["sent"]) if status["sent"] else "not since the relay started"))
    if status["unusable"]:
        lines.append(("warning", f"{status['unusable']} event(s) could not be taken by the portal and are gone"))
    if status["problem"]:
        lines.append(("problem", status["problem"]))
    return lines


_SHUT = {
    "before-policy": "nothing: no policy has arrived yet; what comes is dropped and counted",
    "before-notice": "nothing: read and acknowledge the notice in the portal; what comes is dropped and counted",
    "device-ended": "nothing: the portal does not know this device any more",
}
