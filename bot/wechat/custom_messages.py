"""Replies as customer-service messages."""

from typing import Any

from bot.wechat.replies import Image, Music, News, Reply, Text, Video, Voice


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
