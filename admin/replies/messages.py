"""The messages in a rule's form: each a type and the fields of that type."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from admin.forms import Form
from bot.organisation.directory import ShopFacts
from bot.replies.speaking import with_shop
from bot.wechat.replies import FORBIDDEN, Text

REPLY = "reply"
VARIANTS = ("v1", "v2", "v3", "v4")
FOLLOW_UPS = ("f1", "f2", "f3", "f4")
TEXT_BYTES = 2048  # what is longer WeChat drops in silence
MEDIA_ID = re.compile(r"[\w-]{8,128}")
Document = dict[str, Any]


def filled(slot: str, document: Mapping[str, Any] | None, *, is_reply: bool = False) -> Document:
    """Return the values of one message's fields."""
    if document is None:
        return {f"{slot}_type": "none"} if is_reply else {}
    kind = document["type"]
    if kind == "text":
        return {f"{slot}_type": kind, f"{slot}_content": document["content"]}
    if kind in {"image", "voice"}:
        return {f"{slot}_type": kind, f"{slot}_media": document["media_id"]}
    if kind == "video":
        return {
            f"{slot}_type": kind,
            f"{slot}_media": document["media_id"],
            f"{slot}_title": document.get("title", ""),
            f"{slot}_description": document.get("description", ""),
        }
    if kind == "news" and len(document["articles"]) == 1:
        [article] = document["articles"]
        return {
            f"{slot}_type": kind,
            f"{slot}_title": article["title"],
            f"{slot}_description": article.get("description", ""),
            f"{slot}_picture": article.get("picture_url", ""),
            f"{slot}_url": article.get("url", ""),
        }
    if kind == "transfer_customer_service" and not document.get("agent"):
        return {f"{slot}_type": kind}
    return {f"{slot}_type": "kept"}


def longest(content: str, shops: Iterable[ShopFacts]) -> int:
    """Return how many bytes the text has for the shop that makes it longest."""
    sizes = [len(content.encode())]
    if "{" in content:
        for shop in shops:
            said = with_shop(Text(content), shop)
            sizes.append(len(said.content.encode()) if isinstance(said, Text) else 0)
    return max(sizes)


class Reader:
    """Reads the messages of a form."""

    def __init__(self, form: Form, shops: Sequence[ShopFacts], *, may_transfer: bool) -> None:
        self._form = form
        self._shops = shops
        self._may_transfer = may_transfer

    def reply(self, kept: Document | None) -> Document | None:
        """Return the answer; None where nothing is to be said at once."""
        return None if self._kind(REPLY) == "none" else self._read(REPLY, kept)

    def several(self, slots: Sequence[str], kept: Sequence[Document]) -> list[Document]:
        """Return the messages of `slots` that are not empty, in order."""
        found = []
        for number, slot in enumerate(slots):
            kind = self._kind(slot)
            is_empty = kind == "text" and not str(self._form.values.get(f"{slot}_content", "")).strip()
            if is_empty or kind == "none":
                continue
            document = self._read(slot, kept[number] if number < len(kept) else None)
            if document is not None:
                found.append(document)
        # What stands beyond the slots of the form is not the form's to lose.
        return [*found, *kept[len(slots) :]]

    def _kind(self, slot: str) -> str:
        return str(self._form.values.get(f"{slot}_type", "text"))

    def _read(self, slot: str, kept: Document | None) -> Document | None:
        kind = self._kind(slot)
        if kind == "text":
            return {"type": kind, "content": self._content(slot)}
        if kind == "news":
            return {"type": kind, "articles": [self._article(slot)]}
        if kind in {"image", "voice"}:
            return {"type": kind, "media_id": self._media(slot)}
        if kind == "video":
            title, description = self._about(slot, required=False)
            return {
                "type": kind,
                "media_id": self._media(slot),
                "title": title,
                "description": description,
            }
        if kind == "transfer_customer_service" and slot == REPLY:
            if not self._may_transfer:
                self._form.wrong(
                    f"{slot}_type", _("Only a message can be handed over: not a tap or a follow.")
                )
            return {"type": kind, "agent": ""}
        if kind == "kept" and kept is not None:
            return kept
        self._form.wrong(f"{slot}_type", _("Please choose one of these."))
        return None

    def _content(self, slot: str) -> str:
        name = f"{slot}_content"
        content = self._form.text(name, longest=TEXT_BYTES).replace("\r\n", "\n")
        size = longest(content, self._shops)
        if size > TEXT_BYTES:
            said = _("WeChat takes %(most)s bytes; these are up to %(n)s.", most=TEXT_BYTES, n=size)
            self._form.wrong(name, said)
        if FORBIDDEN.search(content):
            self._form.wrong(name, _("This holds characters that cannot be shown."))
        return content

    def _media(self, slot: str) -> str:
        name = f"{slot}_media"
        value = self._form.text(name, longest=128)
        if value and not MEDIA_ID.fullmatch(value):
            self._form.wrong(name, _("A media id is letters, digits, - and _; copy it from Materials."))
        return value

    def _about(self, slot: str, *, required: bool) -> tuple[str, str]:
        title = self._form.text(f"{slot}_title", longest=64, required=required)
        return title, self._form.text(f"{slot}_description", longest=120, required=False)

    def _article(self, slot: str) -> Document:
        title, description = self._about(slot, required=True)
        return {
            "title": title,
            "description": description,
            "picture_url": self._address(f"{slot}_picture", required=False),
            "url": self._address(f"{slot}_url", required=True),
        }

    def _address(self, name: str, *, required: bool) -> str:
        value = self._form.text(name, longest=500, required=required)
        try:
            parts = urlsplit(value)
            is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            is_web = False
        if value and not is_web:
            self._form.wrong(name, _("An address that begins with https://"))
        return value
