"""What a figure of a group needs to be told: enough people behind it, and none of them dominates it (pure).

Rules 2 and 3 of docs/releases.md.
"""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How many have to stand behind a figure, and how much of it may be one person's."""

    k: int
    colluders: int
    dominance: float
    cap: float
    besides_colluders: int = 3

    @property
    def least(self) -> int:
        return max(self.k, self.colluders + self.besides_colluders)

    @property
    def surely(self) -> float:
        """With more than this besides the largest and those who collude, no other figure dominates. Within a hair's
        breadth the exact sum decides."""
        return self.dominance * self.cap * 1.000001

    def hold(self, figures: Iterable[float]) -> bool:
        """Tell whether a sum of these figures, each from 0 to the cap, could stand alone.

        What is left without the largest and as many others as collude is at least a part of the largest (p % rule).
        """
        largest, others, enough = list[float](), list[float](), 0.0
        for value in figures:
            if len(largest) <= self.colluders:
                heapq.heappush(largest, value)
                continue
            others.append(heapq.heappushpop(largest, value))
            enough += others[-1]
            if len(largest) + len(others) >= self.least and enough > self.surely:  # no larger one can come
                return True
        counted = len(largest) + len(others)
        return counted >= self.least and math.fsum(others) >= self.dominance * max(largest)
