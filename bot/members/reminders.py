"""Reminding a fan to bind, when they follow: kindly, and not often. Pages for members ask by themselves."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.members.models import Reminder

# Moment → how often in all, and how long between two.
MOMENTS: dict[str, tuple[int, timedelta]] = {
    "follow": (2, timedelta(days=30)),
}


def due(session: Session, *, fan_id: int, is_member: bool, moment: str, now: datetime) -> bool:
    """Tell whether to remind the fan now, and note that it is done. Members are never reminded."""
    if is_member:
        return False
    most, pause = MOMENTS[moment]
    again = (
        update(Reminder)
        .where(
            Reminder.fan_id == fan_id,
            Reminder.moment == moment,
            Reminder.count < most,
            Reminder.said_at <= now - pause,
        )
        .values(count=Reminder.count + 1, said_at=now)
        .execution_options(synchronize_session=False)
    )
    if session.execute(again).rowcount:  # type: ignore[attr-defined]
        return True
    if session.get(Reminder, (fan_id, moment)) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(Reminder(fan_id=fan_id, moment=moment, count=1, said_at=now))
            session.flush()
    except IntegrityError:
        return False
    return True


def words(link: str) -> str:
    """Return what is said, with the way to the page."""
    return f'绑定手机号即成为会员，积分和权益都会记在您名下。\n<a href="{link}">现在绑定</a>'
