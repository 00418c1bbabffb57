"""What the shapes of the JSON answers are made of, and what every answer is in."""

from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

Seconds = Annotated[float, Meta(ge=0, description="Seconds, at most 3 decimals.")]
SecondsBy = dict[str, Seconds]
Counts = dict[str, int]
Mark = Literal["missing", "private", "paused", "withheld", "corrected"]
Digest = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$", description="SHA-256 of the RFC 8785 form of `payload`.")]
Entry = Annotated[int, Meta(ge=0, description="Number of the access log's entry that accounts for this answer.")]
P = TypeVar("P")


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    """A structure that has exactly these members."""


class Answer(Shape, Generic[P]):
    """What was shown, the log entry that accounts for it, and the digest of what was shown."""

    payload: P
    entry: Entry
    digest: Digest


class Problem(msgspec.Struct):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    entry: Entry | UnsetType = UNSET
    reason: str | UnsetType = UNSET
