"""When checkpoints are published while the portal is served: at the start, then on a grid of the clock.

A thread of its own does it: whatever a witness does, no page and no entry waits for it. On a grid, the rounds say
nothing about when somebody looked.
"""

import threading
import time
from collections.abc import Callable

import structlog

from portal import checkpoints
from portal.wiring import System

_logger = structlog.get_logger("sameview")


class Schedule:
    """Publishes every `seconds` until it is stopped; after a round that failed, which the server's log tells, too."""

    def __init__(self, publish: Callable[[], object], seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._publish = publish
        self._seconds = seconds
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> "Schedule":
        self._thread.start()
        return self

    def stop(self) -> None:
        """End after the round that runs."""
        self._stopped.set()
        self._thread.join()

    def wait_seconds(self) -> float:
        """Return how long it is to the next moment of the grid; a clock that was put back makes no wait longer."""
        return self._seconds - self._clock() % self._seconds

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._publish()
            except Exception as error:
                _logger.error("checkpoint not published", kind=type(error).__name__)
            self._stopped.wait(self.wait_seconds())


def start(system: System) -> Schedule:
    """Start publishing the checkpoints of a served portal."""
    return Schedule(lambda: checkpoints.publish(system), system.config.checkpoint_minutes * 60).start()
