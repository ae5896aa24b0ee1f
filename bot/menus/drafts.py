"""The draft of an account's menu book: one for all its editors, and who is second is told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bot.errors import YizhanError
from bot.menus import books
from bot.menus.books import Book
from bot.menus.models import Menu, MenuDraft, MenuState


@dataclass(frozen=True, slots=True)
class Draft:
    """The book as it stands. Version 0: nobody has touched it, and it is what was published last."""

    book: Book
    version: int
    author: str = ""
    changed_at: datetime | None = None


class Stale(YizhanError):
    """Somebody else saved the draft after the one who saves now had opened it."""


def load(session: Session, account_id: int) -> Draft:
    """Return the draft; without one, the version published last, or an empty book."""
    row = session.scalars(select(MenuDraft).filter_by(account_id=account_id)).first()
    if row is not None:
        return Draft(books.with_ids(row.document), row.version, row.author, row.changed_at)
    published = select(Menu).filter_by(account_id=account_id, state=MenuState.PUBLISHED.value)
    menu = session.scalars(published.order_by(Menu.due_at.desc(), Menu.id.desc()).limit(1)).first()
    return Draft(menu.document if menu is not None else books.empty(), 0)


def save(session: Session, account_id: int, book: Book, *, version: int, author: str, now: datetime) -> int:
    """Replace the draft that had `version` and return the new version; raise `Stale` if it has moved on."""
    row = session.scalars(select(MenuDraft).filter_by(account_id=account_id)).first()
    if (row.version if row is not None else 0) != version:
        raise Stale(str(version))
    book = books.with_ids(book)
    try:
        with session.begin_nested():
            if row is None:
                row = MenuDraft(account_id=account_id)
                session.add(row)
            row.document, row.author, row.changed_at = book, author, now
            session.flush()
    except (IntegrityError, StaleDataError):
        raise Stale(str(version)) from None
    return row.version
