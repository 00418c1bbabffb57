"""Control: one line of JSON each way over a socket in the relay's folder, which nobody else can reach.

The watchers' port takes no orders: whatever runs in the browser or under another account may be able to knock there.
"""

import os
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

Order = dict[str, Any]
_LARGEST: Final = 16 << 20
_SECONDS: Final = 120


class ControlRefused(Exception):
    """The running relay did not do what was asked; the text says why."""


class Control:
    """Listens, and hands each order to `obey`."""

    def __init__(self, path: Path, obey: Callable[[Order], Order]) -> None:
        path.unlink(missing_ok=True)  # of a relay that died: the folder is claimed by this one

        class Handler(socketserver.StreamRequestHandler):
            timeout = _SECONDS

            def handle(self) -> None:
                if not _is_own(self.connection):
                    return
                self.wfile.write(msgspec.json.encode(_answer(obey, self.rfile.readline(_LARGEST))) + b"\n")

        before = os.umask(0o177)
        try:
            self._server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        finally:
            os.umask(before)
        self._server.daemon_threads = True
        self._path = path
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="control", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


def ask(path: Path, order: Order) -> Order | None:
    """Give an order to the relay that runs; None if none runs. ControlRefused with its reason."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        connection.sendall(msgspec.json.encode(order) + b"\n")
        with connection.makefile("rb") as answers:
            answer = msgspec.json.decode(answers.readline(_LARGEST), type=dict[str, Any])
    if "refused" in answer:
        raise ControlRefused(answer["refused"])
    return answer


def _answer(obey: Callable[[Order], Order], line: bytes) -> Order:
    try:
        return obey(msgspec.json.decode(line, type=dict[str, Any]))
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError) as error:
        return {"refused": f"the order cannot be understood ({type(error).__name__}): is the command another version?"}
    except ControlRefused as error:
        return {"refused": str(error)}


def _is_own(connection: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's own permissions keep others out
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", credentials)[1] == os.getuid())
