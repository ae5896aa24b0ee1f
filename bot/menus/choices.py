"""What an editor may choose from instead of typing."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.materials.models import ArticleAtWeChat, Lifetime, Material, MaterialAtWeChat

Choices = list[tuple[str, str]]  # what stands in the field, and how it is called


def materials(session: Session, account_id: int, field: str) -> Choices:
    """Return what the account has for the field: files kept for good, or articles that can be read."""
    if field == "media_id":
        theirs, key = MaterialAtWeChat, MaterialAtWeChat.media_id
        there = (MaterialAtWeChat.lifetime == Lifetime.PERMANENT.value) & key.is_not(None)
    else:
        theirs, key = ArticleAtWeChat, ArticleAtWeChat.article_id  # type: ignore[assignment]
        there = ArticleAtWeChat.url.is_not(None) & key.is_not(None)
    wanted = (
        select(key, Material.title)
        .join(Material, Material.id == theirs.material_id)
        .where(theirs.account_id == account_id, there, Material.archived_at.is_(None))
        .order_by(Material.id.desc())
    )
    return [(str(row[0]), row[1]) for row in session.execute(wanted)]


def material_ids(session: Session, account_id: int) -> dict[str, int]:
    """Return our materials, less the archived ones, by the ids that the account has them under at WeChat."""
    found: dict[str, int] = {}
    for theirs, key in (
        (MaterialAtWeChat, MaterialAtWeChat.media_id),
        (ArticleAtWeChat, ArticleAtWeChat.article_id),
    ):
        wanted = (
            select(key, Material.id)
            .join(Material, Material.id == theirs.material_id)
            .where(theirs.account_id == account_id, key.is_not(None), Material.archived_at.is_(None))
        )
        found.update({str(row[0]): row[1] for row in session.execute(wanted)})
    return found


# The pages travellers open from the menu; `admin.menus.words.PAGES` says what they are called.
PAGES: Final = ("me", "bind", "orders", "mall", "staff", "staff/poster")


def page_addresses(public_url: str, account: str) -> list[tuple[str, str]]:
    """Return the addresses of our own pages, each with its name among `PAGES`."""
    return [(f"{public_url.rstrip('/')}/h5/{account}/{page}", page) for page in PAGES]
