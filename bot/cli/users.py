"""`user add`: someone who may sign in to the back office."""

import argparse
import getpass
import sys

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Actor, facts, record
from bot.cli.command import add, settings, with_config
from bot.db import Database, utc_now
from bot.organisation.models import Branch, Shop
from bot.users import attempts, passwords, reach, sessions
from bot.users.models import User
from bot.users.roles import Reach, Role


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "user", put, "people of the back office")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    adding = with_config(actions.add_parser("add", help="add someone, or give them a new password"))
    adding.add_argument("name")
    adding.add_argument(
        "--role", choices=[role.value for role in Role], default=Role.GROUP_ADMINISTRATOR.value
    )
    adding.add_argument(
        "--branch", action="append", default=[], help="see only this branch, and those below it"
    )
    adding.add_argument(
        "--shop", action="append", default=[], help="see only this shop; both may be repeated"
    )
    adding.add_argument(
        "--ask", action="store_true", help="ask for the password (default: make one and print it once)"
    )
    adding.set_defaults(run=put)


def put(options: argparse.Namespace) -> int:
    """Add the user, or give them a new password, and say it once."""
    password = getpass.getpass("Password: ") if options.ask else passwords.generate()
    try:
        with Database(settings(options).database) as db, db.transaction() as session:
            is_new = _put(session, options, password)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{options.name}: {'added' if is_new else 'password changed'}")
    if not options.ask:
        print(f"password (shown only now, to be changed at the first sign-in): {password}")
    return 0


def _put(session: Session, options: argparse.Namespace, password: str) -> bool:
    if options.branch and options.shop:
        raise ValueError("--branch and --shop exclude each other")
    now = utc_now()
    is_new = passwords.put(session, name=options.name, role=Role(options.role), password=password, now=now)
    user = session.scalars(select(User).filter_by(name=options.name)).one()
    how_far = Reach.BRANCHES if options.branch else Reach.SHOPS if options.shop else Reach.ALL
    branches, shops = _ids(session, Branch, options.branch), _ids(session, Shop, options.shop)
    reach.put(session, user, how_far, branches=branches, shops=shops)
    sessions.end_all(session, user)
    attempts.forgive(user)
    action = "user.added" if is_new else "user.password_reset"
    said = {**facts(user, "name", "role", "reach"), "within": reach.names(session, user)}
    record(session, Actor(f"cli:{getpass.getuser()}"), action, user, now=now, after=said)
    return is_new


def _ids(session: Session, model: type[Branch] | type[Shop], names: list[str]) -> list[int]:
    rows = session.execute(select(model.name, model.id).where(model.name.in_(names)))
    found = {row.name: row.id for row in rows}
    for name in names:
        if name not in found:
            raise ValueError(f"there is no {model.__tablename__} called {name}")
    return list(found.values())
