"""What `relay status` prints: a relay's state in lines for its person."""

import datetime as dt
from typing import Any


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
    if status["without_room"]:
        names = ", ".join(status["without_room"])
        lines.append(("warning", f"the portal has no room for more buckets; what came in these waits here: {names}"))
    if status["held"]:
        lines.append(("warning", f"{status['held']} event(s) do not get through to the portal and wait here"))
    if status["problem"]:
        lines.append(("problem", status["problem"]))
    return lines


_SHUT = {
    "before-policy": "nothing: no policy has arrived yet; what comes is dropped and counted",
    "before-notice": "nothing: read and acknowledge the notice in the portal; what comes is dropped and counted",
    "device-ended": "nothing: the portal does not know this device any more; run `sameview relay enrol` if it should",
}
