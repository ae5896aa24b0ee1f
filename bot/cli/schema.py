"""`migrate`: bring the tables up to date, or back."""

import argparse

from bot.cli.command import add, keep_private, settings


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "migrate", migrate, "bring the database up to date")
    parser.add_argument("--to", default="head", help="a revision to stop at (default: the newest)")
    parser.add_argument(
        "--down", metavar="REVISION", help="go back to this revision, or to `base`: tables are lost"
    )


def migrate(options: argparse.Namespace) -> None:
    """Apply what is missing; twice is the same as once."""
    keep_private()
    from alembic import command

    from bot import schema
    from bot.db import Database
    from bot.restorations import marker

    with Database(settings(options).database) as db:
        with db.connection() as connection:
            marker.refuse(connection)
        if options.down:
            command.downgrade(schema.alembic_config(db), options.down)
            print(f"back at {options.down}")
            return
        before = len(schema.unapplied(db))
        schema.migrate(db, options.to)
        print(f"{before - len(schema.unapplied(db))} migrations applied")
