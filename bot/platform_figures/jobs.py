"""Bringing over what WeChat counted."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.db import utc_now
from bot.errors import BadRequest, NotPermitted, WeChatError
from bot.outbox.outcomes import Pointless
from bot.outbox.promises import Wish, promise
from bot.platform_figures import fetching
from bot.platform_figures.fetching import Fetching
from bot.platform_figures.models import PlatformLook

if TYPE_CHECKING:
    from bot.runtime import Runtime

SECONDS: Final = 12.0  # a job may take thirty
REFUSED_FOR: Final = timedelta(hours=23)
NO_RIGHT: Final = "(errcode 48001)"  # as `WeChatError` says it; the digits alone may stand in a request's id
JOB: Final = "platform_figures.fetch"


def fetch(runtime: "Runtime", account: str) -> None:
    """Bring over the days WeChat has counted and we do not have, yesterday's first, then a year back.

    Run twice, or by two at once: each call's days are replaced in one
    transaction, so the same stands there.  Before eight o'clock, and while WeChat says that it
    is not ready (61503), yesterday waits for the next hour.  An account
    without the right is asked again the next day.
    """
    now = utc_now()
    account_id = runtime.accounts[account].id
    with runtime.db.reading() as session:
        look = session.get(PlatformLook, account_id)
    is_refused = look is not None and NO_RIGHT in (look.trouble or "")
    if look is not None and is_refused and now - look.looked_at < REFUSED_FOR:
        return
    try:
        is_done = Fetching(runtime.db, runtime.wechat.of(account), account_id).run(seconds=SECONDS, now=now)
    except WeChatError as error:
        with runtime.db.transaction() as session:
            fetching.note(session, account_id, str(error), now=now)
        if isinstance(error, (NotPermitted, BadRequest)):
            raise Pointless(str(error)) from None
        raise
    with runtime.db.transaction() as session:
        fetching.note(session, account_id, None, now=now)
        if not is_done:
            promise(session, Wish(JOB, {"account": account}, now, f"{JOB}:{account}"), now=now)
