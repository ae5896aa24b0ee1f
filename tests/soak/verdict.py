"""Whether something grew: a line through the second half of a run, and how steep it may be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOUR = 3600.0
SAMPLES = 12  # fewer say nothing


@dataclass(frozen=True, slots=True)
class Limit:
    """How much a series may grow in an hour, and what of a rise within the run is noise.

    `share` is a part of the series' own mean, for what breathes: tables that are pruned now and then.
    """

    per_hour: float
    noise: float
    share: float = 0.0


LIMITS: Mapping[str, Limit] = {
    "rss": Limit(per_hour=24.0, noise=4.0),  # MB, all processes of a kind together
    "fds": Limit(per_hour=12.0, noise=6.0),
    "threads": Limit(per_hour=6.0, noise=3.0),
    "connections": Limit(per_hour=6.0, noise=4.0),
    "keys": Limit(per_hour=20.0, noise=20.0),
    "rows": Limit(per_hour=0.0, noise=100.0, share=0.25),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one series: its mean, its growth in an hour and within the window, and the verdict."""

    name: str
    mean: float
    per_hour: float
    rise: float
    is_flat: bool


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return how much the least-squares line through the points rises in a second."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def judge(samples: Sequence[Mapping[str, float]], *, since: float) -> list[Line]:
    """Return a line for every series that has a limit; a series is `kind:what` and its kind names the limit.

    Raise `ValueError` where there are too few samples to say anything.
    """
    late = [one for one in samples if one["at"] >= since]
    if len(late) < SAMPLES:
        raise ValueError(f"{len(late)} samples since the middle; at least {SAMPLES}: let it run for longer")
    return list(_lines(late))


def table(lines: Sequence[Line]) -> str:
    """Return the verdict for people."""
    rows = [f"{'series':28}{'mean':>12}{'per hour':>12}{'rise':>10}  verdict"]
    rows += [
        f"{one.name:28}{one.mean:12,.1f}{one.per_hour:+12,.1f}{one.rise:+10,.1f}  {'flat' if one.is_flat else 'GREW'}"
        for one in lines
    ]
    return "\n".join(rows)


def figures(lines: Sequence[Line]) -> dict[str, Any]:
    """Return the verdict for machines."""
    return {
        one.name: {"mean": round(one.mean, 1), "per_hour": round(one.per_hour, 1), "flat": one.is_flat}
        for one in lines
    }


def _lines(late: Sequence[Mapping[str, float]]) -> Iterator[Line]:
    for name in sorted(set().union(*late)):
        limit = LIMITS.get(name.partition(":")[0])
        points = [(one["at"], one[name]) for one in late if name in one]
        if limit is None or len(points) < SAMPLES:
            continue
        steep = slope(points)
        mean = sum(y for _, y in points) / len(points)
        rise = steep * (points[-1][0] - points[0][0])
        may_rise = max(limit.noise, limit.share * mean)
        is_flat = steep * HOUR <= limit.per_hour or rise <= may_rise
        yield Line(name, mean, steep * HOUR, rise, is_flat)
