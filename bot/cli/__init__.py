"""The command line. One file per group of commands; this is the list of them."""

import argparse
import os
import sys
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from bot.cli import (
    audit,
    backups,
    channels,
    database,
    demo,
    doctor,
    fans,
    figures,
    menus,
    outbox,
    points,
    poster,
    privacy,
    processes,
    run,
    schema,
    staff,
    users,
)
from bot.db.database import away
from bot.demo import settings as demo_settings
from bot.errors import YizhanError

GROUPS = (
    run,
    demo,
    doctor,
    processes,
    schema,
    backups,
    database,
    outbox,
    users,
    staff,
    fans,
    channels,
    poster,
    audit,
    menus,
    privacy,
    figures,
    points,
)


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 a check failed, 2 call or settings are wrong.

    What goes wrong on purpose is one line on standard error, without a traceback.
    """
    parser = argparse.ArgumentParser(prog="python -m bot", description="Yizhan 驿站")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for group in GROUPS:
        group.register(commands)
    options = parser.parse_args(arguments)
    given = getattr(options, "config", None) or os.environ.get("YIZHAN_CONFIG")
    options.is_config_named = bool(given)
    options.config = Path(given) if given else _usual_config()
    # Before anything that counts is imported (bot.metrics).
    os.environ.setdefault("YIZHAN_CONFIG", str(options.config))
    try:
        return int(options.run(options) or 0)
    except YizhanError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except DBAPIError as error:
        if error.statement is not None:
            raise  # it was reached, and did not like what we said
        print(f"error: {away(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _usual_config() -> Path:
    """Return config.toml, or what the demo wrote for itself where there is none."""
    usual = Path("config.toml")
    return demo_settings.FILE if demo_settings.FILE.exists() and not usual.exists() else usual
