"""Serving a witness: one process (granian, ASGI); whatever has not arrived holds no thread, and not for long."""

from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from portal.witness.home import Place

_CONNECTIONS = 768  # below the 1,024 open files that many systems allow
_HEADER_TIMEOUT_MS = 5_000


def load(place: Place) -> Any:
    """Build the application in the worker."""
    from portal.witness.app import create_app
    from portal.witness.front import Front

    return Front(create_app(place.open()))


def serve(place: Place, host: str, port: int) -> None:
    """Serve until stopped. A connection is for one request: an idle one would hold a place."""
    Granian(
        "portal.witness.server:load",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        workers=1,
        backpressure=_CONNECTIONS,
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS, keep_alive=False),
        log_level=LogLevels.error,
        log_access=False,
    ).serve(target_loader=partial(load, place), wrap_loader=False)
