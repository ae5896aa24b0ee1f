"""What became of one call, and how that is kept: in the transaction that marks the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.errors import AnswerLost, FanUnreachable, NotPermitted, QuotaUsedUp, WeChatError, WeChatUnavailable
from bot.reach import pace, standings
from bot.reach.claiming import KEY_HOLDS, Item
from bot.reach.models import NoticeState, ReachAccept, ReachNotice, Reason, RouteName
from bot.reach.notes import IN_HAND, Left, leave_notes

TABLE = table_of(ReachNotice)
ACCEPTS = table_of(ReachAccept)
LONGEST: Final = 200
BACK_OFF: Final = (5, 15, 60, 300, 900, 1800, 3600)  # seconds after each call that WeChat was too busy for
AGAIN: Final = 60  # seconds at most before a template goes again under its key

# What an answer about the traveller means, and what is remembered of it until they act again.
ANSWERS: Final[dict[int, tuple[Reason, str]]] = {
    45015: (Reason.WINDOW_CLOSED, "closed_at"),
    45047: (Reason.WINDOW_USED, "used_up_at"),
    43101: (Reason.NO_ACCEPT, ""),
    43019: (Reason.BLACKLISTED, "refused_at"),
    48002: (Reason.REFUSED, "refused_at"),
    50002: (Reason.REFUSED, "refused_at"),
    70000: (Reason.REFUSED, "refused_at"),
}
NOT_FOLLOWING: Final = (Reason.NOT_FOLLOWING, "refused_at")


@dataclass(slots=True)
class Outcome:
    """What is to be written of one notice once there is a transaction for it."""

    item: Item
    values: Mapping[str, Any] = field(default_factory=dict)
    learnt: Mapping[str, Any] = field(default_factory=dict)
    counted_since: datetime | None = None
    accept: str = ""
    accepts_none: bool = False
    leaves_note: bool = False
    closed: tuple[RouteName, datetime] | None = None


@dataclass(frozen=True, slots=True)
class No:
    """WeChat said no at this route; what it teaches, and whether the whole route is closed until then."""

    reason: Reason
    detail: str
    learnt: Mapping[str, Any] = field(default_factory=dict)
    closed_until: datetime | None = None


def no_from(error: WeChatError, *, now: datetime) -> No | None:
    """Return the no that `error` is; None where it is no answer to this notice: busy, or lost."""
    detail = said(error)
    if isinstance(error, FanUnreachable):
        reason, column = ANSWERS.get(error.code or 0, NOT_FOLLOWING)
        learnt: dict[str, Any] = {column: now} if column else {}
        if column == "refused_at":
            learnt["refused_why"] = reason.value
        return No(reason, detail, learnt)
    if isinstance(error, QuotaUsedUp):
        reopens = datetime.fromtimestamp(error.reopens_at, now.tzinfo)
        return No(Reason.QUOTA, detail, closed_until=max(reopens, now + timedelta(seconds=1)))
    if isinstance(error, WeChatUnavailable) or error.retryable:
        return None
    return No(Reason.NOT_PERMITTED if isinstance(error, NotPermitted) else Reason.NOT_TAKEN, detail)


def sent(item: Item, route: RouteName, *, platform_id: str, accept: str, now: datetime) -> Outcome:
    """Return that it was sent."""
    values = {
        "state": NoticeState.SENT.value,
        "route": route.value,
        "reason": None,
        "detail": None,
        "sent_at": now,
        "platform_id": platform_id or None,
    }
    return Outcome(item, values, accept=accept)


def unanswered(item: Item, route: RouteName, error: WeChatError, *, now: datetime) -> Outcome:
    """Return what is done where no answer came: nothing more, but for a template, whose key makes it safe."""
    pause = BACK_OFF[min(item.attempts, len(BACK_OFF) - 1)]
    if isinstance(error, AnswerLost) or item.unanswered_since is not None:
        again_at = now + timedelta(seconds=min(pause, AGAIN))
        if route is RouteName.TEMPLATE and again_at < (item.unanswered_since or now) + KEY_HOLDS:
            return _again(item, again_at, detail=said(error))
        return ended(item, NoticeState.UNSURE, Reason.NO_ANSWER, route=route, detail=said(error))
    if item.attempts >= len(BACK_OFF):
        return ended(item, NoticeState.UNREACHED, Reason.BUSY, route=route, detail=said(error))
    return later(item, now + timedelta(seconds=pause), Reason.BUSY, detail=said(error))


def _again(item: Item, at: datetime, *, detail: str) -> Outcome:
    """Return that a template goes again under its key: it keeps its place in the line, for the key ends."""
    values = {
        "state": NoticeState.WAITING.value,
        "reason": Reason.NO_ANSWER.value,
        "detail": detail or None,
        "leased_until": at,
    }
    return Outcome(item, values)


def ended(
    item: Item, state: NoticeState, reason: Reason, *, route: RouteName | None = None, detail: str = ""
) -> Outcome:
    """Return that it ends without having been sent, as far as we know."""
    values = {
        "state": state.value,
        "reason": reason.value,
        "detail": detail or None,
        "route": route.value if route else None,
    }
    return Outcome(item, values)


def later(item: Item, until: datetime, reason: Reason, *, detail: str = "") -> Outcome:
    """Return that it waits until then, to be judged anew."""
    values = {
        "state": NoticeState.WAITING.value,
        "due_at": until,
        "reason": reason.value,
        "detail": detail or None,
    }
    return Outcome(item, values)


def said(error: WeChatError) -> str:
    """Return what an operator is shown of an answer."""
    return f"{error.message} (errcode {error.code})"[:LONGEST]


def keep(session: Session, outcome: Outcome, *, account_id: int, now: datetime) -> None:
    """Write what became of a call. Twice, or after others took the notice over: the notice stays as it is."""
    item = outcome.item
    if outcome.closed is not None:
        pace.close(session, account_id, outcome.closed[0], until=outcome.closed[1], now=now)
    if outcome.leaves_note:
        leave_notes(session, [Left(item.id, item.claims, item.fan_id, item.intent, item.judged)], now=now)
    elif outcome.values:
        mine = (
            TABLE.c.id == item.id,
            TABLE.c.claims == item.claims,
            TABLE.c.state.in_(IN_HAND),
        )
        values = {"leased_until": None, **outcome.values}
        session.connection().execute(update(TABLE).where(*mine).values(**values))
    if outcome.counted_since is not None:
        standings.count_since(session, item.fan_id, outcome.counted_since)
    if outcome.learnt:
        standings.learn(session, item.fan_id, outcome.learnt)
    if outcome.accept:
        spent = 0 if outcome.accepts_none else ACCEPTS.c.remaining - 1
        theirs = (
            ACCEPTS.c.fan_id == item.fan_id,
            ACCEPTS.c.template_id == outcome.accept,
            ACCEPTS.c.remaining > 0,
        )
        session.connection().execute(update(ACCEPTS).where(*theirs).values(remaining=spent))
