"""What the platform does later, by its own clock: every kind of job in one table."""

from collections.abc import Callable
from typing import Any

from simulator.platform import Platform
from simulator.world.accounts import Account

JobDone = Callable[[Platform, Account, dict[str, Any]], None]

JOBS: dict[str, JobDone] = {}
