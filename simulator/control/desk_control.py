"""Playing the agents: who is there, who serves whom."""

from dataclasses import asdict
from typing import Any

import flask

from simulator import desk_flow
from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.return_codes import Refused
from simulator.world import desk
from simulator.world.accounts import Account


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """Agents and their acts."""
    views = flask.Blueprint("desk", __name__)

    @views.put("/agents/<kf_account>")
    def put_agent(kf_account: str) -> dict[str, Any]:
        """Make an agent or change one; made here, an agent is bound to a WeChat id at once."""
        facts = asking.body()
        with platform.lock:
            account = _owner(platform, kf_account, facts)
            agent = account.desk.agents.get(kf_account)
            if agent is None:
                agent = desk.add(
                    account,
                    kf_account,
                    facts.get("nickname") or kf_account.partition("@")[0],
                    platform.settings,
                )
                agent.wechat_id = f"kfwx_{agent.kf_id}"
            if "nickname" in facts:
                desk.rename(account, kf_account, facts["nickname"])
            if "wechat_id" in facts:
                agent.wechat_id = str(facts["wechat_id"])
            if "auto_accept" in facts:
                agent.auto_accept = asking.number(facts, "auto_accept")
            if "status" in facts:
                if facts["status"] not in ("online", "offline"):
                    raise Wrong("status is online or offline")
                agent.status = facts["status"]
            desk_flow.set_presence(platform, account, agent)
            platform.touch()
            return {"agent": _shown(account, agent)}

    @views.get("/agents")
    def agents() -> dict[str, Any]:
        """Agents with their sessions, and who waits."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            return {
                "agents": [_shown(account, each) for each in account.desk.agents.values()],
                "waiting": [
                    {**asdict(each), "traveller": account.fans[each.openid].traveller}
                    for each in account.desk.line
                ],
            }

    _add_acts(views, platform)
    return views


def _add_acts(views: flask.Blueprint, platform: Platform) -> None:
    @views.post("/agents/<kf_account>/<act>")
    def do(kf_account: str, act: str) -> dict[str, Any]:
        """Accept the next or a given traveller, say, transfer, close, answer an invitation."""
        facts = asking.body()
        with platform.lock:
            account = _owner(platform, kf_account, facts)
            try:
                return _do(platform, account, kf_account, act, facts)
            except Refused as refused:
                raise Wrong(str(refused), 409) from refused


def _do(
    platform: Platform, account: Account, kf_account: str, act: str, facts: dict[str, Any]
) -> dict[str, Any]:
    agent = account.desk.agent(kf_account)
    if act == "invitation":
        if not desk.answer_invitation(agent, platform.now(), accepted=facts.get("accept") is not False):
            raise Wrong("this agent has no open invitation", 409)
        platform.touch()
        return {"agent": _shown(account, agent)}
    if act == "accept" and "traveller" not in facts:
        free = [each for each in account.desk.line if each.wanted in ("", kf_account)]
        if not free:
            raise Wrong("nobody is waiting", 409)
        openid = free[0].openid
    else:
        openid = asking.fan(platform, account, asking.text(facts, "traveller")).openid
    if act == "accept":
        desk_flow.open_session(platform, account, kf_account, openid)
    elif act == "close":
        desk_flow.close_session(platform, account, kf_account, openid)
    elif act == "transfer":
        desk_flow.hand_over(platform, account, openid, kf_account, asking.text(facts, "to"))
    elif act == "say":
        _say(platform, account, kf_account, openid, facts)
    else:
        raise Wrong(f"an agent cannot {act}; accept, say, transfer, close, invitation are possible", 404)
    platform.touch()
    return {"agent": _shown(account, agent), "traveller": account.fans[openid].traveller}


def _say(platform: Platform, account: Account, kf_account: str, openid: str, facts: dict[str, Any]) -> None:
    session = account.desk.sessions.get(openid)
    if session is None or session.kf_account != kf_account:
        raise Refused(65413 if session is None else 65414)
    content = {"content": asking.text(facts, "text")}
    desk_flow.agent_says(platform, account, account.fans[openid], kf_account, "text", content)


def _owner(platform: Platform, kf_account: str, facts: dict[str, Any]) -> Account:
    """The account an agent belongs to: named, or the one whose WeChat id stands behind the @."""
    if facts.get("account"):
        return asking.account(platform, facts["account"])
    for account in platform.state.accounts.values():
        if kf_account in account.desk.agents or kf_account.endswith(f"@{account.wechat_id}"):
            return account
    raise Wrong(f"no account has the WeChat id in {kf_account!r}; say which with account", 404)


def _shown(account: Account, agent: desk.Agent) -> dict[str, Any]:
    held = [
        {
            "openid": openid,
            "traveller": account.fans[openid].traveller,
            "since": each.since,
            "note": each.note,
        }
        for openid, each in account.desk.sessions.items()
        if each.kf_account == agent.kf_account and openid in account.fans
    ]
    return {**asdict(agent), "account": account.app_id, "sessions": held}
