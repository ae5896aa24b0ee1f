"""A menu that WeChat has and that none of our versions says: kept before a job replaces it.

Whoever publishes is asked about it on the page; between that and the job, or
while WeChat did not answer the page, somebody may have made another in the console.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.menus import books, importing, versions
from bot.menus.importing import Imported, Theirs
from bot.menus.models import Menu

log = logging.getLogger(__name__)
LOOKED_AT = 50  # versions back
NOTE = "发布前微信上的菜单，不是从这里发布的"
BEFORE = timedelta(seconds=1)


def keep(session: Session, menu: Menu, theirs: Theirs, *, now: datetime) -> Menu | None:
    """Make a version of what WeChat has, before `menu` and after ours, if replacing it would lose something.

    None where each of its menus stands in a version of ours: those of a publishing that broke off in the
    middle do. Called again it finds the version it made. Menus by something else than a tag cannot be
    kept; the log says how many there were.
    """
    if theirs.is_empty:
        return None
    found = importing.read(theirs, importing.known_tags(session, menu.account_id))
    if not found.left_out and not _loses(session, menu.account_id, found):
        return None
    found = importing.read(theirs, importing.learn_tags(session, menu.account_id, theirs, now=now))
    if found.left_out:
        log.warning("stranger_menus_lost", extra={"account_id": menu.account_id, "menus": found.left_out})
    if not _loses(session, menu.account_id, found):
        return None
    ours = versions.in_force(session, menu.account_id)
    kept = versions.keep_found(session, account_id=menu.account_id, found=found, note=NOTE, now=now)
    kept.due_at = menu.due_at - BEFORE
    if ours is not None and ours.due_at < menu.due_at:
        kept.due_at = ours.due_at  # of two due at once the younger row is in force
    return kept


def _loses(session: Session, account_id: int, found: Imported) -> bool:
    newest = select(Menu).filter_by(account_id=account_id).order_by(Menu.number.desc()).limit(LOOKED_AT)
    ours: list[Any] = [one for row in session.scalars(newest) for one in _menus(row.document)]
    return any(one not in ours for one in _menus(found.book))


def _menus(book: Mapping[str, Any]) -> list[tuple[int | None, list[books.Button]]]:
    """Return each menu of the book that has buttons, with the tag it is for."""
    made = [(None, book["default"])] + [(one.get("tag_id"), one["buttons"]) for one in book["conditional"]]
    return [(tag, books.to_wechat(buttons)) for tag, buttons in made if buttons]
