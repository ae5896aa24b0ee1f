"""The command line of the benchmarks. This dictionary is the list of them."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType

from tests.bench import (
    channels,
    codes,
    desk,
    fan_sync,
    lists,
    members,
    partitions,
    points,
    posters,
    reach,
    rules,
    webhook,
)

BENCHMARKS = {
    "channels": (channels.add_options, channels.run),
    "codes": (codes.add_options, codes.run),
    "desk": (desk.add_options, desk.run),
    "fan_sync": (fan_sync.add_options, fan_sync.run),
    "lists": (lists.add_options, lists.run),
    "members": (members.add_options, members.run),
    "partitions": (partitions.add_options, partitions.run),
    "points": (points.add_options, points.run),
    "posters": (posters.add_options, posters.run),
    "reach": (reach.add_options, reach.run),
    "rules": (rules.add_options, rules.run),
    "webhook": (webhook.add_options, webhook.run),
}


def main(arguments: list[str]) -> int:
    """Run one benchmark: a table, and as the last line one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Benchmarks of Yizhan 驿站")
    benchmarks = parser.add_subparsers(required=True, metavar="benchmark")
    for name, (add_options, run) in BENCHMARKS.items():
        one = benchmarks.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        add_options(one)
        one.set_defaults(run=run)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    run_it: Callable[[argparse.Namespace], int] = options.run
    return run_it(options)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Leave through every `finally`, so that no server and no database stays behind."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
