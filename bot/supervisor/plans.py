"""Which processes a laptop needs, and the ports they want."""

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot import embedded_redis
from bot.config import Config
from bot.errors import ConfigError
from bot.supervisor import ports
from bot.supervisor.child import Plan

# Who is told to end first: nothing new comes in, then what runs is finished, then what it leaned on goes.
FIRST, MIDDLE, LAST = 1, 2, 3


def redis(config: Config, environ: Mapping[str, str]) -> list[Plan]:
    """Return our own Redis, or nothing where the settings name another."""
    if config.redis.url:
        return []
    embedded_redis.socket_path(config).unlink(missing_ok=True)  # we hold the folder: whoever made it is gone
    return [Plan("redis", embedded_redis.command(config), LAST, environ)]


def simulator(config: Config, environ: Mapping[str, str]) -> Plan:
    """Return the simulated WeChat platform at the address where the settings look for WeChat."""
    state = Path(config.server.folder) / "simulator.json"
    port = simulator_port(config)
    command = [*module("simulator"), "--port", str(port), "--state", str(state)]
    if config.server.port == port + 1:  # the next port is where it would show pages
        command += ["--browser-port", "0"]
    return Plan("simulator", command, LAST, environ)


def simulator_port(config: Config) -> int:
    """Return the port of `[wechat] api_base`."""
    return urlsplit(config.wechat.api_base).port or 80


def services(config: Config, environ: Mapping[str, str]) -> list[Plan]:
    """Return web, workers and clock."""
    count = config.outbox.workers
    names = ["worker"] if count == 1 else [f"worker-{number}" for number in range(1, count + 1)]
    return [
        Plan("web", bot("web"), FIRST, environ),
        *(Plan(name, bot("worker"), MIDDLE, environ) for name in names),
        Plan("clock", bot("clock"), MIDDLE, environ),
    ]


def bot(command: str) -> list[str]:
    """Return one of our own commands."""
    return [*module("bot"), command]


def module(name: str) -> list[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-m", name]


def check_ports(config: Config, file: Path, *, with_simulator: bool) -> None:
    """Raise `ConfigError` naming the port, who has it and the remedy, if one we need is taken."""
    wanted = [(config.server.host, config.server.port, "[server] port", "--port")]
    if with_simulator:
        host = urlsplit(config.wechat.api_base).hostname or "127.0.0.1"
        wanted.append((host, simulator_port(config), "[wechat] api_base", "--simulator-port"))
    for host, port, setting, option in wanted:
        if not ports.is_free(host, port):
            another = f", or start with {option} and another port" if with_simulator else ""
            raise ConfigError(
                f"port {port} is taken by {ports.holder(port)}; "
                f"end that, or change {setting} in {file}{another}"
            )
