"""The wire between a desk and the portal: what one upload of a relay holds, and how it is packed.

Shared by both ends, so nothing here knows a database, a web server or an array. An upload holds what the capture policy
left of events, and of what it dropped only a day, a rule and a keyed mark, so that an upload which comes twice counts
once. Joining is a union: the same events again, in other uploads, sizes and orders, change nothing.
"""

import zlib
from typing import Annotated, Any, Final

import msgspec
import zstandard
from msgspec import Meta, Struct

LARGEST_PACKED: Final = 2 << 20
LARGEST_UNPACKED: Final = 8 << 20
MOST_EVENTS: Final = 20_000
MOST_BUCKETS: Final = 200
MOST_DAYS: Final = 1_100
"""About three years. Each day is a row and is summed up by itself, so days cost far more than events."""
LONGEST_TEXT: Final = 64 << 10
IDENTITY, GZIP, ZSTD = "identity", "gzip", "zstd"
ENCODINGS: Final = (IDENTITY, GZIP, ZSTD)
"""Ways to pack a body, by their names in Content-Encoding."""

_LONGEST_US: Final = 1 << 62
_DAY_US: Final = 86_400_000_000
_LEVEL: Final = 3
_DEEPEST: Final = 32
_GZIP_ONLY: Final = 16 + zlib.MAX_WBITS

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Rule = Annotated[str, Meta(min_length=1, max_length=120)]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Place = Annotated[int, Meta(ge=0, lt=MOST_BUCKETS)]
Moment = Annotated[int, Meta(ge=-_LONGEST_US, le=_LONGEST_US)]


class UploadBroken(ValueError):
    """A body is no upload; the text says where and what is wrong, and quotes nothing of it."""


class TooLarge(UploadBroken):
    """A body is larger than an upload may be, packed or unpacked."""


class BucketInfo(Struct, forbid_unknown_fields=True, frozen=True):
    """A bucket of the desk. Events and drops name it by its place in the list."""

    id: Name
    type: Name
    hostname: Name
    client: Annotated[str, Meta(max_length=255)] = ""


class Event(Struct, forbid_unknown_fields=True, gc=False):
    """What the policy left of one event, with the rules that took something away."""

    bucket: Place
    start_us: Moment
    duration_us: Moment
    data: dict[str, Any]
    category: Text = ""
    rules: list[Rule] = []


class Dropped(Struct, forbid_unknown_fields=True, frozen=True):
    """One event that a rule dropped: the local day, the rule, and a fingerprint that only the desk can make."""

    bucket: Place
    day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    rule: Rule
    mark: Annotated[int, Meta(ge=0)]


class Gap(Struct, forbid_unknown_fields=True, frozen=True):
    """An interval of which nothing was captured, and why."""

    start_us: Moment
    end_us: Moment
    reason: Rule


class Upload(Struct, forbid_unknown_fields=True):
    """One upload. `policy` is the version under which it was captured; `pad` fills it up to one of a few sizes."""

    batch: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
    policy: Annotated[int, Meta(ge=0, lt=1 << 31)]
    buckets: Annotated[list[BucketInfo], Meta(max_length=MOST_BUCKETS)] = []
    events: Annotated[list[Event], Meta(max_length=MOST_EVENTS)] = []
    dropped: Annotated[list[Dropped], Meta(max_length=MOST_EVENTS)] = []
    not_captured: Annotated[list[Gap], Meta(max_length=1_000)] = []
    pad: str = ""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Upload).decode


def encode(upload: Upload) -> bytes:
    """Return an upload as JSON."""
    return _encode(upload)


def pack(body: bytes, encoding: str = ZSTD) -> bytes:
    """Return a body packed for the wire."""
    if encoding == ZSTD:
        return zstandard.ZstdCompressor(level=_LEVEL).compress(body)
    if encoding == GZIP:
        packer = zlib.compressobj(wbits=_GZIP_ONLY)
        return packer.compress(body) + packer.flush()
    return body


def unpack(body: bytes, encoding: str = IDENTITY, largest: int = LARGEST_UNPACKED) -> bytes:
    """Return an unpacked body; never holds more than `largest` bytes of it. Raises UploadBroken, TooLarge."""
    if encoding == IDENTITY:
        return _bounded(body, largest)
    try:
        return _gunzip(body, largest) if encoding == GZIP else _unzstd(body, largest)
    except (zlib.error, zstandard.ZstdError):
        raise UploadBroken(f"the body is no {encoding}") from None


def decode(body: bytes) -> Upload:
    """Read an upload from JSON. UploadBroken names the place of what is wrong."""
    try:
        upload = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UploadBroken(_reason(error)) from None
    places = len(upload.buckets)
    for number, event in enumerate(upload.events):
        if event.bucket >= places:
            raise UploadBroken(f"$.events[{number}].bucket: there is no bucket {event.bucket}")
        if not plain(event.data):
            raise UploadBroken(f"$.events[{number}].data: too deep, or a text beyond {LONGEST_TEXT} characters")
    for number, dropped in enumerate(upload.dropped):
        if dropped.bucket >= places:
            raise UploadBroken(f"$.dropped[{number}].bucket: there is no bucket {dropped.bucket}")
        if dropped.mark >> 64:
            raise UploadBroken(f"$.dropped[{number}].mark: beyond 64 bits")
    # Of UTC and local days the larger number: nearly all days that have the one have the other, too.
    days = max(len({each.start_us // _DAY_US for each in upload.events}), len({each.day for each in upload.dropped}))
    if days > MOST_DAYS:
        raise UploadBroken(f"$: it is of {days:,} different days, and one upload brings at most {MOST_DAYS:,}")
    return upload


def plain(value: Any, deepest: int = _DEEPEST) -> bool:
    """Tell whether a value from JSON is of a depth and of texts that a store takes."""
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    if isinstance(value, dict):
        return deepest > 0 and all(len(key) <= 255 and plain(each, deepest - 1) for key, each in value.items())
    if isinstance(value, list):
        return deepest > 0 and all(plain(each, deepest - 1) for each in value)
    return True


def _bounded(body: bytes, largest: int) -> bytes:
    if len(body) > largest:
        raise TooLarge(f"the body has more than {largest:,} bytes unpacked")
    return body


def _gunzip(body: bytes, largest: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP_ONLY)
    found = unpacker.decompress(body, largest + 1)
    if len(found) <= largest and not unpacker.eof:
        raise UploadBroken("the body ends too early")
    if unpacker.unused_data:
        raise UploadBroken("there is something behind the end of the body")
    return _bounded(found, largest)


def _unzstd(body: bytes, largest: int) -> bytes:
    """Unpack no more than is asked for, whatever size the frame claims; one that is cut short ends early."""
    with zstandard.ZstdDecompressor(max_window_size=largest).stream_reader(body) as reader:
        return _bounded(reader.read(largest + 1), largest)


def _reason(error: Exception) -> str:
    """Return what is wrong without what was sent: msgspec quotes the names of unknown fields."""
    said = str(error)
    if isinstance(error, msgspec.ValidationError):
        place = said.rpartition(" - at `")[2].rstrip("`") if " - at `" in said else "$"
        kind = said.partition(" - at `")[0]
        if "unknown field" in kind:
            return f"{place}: there is a field that an upload does not have"
        return f"{place}: {kind}"
    return "bad JSON"
