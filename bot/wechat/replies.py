"""What we may say in the answer to a push (protocol §1.6), as XML that cannot be broken out of.

wechatpy writes what it is given into CDATA as it is, so a traveller whose words
are echoed could close it and add nodes of their own; and it cannot name an agent.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

SUCCESS = b"success"
# What XML 1.0 has no way to carry, lone surrogates included; WeChat drops a reply that holds one.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ARTICLES = 8


def cdata(text: str) -> str:
    """Return `text` as a CDATA section that ends where it should."""
    clean = FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"


def _node(name: str, text: str) -> str:
    return f"<{name}>{cdata(text)}</{name}>" if text else ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words; `<a href>` and line breaks work. WeChat drops what is longer than about 2,048 bytes."""

    type: ClassVar[str] = "text"
    content: str

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        return f"<Content>{cdata(self.content)}</Content>"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture among the account's media."""

    type: ClassVar[str] = "image"
    media_id: str

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        return f"<Image><MediaId>{cdata(self.media_id)}</MediaId></Image>"


@dataclass(frozen=True, slots=True)
class Voice:
    """A recording among the account's media."""

    type: ClassVar[str] = "voice"
    media_id: str

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        return f"<Voice><MediaId>{cdata(self.media_id)}</MediaId></Voice>"


@dataclass(frozen=True, slots=True)
class Video:
    """A film among the account's media."""

    type: ClassVar[str] = "video"
    media_id: str
    title: str = ""
    description: str = ""

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        inner = _node("MediaId", self.media_id) + _node("Title", self.title)
        return f"<Video>{inner}{_node('Description', self.description)}</Video>"


@dataclass(frozen=True, slots=True)
class Music:
    """A piece of music; WeChat insists on the thumbnail."""

    type: ClassVar[str] = "music"
    thumb_media_id: str
    title: str = ""
    description: str = ""
    url: str = ""
    hq_url: str = ""

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        inner = _node("Title", self.title) + _node("Description", self.description)
        inner += _node("MusicUrl", self.url) + _node("HQMusicUrl", self.hq_url)
        return f"<Music>{inner}{_node('ThumbMediaId', self.thumb_media_id)}</Music>"


@dataclass(frozen=True, slots=True)
class Article:
    """One card of a `News`."""

    title: str
    description: str = ""
    picture_url: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """Article cards: one in answer to a message, up to eight to an event (protocol §1.6)."""

    type: ClassVar[str] = "news"
    articles: tuple[Article, ...]

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        items = "".join(
            f"<item><Title>{cdata(one.title)}</Title><Description>{cdata(one.description)}</Description>"
            f"<PicUrl>{cdata(one.picture_url)}</PicUrl><Url>{cdata(one.url)}</Url></item>"
            for one in self.articles[:ARTICLES]
        )
        count = min(len(self.articles), ARTICLES)
        return f"<ArticleCount>{count}</ArticleCount><Articles>{items}</Articles>"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the traveller's message to an agent.

    With `agent` WeChat leaves it to that one even if they are full or away
    (protocol §6.4), so name one only after claiming a seat.
    """

    type: ClassVar[str] = "transfer_customer_service"
    agent: str = ""

    def body(self) -> str:
        """Return the nodes that are this reply's own."""
        if not self.agent:
            return ""
        return f"<TransInfo><KfAccount>{cdata(self.agent)}</KfAccount></TransInfo>"


Reply = Text | Image | Voice | Video | Music | News | Transfer
TYPES: dict[str, type[Reply]] = {
    kind.type: kind for kind in (Text, Image, Voice, Video, Music, News, Transfer)
}


def render(reply: Reply, *, to: str, sender: str, at: int) -> bytes:
    """Return `reply` as the XML of an answer; `at` is UTC epoch seconds."""
    return (
        f"<xml><ToUserName>{cdata(to)}</ToUserName><FromUserName>{cdata(sender)}</FromUserName>"
        f"<CreateTime>{at}</CreateTime><MsgType><![CDATA[{reply.type}]]></MsgType>{reply.body()}</xml>"
    ).encode()


def to_document(reply: Reply) -> dict[str, Any]:
    """Return `reply` as the JSON kept beside its message; `from_document` reads it back."""
    if isinstance(reply, Text):
        return {"type": "text", "content": reply.content}
    return {"type": reply.type, **asdict(reply)}


def from_document(document: Mapping[str, Any]) -> Reply:
    """Return the reply kept in `document`; raise `ValueError` where it is none of ours."""
    facts = {name: value for name, value in document.items() if name != "type"}
    kind = TYPES.get(document.get("type", ""))
    if kind is None:
        raise ValueError(f"unknown reply type {document.get('type')!r}; the types are {', '.join(TYPES)}")
    try:
        if kind is News:
            return News(tuple(Article(**article) for article in facts["articles"]))
        return kind(**facts)
    except (TypeError, KeyError) as error:
        raise ValueError(f"{document['type']} reply: {error}") from None
