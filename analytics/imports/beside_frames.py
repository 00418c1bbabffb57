"""What the process that reads a file says to the one that takes its events: frames of MessagePack, sizes first."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec


class Read(msgspec.Struct, tag=True):
    """So many bytes of so many have been read."""

    done: int
    size: int


class New(msgspec.Struct, tag=True):
    """Data texts of the bucket that is being read, of a type that is known, which come for the first time."""

    kind: str
    texts: list[bytes]


class Bucket(msgspec.Struct, tag=True):
    """The bucket has been read: its columns, and its distinct data, without those that `New` said if `rest`."""

    id: str
    kind: str
    host: str
    start_us: bytes
    duration_us: bytes
    data: bytes
    texts: list[bytes]
    rest: bool


class Refused(msgspec.Struct, tag=True):
    """The bucket is refused; what `New` has said of it is of no use."""

    bucket: str
    reason: str
    event: int | None
    offset: int | None


class Fault(msgspec.Struct, tag=True):
    """The file is no export."""

    reason: str
    place: str


class Done(msgspec.Struct, tag=True):
    """The file has been read to its end."""


Frame = Read | New | Bucket | Refused | Fault | Done
_SIZE: Final = struct.Struct("<Q")
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Frame).decode


def write(target: BinaryIO, frame: Frame) -> None:
    """Write a frame."""
    encoded = _encode(frame)
    target.write(_SIZE.pack(len(encoded)))
    target.write(encoded)
    target.flush()


def frames(source: BinaryIO) -> Iterator[Frame]:
    """Yield frames until the other side ends, or is cut off within one."""
    while len(size := source.read(_SIZE.size)) == _SIZE.size:
        (length,) = _SIZE.unpack(size)
        if len(encoded := source.read(length)) < length:
            return
        yield _decode(encoded)
