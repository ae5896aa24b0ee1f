"""Mass messages: send, preview, delete, look, speed (protocol §8.3, §8.4)."""

from typing import Any

from simulator import desk_flow
from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world import broadcasts, media, publishing
from simulator.world.broadcasts import Broadcast

calls = Calls()
LONGEST_TEXT = 2048


@calls.post("/cgi-bin/message/mass/sendall", "broadcast")
def send_to_all(call: Call) -> Answer:
    """Send to everybody or to the bearers of a tag."""
    chosen = call.body.get("filter")
    if not isinstance(chosen, dict):
        raise Refused(40035)
    to_all = chosen.get("is_to_all") is True
    tag = 0
    if not to_all:
        if chosen.get("tag_id") not in {2, *call.account.tags}:
            raise Refused(40152)
        tag = int(chosen["tag_id"])
    return _start(call, to_all=to_all, tag=tag, openids=[])


@calls.post("/cgi-bin/message/mass/send", "broadcast by openid")
def send_to_some(call: Call) -> Answer:
    """Send to named fans, two at least."""
    openids = call.body.get("touser")
    if not isinstance(openids, list) or not all(isinstance(each, str) for each in openids):
        raise Refused(40031)
    if len(openids) < call.settings.mass_min_openids:
        raise Refused(40130)
    if len(openids) > call.settings.mass_max_openids:
        raise Refused(40032)
    return _start(call, to_all=False, tag=0, openids=openids)


@calls.post("/cgi-bin/message/mass/preview", "broadcast")
def preview(call: Call) -> Answer:
    """Show a mass message to one person, by OpenID or WeChat id."""
    kind, content = content_of(call)
    openid, wechat_id = call.body.get("touser"), call.body.get("towxname")
    if wechat_id:
        people = call.platform.state.travellers.values()
        fans = [call.account.fan(each.id) for each in people if each.wechat_id == wechat_id]
        if not fans:
            raise Refused(40132)
        fan = fans[0]
    else:
        fan = call.fan(openid)
    if not fan.subscribed:
        raise Refused(43004)
    shown = desk_flow.with_media_url(call.platform, call.account, content)
    call.platform.show(call.account, fan, "account", kind, shown, via="mass")
    return {"msg_id": call.platform.state.number("next_job_message")}


@calls.post("/cgi-bin/message/mass/delete", "broadcast")
def delete(call: Call) -> Answer:
    """Take back an article or a video that was sent; texts cannot be taken back."""
    found = _broadcast(call, 40059)
    if found.msgtype not in ("mpnews", "mpvideo"):
        raise Refused(40059)
    index = call.body.get("article_idx", 0)
    if not isinstance(index, int) or not 0 <= index <= publishing.MOST_ARTICLES:
        raise Refused(40060)
    found.status = "DELETE"
    return None


@calls.post("/cgi-bin/message/mass/get", "broadcast", bare=True)
def status(call: Call) -> Answer:
    """How far a mass message is."""
    found = _broadcast(call, 40059)
    return {"msg_id": found.msg_id, "msg_status": found.status}


@calls.post("/cgi-bin/message/mass/speed/get", "broadcast", bare=True)
def speed(call: Call) -> Answer:
    """How fast mass messages go out."""
    chosen = call.account.mass_speed
    return {"speed": chosen, "realspeed": broadcasts.SPEEDS[chosen]}


@calls.post("/cgi-bin/message/mass/speed/set", "broadcast")
def set_speed(call: Call) -> Answer:
    """Choose one of five speeds."""
    chosen = call.body.get("speed")
    if not isinstance(chosen, int) or not 0 <= chosen < len(broadcasts.SPEEDS):
        raise Refused(45083)
    call.account.mass_speed = chosen
    return None


def content_of(call: Call) -> tuple[str, dict[str, Any]]:
    """Type and content of a mass message; raise the code of what is wrong with it."""
    kind = call.body.get("msgtype")
    if kind in ("wxcard", "product"):
        raise Refused(48008)
    given = call.body.get("images" if kind == "image" and "images" in call.body else str(kind))
    if kind not in ("text", "image", "voice", "mpnews", "mpvideo") or not isinstance(given, dict):
        raise Refused(40008)
    if kind == "text":
        text = given.get("content")
        if not isinstance(text, str) or not text:
            raise Refused(44004)
        if len(text.encode()) > LONGEST_TEXT:
            raise Refused(45002)
        return "text", {"content": text}
    if kind == "mpnews":
        draft = publishing.draft(call.account, given.get("media_id"))
        titles = [{"title": each["title"], "description": each.get("digest", "")} for each in draft.articles]
        return "mpnews", {"media_id": draft.media_id, "articles": titles}
    ids = given.get("media_ids") or [given.get("media_id")]
    wanted = {"image": "image", "voice": "voice", "mpvideo": "video"}[kind]
    for each in ids:
        media.usable(call.account, each, call.now, call.settings.media_seconds, wanted)
    return kind, {"media_id": str(ids[0]), **({"media_ids": ids} if len(ids) > 1 else {})}


def _start(call: Call, *, to_all: bool, tag: int, openids: list[str]) -> Answer:
    kind, content = content_of(call)
    own_id = broadcasts.check_client_id(call.account, call.body.get("clientmsgid"), call.now, call.settings)
    broadcasts.check_period(call.account, call.now, call.settings, to_all=to_all)
    msg_id = call.platform.state.number("next_job_message")
    call.account.broadcasts[msg_id] = Broadcast(msg_id, kind, content, call.now, to_all, tag, openids, own_id)
    waits = call.settings.mass_confirm == "admin"
    delay = call.settings.mass_confirm_seconds if waits else call.settings.job_seconds
    call.platform.later(delay, "mass", call.account, msg_id=msg_id)
    answer: dict[str, Any] = {"errmsg": "send job submission success", "msg_id": msg_id}
    return {**answer, "msg_data_id": msg_id + 4_000} if kind == "mpnews" else answer


def _broadcast(call: Call, missing: int) -> Broadcast:
    number = str(call.body.get("msg_id"))
    found = call.account.broadcasts.get(int(number)) if number.isdecimal() else None
    if found is None:
        raise Refused(missing)
    return found
