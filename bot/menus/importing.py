"""The menu an account has at WeChat, whoever made it, as a book: so that turning us on wipes nothing.

Buttons made in the console hold texts, pictures and articles that the
interface does not take back.  A text becomes a key and the text to answer it
with; what has a media id becomes a button that sends it; the rest is kept as it
is, and the editor says that it needs another kind.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.menus import books
from bot.menus.books import Book, Button
from bot.menus.checks import THING_ID
from bot.tags.models import Tag, TagKind, WeChatTag

if TYPE_CHECKING:
    from bot.wechat.gateway import AccountGateway

SENDS_MATERIAL = frozenset({"img", "photo", "voice", "news"})


@dataclass(frozen=True, slots=True)
class Theirs:
    """What WeChat said: the menu in force, the menus made by interface, and its tags' names by id."""

    current: Mapping[str, Any]
    made: Mapping[str, Any]
    tags: Mapping[int, str]

    @property
    def is_empty(self) -> bool:
        """Whether the account has no menu at all."""
        return not _default(self) and not self.made.get("conditionalmenu")


@dataclass
class Imported:
    """A book, the texts its new keys must answer with, and what could not be taken over."""

    book: Book
    answers: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    left_out: int = 0


def ask(line: "AccountGateway") -> Theirs:
    """Ask WeChat for everything an import needs; two or three calls. Never inside a transaction."""
    current, made = line.current_menu(), line.menu_get()
    rows = line.tag_list() if made.get("conditionalmenu") else []
    return Theirs(current, made, {int(row["id"]): str(row["name"]) for row in rows})


def read(theirs: Theirs, tag_ids: Mapping[int, int]) -> Imported:
    """Return what WeChat has as a book; `tag_ids` are our tags by WeChat's id. Conditional menus by
    anything but a tag are left out and counted.
    """
    found = Imported(books.empty())
    found.book["default"] = _take(found, _default(theirs))
    rows = sorted(theirs.made.get("conditionalmenu") or [], key=lambda row: -int(row.get("menuid", 0)))
    for row in rows:
        tag_id = tag_ids.get(rule_tag(row))
        if tag_id is None:
            found.left_out += 1
            continue
        found.book["conditional"].append({"tag_id": tag_id, "buttons": _take(found, row.get("button") or [])})
    return found


def rule_tag(row: Mapping[str, Any]) -> int:
    """Return WeChat's id of the tag a conditional menu is for; 0 for any other rule. It is read back as
    `group_id`.
    """
    rule = {name: value for name, value in (row.get("matchrule") or {}).items() if value}
    tag = str(rule.pop("group_id", "") or rule.pop("tag_id", ""))
    return int(tag) if tag.isdecimal() and not rule else 0


def known_tags(session: Session, account_id: int) -> dict[int, int]:
    """Return our tags by the ids they have at the account."""
    rows = session.scalars(select(WeChatTag).filter_by(account_id=account_id))
    return {row.wechat_id: row.tag_id for row in rows if row.wechat_id is not None}


def learn_tags(session: Session, account_id: int, theirs: Theirs, *, now: datetime) -> dict[int, int]:
    """Make tags of ours of those that WeChat's conditional menus are for; return what `known_tags` does.

    A tag of the same name is taken for the same tag.  Called again it finds them there.
    """
    known = known_tags(session, account_id)
    asked = {rule_tag(row) for row in theirs.made.get("conditionalmenu") or []}
    for wechat_id in sorted(asked - set(known)):
        name = theirs.tags.get(wechat_id)
        if name is None:
            continue
        tag = session.scalars(select(Tag).filter_by(name=name)).first()
        try:
            with session.begin_nested():
                if tag is None:
                    tag = Tag(name=name, kind=TagKind.MANUAL.value, note="", created_at=now)
                    session.add(tag)
                    session.flush()
                of_tag = select(WeChatTag).filter_by(account_id=account_id, tag_id=tag.id)
                row = session.scalars(of_tag).first() or WeChatTag(account_id=account_id, tag_id=tag.id)
                # Somebody made it in the console: it is used, and never deleted.
                row.wechat_id, row.name, row.made_here = wechat_id, name, False
                session.add(row)
        except IntegrityError:
            continue  # a colleague or a job made it at the same moment; the next import finds it
        known[wechat_id] = tag.id
    return known


def _default(theirs: Theirs) -> Sequence[Button]:
    info = theirs.current.get("selfmenu_info") or {}
    return (info.get("button") if theirs.current.get("is_menu_open") else None) or (
        (theirs.made.get("menu") or {}).get("button") or []
    )


def _take(found: Imported, buttons: Sequence[Button]) -> list[Button]:
    made = books.from_wechat(buttons)
    for place in books.places_in("", made):
        if not place.button.get("sub_button"):
            _mend(found, place.button)
    return made


def _mend(found: Imported, button: Button) -> None:
    """Make a console button one that can be published, if that is possible."""
    kind, value = button.get("type", ""), str(button.get("value", ""))
    if kind in books.FIELDS:
        return
    name = button["name"]
    if kind == "text" and value:
        key = "TEXT_" + hashlib.sha256(value.encode()).hexdigest()[:10].upper()
        found.answers[key] = value
        button.clear()
        button.update(name=name, type="click", key=key)
    elif kind in SENDS_MATERIAL and THING_ID.fullmatch(value):
        button.clear()
        button.update(name=name, type="media_id", media_id=value)
    else:
        found.kept.append(name)
