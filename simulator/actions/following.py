"""Following, leaving, scanning codes."""

from typing import TYPE_CHECKING

from simulator.clock import day_of
from simulator.push import messages
from simulator.push.messages import Push
from simulator.world import codes
from simulator.world.accounts import Account
from simulator.world.fans import Fan

if TYPE_CHECKING:
    from simulator.platform import Platform


class Impossible(Exception):
    """The phone would not let the traveller do that; the message says why and what to do."""


def require_following(fan: Fan, account: Account) -> None:
    """Raise `Impossible` unless the traveller follows the account."""
    if not fan.subscribed:
        raise Impossible(f"this traveller does not follow {account.name}; follow first")


def follow(platform: "Platform", account: Account, fan: Fan, source: str, order: str = "") -> list[Push]:
    """Follow from search, a shared card, or after paying `order` (protocol §1.5)."""
    if fan.subscribed:
        raise Impossible(f"this traveller follows {account.name} already")
    _begin(platform, account, fan, source)
    key = f"last_trade_no_{order}" if order else ""
    return [platform.compose(account, fan, messages.event("subscribe", key))]


def leave(platform: "Platform", account: Account, fan: Fan) -> list[Push]:
    """Stop following."""
    require_following(fan, account)
    scene = fan.subscribe_scene
    push = platform.compose(account, fan, messages.event("unsubscribe", ""))
    fan.leave(platform.settings)
    account.desk.line = [each for each in account.desk.line if each.openid != fan.openid]
    account.desk.sessions.pop(fan.openid, None)
    account.day(day_of(platform.now())).left(scene, _followers(account))
    platform.events.publish("fan", account=account.app_id, traveller=fan.traveller, subscribed=False)
    return [push]


def scan(
    platform: "Platform", account: Account, fan: Fan, *, scene: str = "", ticket: str = "", url: str = ""
) -> list[Push]:
    """Scan one of the account's codes: a stranger follows by that, a follower only scans (protocol §1.5)."""
    code = codes.find(account, ticket=ticket, url=url, scene=scene)
    if code is None:
        raise Impossible(f"{account.name} has no such code; GET /sim/codes lists them")
    if not code.is_valid(platform.now()):
        raise Impossible("this code has expired")
    if fan.subscribed:
        fan.trigger("scan", platform.now(), platform.settings)
        fields = messages.event("SCAN", code.scene, Ticket=code.ticket)
    else:
        _begin(platform, account, fan, "code", code.scene)
        fields = messages.event("subscribe", f"qrscene_{code.scene}", Ticket=code.ticket)
    return [platform.compose(account, fan, fields)]


def _begin(platform: "Platform", account: Account, fan: Fan, source: str, scene: str = "") -> None:
    fan.follow(platform.now(), source, scene)
    fan.trigger("follow", platform.now(), platform.settings)
    if source == "paid":
        fan.trigger("pay", platform.now(), platform.settings)
    account.day(day_of(platform.now())).followed(fan.subscribe_scene, _followers(account))
    platform.events.publish("fan", account=account.app_id, traveller=fan.traveller, subscribed=True)


def _followers(account: Account) -> int:
    return sum(each.subscribed for each in account.fans.values())
