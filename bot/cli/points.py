"""`points reconcile`: whether ledger and mall add up; `points rebuild`: the days of the report, anew."""

import argparse

from sqlalchemy.exc import IntegrityError

from bot.cli.command import add, settings, with_config
from bot.db import Database, utc_now
from bot.mall.reconciling import CHECKS
from bot.points import days, reconciling

MOST = 50


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    parser = add(commands, "points", check, "members' points")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    help_text = "add everything up again and say what is wrong and where; 1 if anything is"
    with_config(actions.add_parser("reconcile", help=help_text)).set_defaults(run=check)
    help_text = "add up every day of the points report anew, from the entries"
    with_config(actions.add_parser("rebuild", help=help_text)).set_defaults(run=rebuild)


def rebuild(options: argparse.Namespace) -> int:
    """Add the days up and say how far it is. Run twice, or beside a server: the figures are the same."""
    with Database(settings(options).database) as db:
        with db.reading() as session:
            wanted = list(days.due(session, now=utc_now(), anew=True))
        for number, day in enumerate(wanted, 1):
            try:
                with db.transaction() as session:
                    days.add_up(session, day, now=utc_now())
            except IntegrityError:  # the server has just written the same
                continue
            print(f"{day}  {number} of {len(wanted)} days", flush=True)
    print(f"{len(wanted)} days added up")
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what does not add up; changes nothing, and may run beside a server."""
    found: list[reconciling.Finding] = []
    above = 0
    with Database(settings(options).database) as db:
        while True:
            with db.reading() as session:
                upto = reconciling.slice_after(session, above)
                if upto is None:
                    break
                found += reconciling.findings(session, above=above, upto=upto, more=CHECKS)
            above = upto
    for one in found[:MOST]:
        print(
            f"account {one.account_id}: {one.check} {one.row_id} says {one.says} and should say {one.should}"
        )
    if len(found) > MOST:
        print(f"and {len(found) - MOST} more")
    print(f"{len(found)} findings" if found else "everything adds up")
    return 1 if found else 0
