"""Whose process is at the other end of a connection: Linux says so about every TCP connection.

On a shared computer everybody reaches everybody's loopback. A relay that answered another account would mix two
people's data, so it asks who called, once for each connection, before it reads anything. The kernel is asked for the
one connection (sock_diag(7)), since its table of all of them takes milliseconds to read where programs are busy; where
it is not asked, as in some containers, the table (proc(5)) has the same answer.
"""

import errno
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_UID, _INODE = 7, 9

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST: Final = 1
_ERROR: Final = 2
_HEADER: Final = struct.Struct("=IHHII")
_ASKED: Final = struct.Struct("=BBBxI")
_CONNECTION: Final = struct.Struct("!HH16s16s4x8s")
_ANY_COOKIE: Final = b"\xff" * 8
_ANSWER: Final = struct.Struct("=4x48x12xII")
_ANY_STATE: Final = 0xFFFFFFFF


class Unasked(Exception):
    """The kernel takes no such question here."""


def can_be_known() -> bool:
    """Say whether this system tells whose process a local connection belongs to."""
    return sys.platform == "linux" and _TABLES[0].exists()


def is_own(connection: socket.socket) -> bool:
    """Say whether a connection comes from a process of this account. Whoever cannot be identified is somebody else."""
    try:
        return account_of(connection.getpeername(), connection.getsockname()) == os.getuid()
    except OSError:
        return False


def account_of(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Return the account that holds the client's end of an IPv4 connection on this computer, None if nobody does."""
    try:
        return asked(client, server)
    except (OSError, Unasked):
        return listed(client, server)


def asked(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Ask the kernel about the one connection; Unasked if it takes no such question."""
    ends = [socket.inet_aton(end[0]).ljust(16, b"\0") for end in (client, server)]
    question = _ASKED.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, _ANY_STATE)
    question += _CONNECTION.pack(client[1], server[1], *ends, _ANY_COOKIE)
    header = _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(1)
        kernel.send(header + question)
        answer = kernel.recv(4096)
    kind, body = _HEADER.unpack_from(answer)[1], answer[_HEADER.size :]
    if kind == _ERROR:
        if -struct.unpack_from("=i", body)[0] != errno.ENOENT:
            raise Unasked
        return None
    uid, inode = _ANSWER.unpack_from(body)
    # A connection that nobody holds any more has no inode, and account 0 stands there whoever it was.
    return int(uid) if inode else None


def listed(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """Look the connection up in the tables of all."""
    ends = (_hex(client), _hex(server))
    mapped = tuple(f"{'0' * 16}FFFF0000{each}" for each in ends)  # an IPv6 socket that speaks to an IPv4 address
    for table, wanted in zip(_TABLES, (ends, mapped), strict=True):
        if (found := _look_up(table, wanted)) is not None:
            return found
    return None


def _look_up(table: Path, wanted: tuple[str, ...]) -> int | None:
    try:
        text = table.read_text(encoding="ascii")
    except OSError:
        return None
    at = text.find(f": {wanted[0]} {wanted[1]} ")
    if at < 0:
        return None
    columns = text[at - 8 : text.find("\n", at)].split("\n")[-1].split()
    return int(columns[_UID]) if columns[_INODE] != "0" else None


def _hex(end: tuple[str, int]) -> str:
    address = socket.inet_aton(end[0])
    return f"{int.from_bytes(address, sys.byteorder):08X}:{end[1]:04X}"
