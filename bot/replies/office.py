"""What somebody in the back office writes to a fan: whether they may, and what became of it.

WeChat takes up to five messages within 48 hours after a fan wrote, and three
within a minute after they did something else (protocol §6.5).
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.db import Base, Key, Through
from bot.db.scope import beyond_scope
from bot.db.types import DOCUMENT
from bot.fans.models import Fan, Standing
from bot.messages.models import Message
from bot.outbox.models import Promise
from bot.outbox.promises import Wish, promise
from bot.reach import standings
from bot.replies.hits import RULE
from bot.replies.models import AutoReply
from bot.wechat.replies import Text, to_document

AFTER_MESSAGE = timedelta(hours=48)
AFTER_DEED = timedelta(minutes=1)
MOST_AFTER_MESSAGE = 5
MOST_AFTER_DEED = 3
LOOKED_AT = 50  # the newest messages, for what rules sent after them
LONGEST = 600  # characters; three bytes each stay below WeChat's 2,048


class OfficeReply(Base):
    """Words written to a fan from the back office. `promise_id` sends them, and is forgotten in time."""

    __tablename__ = "office_reply"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_office_reply_fan_id_id", "fan_id", "id"), Base.__table_args__)

    id: Mapped[Key]
    fan_id: Mapped[int]
    user_id: Mapped[int]
    user_name: Mapped[str] = mapped_column(String(64))
    reply: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    said_at: Mapped[datetime]
    promise_id: Mapped[int | None]


@dataclass(frozen=True, slots=True)
class Window:
    """Whether a fan may be written to: until when (None for who never wrote), and how often still."""

    until: datetime | None
    left: int
    has_left: bool

    def is_open(self, now: datetime) -> bool:
        """Tell whether one more message would be taken."""
        return not self.has_left and self.until is not None and now < self.until and self.left > 0


def window(session: Session, fan: Fan) -> Window:
    """Return how the fan's window stands: what colleagues wrote counts, and what rules send after an answer.

    A rule that was changed since is taken as it is now.
    """
    ends = [(fan.last_message_at, AFTER_MESSAGE, MOST_AFTER_MESSAGE)]
    ends.append((fan.last_interaction_at, AFTER_DEED, MOST_AFTER_DEED))
    known = [(at + length, at, most) for at, length, most in ends if at is not None]
    if not known:
        return Window(None, 0, fan.standing == Standing.LEFT)
    until, since, most = max(known)
    written = select(func.count(OfficeReply.id)).where(
        OfficeReply.fan_id == fan.id, OfficeReply.said_at >= since
    )
    used = (session.scalar(written) or 0) + _follow_ups(session, fan, since)
    used = max(used, standings.sent_since(session, fan.id, since))
    return Window(until, max(0, most - used), fan.standing == Standing.LEFT)


def _follow_ups(session: Session, fan: Fan, since: datetime) -> int:
    """Return how many messages rules sent after their answers to what came since then."""
    newest = select(Message.answered_by, Message.sent_at).where(Message.fan_id == fan.id)
    answered = [
        int(found[1])
        for answered_by, sent_at in session.execute(newest.order_by(Message.id.desc()).limit(LOOKED_AT))
        if sent_at >= since and (found := RULE.fullmatch(answered_by))
    ]
    if not answered:
        return 0
    rules = select(AutoReply.id, AutoReply.follow_ups).where(AutoReply.id.in_(answered))
    lengths = {rule_id: len(follow_ups or ()) for rule_id, follow_ups in session.execute(rules)}
    return sum(lengths.get(rule_id, 0) for rule_id in answered)


def write(
    session: Session, fan: Fan, words: str, *, user_id: int, user_name: str, now: datetime
) -> OfficeReply:
    """Have `words` sent to the fan once `session` commits, and keep who wrote them."""
    document = to_document(Text(words))
    key = f"office:{secrets.token_hex(16)}"  # joins nothing; it is how the promise is found again
    promise(session, Wish("replies.say", {"fan_id": fan.id, "reply": document}, now, key), now=now)
    with beyond_scope(session):
        promise_id = session.scalar(select(Promise.id).where(Promise.waiting_key == key))
    row = OfficeReply(
        fan_id=fan.id,
        user_id=user_id,
        user_name=user_name,
        reply=document,
        said_at=now,
        promise_id=promise_id,
    )
    session.add(row)
    session.flush()
    return row


def states(session: Session, rows: Iterable[OfficeReply]) -> dict[int, tuple[str, str | None]]:
    """Return the state and the reason of what sends each of `rows`, by its id; old ones are forgotten."""
    ids = {row.promise_id: row.id for row in rows if row.promise_id is not None}
    if not ids:
        return {}
    with beyond_scope(session):
        found = session.execute(
            select(Promise.id, Promise.state, Promise.reason).where(Promise.id.in_(list(ids)))
        ).all()
    return {ids[promise_id]: (state, reason) for promise_id, state, reason in found}
