"""The platform's time: the machine's own, moved by as much as the control room says."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass
class Clock:
    """Runs with the machine's clock, `offset` seconds ahead of it."""

    offset: float = 0.0

    def now(self) -> float:
        """Seconds since 1970, as the platform sees them."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Jump ahead (or back)."""
        self.offset += seconds

    def set(self, moment: float) -> None:
        """Make it `moment` now."""
        self.offset = moment - time.time()


def beijing(moment: float) -> datetime:
    """`moment` on a wall clock in Beijing, where WeChat's days begin."""
    return datetime.fromtimestamp(moment, UTC).astimezone(BEIJING)


def day_of(moment: float) -> str:
    """The Beijing day of `moment`, as 2026-01-31."""
    return beijing(moment).strftime("%Y-%m-%d")


def month_of(moment: float) -> str:
    """The Beijing month of `moment`, as 2026-01."""
    return beijing(moment).strftime("%Y-%m")
