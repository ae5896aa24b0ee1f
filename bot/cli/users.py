"""`user add`: someone who may sign in to the back office."""

import argparse
import getpass
import sys

from bot.cli.command import add, settings, with_config
from bot.db import Database, utc_now
from bot.users import passwords


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "user", put, "people of the back office")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    adding = with_config(actions.add_parser("add", help="add someone, or give them a new password"))
    adding.add_argument("name")
    adding.add_argument("--role", default="administrator")
    adding.add_argument(
        "--ask", action="store_true", help="ask for the password (default: make one and print it once)"
    )
    adding.set_defaults(run=put)


def put(options: argparse.Namespace) -> int:
    """Add the user, or give them a new password, and say it once."""
    password = getpass.getpass("Password: ") if options.ask else passwords.generate()
    try:
        with Database(settings(options).database) as db, db.transaction() as session:
            is_new = passwords.put(
                session, name=options.name, role=options.role, password=password, now=utc_now()
            )
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{options.name}: {'added' if is_new else 'password changed'}")
    if not options.ask:
        print(f"password (shown only now, to be changed at the first sign-in): {password}")
    return 0
