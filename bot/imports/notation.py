r"""A reply in one cell: its words as they are, anything else behind a word in brackets.

「[图片] media_id」, 「[视频] media_id | title | description」, 「[转客服]」, and a line like
「[图文] title | description | picture | link」 for each article. A material of our
library stands in the place of what WeChat keeps: 「[图片] 素材 7」, 「[视频] 素材 7 | title」,
「[图文] 素材 7、8」.
`\|` is a bar, and `[文字]` begins words that begin with a bracket.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.replies.bounds import MEDIA_ID
from bot.wechat.replies import FORBIDDEN

Document = dict[str, Any]
WORDS = {
    "文字": "text",
    "text": "text",
    "图片": "image",
    "image": "image",
    "picture": "image",
    "语音": "voice",
    "voice": "voice",
    "视频": "video",
    "video": "video",
    "音乐": "music",
    "music": "music",
    "图文": "news",
    "news": "news",
    "article": "news",
    "转客服": "transfer_customer_service",
    "transfer": "transfer_customer_service",
    "desk": "transfer_customer_service",
}
SAID = {
    "text": "文字",
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "music": "音乐",
    "news": "图文",
    "transfer_customer_service": "转客服",
}
HEAD = re.compile(r"\[([^\]\n]{1,12})\][ \t]*")
PARTS = {
    "image": ("media_id",),
    "voice": ("media_id",),
    "video": ("media_id", "title", "description"),
    "music": ("thumb_media_id", "title", "description", "url", "hq_url"),
    "news": ("title", "description", "picture_url", "url"),
}
MATERIAL = re.compile(r"(?:素材|material)[ \t]*(\d{1,18}(?:[ \t,，、]+\d{1,18})*)", re.IGNORECASE)
MEDIA = ("media_id", "thumb_media_id")
ADDRESSES = ("picture_url", "url", "hq_url")
ARTICLES = 8


class NotAReply(ValueError):
    """The writer's move; `code` as in `bot.imports.words`."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def said(document: Mapping[str, Any] | None) -> str:
    """Return the reply as one writes it; empty for none."""
    if document is None:
        return ""
    kind = document["type"]
    if kind == "text":
        content = str(document["content"])
        return f"[文字] {content}" if HEAD.match(content) else content
    if kind == "transfer_customer_service":
        return f"[转客服] {document.get('agent', '')}".rstrip()
    if ids := document.get("material_ids"):
        return f"[{SAID[kind]}] 素材 {'、'.join(map(str, ids))}"
    if "material_id" in document:
        document = {**document, PARTS[kind][0]: f"素材 {document['material_id']}"}
    parts = document["articles"] if kind == "news" else [document]
    return "\n".join(f"[{SAID[kind]}] {_joined(kind, one)}" for one in parts)


def read(text: str) -> Document | None:
    """Return the reply that was written; None for an empty cell. Raise `NotAReply`."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return None
    head = HEAD.match(text)
    kind = WORDS.get(head[1].strip().lower(), "") if head else "text"
    if FORBIDDEN.search(text):
        raise NotAReply("hidden_characters")
    if not kind:
        # Travellers like brackets, too: words that are no kind of reply are words.
        return {"type": "text", "content": text}
    rest = text[head.end() :] if head else text
    if kind == "text":
        if not rest.strip():
            raise NotAReply("required")
        return {"type": "text", "content": rest}
    if kind == "transfer_customer_service":
        return {"type": kind, "agent": rest.strip()[:64]}
    if kind == "news" and (ours := MATERIAL.fullmatch(rest.strip())):
        return {"type": kind, "material_ids": _ids(ours)}
    if kind == "news":
        lines = [HEAD.sub("", line, count=1) for line in text.split("\n") if line.strip()]
        if len(lines) > ARTICLES:
            raise NotAReply("too_many_articles")
        return {"type": kind, "articles": [_parts(kind, line) for line in lines]}
    return {"type": kind, **_parts(kind, rest)}


def _joined(kind: str, of: Mapping[str, Any]) -> str:
    values = [str(of.get(name, "")).replace("\n", " ").replace("|", r"\|") for name in PARTS[kind]]
    return " | ".join(values).rstrip(" |") or values[0]


def _parts(kind: str, text: str) -> Document:
    names = PARTS[kind]
    values = [one.strip().replace(r"\|", "|") for one in re.split(r"(?<!\\)\|", text)]
    if len(values) > len(names):
        raise NotAReply("too_many_parts", text[:40])
    found: Document = dict(zip(names, [*values, *([""] * len(names))], strict=False))
    ours = None if kind == "news" else MATERIAL.fullmatch(found[names[0]])
    for name in MEDIA:
        if name in found and not ours and not MEDIA_ID.fullmatch(found[name]):
            raise NotAReply("not_a_media_id", found[name][:40])
    if kind == "news" and not (found["title"] and found["url"]):
        raise NotAReply("article_needs", text[:40])
    for name in ADDRESSES:
        if found.get(name) and not _is_web(found[name]):
            raise NotAReply("not_an_address", found[name][:40])
    if ours:
        [material_id] = _ids(ours, most=1)
        return {"material_id": material_id, **{name: found[name] for name in names[1:] if found[name]}}
    return found


def _ids(ours: re.Match[str], most: int = ARTICLES) -> list[int]:
    ids = [int(one) for one in re.findall(r"\d+", ours[1])]
    if len(ids) > most:
        raise NotAReply("too_many_materials", ours[0][:40])
    return ids


def _is_web(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(value) <= 500
    except ValueError:
        return False
