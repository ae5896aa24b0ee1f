"""Mass messages: who gets them, how often, and how they end (protocol §8.3-8.5)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.clock import day_of, month_of
from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account
    from simulator.world.fans import Fan

SPEEDS = [80, 60, 45, 30, 10]
MINUTE = 60


@dataclass
class Broadcast:
    """One mass message; status is SENDING until its job is done."""

    msg_id: int
    msgtype: str
    content: dict[str, Any]
    created: float
    to_all: bool = False
    tag: int = 0
    openids: list[str] = field(default_factory=list)
    client_id: str = ""
    status: str = "SENDING"
    outcome: str = ""  # the Status of the event, e.g. "send success"
    confirmed: bool = False
    total: int = 0
    filtered: int = 0
    sent: int = 0
    failed: int = 0


def audience(account: "Account", broadcast: Broadcast) -> list["Fan"]:
    """The followers it is meant for."""
    fans = [each for each in account.fans.values() if each.subscribed]
    if broadcast.to_all:
        return fans
    if broadcast.openids:
        wanted = set(broadcast.openids)
        return [each for each in fans if each.openid in wanted]
    return [each for each in fans if broadcast.tag in each.tags]


def check_period(account: "Account", now: float, settings: Settings, *, to_all: bool) -> None:
    """Raise 42010 when too many came at once, 45028 when the day's or month's are spent (protocol §8.3)."""
    if sum(now - each.created < MINUTE for each in account.broadcasts.values()) >= settings.mass_per_minute:
        raise Refused(42010)
    done = [each for each in account.broadcasts.values() if each.status in ("SENDING", "SEND_SUCCESS")]
    today = [each for each in done if day_of(each.created) == day_of(now)]
    if account.kind == "subscription":
        if len(today) >= settings.mass_subscription_per_day:
            raise Refused(45028)
    elif to_all:
        month = [each for each in done if each.to_all and month_of(each.created) == month_of(now)]
        if sum(each.to_all for each in today) >= settings.mass_to_all_per_day:
            raise Refused(45028)
        if len(month) >= settings.mass_per_fan_month:
            raise Refused(45028)


def check_client_id(account: "Account", client_id: Any, now: float, settings: Settings) -> str:
    """Return the caller's own id; raise 45065 with the old msg_id when it was used in the last day."""
    value = "" if client_id is None else str(client_id)
    if len(value.encode()) > settings.mass_client_id_bytes:
        raise Refused(45067)
    for each in account.broadcasts.values():
        if value and each.client_id == value and now - each.created < settings.mass_client_id_seconds:
            if now - each.created < settings.mass_client_id_retry_seconds:
                raise Refused(45066)
            raise Refused(45065, msg_id=each.msg_id)
    return value


def deliver(account: "Account", broadcast: Broadcast, now: float, settings: Settings) -> list["Fan"]:
    """Count the audience and return those who get it: not barred, not refusing, under the month's number."""
    month = month_of(now)
    everyone = audience(account, broadcast)
    limited = account.kind == "service"
    reached = [
        fan
        for fan in everyone
        if not fan.blacklisted and not fan.refuses
        if not limited or fan.mass_received.get(month, 0) < settings.mass_per_fan_month
    ]
    for fan in reached:
        fan.mass_received = {month: fan.mass_received.get(month, 0) + 1}
    broadcast.total = len(everyone)
    broadcast.filtered = broadcast.sent = len(reached)
    broadcast.failed = 0
    return reached
