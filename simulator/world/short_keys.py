"""Short keys: a short name for up to 4 KB of text (protocol §5.2)."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.return_codes import Refused

if TYPE_CHECKING:
    from simulator.world.accounts import Account

LONGEST = 4096
MOST_SECONDS = 2_592_000


@dataclass
class ShortKey:
    """A text kept under a short name for a while."""

    text: str
    created: int
    seconds: int


def shorten(account: "Account", body: dict[str, Any], now: float) -> dict[str, Any]:
    """Keep `long_data`; raise 9410010/9410011 for a text too long or a life out of range."""
    text, seconds = body.get("long_data"), body.get("expire_seconds", MOST_SECONDS)
    if not isinstance(text, str) or not text:
        raise Refused(47003)
    if len(text.encode()) > LONGEST:
        raise Refused(9410010)
    if not isinstance(seconds, int) or not 1 <= seconds <= MOST_SECONDS:
        raise Refused(9410011)
    for stale in [
        key for key, each in account.short_keys.items() if now > each.created + each.seconds + 86_400
    ]:
        del account.short_keys[stale]
    key = secrets.token_urlsafe(11)
    account.short_keys[key] = ShortKey(text, int(now), seconds)
    return {"short_key": key}


def fetch(account: "Account", body: dict[str, Any], now: float) -> dict[str, Any]:
    """Give the text back; raise 9410012 when unknown, 9410013 when its time is over."""
    key = account.short_keys.get(str(body.get("short_key")))
    if key is None:
        raise Refused(9410012)
    if now > key.created + key.seconds:
        raise Refused(9410013)
    return {"long_data": key.text, "create_time": key.created, "expire_seconds": key.seconds}
