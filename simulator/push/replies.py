"""Reading a bot's passive reply as strictly as WeChat does (protocol §1.2, §1.6)."""

from dataclasses import dataclass, field
from typing import Any

from simulator import xml
from simulator.crypto import MessageCipher, Undecipherable, same, sign
from simulator.push.messages import Push
from simulator.return_codes import Refused
from simulator.settings import Settings
from simulator.world import media
from simulator.world.accounts import Account

MESSAGES = {"text", "image", "voice", "video", "shortvideo", "location", "link"}


class BadReply(Exception):
    """WeChat would not take this reply; the message says why."""


@dataclass
class Reply:
    """A reply that WeChat takes; `warnings` are things it silently corrects."""

    type: str
    content: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def decoded(text: str, account: Account) -> str:
    """The plain reply, decrypted where the mode asks for it; empty for `success` and for nothing at all."""
    if text.strip() in ("", "success"):
        return ""
    if account.mode == "plain":
        return text
    try:
        envelope = xml.parse(text)
    except xml.NotXML as error:
        raise BadReply(f"not XML: {error}") from error
    if "Encrypt" not in envelope:
        if account.mode == "safe":
            raise BadReply("safe mode wants an encrypted reply")
        return text
    missing = [name for name in ("MsgSignature", "TimeStamp", "Nonce") if not envelope.get(name)]
    if missing:
        raise BadReply(f"the encrypted reply lacks {', '.join(missing)}")
    encrypted = str(envelope["Encrypt"]).strip()
    parts = (account.token, str(envelope["TimeStamp"]), str(envelope["Nonce"]), encrypted)
    if not same(sign(*parts), str(envelope["MsgSignature"])):
        raise BadReply("MsgSignature of the reply is wrong")
    try:
        return MessageCipher(account.encoding_aes_key, account.app_id).decrypt(encrypted)
    except Undecipherable as error:
        raise BadReply(f"the reply does not decrypt: {error}") from error


def read(text: str, push: Push, account: Account, now: float, settings: Settings) -> Reply | None:
    """The reply in plain `text`, None if it says nothing; raise `BadReply` where WeChat shows a failure."""
    if text.strip() in ("", "success"):
        return None
    fields = _addressed(text, push, account)
    kind = fields.get("MsgType")
    if kind == "text":
        return _text(fields, settings)
    if kind in ("image", "voice", "video"):
        return _media(kind, fields, account, now, settings)
    if kind == "music":
        return _music(fields, account, now, settings)
    if kind == "news":
        return _news(fields, push, settings)
    if kind == "transfer_customer_service":
        info = fields.get("TransInfo")
        return Reply(kind, {"kf_account": str(info.get("KfAccount", "")) if isinstance(info, dict) else ""})
    raise BadReply(f"MsgType {kind!r} is unknown")


def _addressed(text: str, push: Push, account: Account) -> dict[str, Any]:
    try:
        fields = xml.parse(text)
    except xml.NotXML as error:
        raise BadReply(f"not XML: {error}") from error
    if fields.get("ToUserName") != push.openid:
        raise BadReply("ToUserName is not the traveller's OpenID")
    if fields.get("FromUserName") != account.original_id:
        raise BadReply("FromUserName is not the account's original id")
    if not str(fields.get("CreateTime", "")).strip().isdecimal():
        raise BadReply("CreateTime is missing or no number")
    return fields


def _text(fields: dict[str, Any], settings: Settings) -> Reply | None:
    content = fields.get("Content", "")
    if not isinstance(content, str):
        raise BadReply("Content must be text")
    if not content:
        return None
    if len(content.encode()) > settings.reply_text_bytes:
        problem = f"Content is longer than {settings.reply_text_bytes} bytes"
        if settings.reply_overlong == "fail":
            raise BadReply(problem)
        return Reply("dropped", {}, [problem])
    return Reply("text", {"content": content})


def _media(kind: str, fields: dict[str, Any], account: Account, now: float, settings: Settings) -> Reply:
    node = _node(fields, kind.capitalize())
    try:
        found = media.usable(account, node.get("MediaId"), now, settings.media_seconds, kind)
    except Refused as error:
        raise BadReply(f"MediaId of the {kind} is unknown or expired") from error
    if found.content_type == "image/gif":
        raise BadReply("a GIF cannot be a passive reply")
    content = {"media_id": found.media_id}
    if kind == "video":
        content |= {"title": str(node.get("Title", "")), "description": str(node.get("Description", ""))}
    return Reply(kind, content)


def _music(fields: dict[str, Any], account: Account, now: float, settings: Settings) -> Reply:
    node = _node(fields, "Music")
    if "ThumbMediaId" in node:  # may be left out, whatever the documentation says; but not be empty
        try:
            media.usable(account, node["ThumbMediaId"], now, settings.media_seconds)
        except Refused as error:
            raise BadReply("ThumbMediaId of the music is unknown or expired") from error
    names = ("Title", "Description", "MusicUrl", "HQMusicUrl", "ThumbMediaId")
    return Reply("music", {name.lower(): str(node.get(name, "")) for name in names})


def _news(fields: dict[str, Any], push: Push, settings: Settings) -> Reply:
    items = _node(fields, "Articles").get("item", [])
    items = items if isinstance(items, list) else [items]
    if not items or not all(isinstance(each, dict) for each in items):
        raise BadReply("news without articles")
    if str(fields.get("ArticleCount", "")).strip() != str(len(items)):
        raise BadReply("ArticleCount is not the number of articles")
    most = settings.reply_articles_to_message if push.type in MESSAGES else settings.reply_articles_to_event
    warnings = []
    if len(items) > most:
        warnings.append(f"only {most} article(s) may answer this; {len(items)} were given")
        if settings.reply_extra_articles == "fail":
            raise BadReply(warnings[0])
    articles = [
        {
            "title": str(each.get("Title", "")),
            "description": str(each.get("Description", "")),
            "picurl": str(each.get("PicUrl", "")),
            "url": str(each.get("Url", "")),
        }
        for each in items[:most]
    ]
    return Reply("news", {"articles": articles}, warnings)


def _node(fields: dict[str, Any], name: str) -> dict[str, Any]:
    node = fields.get(name)
    if not isinstance(node, dict):
        raise BadReply(f"<{name}> is missing or empty")
    return node
