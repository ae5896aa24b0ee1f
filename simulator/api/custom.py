"""Customer-service messages and the typing sign (protocol §6.5)."""

from collections.abc import Callable
from typing import Any

from simulator import desk_flow
from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world import media
from simulator.world.fans import Fan

calls = Calls()
LONGEST_TEXT = 2048
Reader = Callable[[Call, dict[str, Any]], dict[str, Any]]


@calls.post("/cgi-bin/message/custom/send", "customer service")
def send(call: Call) -> Answer:
    """Write to a fan within the window and count that their last act opened."""
    fan = _recipient(call)
    kind = call.body.get("msgtype")
    if not isinstance(kind, str) or kind not in CONTENTS:
        raise Refused(40008)
    given = call.body.get(kind)
    if not isinstance(given, dict):
        raise Refused(44004 if kind == "text" else 40008)
    content = CONTENTS[kind](call, given)
    agent = _agent(call)
    fan.spend(call.now)
    if (call.body.get("aimsgcontext") or {}).get("is_ai_msg") == 1:
        content["ai"] = True
    shown = desk_flow.with_media_url(call.platform, call.account, content)
    call.platform.show(call.account, fan, "account", kind, shown, via="custom", agent=agent)
    fan.typing_until = 0.0
    return None


@calls.post("/cgi-bin/message/custom/typing", "customer service")
def typing(call: Call) -> Answer:
    """Show or hide the sign that somebody is typing."""
    command = call.body.get("command")
    if command not in ("Typing", "CancelTyping"):
        raise Refused(45072)
    fan = _recipient(call)
    if call.now - fan.last_exchange > call.settings.typing_window:
        raise Refused(45080)
    if command == "Typing" and fan.typing_until > call.now:
        raise Refused(45081)
    fan.typing_until = call.now + 15 if command == "Typing" else 0.0
    call.platform.events.publish(
        "typing", account=call.account.app_id, traveller=fan.traveller, on=command == "Typing"
    )
    return None


def _recipient(call: Call) -> Fan:
    fan = call.fan(call.body.get("touser"))
    if not fan.subscribed:
        raise Refused(call.settings.custom_unfollowed_code)
    if fan.blacklisted:
        raise Refused(43019)
    if fan.refuses:
        raise Refused(48002)
    if call.platform.traveller_of(fan).minor:
        raise Refused(70000)
    return fan


def _agent(call: Call) -> str:
    wanted = (call.body.get("customservice") or {}).get("kf_account")
    if not wanted:
        return ""
    if wanted not in call.account.desk.agents:
        raise Refused(61452)
    return str(wanted)


def _text(_: Call, given: dict[str, Any]) -> dict[str, Any]:
    content = given.get("content")
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if len(content.encode()) > LONGEST_TEXT:
        raise Refused(45002)
    return {"content": content}


def _file(kind: str) -> Reader:
    def read(call: Call, given: dict[str, Any]) -> dict[str, Any]:
        found = media.usable(call.account, given.get("media_id"), call.now, call.settings.media_seconds, kind)
        content = {"media_id": found.media_id}
        if kind == "video":
            content |= {
                name: str(given.get(name) or "") for name in ("title", "description", "thumb_media_id")
            }
        return content

    return read


def _music(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    media.usable(call.account, given.get("thumb_media_id"), call.now, call.settings.media_seconds)
    names = ("title", "description", "musicurl", "hqmusicurl", "thumb_media_id")
    return {name: str(given.get(name) or "") for name in names}


def _news(_: Call, given: dict[str, Any]) -> dict[str, Any]:
    articles = given.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > 1:
        raise Refused(45008)
    names = ("title", "description", "url", "picurl")
    return {"articles": [{name: str(each.get(name) or "") for name in names} for each in articles]}


def _article(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    article = call.account.publications.articles.get(str(given.get("article_id")))
    if article is None:
        raise Refused(53600)
    first = article.articles[0]
    shown = {"title": first["title"], "description": first.get("digest", ""), "picurl": ""}
    return {"articles": [{**shown, "url": f"http://mp.weixin.qq.com/s/{article.article_id}"}]}


def _menu(_: Call, given: dict[str, Any]) -> dict[str, Any]:
    items = given.get("list")
    if not isinstance(items, list) or not items or not all(isinstance(each, dict) for each in items):
        raise Refused(44004)
    rows = [{"id": str(each.get("id", "")), "content": str(each.get("content", ""))} for each in items]
    head, tail = str(given.get("head_content") or ""), str(given.get("tail_content") or "")
    return {"head_content": head, "list": rows, "tail_content": tail}


def _card(_: Call, given: dict[str, Any]) -> dict[str, Any]:
    return {"card_id": str(given.get("card_id", ""))}


def _mini_program(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    thumb = given.get("thumb_media_id")
    media.usable(call.account, thumb, call.now, call.settings.media_seconds)
    if given.get("appid") not in call.account.mini_programs:
        raise Refused(45064)
    return {name: str(given.get(name) or "") for name in ("title", "appid", "pagepath", "thumb_media_id")}


def _retired(_: Call, __: dict[str, Any]) -> dict[str, Any]:
    raise Refused(40007)  # mpnews names old article material, which drafts replaced


CONTENTS: dict[str, Reader] = {
    "text": _text,
    "image": _file("image"),
    "voice": _file("voice"),
    "video": _file("video"),
    "music": _music,
    "news": _news,
    "mpnews": _retired,
    "mpnewsarticle": _article,
    "msgmenu": _menu,
    "wxcard": _card,
    "miniprogrampage": _mini_program,
}
