"""Making WeChat's menu the one we want."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.db import utc_now
from bot.errors import BadRequest
from bot.menus.models import Menu, MenuState

if TYPE_CHECKING:
    from bot.runtime import Runtime


def publish(runtime: "Runtime", account: str) -> None:
    """Give WeChat the newest menu of `account`, whichever version the promise was made for.

    Run twice: WeChat's menu is replaced by the same one. A menu that WeChat
    finds wrong is marked refused with its words, and not tried again.
    """
    with runtime.db.reading() as session:
        newest = select(Menu).filter_by(account_id=runtime.accounts[account].id).order_by(Menu.id.desc())
        menu = session.scalars(newest.limit(1)).first()
    if menu is None:
        return
    state, reason = MenuState.PUBLISHED, None
    try:
        runtime.wechat.of(account).menu_create(menu.document)
    except BadRequest as error:
        state, reason = MenuState.REFUSED, str(error)
    with runtime.db.transaction() as session:
        row = session.get_one(Menu, menu.id)
        row.state, row.reason = state.value, reason
        row.published_at = utc_now() if state is MenuState.PUBLISHED else row.published_at
