"""Percentiles that can be put together: of many days, shops and agents, from a few counts each.

Seconds fall into steps that grow by a tenth, each known by its number; what is
read off a sketch, or off the sum of many, is right to within five per cent
(and to the second), however many values there were.  A day of a thousand waits
takes some sixty numbers.
"""

import math
from collections.abc import Mapping

GROWTH = 1.1
_LOG = math.log(GROWTH)
Sketch = dict[int, int]  # number of the step, how many fell into it; below a second is step -1


def add(sketch: Sketch, seconds: float) -> None:
    """Count one value."""
    step = math.ceil(math.log(seconds) / _LOG - 1e-9) if seconds >= 1 else -1
    sketch[step] = sketch.get(step, 0) + 1


def merge(sketch: Sketch, other: Mapping[int, int]) -> None:
    """Count all of another's values as well."""
    for step, count in other.items():
        sketch[step] = sketch.get(step, 0) + count


def at(sketch: Mapping[int, int], share: float) -> int | None:
    """Return about the least value that `share` of the values do not exceed; None for no values."""
    total = sum(sketch.values())
    if not total:
        return None
    wanted = max(1, math.ceil(total * share - 1e-9))
    for step in sorted(sketch):
        wanted -= sketch[step]
        if wanted <= 0:
            break
    return round(2 * GROWTH**step / (GROWTH + 1)) if step >= 0 else 0


def to_document(sketch: Mapping[int, int]) -> dict[str, int]:
    """Return the sketch as it is kept."""
    return {str(step): count for step, count in sorted(sketch.items())}


def read(document: Mapping[str, int]) -> Sketch:
    """Return the sketch that was kept."""
    return {int(step): count for step, count in document.items()}
