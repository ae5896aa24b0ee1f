"""`outbox list` and `outbox replay`: see what waits or died, and have the dead tried again."""

import argparse

from sqlalchemy import select

from bot.cli.command import add, settings, with_config
from bot.db import Database, utc_now
from bot.outbox import keeping
from bot.outbox.models import Promise, State


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    parser = add(commands, "outbox", list_promises, "see promises, and replay dead ones")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    listing = with_config(actions.add_parser("list", help="counts by state, then the newest rows"))
    listing.add_argument("--state", choices=[state.value for state in State], default=State.DEAD.value)
    listing.add_argument("--limit", type=int, default=20)
    listing.set_defaults(run=list_promises)
    again = with_config(actions.add_parser("replay", help="let dead promises wait again"))
    again.add_argument("ids", nargs="*", type=int, help="ids as `outbox list` shows them")
    again.add_argument("--all", action="store_true", help="every dead promise")
    again.set_defaults(run=replay)


def list_promises(options: argparse.Namespace) -> None:
    """Print how many promises stand in each state, and the newest of one."""
    with Database(settings(options).database) as db, db.reading() as session:
        counts = keeping.counts(session)
        print("  ".join(f"{state} {count}" for state, count in counts.items()))
        rows = session.scalars(
            select(Promise).filter_by(state=options.state).order_by(Promise.id.desc()).limit(options.limit)
        )
        for row in rows:
            due = f"{row.due_at:%Y-%m-%d %H:%M:%S}Z"
            print(f"{row.id:>8}  {row.job:24} attempts {row.attempts}  due {due}  {row.reason or ''}")


def replay(options: argparse.Namespace) -> int:
    """Let dead promises wait again; those that are not dead are left alone."""
    if not options.ids and not options.all:
        print("name the ids to replay, or --all")
        return 2
    with Database(settings(options).database) as db, db.transaction() as session:
        ids = options.ids or list(session.scalars(select(Promise.id).filter_by(state=State.DEAD.value)))
        count = keeping.replay(session, ids, now=utc_now())
    print(f"{count} promises wait again; the clock takes them up within a second")
    return 0
