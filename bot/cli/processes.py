"""`web`, `worker`, `clock`: the processes of a production host, one each."""

import argparse
import os
import signal
import threading
from pathlib import Path

from bot.cli.command import add, settings
from bot.config import Config


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    add(commands, "web", web, "serve the webhook and the pages")
    add(commands, "worker", worker, "keep promises: run the jobs of the outbox")
    add(commands, "clock", clock, "relay due promises to the workers and keep the timetable")


def web(options: argparse.Namespace) -> None:
    """Serve until SIGTERM."""
    config = settings(options)
    os.environ["YIZHAN_CONFIG"] = str(options.config.resolve())
    _count_together(config)
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # Workers are started afresh, not forked, so nothing opened here is shared with them.
    Granian(
        "wsgi:application",
        address=config.server.host,
        port=config.server.port,
        interface=Interfaces.WSGI,
        workers=config.server.processes,
        blocking_threads=config.server.threads,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        backpressure=4 * config.server.threads,
        log_level=LogLevels.warning,
    ).serve()


def worker(options: argparse.Namespace) -> None:
    """Keep promises until SIGTERM."""
    config = settings(options)
    _count_together(config)
    from bot import worker as working
    from bot.runtime import open_runtime

    working.run(open_runtime(config))


def clock(options: argparse.Namespace) -> None:
    """Relay and keep time until SIGTERM."""
    config = settings(options)
    _count_together(config)
    from bot import clock as ticking
    from bot.runtime import open_runtime

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ticking.run(open_runtime(config), stop)


def _count_together(config: Config) -> None:
    """Have this process count into files that one /metrics reads for all (bot.metrics)."""
    folder = (Path(config.server.folder) / "metrics").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
