"""Which menu a fan sees, as far as we know: the tag put on last decides (protocol §3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.menus.books import Book, Button
from bot.tags.models import FanTag


@dataclass(frozen=True, slots=True)
class Prediction:
    """The buttons a fan sees, and because of which tag; None: no tag of theirs has a menu."""

    buttons: list[Button]
    tag_id: int | None
    menu: str


def tags_of(session: Session, fan_id: int) -> list[int]:
    """Return the fan's tags, the one put on last first."""
    rows = select(FanTag).filter_by(fan_id=fan_id).order_by(FanTag.tagged_at.desc(), FanTag.tag_id.desc())
    return [row.tag_id for row in session.scalars(rows)]


def predict(book: Book, tags: Sequence[int]) -> Prediction:
    """Return what a fan with `tags`, the one put on last first, sees of `book`."""
    for tag_id in tags:
        for one in book["conditional"]:
            if one.get("tag_id") == tag_id:
                return Prediction(one["buttons"], tag_id, one.get("id", ""))
    return Prediction(book["default"], None, "default")
