"""WeChat's side of a simulated day at the desk: who is there, who talks with whom, and calls that fail."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.desk.records import AGENT_SENT
from bot.errors import BadRequest, WeChatUnavailable


class Killed(BaseException):
    """The worker that ran the job was killed at this point."""


@dataclass
class Side:
    """The calls our desk makes, answered as WeChat would; `fails` of them without an answer.

    Half of the failures come after the call has had its effect.
    """

    now: Callable[[], datetime]
    dice: random.Random
    seats: dict[str, int]
    fails: float = 0.0
    kills: float = 0.0
    online: set[str] = field(default_factory=set)
    sessions: dict[str, str] = field(default_factory=dict)  # OpenID to agent
    since: dict[str, float] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    opened: list[tuple[str, str]] = field(default_factory=list)
    closed: list[tuple[str, str]] = field(default_factory=list)
    over_seats: int = 0
    calls: int = 0

    def session_create(self, openid: str, kf_account: str, text: str | None = None) -> None:
        self._before("create")
        if kf_account not in self.online:
            raise BadRequest(65415, "agent offline", call="create")
        if self.sessions.get(openid, kf_account) != kf_account:
            raise BadRequest(65414, "served by another", call="create")
        if openid not in self.sessions:
            self.sessions[openid] = kf_account
            self.since[openid] = self.now().timestamp()
            self.held[kf_account] = self.held.get(kf_account, 0) + 1
            self.over_seats += self.held[kf_account] > self.seats[kf_account]
            self.opened.append((openid, kf_account))
        self._after("create")

    def session_close(self, openid: str, kf_account: str) -> None:
        self._before("close")
        if openid not in self.sessions:
            raise BadRequest(65413, "no session", call="close")
        if self.sessions[openid] != kf_account:
            raise BadRequest(65414, "served by another", call="close")
        self.end(openid)
        self._after("close")

    def end(self, openid: str) -> str:
        """End a session, whoever asks, and return whose it was."""
        kf_account = self.sessions.pop(openid)
        self.held[kf_account] -= 1
        self.closed.append((openid, kf_account))
        return kf_account

    def session_of(self, openid: str) -> str | None:
        self._before("getsession")
        return self.sessions.get(openid)

    def session_list(self, kf_account: str) -> list[dict[str, Any]]:
        self._before("list")
        return [
            {"openid": openid, "createtime": int(self.since[openid])}
            for openid, agent in self.sessions.items()
            if agent == kf_account
        ]

    def online_agents(self) -> list[dict[str, Any]]:
        self._before("online")
        return [
            {"kf_account": one, "status": 1, "accepted_case": self.held.get(one, 0)}
            for one in sorted(self.online)
        ]

    def records(self, first: datetime, last: datetime) -> list[dict[str, Any]]:
        self._before("records")
        begin, end = int(first.timestamp()), int(last.timestamp())
        found = []
        for one in reversed(self.said):
            if one["time"] < begin:
                break
            if one["time"] <= end:
                found.append(one)
        return found

    def send(self, openid: str, message: dict[str, Any], kf_account: str | None = None) -> None:
        self._before("send")
        self.sent[openid] = self.sent.get(openid, 0) + 1
        self._after("send")

    def says(self, openid: str, kf_account: str) -> None:
        """Have the agent write to the traveller."""
        at = int(self.now().timestamp())
        row = {"openid": openid, "opercode": AGENT_SENT, "worker": kf_account, "text": "您好", "time": at}
        self.said.append(row)

    def _before(self, call: str) -> None:
        self.calls += 1
        if self.dice.random() < self.fails / 2:
            raise WeChatUnavailable(None, "no answer", call=call)
        if self.dice.random() < self.kills / 2:
            raise Killed

    def _after(self, call: str) -> None:
        if self.dice.random() < self.fails / 2:
            raise WeChatUnavailable(None, "no answer", call=call)
        if self.dice.random() < self.kills / 2:
            raise Killed
