"""Writing to an account: text, pictures, sounds, places, links, and choosing from a message menu."""

import base64
import binascii
import hashlib
import io
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from simulator.actions.following import Impossible, require_following
from simulator.clock import day_of
from simulator.push import messages
from simulator.push.messages import Fields, Push
from simulator.world import desk, media
from simulator.world.accounts import Account
from simulator.world.fans import Fan

if TYPE_CHECKING:
    from simulator.platform import Platform

SAMPLES = {"voice": ("audio/amr", b"#!AMR\n"), "video": ("video/mp4", b"\0\0\0\x18ftypmp42")}


def say(platform: "Platform", account: Account, fan: Fan, text: str) -> list[Push]:
    """Write a text."""
    return _message(platform, account, fan, messages.text(text), {"content": text})


def choose(platform: "Platform", account: Account, fan: Fan, item: str) -> list[Push]:
    """Tap an item of the newest message menu; it counts as a menu tap, not as a message (protocol §6.5)."""
    for bubble in reversed(account.chat(fan.openid).bubbles):
        for each in bubble.content.get("list", []) if bubble.type == "msgmenu" else []:
            if str(each.get("id")) == item:
                content = str(each.get("content", ""))
                fields = messages.text(content, menu_item=item)
                return _message(platform, account, fan, fields, {"content": content}, trigger="menu")
    raise Impossible(f"the chat shows no message menu with an item {item!r}")


def send(platform: "Platform", account: Account, fan: Fan, facts: dict[str, Any]) -> list[Push]:
    """Send something else than text: image, voice, video, shortvideo, location or link."""
    kind = str(facts.get("type"))
    if kind == "location":
        where = {name: float(facts.get(name, 0)) for name in ("latitude", "longitude")}
        label = str(facts.get("label", ""))
        fields = messages.place(where["latitude"], where["longitude"], int(facts.get("scale", 15)), label)
        return _message(platform, account, fan, fields, {**where, "label": label})
    if kind == "link":
        shown = {name: str(facts.get(name, "")) for name in ("title", "description", "url")}
        return _message(platform, account, fan, messages.link(**shown), shown)
    if kind not in ("image", "voice", "video", "shortvideo"):
        raise Impossible("type is one of image, voice, video, shortvideo, location, link")
    return _file(platform, account, fan, kind, facts)


def store(
    platform: "Platform", account: Account, kind: str, content: bytes, content_type: str
) -> media.Media:
    """Keep a file as the account's temporary media, as WeChat does with what travellers send."""
    blob = platform.blobs.put(content)
    now = int(platform.now())
    kept = media.Media(
        media.new_id(),
        kind,
        permanent=False,
        created=now,
        content_type=content_type,
        blob=blob,
        size=len(content),
    )
    account.media[kept.media_id] = kept
    return kept


def sample_picture(text: str) -> bytes:
    """A small picture for a traveller who has none at hand."""
    picture = Image.new("RGB", (240, 160), "#" + hashlib.sha256(text.encode()).hexdigest()[:6])
    ImageDraw.Draw(picture).text((12, 70), text.encode("ascii", "replace").decode(), fill="white")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def _file(platform: "Platform", account: Account, fan: Fan, kind: str, facts: dict[str, Any]) -> list[Push]:
    require_following(fan, account)
    content, content_type = _content(kind, facts, fan)
    stored = "video" if kind == "shortvideo" else kind
    kept = store(platform, account, stored, content, content_type)
    shown: dict[str, Any] = {"media_id": kept.media_id, "media_url": f"{platform.base_url}/mmbiz/{kept.blob}"}
    fields: Fields
    if kind == "image":
        fields = messages.picture(shown["media_url"], kept.media_id)
    elif kind == "voice":
        heard = facts.get("recognition")
        fields = messages.voice(kept.media_id, str(facts.get("format", "amr")), heard)
        shown["seconds"] = int(facts.get("seconds", 3))
    else:
        thumb = store(platform, account, "thumb", sample_picture("video"), "image/jpeg")
        fields = messages.film(kind, kept.media_id, thumb.media_id)
        shown["thumb_url"] = f"{platform.base_url}/mmbiz/{thumb.blob}"
    return _message(platform, account, fan, fields, shown)


def _content(kind: str, facts: dict[str, Any], fan: Fan) -> tuple[bytes, str]:
    if "data" in facts:
        try:
            content = base64.b64decode(str(facts["data"]).rpartition(",")[2], validate=True)
        except binascii.Error as error:
            raise Impossible("data must be the file in base64 (a data: address is fine)") from error
    elif kind == "image":
        content = sample_picture(fan.traveller)
    else:
        return SAMPLES["video" if kind == "shortvideo" else kind][1], SAMPLES[kind.removeprefix("short")][0]
    if kind != "image":
        return content, SAMPLES[kind.removeprefix("short")][0]
    content_type = media.picture_type(content)
    if content_type is None:
        raise Impossible("data is not a PNG, JPEG, GIF or BMP picture")
    return content, content_type


def _message(
    platform: "Platform",
    account: Account,
    fan: Fan,
    fields: Fields,
    shown: dict[str, Any],
    *,
    trigger: str = "message",
) -> list[Push]:
    require_following(fan, account)
    kind = str(fields["MsgType"])
    platform.show(account, fan, "traveller", kind, shown)
    if fan.blacklisted:
        return []
    fan.trigger(trigger, platform.now(), platform.settings)
    account.day(day_of(platform.now())).wrote(kind, fan.openid, platform.now())
    session = account.desk.sessions.get(fan.openid)
    if session is not None:
        said = str(shown.get("content") or f"[{kind}]")
        account.desk.note(fan.openid, desk.RECEIVED, said, platform.now(), session.kf_account)
        if not platform.settings.kf_session_pushes:
            return []
    for waiting in account.desk.line:
        if waiting.openid == fan.openid:
            waiting.latest = int(platform.now())
    return [platform.compose(account, fan, fields)]
