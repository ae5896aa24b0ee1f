"""WeChat's tags without the network: the simulator's own rules, called as the gateway is, failing at random."""

import random

from bot.errors import BadRequest, FanUnreachable, WeChatUnavailable
from simulator.return_codes import Refused
from simulator.settings import Settings
from simulator.world import tags
from simulator.world.accounts import Account
from simulator.world.fans import Fan


class TagLine:
    """One account's line to the platform. `calls` counts every call, those that failed as well."""

    def __init__(self, *, busy: float = 0.0, lost: float = 0.0, seed: int = 1) -> None:
        self.account = Account("wx_tags")
        self.settings = Settings()
        self.calls = 0
        self.kinds: list[str] = []
        self._busy, self._lost = busy, lost
        self._dice = random.Random(seed)

    def follow(self, openid: str) -> Fan:
        fan = self.account.fans[openid] = Fan(openid, openid, subscribed=True)
        return fan

    def names_on(self, openid: str) -> list[str]:
        """Return the names of a fan's tags, the one put on last at the end."""
        return [self.account.tags[one] for one in self.account.fans[openid].tags]

    def tag_list(self):
        return self._call("list", lambda: tags.listing(self.account))

    def tag_create(self, name):
        made = self._call("create", lambda: tags.create(self.account, name, self.settings))
        return made["tag"]["id"]

    def tag_rename(self, number, name):
        self._call("rename", lambda: tags.rename(self.account, number, name, self.settings))

    def tag_delete(self, number):
        self._call("delete", lambda: tags.delete(self.account, number, self.settings))

    def tag(self, number, openids):
        self._call("tag", lambda: tags.put_on(self.account, number, openids, self.settings))

    def untag(self, number, openids):
        self._call("untag", lambda: tags.take_off(self.account, number, openids, self.settings))

    def _call(self, kind, perform):
        self.calls += 1
        self.kinds.append(kind)
        failing = kind in {"tag", "untag"}
        if failing and self._dice.random() < self._busy:
            raise WeChatUnavailable(-1, "busy")
        try:
            answer = perform()
        except Refused as error:
            kinds = FanUnreachable if error.code in {40003, 49003} else BadRequest
            raise kinds(error.code, "refused") from error
        if failing and self._dice.random() < self._lost:
            raise WeChatUnavailable(None, "no answer")
        return answer
