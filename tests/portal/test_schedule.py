"""Rounds are on a grid, and one that fails is not the last."""

import threading

from portal.schedule import Schedule


def test_a_round_that_fails_is_not_the_last() -> None:
    rounds = threading.Semaphore(0)

    def publish() -> None:
        rounds.release()
        raise OSError("no space left on device")

    schedule = Schedule(publish, 0.01).start()

    assert all(rounds.acquire(timeout=30) for _ in range(3))
    schedule.stop()


def test_rounds_are_on_a_grid_whatever_the_time_of_the_start() -> None:
    schedule = Schedule(lambda: None, 600, clock=lambda: 1_000_000_123.5)

    assert (1_000_000_123.5 + schedule.wait_seconds()) % 600 == 0
