"""`audit verify`: whether anybody has meddled with what was written down."""

import argparse

from bot.audit.chain import verify
from bot.cli.command import add, settings, with_config
from bot.db import Database


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "audit", check, "who did what")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    verifying = with_config(actions.add_parser("verify", help="go through the chain; 1 if it is broken"))
    verifying.set_defaults(run=check)


def check(options: argparse.Namespace) -> int:
    """Say whether every entry is as it was written; 1 and the first that is not, if not."""
    with Database(settings(options).database) as db, db.reading() as session:
        verdict = verify(session)
    if verdict.broken_at is not None:
        print(f"broken at entry {verdict.broken_at}: {verdict.why}")
        print(f"{verdict.count} entries before it are as they were written")
        return 1
    print(f"{verdict.count} entries, each as it was written")
    print(f"the last seal, to note elsewhere: {verdict.hash}")
    return 0
