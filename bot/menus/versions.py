"""Versions of a menu book: handing one over to be published, now or later, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.errors import WeChatError
from bot.materials import uses
from bot.materials.models import Lifetime
from bot.menus import books, choices
from bot.menus.importing import Imported
from bot.menus.models import Menu, MenuState
from bot.outbox.promises import Wish, promise
from bot.tags import needs

WAITING = (MenuState.SCHEDULED.value, MenuState.WANTED.value)
ATTEMPTS = 20


def add(
    session: Session,
    *,
    account: str,
    account_id: int,
    book: Mapping[str, Any],
    author: str,
    author_id: int | None,
    note: str,
    now: datetime,
    due_at: datetime | None = None,
) -> Menu:
    """Hand a book over: WeChat is given it once the transaction commits, or at `due_at`.

    Called twice it makes two versions; the later one is wanted, and both say the same.
    """
    state = MenuState.WANTED if due_at is None else MenuState.SCHEDULED
    row = _insert(
        session,
        account_id=account_id,
        document=books.with_ids(book),
        state=state.value,
        author=author,
        author_id=author_id,
        note=note,
        created_at=now,
        due_at=due_at or now,
    )
    note_needs(session, account=account, account_id=account_id, now=now)
    # A scheduled one has a promise of its own: one of the account's would be moved to its time.
    key = f"menus.publish:{account}" if due_at is None else f"menus.publish:{account}:{row.id}"
    promise(session, Wish("menus.publish", {"account": account}, due_at or now, key), now=now)
    return row


def keep_found(session: Session, *, account_id: int, found: Imported, note: str, now: datetime) -> Menu:
    """Write down a menu made elsewhere before it is replaced: one can go back to it, with its texts."""
    texts = {"texts": found.answers} if found.answers else {}
    return _insert(
        session,
        account_id=account_id,
        document={**books.with_ids(found.book), **texts},
        state=MenuState.PUBLISHED.value,
        author="",
        author_id=None,
        note=note,
        created_at=now,
        due_at=now,
        published_at=now,
    )


def wanted(session: Session, account_id: int, *, now: datetime) -> Menu | None:
    """Return the version that shall be in force now: of those that wait and are due, or are published, the
    one due last.
    """
    due = select(Menu).where(
        Menu.account_id == account_id,
        Menu.state.in_((*WAITING, MenuState.PUBLISHED.value)),
        Menu.due_at <= now,
    )
    return session.scalars(due.order_by(Menu.due_at.desc(), Menu.id.desc()).limit(1)).first()


def in_force(session: Session, account_id: int) -> Menu | None:
    """Return the version WeChat has, as far as we know."""
    found = select(Menu).filter_by(account_id=account_id, state=MenuState.PUBLISHED.value)
    return session.scalars(found.order_by(Menu.due_at.desc(), Menu.id.desc()).limit(1)).first()


def waiting(session: Session, account_id: int) -> list[Menu]:
    """Return the versions that are not published yet, the next one first."""
    rows = select(Menu).where(Menu.account_id == account_id, Menu.state.in_(WAITING))
    return list(session.scalars(rows.order_by(Menu.due_at, Menu.id)))


def begin(session: Session, menu: Menu) -> bool:
    """Take a due version up; False if it was cancelled a moment ago."""
    if menu.state != MenuState.SCHEDULED:
        return True
    return _turn(session, menu.id, (MenuState.SCHEDULED,), state=MenuState.WANTED.value)


def succeed(session: Session, menu: Menu, *, now: datetime) -> None:
    """Note that WeChat has the version; those before it are replaced. Called again it changes nothing."""
    earlier = update(Menu).where(
        Menu.account_id == menu.account_id,
        Menu.id != menu.id,
        Menu.state.in_((*WAITING, MenuState.PUBLISHED.value)),
        (Menu.due_at < menu.due_at) | ((Menu.due_at == menu.due_at) & (Menu.id < menu.id)),
    )
    session.execute(
        earlier.values(state=MenuState.REPLACED.value).execution_options(synchronize_session=False)
    )
    _turn(session, menu.id, (MenuState.WANTED,), state=MenuState.PUBLISHED.value, published_at=now)


def refuse(session: Session, menu: Menu, error: WeChatError) -> None:
    """Note that WeChat does not take the version, with its words."""
    _turn(
        session,
        menu.id,
        (MenuState.WANTED,),
        state=MenuState.REFUSED.value,
        code=error.code,
        reason=str(error),
    )
    _note_materials(session, menu.account_id)


def cancel(session: Session, menu: Menu) -> bool:
    """Call a scheduled version off; False if it has been taken up already."""
    is_off = _turn(session, menu.id, (MenuState.SCHEDULED,), state=MenuState.CANCELLED.value)
    _note_materials(session, menu.account_id)
    return is_off


def note_needs(session: Session, *, account: str, account_id: int, now: datetime) -> None:
    """Have WeChat know the tags of all versions that are, or may come, in force, and no others for menus.

    What such a version sends stays at WeChat, and in the library.
    """
    _note_materials(session, account_id)
    tag_ids = {tag for row in _living(session, account_id) for tag in books.tag_ids(row.document)}
    needs.put(session, account=account, account_id=account_id, why="menu", tag_ids=tag_ids, now=now)


def _living(session: Session, account_id: int) -> Sequence[Menu]:
    """Return the versions that are, or may come, in force."""
    states = (*WAITING, MenuState.PUBLISHED.value)
    return session.scalars(select(Menu).where(Menu.account_id == account_id, Menu.state.in_(states))).all()


def _note_materials(session: Session, account_id: int) -> None:
    known, rows = choices.material_ids(session, account_id), _living(session, account_id)
    for row in rows:
        user = uses.User(
            Menu.__tablename__, row.id, f"#{row.number} {row.note}", account_id, Lifetime.PERMANENT
        )
        uses.put(session, user, {known[one] for one in books.things(row.document) if one in known})
    for menu_id in uses.users(session, Menu.__tablename__, account_id) - {row.id for row in rows}:
        uses.drop(session, Menu.__tablename__, menu_id)


def keys_since(session: Session, since: datetime, account_ids: Iterable[int] | None = None) -> set[str]:
    """Return the keys of menus that were in force at any time after `since`: phones may still send them."""
    in_force_now = Menu.state == MenuState.PUBLISHED.value
    shown = select(Menu).where(in_force_now | (Menu.published_at >= since))
    if account_ids is not None:
        shown = shown.where(Menu.account_id.in_(list(account_ids)))
    return {key for row in session.scalars(shown) for key in books.keys(row.document)}


def _insert(session: Session, **facts: Any) -> Menu:
    newest = select(func.max(Menu.number)).where(Menu.account_id == facts["account_id"])
    number = session.scalar(newest) or 0
    for _attempt in range(ATTEMPTS):
        number += 1  # not asked anew: a transaction may go on seeing what it saw first
        row = Menu(number=number, **facts)
        try:
            with session.begin_nested():
                session.add(row)
                session.flush()
        except IntegrityError:
            continue
        return row
    raise RuntimeError("no number was free for the version of the menu")


def _turn(session: Session, menu_id: int, origin: tuple[MenuState, ...], **values: Any) -> bool:
    states = [one.value for one in origin]
    change = update(Menu).where(Menu.id == menu_id, Menu.state.in_(states)).values(values)
    done = session.execute(change.execution_options(synchronize_session=False))
    session.expire_all()
    return bool(done.rowcount)  # type: ignore[attr-defined]
