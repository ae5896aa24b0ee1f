"""The simulated platform with an account of many followers, in a process of its own: it prints its address.

`python -m tests.bench.fan_platform FANS`; ends with its standard input.
"""

import sys

from simulator.server import Server
from simulator.world.accounts import Account
from simulator.world.fans import Fan
from tests import make

BEGAN = 1_600_000_000
TAGS = {101: "亲子", 102: "邮轮", 103: "银发"}


def openid(number: int) -> str:
    """Return the OpenID of the follower with that number, of WeChat's length."""
    return f"o{number:027}"


def fill(account: Account, fans: int) -> None:
    """Have so many follow, one every thirty seconds or so, every hundredth of them blocked."""
    account.tags.update(TAGS)
    for number in range(fans):
        one = Fan(openid(number), f"t{number}", subscribed=True, subscribe_time=BEGAN + number * 30)
        one.subscribe_scene = "ADD_SCENE_QR_CODE" if number % 3 else "ADD_SCENE_SEARCH"
        one.tags = [101 + number % 3] if number % 2 else []
        one.blacklisted = number % 1000 == 0
        account.fans[one.openid] = one


def main(fans: int) -> None:
    """Serve until standard input ends."""
    mine = make.account()
    with Server() as server:
        account = Account(mine.app_id)
        server.platform.state.accounts[mine.app_id] = account
        account.kind, account.verified, account.app_secret = "service", True, mine.app_secret
        account.open_platform = "yizhan"
        fill(account, fans)
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
