"""`privacy reseal`: sealing everything with the newest key, so that an old one can go."""

import argparse

from bot import sealed
from bot.cli.command import add, settings, with_config
from bot.db import Database
from bot.privacy import vault_of


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "privacy", reseal, "what personal data is sealed with")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    resealing = actions.add_parser(
        "reseal", help="seal all telephones and two-step secrets with the first key; 1 if some do not open"
    )
    with_config(resealing).set_defaults(run=reseal)


def reseal(options: argparse.Namespace) -> int:
    """Seal anew, some rows at a time while the server runs, and say which keys are still named."""
    config = settings(options)
    vault = vault_of(config.privacy)
    named: set[str] = set()
    lost = False
    with Database(config.database) as db:
        for report in sealed.reseal(db, vault):
            place = report.column.place.replace(":", ".")
            count = report.keys.total()
            print(f"{place}: {count} sealed texts, {report.resealed} of them sealed anew", flush=True)
            if report.lost:
                lost = True
                shown = ", ".join(map(str, report.lost[:20]))
                print(f"{place}: {len(report.lost)} do not open with these keys, rows {shown}")
            named |= set(report.keys)
    print(f"keys still named: {', '.join(sorted(named)) or 'none'}; any other may leave [privacy] keys")
    return 1 if lost else 0
