"""What the clock does for the mall."""

import logging
import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.batches import turns
from bot.db import Database, utc_now
from bot.mall import orders, rebates, taking_along
from bot.mall.models import MallOrder, OrderState
from bot.mall.refusals import MallRefused
from bot.moments import HERE
from bot.outbox import timetable
from bot.outbox.promises import Wish, promise
from bot.points.refusals import BooksBroken, PointsRefused

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
AT_ONCE = 500
ENOUGH = 15.0  # seconds after which nothing further is begun: a job has thirty
CLOCK = orders.By(orders.CLOCK)
PAYDAY = 1  # of the month, in Shanghai
ASKED = "mall.monthly_asked"  # under which the last month asked for is noted


def end_orders(runtime: "Runtime") -> None:
    """End orders nobody came for in time, and what erased members left: points, stock and turn go back.

    Run twice: what is over stays so. One whose books are broken is said, and stays for the check to find.
    """
    until = time.monotonic() + ENOUGH
    with runtime.db.reading() as session:
        over = orders.overdue(session, now=utc_now(), most=AT_ONCE)
        left = orders.left_behind(session, most=AT_ONCE)
        payouts = rebates.left_behind(session, most=AT_ONCE)
    ends = [(key, OrderState.EXPIRED) for key in over] + [(key, OrderState.CANCELLED) for key in left]
    for order_id, state in ends:
        if time.monotonic() > until:
            return
        _end(runtime.db, order_id, state)
    for rebate_id in payouts:
        _refuse(runtime.db, rebate_id)


def forget_words(runtime: "Runtime") -> None:
    """Empty addresses and words about members who were erased. Run twice: nothing is left."""
    turns.commit(runtime.db, partial(taking_along.forget_words, most=AT_ONCE), seconds=ENOUGH)


def ask_monthly(runtime: "Runtime", above: int = 0) -> None:
    """On the first of the month, or as soon as a clock runs again, ask for the payouts of all who wish one,
    so many at a time.

    Run twice: each member has one payout a month. Not set up as monthly: nothing, and the month in which that
    is changed after the first is left out.
    """
    now, began = utc_now(), time.monotonic()
    with runtime.db.transaction() as session:
        if not _is_payday(session, now):
            return
        found = rebates.wishing(session, above=above, most=AT_ONCE)
        if not found:
            timetable.reach(session, ASKED, _month(now))
            return
    for member_id in found:
        if time.monotonic() - began > ENOUGH:
            break
        try:
            with runtime.db.transaction() as session:
                rebates.ask_monthly(session, member_id, now=now)
        except (PointsRefused, MallRefused):
            log.warning("mall_rebate_not_asked", extra={"member": member_id}, exc_info=True)
        above = member_id
    with runtime.db.transaction() as session:
        promise(session, Wish("mall.ask_monthly", {"above": above}, utc_now()), now=utc_now())


def _is_payday(session: Session, now: datetime) -> bool:
    """Tell whether it is the first, or the month's first was missed; of a month not to be paid, note that."""
    if now.astimezone(HERE).day == PAYDAY:
        return rebates.terms(session).is_monthly
    asked = timetable.reached(session, ASKED)
    if asked is None or not rebates.terms(session).is_monthly:
        timetable.reach(session, ASKED, _month(now))
        return False
    return asked < _month(now)


def _month(now: datetime) -> int:
    here = now.astimezone(HERE)
    return here.year * 12 + here.month


def _end(db: Database, order_id: int, state: OrderState) -> None:
    try:
        with db.transaction() as session:
            order = session.get_one(MallOrder, order_id)
            orders.cancel(session, order, by=CLOCK, now=utc_now(), state=state)
    except MallRefused:  # somebody was faster
        return
    except BooksBroken:
        log.exception("mall_order_cannot_end", extra={"order": order_id})


def _refuse(db: Database, rebate_id: int) -> None:
    try:
        with db.transaction() as session:
            rebates.refuse_left(session, rebate_id, now=utc_now())
    except MallRefused:
        return
