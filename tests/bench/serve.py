"""The child's side: become one of the servers, on one core.

`python -m tests.bench.serve <core> echo|floor|edge|durable <config> <port>`.
Floor and edge are started by the bot's own `web` command with another
application put in, so that they run under the very options of our server.
"""

import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1
APPLICATIONS = {"floor": "tests.bench.floor:application", "edge": "tests.bench.edge:application"}


def main(core: str, what: str, config: str, port: str) -> None:
    """Serve until SIGTERM, or until the benchmark is gone."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    os.sched_setaffinity(0, {int(core)})
    if what == "echo":
        _become_echo(port)
    if what in APPLICATIONS:
        _put_in(APPLICATIONS[what])
    from bot import cli

    sys.exit(cli.main(["web", "--config", config]))


def _become_echo(port: str) -> None:
    options = ["--worker-class=gthread", "--workers=1", "--threads=16", "--log-level=warning"]
    options += [f"--bind=127.0.0.1:{port}", "tests.bench.echo:application"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *options])


def _put_in(application: str) -> None:
    import granian

    ours = granian.Granian

    def start(_target, **options):
        return ours(application, **options)

    granian.Granian = start


if __name__ == "__main__":
    main(*sys.argv[1:])
