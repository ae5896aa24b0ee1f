"""CPU time of process trees, and the arithmetic of rounds."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import psutil

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """User and system seconds used so far, by name."""

    seconds: dict[str, float]

    @classmethod
    def of(cls, watched: Mapping[str, Iterable[int]]) -> "CpuTimes":
        """Read the clocks of all processes under each name."""
        return cls({name: sum(map(_used, numbers)) for name, numbers in watched.items()})

    def since(self, before: "CpuTimes") -> dict[str, float]:
        """Return what was used between `before` and these."""
        return {name: now - before.seconds[name] for name, now in self.seconds.items()}


def tree(number: int) -> list[int]:
    """Return the process and all its descendants."""
    root = psutil.Process(number)
    return [root.pid, *(child.pid for child in root.children(recursive=True))]


def middle(rounds: Iterable[T], figure: Callable[[T], float]) -> float:
    """Return the median of one figure over the rounds."""
    return statistics.median(figure(one) for one in rounds)


def _used(number: int) -> float:
    times = psutil.Process(number).cpu_times()
    return float(times.user + times.system)
