"""`fans sync`: everyone who follows, from the command line, with progress, and to be gone on with."""

import argparse
import getpass
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.audit import Actor, record
from bot.cli.command import add, settings, with_config
from bot.db import utc_now
from bot.errors import YizhanError
from bot.fan_sync import runs
from bot.fan_sync.models import FanSyncRun, RunState

if TYPE_CHECKING:
    from bot.runtime import Runtime

GLANCE = 1.0  # seconds between two lines of progress
PAUSE = 2.0  # seconds between looks while WeChat's quota or another worker is waited for
BAR = 30


class WrongCall(YizhanError):
    """The caller's move: an option names something that is not there."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "fans", sync, "fans, as WeChat knows them")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    syncing = with_config(actions.add_parser("sync", help="compare all fans with WeChat; progress is shown"))
    syncing.add_argument("--account", help="account of the settings (default: the first)")
    syncing.add_argument(
        "--resume", action="store_true", help="only go on with a run that was stopped by force"
    )
    syncing.set_defaults(run=sync)


def sync(options: argparse.Namespace) -> int:
    """Compare fans here and now, and say how far it is; 1 if it did not come to its end.

    Killed, it goes on by `--resume`, by calling it again, or by itself where a
    worker runs: what was written is not asked for again.
    """
    from bot.runtime import open_runtime  # counts, and so waits (bot.metrics)

    runtime = open_runtime(settings(options))
    try:
        run_id = _begin(runtime, options)
        print(f"run {run_id} (if killed: fans sync --resume)")
        run = _follow(runtime, run_id)
    finally:
        runtime.close()
    print(
        f"{run.state}: {run.profiled:,} fans read in {run.calls:,} calls; {run.added:,} added, "
        f"{run.returned:,} returned, {run.gone:,} left, {run.unionids:,} UnionIDs, "
        f"{run.retagged:,} with other tags, {run.blacklisted:,} blacklisted, {run.released:,} released"
    )
    if run.trouble:
        print(run.trouble)
    return 0 if run.state == RunState.DONE else 1


def _begin(runtime: "Runtime", options: argparse.Namespace) -> int:
    now = utc_now()
    accounts = runtime.accounts
    account = accounts.get(options.account) if options.account else next(iter(accounts.values()), None)
    if account is None:
        raise WrongCall(f"no account is called {options.account}; [[accounts]] in the settings names them")
    actor = Actor(f"cli:{getpass.getuser()}")
    with runtime.db.transaction() as session:
        known = runs.under_way(session, account.id)
        if known is not None:
            return known.id
        if options.resume:
            raise WrongCall(f"no run of {account.name} is under way; leave --resume out to begin one")
        run = runs.begin(session, account.id, asked_by=actor.name, now=now)
        record(session, actor, "fan_sync.begun", run, now=now)
        return run.id


def _follow(runtime: "Runtime", run_id: int) -> FanSyncRun:
    """Work on the run until it has ended, saying how far it is."""
    from bot.fan_sync import jobs  # asks WeChat, and so counts

    screen = _Screen(runtime, run_id)
    run = screen.look()
    while run.state == RunState.RUNNING:
        if run.not_before is None or run.not_before <= utc_now():
            jobs.work(runtime, run_id, seconds=jobs.SECONDS, tell=screen.glance)
        run = screen.look()
        if run.state == RunState.RUNNING and (run.held_by is not None or run.not_before is not None):
            time.sleep(PAUSE)  # what WeChat refused is not asked for again before its time
    if sys.stdout.isatty():
        print()
    return run


class _Screen:
    """One line that says how far the run is, written again at most once a second."""

    def __init__(self, runtime: "Runtime", run_id: int) -> None:
        self._runtime = runtime
        self._run_id = run_id
        self._said = ""
        self._looked = 0.0

    def glance(self) -> None:
        """Look, unless we just did."""
        if time.monotonic() - self._looked >= GLANCE:
            self.look()

    def look(self) -> FanSyncRun:
        """Read the run, say how far it is if that is news, and return it."""
        self._looked = time.monotonic()
        with self._runtime.db.reading() as session:
            run = session.get(FanSyncRun, self._run_id)
        if run is None:
            raise WrongCall(f"run {self._run_id} was deleted")
        line = _line(run, self._runtime.config.fan_sync.calls_per_second)
        if line != self._said:
            _say(line)
        self._said = line
        return run


def _line(run: FanSyncRun, per_second: float) -> str:
    from bot.fan_sync.progress import progress

    now = utc_now()
    found = progress(run, per_second=per_second, now=now)
    full = round(found.share * BAR)
    bar = "#" * full + "." * (BAR - full)
    line = f"[{bar}] {found.share:4.0%} {run.phase}: {run.profiled:,}/{max(run.total, run.listed):,}"
    if found.left is not None:
        line += f", about {timedelta(seconds=round(found.left.total_seconds()))} left"
    if run.trouble:
        line += f" (waiting: {run.trouble})"
    return line


def _say(line: str) -> None:
    """Write over the line before on a terminal, and a line of its own into a file."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{line}", end="", flush=True)
    else:
        print(line, flush=True)
