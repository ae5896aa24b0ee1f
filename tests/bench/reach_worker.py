"""A worker that only pumps, in a process of its own: `python -m tests.bench.reach_worker SETTINGS`.

What RQ would hand it is asked for without end; leases are as short as the settings say, so that what a kill
leaves need not be waited for.
"""

import json
import sys
import time
from datetime import timedelta

from bot.jobs import JOBS
from bot.reach import claiming, sender
from bot.runtime import open_runtime
from tests.bench import reach

IDLE = 0.2


def main(document: str) -> None:
    """Pump until killed."""
    settings = json.loads(document)
    claiming.LEASE = timedelta(seconds=settings["lease"])  # type: ignore[misc]
    sender.CALL_LEASE = timedelta(seconds=settings["lease"] + 1)  # type: ignore[misc]
    runtime = open_runtime(reach.configured(settings))
    [account] = runtime.accounts.values()
    while True:
        JOBS["reach.pump"](runtime, account_id=account.id, lane="marketing")
        time.sleep(IDLE)


if __name__ == "__main__":
    main(sys.argv[1])
