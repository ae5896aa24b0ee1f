"""The command line of the benchmarks. This dictionary is the list of them."""

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType

from tests.bench import webhook

BENCHMARKS = {"webhook": (webhook.add_options, webhook.run)}


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
