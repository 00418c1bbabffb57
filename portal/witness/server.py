"""Serving a witness: one process with threads (granian, WSGI)."""

from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from portal.witness.home import Place

_THREADS = 8
_HEADER_TIMEOUT_MS = 10_000


def load(place: Place) -> Any:
    """Build the application in the worker."""
    from portal.witness.app import create_app

    return create_app(place.open())


def serve(place: Place, host: str, port: int) -> None:
    """Serve until stopped."""
    Granian(
        "portal.witness.server:load",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
        backpressure=64,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS),
        log_level=LogLevels.error,
        log_access=False,
    ).serve(target_loader=partial(load, place), wrap_loader=False)
