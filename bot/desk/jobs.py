"""Asking WeChat who is at the desk."""

from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.desk import presence

if TYPE_CHECKING:
    from bot.runtime import Runtime


def poll_presence(runtime: "Runtime", account: str) -> None:
    """Fetch who is online at `account` and keep it.

    Run twice: the second look simply counts. An account without the right to
    a desk raises `NotPermitted`, and nobody is online there.
    """
    rows = runtime.wechat.of(account).online_agents()
    online = {row["kf_account"] for row in rows if row.get("status")}
    with runtime.db.transaction() as session:
        presence.note(session, account_id=runtime.accounts[account].id, online=online, now=utc_now())
