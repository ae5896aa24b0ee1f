"""Daily limits per call, readable and clearable (protocol §2.5)."""

from dataclasses import dataclass, field
from typing import Any

from simulator.clock import day_of, month_of
from simulator.return_codes import Refused
from simulator.settings import Settings

DAILY: dict[str, int] = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1_000,
    "/cgi-bin/menu/addconditional": 2_000,
    "/cgi-bin/menu/delconditional": 2_000,
    "/cgi-bin/menu/trymatch": 20_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/subscribe/bizsend": 100_000,
    "/cgi-bin/user/info": 500_000,
    "/cgi-bin/user/get": 500,
    "/cgi-bin/user/info/updateremark": 10_000,
    "/cgi-bin/tags/create": 1_000,
    "/cgi-bin/tags/members/batchtagging": 100_000,
    "/cgi-bin/tags/members/batchuntagging": 100_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/media/upload": 5_000,
    "/cgi-bin/media/get": 10_000,
    "/customservice/msgrecord/getmsglist": 5_000,
    "/cgi-bin/ticket/getticket": 1_000_000,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/delete": 10,
    "/cgi-bin/message/mass/preview": 100,
}
UNLISTED = 100_000
CLEARS_PER_MONTH = {"all": 10, "one": 50}


@dataclass
class Usage:
    """Calls of the current day, and how often the counters were cleared this month."""

    day: str = ""
    calls: dict[str, int] = field(default_factory=dict)
    month: str = ""
    clears: dict[str, int] = field(default_factory=dict)

    def count(self, path: str, now: float, settings: Settings) -> None:
        """Count one call; raise 45009 beyond the day's limit."""
        self._turn(now)
        used = self.calls.get(path, 0)
        if used >= limit_of(path, settings):
            raise Refused(45009)
        self.calls[path] = used + 1

    def read(self, path: str, now: float, settings: Settings) -> dict[str, int]:
        """The `quota` of openapi/quota/get; reading changes nothing, not even at midnight."""
        limit = limit_of(path, settings)
        used = self.calls.get(path, 0) if self.day == day_of(now) else 0
        return {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}

    def clear(self, now: float, path: str = "") -> None:
        """Zero one counter or all; raise 48006 when this month's clears are spent."""
        self._turn(now)
        kind = "one" if path else "all"
        if self.clears.get(kind, 0) >= CLEARS_PER_MONTH[kind]:
            raise Refused(48006)
        self.clears[kind] = self.clears.get(kind, 0) + 1
        if path:
            self.calls.pop(path, None)
        else:
            self.calls.clear()

    def table(self, now: float, settings: Settings) -> list[dict[str, Any]]:
        """Every listed or used call, for the control room."""
        paths = sorted({*DAILY, *self.calls, *settings.daily_limits})
        return [{"path": path, **self.read(path, now, settings)} for path in paths]

    def _turn(self, now: float) -> None:
        if self.day != day_of(now):
            self.day, self.calls = day_of(now), {}
        if self.month != month_of(now):
            self.month, self.clears = month_of(now), {}


def limit_of(path: str, settings: Settings) -> int:
    """How often `path` may be called in a day."""
    return settings.daily_limits.get(path, DAILY.get(path, UNLISTED))
