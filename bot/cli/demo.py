"""`demo`: fill an empty database with a travel group to try things on, or tell a story on a running one."""

import argparse

from bot.cli.command import add, keep_private
from bot.cli.run import add_ports, settings_file
from bot.config import load


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "demo", demo, "fill an empty database with a travel group to try things on")
    add_ports(parser)
    parser.add_argument("--force", action="store_true", help="also beside data of your own")
    parser.add_argument(
        "--story", action="store_true", help="instead: play a traveller's visit on the running demo"
    )


def demo(options: argparse.Namespace) -> int:
    """Seed, or tell the story; seeding twice is the same as once."""
    keep_private()
    file, _is_demo = settings_file(options)
    config = load(file)
    if options.story:
        from bot.demo.story import tell

        return tell(config)
    from bot.demo.seed import sow

    for line in sow(config, force=options.force):
        print(line)
    return 0
