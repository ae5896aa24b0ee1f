"""What the clock does for coupons."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.batches import turns
from bot.coupons import ending, gifts, reminding, telling, using
from bot.coupons.models import Coupon
from bot.db import utc_now
from bot.errors import YizhanError
from bot.moments import HERE
from bot.outbox.outcomes import Pointless

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
AT_ONCE = 200
ERASED_WITHIN = timedelta(days=7)  # whose coupons are looked at: a week, were the clock to stand still
FROM_HOUR, UNTIL_HOUR = 10, 20  # in which reminders are written


def tidy(runtime: "Runtime") -> None:
    """Note what has ended, end holds and offers whose time is over, and let erased members' coupons go.

    Run twice: there is less to do. Nobody can use what has ended meanwhile, however late this runs.
    """
    now = utc_now()
    with runtime.db.reading() as session:
        holds = using.overdue(session, now=now, most=AT_ONCE)
        offers = gifts.overdue(session, now=now, most=AT_ONCE)
    for use_id in holds:
        _one(runtime, partial(using.give_back, use_id=use_id, by=ending.CLOCK, now=now))
    for gift_id in offers:
        _one(runtime, partial(gifts.take_back, gift_id=gift_id, by=ending.CLOCK, now=now, over=True))
    turns.commit(
        runtime.db,
        partial(ending.expire, now=now, most=AT_ONCE),
        partial(ending.forget_erased, since=now - ERASED_WITHIN, now=now, most=AT_ONCE),
    )


def remind(runtime: "Runtime") -> None:
    """Write to members whose coupons end within three days, by day only.

    Run twice: a coupon is told of once, which its row says in the transaction that plans the message.
    """
    now = utc_now()
    if not FROM_HOUR <= now.astimezone(HERE).hour < UNTIL_HOUR:
        return
    turns.commit(runtime.db, partial(reminding.remind, way=ways(runtime), now=now, most=AT_ONCE))


def tell(runtime: "Runtime", coupon_id: int) -> None:
    """Tell a member of a coupon that a rule gave. Run twice: it is told of once."""
    with runtime.db.transaction() as session:
        coupon = session.get_one(Coupon, coupon_id)
        if not telling.tell(session, coupon, intent=telling.EARNED, way=ways(runtime), now=utc_now()):
            raise Pointless("the coupon is good no more, its member follows no account, or knows of it")


def ways(runtime: "Runtime") -> dict[int, str]:
    """Return where a member's coupons are, by account; empty without a public address."""
    site = runtime.config.server.public_url
    return {one.id: f"{site}/h5/{name}/me/coupons" for name, one in runtime.accounts.items()} if site else {}


def _one(runtime: "Runtime", act: Callable[[Session], object]) -> None:
    try:
        with runtime.db.transaction() as session:
            act(session)
    except YizhanError:
        log.exception("coupon_cannot_be_tidied")
