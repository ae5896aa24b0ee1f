"""Words with the facts of a shop in them, and replies as customer-service messages."""

from typing import Any

from bot.organisation.directory import ShopFacts
from bot.wechat.replies import Image, Music, News, Reply, Text, Video, Voice

NO_SHOP = ShopFacts(id=0, name="驿站", branch="总部", address="", phone="", hours="")


def with_shop(reply: Reply, shop: ShopFacts | None) -> Reply | None:
    """Return `reply` with {门店} {分公司} {地址} {电话} {营业时间} filled in from `shop`.

    Only these are replaced, as plain text; other braces stay as they are.  A
    line that would have nothing in its place is left out: a traveller who came
    through no shop's code is not told 「地址：」.  None when no line is left.
    """
    if not isinstance(reply, Text) or "{" not in reply.content:
        return reply
    facts = shop or NO_SHOP
    values = {
        "{门店}": facts.name,
        "{分公司}": facts.branch,
        "{地址}": facts.address,
        "{电话}": facts.phone,
        "{营业时间}": facts.hours,
    }
    lines = [
        line
        for line in reply.content.split("\n")
        if all(value or name not in line for name, value in values.items())
    ]
    text = "\n".join(lines)
    for name, value in values.items():
        text = text.replace(name, value)
    return Text(text) if text.strip() else None


def to_custom_message(reply: Reply) -> dict[str, Any]:
    """Return `reply` as the body of a customer-service message, without its addressee (protocol §6.5).

    Raise `ValueError` for a transfer, which is an answer and cannot be sent later.
    """
    if isinstance(reply, Text):
        return {"msgtype": "text", "text": {"content": reply.content}}
    if isinstance(reply, Image | Voice):
        return {"msgtype": reply.type, reply.type: {"media_id": reply.media_id}}
    if isinstance(reply, Video):
        inner = {"media_id": reply.media_id, "title": reply.title, "description": reply.description}
        return {"msgtype": "video", "video": inner}
    if isinstance(reply, Music):
        inner = {
            "title": reply.title,
            "description": reply.description,
            "musicurl": reply.url,
            "hqmusicurl": reply.hq_url,
            "thumb_media_id": reply.thumb_media_id,
        }
        return {"msgtype": "music", "music": inner}
    if isinstance(reply, News):
        first = reply.articles[0]  # exactly one is allowed here (45008)
        article = {
            "title": first.title,
            "description": first.description,
            "url": first.url,
            "picurl": first.picture_url,
        }
        return {"msgtype": "news", "news": {"articles": [article]}}
    raise ValueError("a transfer is an answer to a message and cannot be sent later")
