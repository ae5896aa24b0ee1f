"""Asking WeChat who is at the desk."""

from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.desk import presence
from bot.errors import NotPermitted

if TYPE_CHECKING:
    from bot.runtime import Runtime


def poll_presence(runtime: "Runtime", account: str) -> None:
    """Fetch who is online at `account` and keep it.

    Run twice: the second look simply counts. At an account without the right
    to a desk nobody is online.
    """
    try:
        rows = runtime.wechat.of(account).online_agents()
    except NotPermitted:
        rows = []
    online = {row["kf_account"] for row in rows if row.get("status")}
    with runtime.db.transaction() as session:
        presence.note(session, account_id=runtime.accounts[account].id, online=online, now=utc_now())
