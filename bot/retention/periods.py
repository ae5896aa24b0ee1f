"""A period for each table, and deleting what is older, a slice at a time.

The tables grow at one end: their keys rise with time.  So what is oldest is
found at the lowest keys, without an index of its own and without a scan.
What days came to (`daily_figure`, `channel_figure`, `desk_figure`) has its own rows and stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from bot.broadcasts.models import MassRecipient
from bot.channels.models import ChannelEvent
from bot.config import PrivacyConfig
from bot.db.types import table_of
from bot.desk.models import AgentRecord, DeskAnswer, DeskNote, DeskSession
from bot.desk.request_models import DeskDecision, DeskRequest, DeskTask
from bot.links.models import LinkClick
from bot.messages.models import Message, PlainPush
from bot.moments import HERE, first_day
from bot.reach.models import ReachNotice
from bot.replies.models import ReplyVerdict
from bot.replies.office import OfficeReply

AT_ONCE = 1000
Months = Callable[[PrivacyConfig], int]


@dataclass(frozen=True, slots=True)
class Period:
    """How many months the rows of a table are kept, by which of their moments."""

    model: Any
    at: ColumnElement[Any]
    months: Months

    @property
    def table(self) -> str:
        """The table's name."""
        return table_of(self.model).name


_messages: Months = attrgetter("message_months")
_desk: Months = attrgetter("desk_months")
_events: Months = attrgetter("event_months")

PERIODS: Sequence[Period] = (
    Period(Message, Message.received_at.expression, _messages),
    Period(PlainPush, PlainPush.received_at.expression, _messages),
    Period(ReachNotice, ReachNotice.created_at.expression, _messages),
    Period(OfficeReply, OfficeReply.said_at.expression, _messages),
    Period(AgentRecord, AgentRecord.said_at.expression, _desk),
    Period(DeskAnswer, DeskAnswer.asked_at.expression, _desk),
    Period(ReplyVerdict, ReplyVerdict.asked_at.expression, _messages),
    Period(DeskNote, DeskNote.created_at.expression, _desk),
    Period(DeskSession, func.coalesce(DeskSession.closed_at, DeskSession.opened_at), _desk),
    Period(DeskDecision, DeskDecision.at.expression, _desk),
    Period(DeskTask, DeskTask.created_at.expression, _desk),
    Period(DeskRequest, DeskRequest.asked_at.expression, _desk),
    Period(ChannelEvent, ChannelEvent.at.expression, _events),
    Period(LinkClick, LinkClick.at.expression, _events),
    Period(MassRecipient, MassRecipient.laid_at.expression, _events),
)


def horizon(months: int, *, now: datetime) -> datetime:
    """Return the moment before which rows go: a midnight, so that a day is kept whole or not at all."""
    return datetime.combine(first_day(months, now=now), time(), HERE)


def forget(
    session: Session,
    period: Period,
    config: PrivacyConfig,
    *,
    after: int,
    now: datetime,
    within: ColumnElement[bool] | None = None,
) -> int | None:
    """Delete what is too old of the next rows by key; return the last key looked at, None at the end.

    The end is where a row is young enough: all behind it came later.  `within`
    leaves out rows that go another way.
    """
    until = horizon(period.months(config), now=now)
    key = period.model.id
    wanted = select(key, period.at).where(key > after, true() if within is None else within)
    rows = session.execute(wanted.order_by(key).limit(AT_ONCE)).all()
    gone = [row[0] for row in rows if row[1] is not None and row[1] < until]
    if gone:
        going = delete(period.model).where(key.in_(gone)).execution_options(synchronize_session=False)
        session.execute(going)
    return rows[-1][0] if rows and len(gone) == len(rows) else None
