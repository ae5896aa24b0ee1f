"""The messages in a rule's form: each a type and the fields of that type."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.forms import Form
from bot.keys import key_in
from bot.materials import documents
from bot.materials.models import ArticleAtWeChat, Material
from bot.organisation.directory import ShopFacts
from bot.replies.bounds import MEDIA_ID, TEXT_BYTES, longest
from bot.wechat.replies import ARTICLES, FORBIDDEN

REPLY = "reply"
VARIANTS = ("v1", "v2", "v3", "v4")
FOLLOW_UPS = ("f1", "f2", "f3", "f4")
Document = dict[str, Any]
# The field in which a type's material is chosen, which is also its kind.
PICKED = {"image": "image", "voice": "voice", "video": "video", "music": "thumb"}


def filled(slot: str, document: Mapping[str, Any] | None, *, is_reply: bool = False) -> Document:
    """Return the values of one message's fields."""
    if document is None:
        return {f"{slot}_type": "none"} if is_reply else {}
    kind = document["type"]
    if kind == "text":
        return {f"{slot}_type": kind, f"{slot}_content": document["content"]}
    if "material_ids" in document:
        return {f"{slot}_type": "article", f"{slot}_articles": list(document["material_ids"])}
    if "material_id" in document:
        of = {f"{slot}_{name}": document.get(name, "") for name in ("title", "description", "url", "hq_url")}
        return {f"{slot}_type": kind, f"{slot}_{PICKED[kind]}": document["material_id"], **of}
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


class Shelf:
    """The materials a form may name: those that are not archived, and those that `kept` names already."""

    def __init__(self, session: Session, account_id: int | None, *kept: Any) -> None:
        self._session = session
        self._account_id = account_id
        self._kept = documents.named(*kept)

    def has(self, material_id: int, kind: str) -> bool:
        """Tell whether there is such a one of that kind."""
        row = self._session.get(Material, material_id)
        return row is not None and row.kind == kind and (row.archived_at is None or row.id in self._kept)

    def is_published(self, material_id: int) -> bool:
        """Tell whether travellers can read the article: at the rule's account, or at any for all of them."""
        there = select(ArticleAtWeChat.id).where(
            ArticleAtWeChat.material_id == material_id, ArticleAtWeChat.url.is_not(None)
        )
        if self._account_id is not None:
            there = there.where(ArticleAtWeChat.account_id == self._account_id)
        return self._session.scalar(there.limit(1)) is not None


def chosen(form: Form, slots: Sequence[str] = (REPLY, *VARIANTS, *FOLLOW_UPS)) -> list[int]:
    """Return the materials that stand in the fields of the form."""
    names = [f"{slot}_{kind}" for slot in slots for kind in (*PICKED.values(), "articles")]
    return [one for name in names for one in _ids(form, name)]


def _ids(form: Form, name: str) -> list[int]:
    value = form.values.get(name, "")
    sent = [str(one) for one in (value if isinstance(value, list) else [value])]
    return [key for one in sent if (key := key_in(one)) is not None]


class Reader:
    """Reads the messages of a form."""

    def __init__(self, form: Form, shops: Sequence[ShopFacts], shelf: Shelf, *, may_transfer: bool) -> None:
        self._form = form
        self._shops = shops
        self._shelf = shelf
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
            return {"type": kind, **self._file(slot, kind)}
        if kind == "video":
            title, description = self._about(slot, required=False)
            return {"type": kind, **self._file(slot, kind), "title": title, "description": description}
        if kind == "music":
            return self._music(slot)
        if kind == "article":
            return {"type": "news", "material_ids": self._articles(slot)}
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

    def _file(self, slot: str, kind: str) -> Document:
        """Return the material that was chosen; else the media id that was typed."""
        name = f"{slot}_{PICKED[kind]}"
        typed = str(self._form.values.get(f"{slot}_media", "")).strip()
        if typed and kind != "music" and not _ids(self._form, name):
            return {"media_id": self._media(slot)}
        found = _ids(self._form, name)
        if len(found) != 1 or not self._shelf.has(found[0], PICKED[kind]):
            self._form.wrong(name, _("Choose a material; it may have been archived meanwhile."))
            return {"material_id": 1}
        return {"material_id": found[0]}

    def _music(self, slot: str) -> Document:
        title, description = self._about(slot, required=True)
        return {
            "type": "music",
            **self._file(slot, "music"),
            "title": title,
            "description": description,
            "url": self._address(f"{slot}_url", required=True),
            "hq_url": "",
        }

    def _articles(self, slot: str) -> list[int]:
        name = f"{slot}_articles"
        found = list(dict.fromkeys(_ids(self._form, name)))
        if not 1 <= len(found) <= ARTICLES:
            self._form.wrong(name, _("Choose one article, for buttons and follows up to %(n)s.", n=ARTICLES))
        for one in found:
            if not self._shelf.has(one, "article"):
                self._form.wrong(name, _("Choose a material; it may have been archived meanwhile."))
            elif not self._shelf.is_published(one):
                self._form.wrong(
                    name, _("Article %(n)s is not published there yet. Publish it first.", n=one)
                )
        return found or [1]

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
