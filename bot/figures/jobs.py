"""Adding up the days."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, delete, func, select
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.desk.models import DeskAnswer
from bot.fans.models import Fan
from bot.figures import medians
from bot.figures.models import DailyFigure
from bot.messages.answered import ANSWERED_BY, IS_MESSAGE
from bot.messages.models import Message

if TYPE_CHECKING:
    from bot.runtime import Runtime

HERE = ZoneInfo("Asia/Shanghai")
DAYS = 30
AT_A_TIME = 5  # days that nobody added up yet; a run must stay short
_COUNTED = {
    "follows": Message.kind == "event.subscribe",
    "leaves": Message.kind == "event.unsubscribe",
    "messages": IS_MESSAGE,
    "by_rule": ANSWERED_BY["rule"],
    "by_agent": ANSWERED_BY["agent"],
    "by_default": ANSWERED_BY["default"],
    "by_nobody": ANSWERED_BY["nobody"],
}


def rebuild(runtime: "Runtime") -> None:
    """Add up today, yesterday, and a few of the last thirty days that nobody has added up yet.

    Run twice: each day's rows are taken away and counted anew in one
    transaction, so the second run writes the same. Two at once wait for each other.
    """
    now = utc_now()
    today = now.astimezone(HERE).date()
    accounts = [one.id for one in runtime.accounts.values()]
    with runtime.db.reading() as session:
        known = set(session.scalars(select(DailyFigure.day).where(DailyFigure.day > today - timedelta(DAYS))))
    older = [day for back in range(2, DAYS) if (day := today - timedelta(back)) not in known]
    for day in [today, today - timedelta(1), *older[:AT_A_TIME]]:
        with runtime.db.transaction() as session:
            add_up(session, day, accounts, now=now)


def add_up(session: Session, day: date, accounts: list[int], *, now: datetime) -> None:
    """Replace the figures of `day` by what its messages say now."""
    session.execute(
        delete(DailyFigure).where(DailyFigure.day == day).execution_options(synchronize_session=False)
    )
    found = {(row[0], row[1]): row[2:] for row in session.execute(_counts(day)).all()}
    answers = _answers(session, day)
    for account_id, shop_id in sorted({*found, *answers, *((one, None) for one in accounts)}, key=str):
        counted = found.get((account_id, shop_id), (0,) * (len(_COUNTED) + 1))
        figures = dict(zip([*_COUNTED, "active_fans"], map(int, counted), strict=True))
        row = DailyFigure(day=day, account_id=account_id, shop_id=shop_id, rebuilt_at=now, **figures)
        if seconds := answers.get((account_id, shop_id)):
            row.desk_answers = len(seconds)
            row.answer_median = medians.median(seconds)
            row.answer_spread = medians.spread(seconds)
        session.add(row)


def _answers(session: Session, day: date) -> dict[tuple[int, int | None], list[int]]:
    """Return the seconds each wait that began that day took, by account and shop."""
    start, end = _bounds(day)
    found: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    rows = session.execute(
        select(DeskAnswer.account_id, Fan.last_shop_id, DeskAnswer.seconds)
        .join(Fan, Fan.id == DeskAnswer.fan_id)
        .where(DeskAnswer.asked_at >= start, DeskAnswer.asked_at < end)
    )
    for account_id, shop_id, seconds in rows:
        found[account_id, shop_id].append(seconds)
    return found


def _bounds(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time(), HERE), datetime.combine(day + timedelta(1), time(), HERE)


def _counts(day: date) -> Select[Any]:
    start, end = _bounds(day)
    summed = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in _COUNTED.values()]
    active = func.count(func.distinct(case((Message.kind != "event.unsubscribe", Message.fan_id))))
    return (
        select(Message.account_id, Fan.last_shop_id, *summed, active)
        .join(Fan, Fan.id == Message.fan_id)
        .where(Message.received_at >= start, Message.received_at < end)
        .group_by(Message.account_id, Fan.last_shop_id)
    )
