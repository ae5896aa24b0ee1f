"""Medians that can be put together: of many days and shops, from a few counts each.

Seconds fall into steps that grow by about a quarter; the median of several rows
is read off the sum of their counts, so it is right to within its step (at
most a fifth), however many rows there are.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from statistics import median_low

# Where each step begins, in seconds; the last one has no end.
STEPS = (0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 450, 600, 750, 900, 1200,
         1500, 1800, 2400, 3000, 3600, 4500, 5400, 7200, 9000, 10800, 14400, 18000, 21600, 28800, 36000,
         43200, 57600, 72000, 86400, 129600)  # fmt: skip


def median(seconds: Sequence[int]) -> int | None:
    """Return the median itself; None of nothing."""
    return median_low(seconds) if seconds else None


def spread(seconds: Iterable[int]) -> list[int]:
    """Return how many fall into each step."""
    counts = [0] * len(STEPS)
    for one in seconds:
        counts[max(0, bisect_right(STEPS, one) - 1)] += 1
    return counts


def summed(spreads: Iterable[Sequence[int] | None]) -> tuple[int, ...]:
    """Return the spread of all that was counted."""
    return tuple(map(sum, zip([0] * len(STEPS), *(one for one in spreads if one), strict=False)))


def of(spread: Sequence[int]) -> int | None:
    """Return about the median of what was counted; None of nothing."""
    total = sum(spread)
    if not total:
        return None
    half = (total + 1) / 2
    place = next(place for place, below in enumerate(accumulate(spread)) if below >= half)
    if place == len(STEPS) - 1:
        return STEPS[place]
    within = (half - sum(spread[:place]) - 0.5) / spread[place]
    return round(STEPS[place] + (STEPS[place + 1] - STEPS[place]) * within)
