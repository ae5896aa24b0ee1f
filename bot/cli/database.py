"""`db partition`: cut the tables that only grow by month, on PostgreSQL."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.command import add, settings, with_config

if TYPE_CHECKING:
    from bot.partitions.shapes import Parted


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "db", partition, "the database itself")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    cutting = with_config(
        actions.add_parser("partition", help="cut message, channel_event, link_click by month (PostgreSQL)")
    )
    cutting.add_argument("tables", nargs="*", metavar="TABLE", help="only these (default: all that can be)")
    cutting.add_argument("--dry-run", action="store_true", help="only say what would be done")
    cutting.set_defaults(run=partition)


def partition(options: argparse.Namespace) -> None:
    """Cut each table that is whole, make the months that are missing of each that is cut already.

    The server may go on. Stopped and started again, it goes on where it was.
    """
    from bot.db import Database, utc_now
    from bot.partitions import keeping, shapes, turning

    now = utc_now()
    with Database(settings(options).database) as db:
        for parted in _wanted(options.tables):
            with db.connection() as connection:
                found = shapes.parts(connection, parted)
                plan = None if found else turning.plan(connection, parted, now=now)
            if plan is None:
                _say_state(parted.table, len(found))
                if not options.dry_run:
                    for name in keeping.make_each(db, parted, now=now):
                        print(f"{parted.table}: made {name}", flush=True)
                continue
            print(
                f"{parted.table}: about {plan.rows:,} rows, {plan.bytes / 1e9:.1f} GB, become {plan.first} "
                f"as they lie; months from {plan.bound:%Y-%m} on get partitions of their own"
            )
            if not options.dry_run:
                turning.turn(db, plan, now=now, say=lambda words: print(words, flush=True))
                print(f"{parted.table}: done")


def _say_state(table: str, count: int) -> None:
    print(f"{table}: cut by month already, {count} partitions")


def _wanted(names: Sequence[str]) -> "list[Parted]":
    from bot.partitions import shapes

    known = {parted.table: parted for parted in shapes.TABLES}
    if strangers := [name for name in names if name not in known]:
        raise shapes.CannotPartition(
            f"{', '.join(strangers)}: cannot be cut by month; those that can: {', '.join(known)}"
        )
    return [known[name] for name in names or known]
