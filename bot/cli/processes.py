"""`web`, `worker`, `clock`: the processes of a production host, one each."""

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from bot.cli.command import add, keep_private, settings
from bot.config import Config
from bot.errors import ConfigError


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    add(commands, "web", web, "serve the webhook and the pages")
    parsers = (
        add(commands, "worker", worker, "keep promises: run the jobs of the outbox"),
        add(commands, "clock", clock, "relay due promises to the workers and keep the timetable"),
    )
    for parser in parsers:
        parser.add_argument(
            "--metrics-port",
            type=int,
            metavar="PORT",
            help="answer /metrics here too, where no web process shares the folder of figures (a container)",
        )


def web(options: argparse.Namespace) -> None:
    """Serve until SIGTERM."""
    config = _begin(options)
    _run_on_until_they_wait()
    os.environ["YIZHAN_CONFIG"] = str(options.config.resolve())
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    # Workers are started afresh, not forked, so nothing opened here is shared with them.
    Granian(
        "asgi:application",
        address=config.server.host,
        port=config.server.port,
        interface=Interfaces.ASGINL,
        workers=config.server.processes,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=5,
        backpressure=4 * config.server.threads,
        log_level=LogLevels.warning,
    ).serve()


def worker(options: argparse.Namespace) -> None:
    """Keep promises until SIGTERM."""
    config = _begin(options)
    _answer_metrics(config, options.metrics_port)
    from bot import worker as working
    from bot.runtime import SECONDS_OF_PATIENCE, open_runtime

    working.run(open_runtime(config, patience=SECONDS_OF_PATIENCE))


def clock(options: argparse.Namespace) -> None:
    """Relay and keep time until SIGTERM."""
    config = _begin(options)
    _answer_metrics(config, options.metrics_port)
    from bot import clock as ticking
    from bot.runtime import SECONDS_OF_PATIENCE, open_runtime

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ticking.run(open_runtime(config, patience=SECONDS_OF_PATIENCE), stop)


def _begin(options: argparse.Namespace) -> Config:
    """Return the settings; write for our user alone from now on, and count with the others of this host."""
    keep_private()
    config = settings(options)
    _count_together(config)
    return config


def _run_on_until_they_wait() -> None:
    """Have the kernel not interrupt a thread of ours, nor anybody's, for one of ours that wakes up.

    A request passes through three threads. As long as each of them was stopped for the next, which then
    waited for the interpreter's lock, a third of what a push costs went into switching (decision 42).
    """
    if sys.platform == "linux":
        with suppress(OSError):  # where that is forbidden it only costs more
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _count_together(config: Config) -> None:
    """Have this process count into files that one /metrics reads for all (bot.metrics)."""
    folder = (Path(config.server.folder) / "metrics").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))


def _answer_metrics(config: Config, port: int | None) -> None:
    """Serve the figures of this process's folder from a thread; nothing without a port."""
    if port is None:
        return
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    try:
        start_http_server(port, addr=config.server.host, registry=registry)
    except OSError as error:
        raise ConfigError(f"--metrics-port {port}: {error.strerror}; give another") from None
