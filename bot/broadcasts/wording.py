"""What a broadcast says: its texts' placeholders, and the message of WeChat's mass send."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.links.keeping import PLACE
from bot.materials import documents, known
from bot.materials.documents import OfMaterial
from bot.materials.models import ArticleAtWeChat
from bot.organisation.directory import ShopFacts
from bot.replies.speaking import NO_SHOP
from bot.wechat.replies import Image, Text, Voice

OF_SHOP: Final = ("门店", "分公司", "地址", "电话", "营业时间")
SHOP_PLACE: Final = re.compile(r"\{(" + "|".join(OF_SHOP) + r")\}")
MASS_TYPES: Final = ("text", "image", "voice", "news")


def text_of(content: Mapping[str, Any]) -> str:
    """Return the words of the answer; empty where it is no text."""
    answer = content.get("answer") or {}
    return str(answer.get("content", "")) if answer.get("type") == "text" else ""


def placeholders(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which facts of a fan's shop the text asks for."""
    return tuple(dict.fromkeys(SHOP_PLACE.findall(text_of(content))))


def facts(places: Collection[str], shop: ShopFacts | None) -> dict[str, str]:
    """Return what fills `places` for a fan of that shop; of none, those of the house."""
    if not places:
        return {}
    of = shop or NO_SHOP
    known_facts = dict(zip(OF_SHOP, (of.name, of.branch, of.address, of.phone, of.hours), strict=True))
    return {name: known_facts[name] for name in places}


def link_numbers(content: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the links that the text names: {链接1} is 1."""
    return {int(number) for number in PLACE.findall(text_of(content))}


def can_be_massed(content: Mapping[str, Any]) -> bool:
    """Tell whether WeChat's mass send says such a thing: the same words to everybody, no film, no music."""
    answer = content.get("answer") or {}
    kind = answer.get("type")
    if kind not in MASS_TYPES or (kind == "news" and len(answer.get("material_ids", ())) != 1):
        return False
    return not placeholders(content) and not link_numbers(content)


def mass_message(
    session: Session, content: Mapping[str, Any], *, account_id: int, now: datetime
) -> dict[str, Any] | None:
    """Return the content as the mass send takes it (protocol 8.4); None while WeChat has not its material.

    Articles are sent as the draft that the account has.
    """
    answer = documents.read(content["answer"])
    if isinstance(answer, OfMaterial) and answer.type == "news":
        draft = select(ArticleAtWeChat.draft_media_id).where(
            ArticleAtWeChat.account_id == account_id, ArticleAtWeChat.material_id == answer.material_ids[0]
        )
        media_id = session.scalar(draft)
        return {"msgtype": "mpnews", "mpnews": {"media_id": media_id}} if media_id else None
    ids = answer.material_ids if isinstance(answer, OfMaterial) else ()
    said = known.reply(answer, known.load(session, ids), account_id=account_id, now=now)
    if isinstance(said, Text):
        return {"msgtype": "text", "text": {"content": said.content}}
    if isinstance(said, Image):
        return {"msgtype": "image", "images": {"media_ids": [said.media_id]}}
    if isinstance(said, Voice):
        return {"msgtype": "voice", "voice": {"media_id": said.media_id}}
    return None
