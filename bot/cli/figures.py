"""`figures rebuild`: count what channels brought anew, from the events."""

import argparse
import time

from bot.channels.figures import days, jobs
from bot.cli.command import add, settings, with_config
from bot.db import Database, utc_now
from bot.moments import first_day


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "figures", rebuild, "what channels brought")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    help_text = "count every day anew from its events; stopped, it goes on with --resume"
    building = with_config(actions.add_parser("rebuild", help=help_text))
    building.add_argument("--resume", action="store_true", help="only the days that are still to be counted")
    building.set_defaults(run=rebuild)


def rebuild(options: argparse.Namespace) -> int:
    """Count the days and say how far it is. Run twice, or beside a server: the figures are the same."""
    config = settings(options)
    with Database(config.database) as db:
        if not options.resume:
            with db.transaction() as session:
                jobs.skip_to_end(session, now=utc_now())
                # What is older has lost its events: its figures are all there is.
                days.want_all(session, since=first_day(config.privacy.event_months, now=utc_now()))
        with db.reading() as session:
            waiting = days.stale(session)
        began = time.monotonic()
        for number, day in enumerate(waiting, 1):
            jobs.rebuild_day(db, day, now=utc_now())
            print(f"{day}  {number} of {len(waiting)} days", flush=True)
        print(f"{len(waiting)} days counted in {time.monotonic() - began:.1f} s")
    return 0
