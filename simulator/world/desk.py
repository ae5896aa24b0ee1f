"""Customer service: agents, invitations, presence, sessions, the waiting line, records (protocol §6)."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account

RECORDS_KEPT = 50_000
SENT, RECEIVED = 2002, 2003


@dataclass
class Invitation:
    """An agent-to-be asked by WeChat to confirm."""

    wechat_id: str
    expires: float
    status: str = "waiting"  # or rejected; expired follows from the time


@dataclass
class Agent:
    """One customer-service account; works only once bound to somebody's WeChat."""

    kf_account: str
    nickname: str
    kf_id: int
    wechat_id: str = ""
    avatar: str = ""
    status: str = "offline"
    auto_accept: int = 0
    invitation: Invitation | None = None


@dataclass
class Session:
    """A conversation between a fan and an agent; `note` is what the bot told the agent of it."""

    kf_account: str
    since: int
    note: str = ""


@dataclass
class Waiting:
    """A fan in line; `wanted` names the only agent who may take them, if the bot named one."""

    openid: str
    since: int
    latest: int
    wanted: str = ""


@dataclass
class Record:
    """One line of the chat records."""

    id: int
    openid: str
    opercode: int
    text: str
    time: int
    worker: str


@dataclass
class Desk:
    """Agents by account name, sessions by OpenID, the line in order of arrival."""

    agents: dict[str, Agent] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    line: list[Waiting] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    next_agent: int = 1001
    next_record: int = 1

    def agent(self, kf_account: Any) -> Agent:
        """The agent of that name; raise 65401 if there is none."""
        agent = self.agents.get(str(kf_account))
        if agent is None:
            raise Refused(65401)
        return agent

    def load(self, kf_account: str) -> int:
        """How many sessions the agent holds."""
        return sum(each.kf_account == kf_account for each in self.sessions.values())

    def note(self, openid: str, opercode: int, text: str, now: float, worker: str) -> None:
        """Write one line into the records."""
        self.records.append(Record(self.next_record, openid, opercode, text, int(now), worker))
        self.next_record += 1
        del self.records[:-RECORDS_KEPT]


def add(account: "Account", kf_account: Any, nickname: Any, settings: Settings) -> Agent:
    """Add an agent, not bound to anybody yet."""
    desk = account.desk
    if not account.kf_enabled:
        raise Refused(65400)
    if not re.fullmatch(rf"[A-Za-z0-9_]{{1,10}}@{re.escape(account.wechat_id)}", str(kf_account)):
        raise Refused(65404)
    if kf_account in desk.agents:
        raise Refused(65406)
    _check_nickname(nickname)
    if len(desk.agents) >= settings.kf_limit:
        raise Refused(65405)
    agent = desk.agents[kf_account] = Agent(kf_account, nickname, desk.next_agent)
    desk.next_agent += 1
    return agent


def rename(account: "Account", kf_account: Any, nickname: Any) -> None:
    """Give an agent another nickname."""
    agent = account.desk.agent(kf_account)
    _check_nickname(nickname)
    agent.nickname = nickname


def remove(account: "Account", kf_account: Any) -> list[str]:
    """Remove an agent and return the OpenIDs whose sessions ended with that."""
    agent = account.desk.agent(kf_account)
    del account.desk.agents[agent.kf_account]
    ended = [openid for openid, each in account.desk.sessions.items() if each.kf_account == agent.kf_account]
    for openid in ended:
        del account.desk.sessions[openid]
    return ended


def invite(account: "Account", kf_account: Any, wechat_id: Any, now: float, settings: Settings) -> None:
    """Ask somebody to be this agent (protocol §6.1)."""
    agent = account.desk.agent(kf_account)
    if not isinstance(wechat_id, str) or not wechat_id:
        raise Refused(65409)
    if agent.wechat_id:
        raise Refused(65407 if agent.wechat_id == wechat_id else 65412)
    if any(each.wechat_id == wechat_id for each in account.desk.agents.values()):
        raise Refused(65407)
    if invitation_status(agent, now) == "waiting":
        raise Refused(65411)
    for each in account.desk.agents.values():
        if (
            each.invitation
            and each.invitation.wechat_id == wechat_id
            and invitation_status(each, now) == "waiting"
        ):
            raise Refused(65408)
    agent.invitation = Invitation(wechat_id, now + settings.kf_invite_seconds)


def answer_invitation(agent: Agent, now: float, *, accepted: bool) -> bool:
    """Bind the agent, or remember the refusal; False if no invitation is open."""
    if agent.invitation is None or invitation_status(agent, now) != "waiting":
        return False
    if accepted:
        agent.wechat_id, agent.invitation = agent.invitation.wechat_id, None
    else:
        agent.invitation.status = "rejected"
    return True


def invitation_status(agent: Agent, now: float) -> str:
    """`waiting`, `rejected`, `expired`, or empty when nobody was invited."""
    if agent.invitation is None:
        return ""
    if agent.invitation.status == "waiting" and now >= agent.invitation.expires:
        return "expired"
    return agent.invitation.status


def open_session(account: "Account", kf_account: Any, openid: str, now: float) -> bool:
    """Give the fan to the agent; True if that is new.  Raise 65402, 65415 or 65414 (protocol §6.2)."""
    agent = account.desk.agent(kf_account)
    if not agent.wechat_id:
        raise Refused(65402)
    if agent.status != "online":
        raise Refused(65415)
    current = account.desk.sessions.get(openid)
    if current is not None:
        if current.kf_account != agent.kf_account:
            raise Refused(65414)
        return False
    account.desk.sessions[openid] = Session(agent.kf_account, int(now))
    account.desk.line = [each for each in account.desk.line if each.openid != openid]
    return True


def close_session(account: "Account", kf_account: Any, openid: str) -> None:
    """End the session; raise 65413 if there is none, 65414 if it is another agent's."""
    agent = account.desk.agent(kf_account)
    current = account.desk.sessions.get(openid)
    if current is None:
        raise Refused(65413)
    if current.kf_account != agent.kf_account:
        raise Refused(65414)
    del account.desk.sessions[openid]


def queue(account: "Account", openid: str, now: float, wanted: str = "") -> None:
    """Put the fan at the end of the line; who waits already keeps the place."""
    for each in account.desk.line:
        if each.openid == openid:
            each.latest, each.wanted = int(now), wanted
            return
    account.desk.line.append(Waiting(openid, int(now), int(now), wanted))


def seat_waiting(account: "Account", now: float) -> list[tuple[str, str]]:
    """Seat those in line with online agents who have automatic seats free; return (OpenID, agent) of each."""
    desk, seated = account.desk, []
    for waiting in list(desk.line):
        free = [
            each
            for each in desk.agents.values()
            if each.status == "online" and each.wechat_id and desk.load(each.kf_account) < each.auto_accept
            if waiting.wanted in ("", each.kf_account)
        ]
        if free:
            agent = min(free, key=lambda each: desk.load(each.kf_account))
            open_session(account, agent.kf_account, waiting.openid, now)
            seated.append((waiting.openid, agent.kf_account))
    return seated


def _check_nickname(nickname: Any) -> None:
    if not isinstance(nickname, str) or not 1 <= len(nickname) <= 16:
        raise Refused(65403)
