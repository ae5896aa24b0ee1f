"""Agents, sessions, the waiting line, records (protocol §6.1-6.3)."""

import json
from typing import Any

from simulator import desk_flow
from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world import desk, media, people

calls = Calls()
AVATAR_BYTES = 5 * 1024 * 1024


@calls.post("/customservice/kfaccount/add", "customer service")
def add(call: Call) -> Answer:
    """Add an agent."""
    desk.add(call.account, call.body.get("kf_account"), call.body.get("nickname"), call.settings)
    return None


@calls.post("/customservice/kfaccount/update", "customer service")
def update(call: Call) -> Answer:
    """Rename an agent."""
    desk.rename(call.account, call.body.get("kf_account"), call.body.get("nickname"))
    return None


@calls.either("/customservice/kfaccount/del", "customer service")
def delete(call: Call) -> Answer:
    """Remove an agent: by body in the current text, by query in the older one (protocol §6.1)."""
    name = call.query.get("kf_account")
    if name is None and call.request.body:
        try:
            body = json.loads(call.request.body)
        except ValueError as error:
            raise Refused(47001) from error
        name = body.get("kf_account") if isinstance(body, dict) else None
    for openid in desk.remove(call.account, name):
        desk_flow.closed(call.platform, call.account, openid, str(name))
    return None


@calls.upload("/customservice/kfaccount/uploadheadimg", "customer service")
def upload_avatar(call: Call) -> Answer:
    """Give an agent a picture."""
    agent = call.account.desk.agent(call.query.get("kf_account"))
    upload = call.upload()
    if media.picture_type(upload.content) != "image/jpeg":
        raise Refused(61457)
    if len(upload.content) > AVATAR_BYTES:
        raise Refused(40009)
    blob = call.platform.blobs.put(upload.content)
    kept = media.Media(
        f"avatar-{agent.kf_id}", "image", True, int(call.now), "image/jpeg", blob, len(upload.content)
    )
    call.account.media[kept.media_id] = kept
    agent.avatar = f"{call.platform.base_url}/mmbiz/{blob}"
    return None


@calls.post("/customservice/kfaccount/inviteworker", "customer service")
def invite(call: Call) -> Answer:
    """Ask somebody by WeChat id to be the agent; they confirm on their phone."""
    desk.invite(
        call.account, call.body.get("kf_account"), call.body.get("invite_wx"), call.now, call.settings
    )
    return None


@calls.get("/cgi-bin/customservice/getkflist", "customer service", bare=True)
def agents(call: Call) -> Answer:
    """All agents, with open invitations."""
    return {"kf_list": [_listed(call, each) for each in call.account.desk.agents.values()]}


@calls.get("/cgi-bin/customservice/getonlinekflist", "customer service", bare=True)
def agents_online(call: Call) -> Answer:
    """Agents who are online, and how many sessions each has."""
    rows = [
        {
            "kf_account": each.kf_account,
            "status": 1,
            "kf_id": each.kf_id,
            "accepted_case": call.account.desk.load(each.kf_account),
            "kf_openid": _kf_openid(call, each),
        }
        for each in call.account.desk.agents.values()
        if each.status == "online" and each.wechat_id
    ]
    return {"kf_online_list": rows}


@calls.post("/customservice/kfsession/create", "customer service")
def create_session(call: Call) -> Answer:
    """Give a fan to an agent who is online, who reads the `text` that comes with it."""
    fan = call.follower(call.body.get("openid"))
    text = call.body.get("text")
    desk_flow.open_session(
        call.platform, call.account, call.body.get("kf_account"), fan.openid, str(text or "")
    )
    return None


@calls.post("/customservice/kfsession/close", "customer service")
def close_session(call: Call) -> Answer:
    """End a session."""
    openid = call.fan(call.body.get("openid")).openid
    desk_flow.close_session(call.platform, call.account, call.body.get("kf_account"), openid)
    return None


@calls.get("/customservice/kfsession/getsession", "customer service")
def session(call: Call) -> Answer:
    """Who serves a fan, if anybody."""
    found = call.account.desk.sessions.get(call.fan(call.query.get("openid")).openid)
    return {"createtime": found.since if found else 0, "kf_account": found.kf_account if found else ""}


@calls.get("/customservice/kfsession/getsessionlist", "customer service", bare=True)
def sessions(call: Call) -> Answer:
    """The sessions of one agent."""
    agent = call.account.desk.agent(call.query.get("kf_account"))
    held = [
        {"createtime": each.since, "openid": openid}
        for openid, each in call.account.desk.sessions.items()
        if each.kf_account == agent.kf_account
    ]
    return {"sessionlist": held}


@calls.get("/customservice/kfsession/getwaitcase", "customer service", bare=True)
def waiting(call: Call) -> Answer:
    """Who waits, by arrival."""
    line = call.account.desk.line
    rows = [
        {"latest_time": each.latest, "openid": each.openid} for each in line[: call.settings.kf_wait_page]
    ]
    return {"count": len(line), "waitcaselist": rows}


@calls.post("/customservice/msgrecord/getmsglist", "customer service", bare=True)
def records(call: Call) -> Answer:
    """A page of chat records within a day (protocol §6.3)."""
    numbers = [call.body.get(name) for name in ("starttime", "endtime", "msgid", "number")]
    start, end, after, number = (each if isinstance(each, int) else -1 for each in numbers)
    if min(start, end, after) < 0 or not 1 <= number <= call.settings.kf_record_page:
        raise Refused(65416)
    if not 0 <= end - start <= call.settings.kf_record_span:
        raise Refused(65417)
    rows = [each for each in call.account.desk.records if each.id >= after and start <= each.time <= end][
        :number
    ]
    listed = [{name: value for name, value in vars(each).items() if name != "id"} for each in rows]
    return {"recordlist": listed, "number": len(rows), "msgid": rows[-1].id + 1 if rows else after}


def _listed(call: Call, agent: desk.Agent) -> dict[str, Any]:
    row = {
        "kf_account": agent.kf_account,
        "kf_nick": agent.nickname,
        "kf_id": str(agent.kf_id),
        "kf_headimgurl": agent.avatar,
    }
    if agent.wechat_id:
        return {**row, "kf_wx": agent.wechat_id, "kf_openid": _kf_openid(call, agent)}
    if agent.invitation is not None:
        row["invite_wx"] = agent.invitation.wechat_id
        return {
            **row,
            "invite_expire_time": int(agent.invitation.expires),
            "invite_status": desk.invitation_status(agent, call.now),
        }
    return row


def _kf_openid(call: Call, agent: desk.Agent) -> str:
    return people.openid_of(call.account.app_id, f"wechat/{agent.wechat_id}")
