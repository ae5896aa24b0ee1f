"""The materials that forms let people choose among."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from bot.materials.models import ArticleAtWeChat, Kind, Material

MOST = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """A material as a picker shows it. `accounts` have an article published; files are brought to any."""

    id: int
    kind: str
    title: str
    has_preview: bool
    milliseconds: int | None
    accounts: frozenset[int] = frozenset()


def choices(
    session: Session,
    kinds: Collection[Kind],
    *,
    chosen: Collection[int] = (),
    text: str = "",
    most: int = MOST,
) -> list[Choice]:
    """Return the newest materials of `kinds` that may be chosen, at most `most`, and those `chosen` already.

    `text` must be in the title.  Archived ones are shown only where they are chosen.
    """
    conditions: list[ColumnElement[bool]] = [Material.archived_at.is_(None)]
    wanted = select(Material).where(Material.kind.in_([one.value for one in kinds]))
    if text:
        conditions.append(Material.title.contains(text, autoescape=True))
    wanted = wanted.where(or_(and_(*conditions), Material.id.in_(list(chosen))))
    rows = session.scalars(wanted.order_by(Material.id.desc()).limit(most + len(chosen))).all()
    published: dict[int, set[int]] = {}
    if Kind.ARTICLE in kinds:
        found = select(ArticleAtWeChat.material_id, ArticleAtWeChat.account_id).where(
            ArticleAtWeChat.url.is_not(None)
        )
        for material_id, account_id in session.execute(found):
            published.setdefault(material_id, set()).add(account_id)
    return [
        Choice(
            row.id,
            row.kind,
            row.title,
            row.preview_file_id is not None,
            row.milliseconds,
            frozenset(published.get(row.id, ())),
        )
        for row in rows
    ]
