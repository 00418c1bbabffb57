"""The server: one process with threads over SQLite, several over PostgreSQL (granian, WSGI).

On SQLite one process serves: its threads share one sequencer of the log, and commands beside it wait their turn.
"""

import gc
import os
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

THREADS = 16


def load() -> Any:
    """Build the application in a worker: granian calls this (target `portal.serving:load`, factory)."""
    from portal import create_app, policy_record, schedule, vega
    from portal.config import Config
    from portal.wiring import build

    config = Config.from_environ(os.environ)
    system = build(config)
    policy_record.settle(system)
    app = create_app(system)
    vega.warm(config.home / "cache")
    gc.collect()
    gc.freeze()  # what lives as long as the server is not looked through again with every thousandth request
    schedule.start(system)
    return app


def serve(host: str, port: int, workers: int) -> None:
    """Serve until stopped. Requests are not logged by the server: a path may name a person."""
    Granian(
        "portal.serving:load",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=256,
        log_level=LogLevels.error,
        log_access=False,
    ).serve()
