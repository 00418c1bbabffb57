"""Whose process is at the other end of a connection: Linux says so in its table of TCP connections.

On a shared computer everybody reaches everybody's loopback. A relay that answered another account would mix two
people's data, so it asks who called, once for each connection, before it reads anything.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ADDRESS, _PEER, _UID, _INODE = 1, 2, 7, 9


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
    # A connection that nobody holds any more has no inode, and account 0 stands there whoever it was.
    return int(columns[_UID]) if columns[_INODE] != "0" else None


def _hex(end: tuple[str, int]) -> str:
    address = socket.inet_aton(end[0])
    return f"{int.from_bytes(address, sys.byteorder):08X}:{end[1]:04X}"
