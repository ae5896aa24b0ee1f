"""What lies under docs/deploy, and how it is read."""

import argparse
import re
import tomllib
from pathlib import Path

import yaml

from bot import cli

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SEALING_KEY = "A" * 43 + "="
SECRETS = {
    "database-url": "postgresql://yizhan:x@postgres/yizhan",
    "redis-url": "redis://redis:6379/0",
    "privacy-keys": f"2026a:{SEALING_KEY}",
    "privacy-index-key": SEALING_KEY,
    "h5-keys": SEALING_KEY,
    "head-app-secret": "s" * 32,
    "head-token": "simtoken2026",
    "head-aes-key": AES_KEY,
}


def documents(path):
    """The documents of a YAML file."""
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


def understood(words):
    """What our own command line makes of the words after `python -m bot`; it ends the test if it does not know them."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for group in cli.GROUPS:
        group.register(commands)
    try:
        return parser.parse_args([str(word) for word in words])
    except (SystemExit, argparse.ArgumentError) as error:
        raise AssertionError(f"python -m bot {words}: {error}") from None


def secret_files(settings):
    """The files that the `*_file` keys of settings name."""

    def walk(table):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from walk(value)
            elif isinstance(value, list):
                for one in value:
                    yield from walk(one)
            elif key.endswith("_file"):
                yield value

    return sorted(walk(tomllib.loads(settings)))


def commands_in(text):
    """The calls of `python -m bot …` in the code of a page, as words; placeholders and comments left out."""
    code = "\n".join(re.findall(r"```(?:sh|bash|console)?\n(.*?)```", text, re.DOTALL))
    code += "\n" + "\n".join(re.findall(r"`([^`\n]+)`", text))
    for call in re.findall(r"python -m bot ([^\n#&|;`]+)", code):
        if words := [word for word in call.split() if "<" not in word and "…" not in word]:
            yield words
