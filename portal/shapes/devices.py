"""Computers that send, and what they go by."""

from typing import Annotated

from msgspec import Meta

from portal.shapes.words import Shape


class Device(Shape):
    """A computer that sends for its person; when it was last seen is known by day."""

    id: str
    name: str
    host: str
    enrolled_on: str
    expires_on: str
    last_seen_on: str | None
    revoked_on: str | None


class Devices(Shape):
    devices: list[Device]


class DeviceName(Shape):
    name: Annotated[str, Meta(min_length=1, max_length=100)]


class NewEnrolment(Shape):
    """A computer that asks to send: what its person will call it, and its name in the network."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    host: Annotated[str, Meta(min_length=1, max_length=255)]


class EnrolmentAsked(Shape):
    """The code to keep and the one to show, where a person confirms, how long that takes and how often to ask."""

    device_code: str
    user_code: Annotated[str, Meta(pattern="^[B-Z]{4}-[B-Z]{4}$")]
    url: str
    expires_in: int
    interval: int


class Enrolled(Shape):
    """The device's token, shown this once; whose log it is, its key, and who has to sign policies (null: nobody)."""

    token: str
    origin: str
    log_key: str
    signers: dict[str, str] | None


class RelayPolicy(Shape):
    """What a computer goes by. `policy` and `next` are signed notes, or a text alone where nobody signs.

    `paused` and `forgotten` are what its person keeps private: half-open, microseconds since 1970 UTC.
    """

    policy: str
    version: int
    signed: bool
    next: str | None
    schedule: str | None
    timezone: str
    day_start: str
    notice: bool
    paused: list[tuple[int, int]]
    forgotten: list[tuple[int, int]]
    private_apps: list[str]
