"""What every command shares: how it is declared and how it gets its settings."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from bot import logs
from bot.config import Config, load, secrets

Run = Callable[[argparse.Namespace], int | None]


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Run, help_text: str
) -> argparse.ArgumentParser:
    """Declare a command and return its parser, for its own options."""
    parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(run=run)
    return with_config(parser)


def with_config(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let the command, or an action of it, be told its settings file; return the parser."""
    parser.add_argument(
        "--config",
        type=Path,
        default=argparse.SUPPRESS,
        help="settings file (else YIZHAN_CONFIG, else config.toml, else the demo's)",
    )
    return parser


def settings(options: argparse.Namespace) -> Config:
    """Return the settings the command was given, with logging set up as they ask."""
    config = load(options.config)
    logs.configure(config.log, secrets(config))
    return config


def keep_private() -> None:
    """Let what this process and its children write be read by their user alone.

    Databases, logs, figures and the queue hold what travellers wrote, and a host may have other users.
    """
    os.umask(0o077)
