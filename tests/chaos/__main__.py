"""`make chaos`: the product on nine hosts, and everything that can befall them (docs/chaos.md)."""

import argparse
import random
import sys
from pathlib import Path

from tests.chaos import room
from tests.chaos.run import Wanted, run
from tests.chaos.steps import STEPS


def main(arguments: list[str]) -> int:
    """Make one run: a table, a report in var/chaos, one JSON object as the last line; 1 if it is not green."""
    options = _options(arguments)
    if room.is_inside():
        folder = Path("var/chaos").resolve()
        return run(Wanted(options.seed, options.only, options.minutes, options.rate, folder))
    if lacks := room.lacking():
        print("make chaos cannot begin:", *lacks, sep="\n  ", file=sys.stderr)
        return 2
    if "--seed" not in " ".join(arguments):
        arguments = [*arguments, "--seed", str(options.seed)]
    return room.enter(arguments)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="fixes victims and moments")
    parser.add_argument(
        "--only", action="append", default=[], choices=STEPS, metavar="STEP", help=", ".join(STEPS)
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="begin no step later than this")
    parser.add_argument("--rate", type=float, default=6.0, help="messages a second, on average")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
