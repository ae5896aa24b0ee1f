"""What WeChat took and could not deliver after all, as it reports later."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.errors import YizhanError
from bot.reach.models import NoticeState, ReachNotice, Reason, RouteName

TABLE = table_of(ReachNotice)
SENT: Final = NoticeState.SENT.value
BLOCKED: Final = "user block"
SOON: Final = timedelta(minutes=30)
OVERTAKING: Final = timedelta(minutes=10)  # of our writing by a report, at most


class NotFoundYet(YizhanError):
    """Time's move: the report of a message overtook what we write of sending it."""

    retryable = True


def note(session: Session, account_id: int, platform_id: str, status: str) -> bool:
    """Note that a message was not delivered; False where none has that id. Twice: it is noted."""
    mine = (TABLE.c.account_id == account_id, TABLE.c.platform_id == platform_id)
    connection = session.connection()
    found = connection.scalar(select(TABLE.c.id).where(*mine).limit(1))
    if found is None:
        return False
    connection.execute(update(TABLE).where(*mine, TABLE.c.state == SENT).values(_values(status)))
    return True


def note_latest(session: Session, fan_id: int, status: str, *, now: datetime) -> None:
    """Note that the subscription notice a fan was sent last was not delivered: they have no ids."""
    latest = (
        select(TABLE.c.id)
        .where(TABLE.c.fan_id == fan_id, TABLE.c.state == SENT, TABLE.c.sent_at > now - SOON)
        .where(TABLE.c.route == RouteName.SUBSCRIPTION.value)
        .order_by(TABLE.c.sent_at.desc())
        .limit(1)
    )
    connection = session.connection()
    found = connection.scalar(latest)
    if found is not None:
        connection.execute(update(TABLE).where(TABLE.c.id == found).values(_values(status)))


def _values(status: str) -> dict[str, str]:
    reason = Reason.BLOCKED_LATER if BLOCKED in status else Reason.FAILED_LATER
    return {"state": NoticeState.BOUNCED.value, "reason": reason.value, "detail": status[:200]}
