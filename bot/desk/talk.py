"""What a traveller has said since they asked for a person."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import words
from bot.desk.request_models import DeskRequest, DeskTask
from bot.messages.models import Message
from bot.organisation.models import Shop

MOST = 5
MOST_AFTER = 20


def since(session: Session, request: DeskRequest) -> list[str]:
    """Return the traveller's latest messages to the desk, oldest first."""
    wanted = (
        select(Message.kind, Message.fields)
        .where(
            Message.fan_id == request.fan_id,
            Message.received_at >= request.asked_at,
            Message.answered_by == "desk",
        )
        .order_by(Message.id.desc())
        .limit(MOST)
    )
    rows = session.execute(wanted).all()
    return [said for row in reversed(rows) if (said := words.what_was_said(row.kind, row.fields))]


def asked_since(session: Session, request: DeskRequest, at: datetime) -> datetime | None:
    """Return when the traveller first wrote to the desk after that second; None if they asked nothing since.

    Of many messages the latest twenty are looked at.
    """
    wanted = (
        select(Message.sent_at, Message.kind, Message.fields)
        .where(
            Message.fan_id == request.fan_id,
            Message.received_at >= request.asked_at,
            Message.answered_by == "desk",
        )
        .order_by(Message.id.desc())
        .limit(MOST_AFTER)
    )
    asked = [
        row.sent_at
        for row in session.execute(wanted)
        if row.sent_at > at and not (row.kind == "text" and words.is_closing(row.fields.get("Content") or ""))
    ]
    return min(asked, default=None)


def for_agent(session: Session, request: DeskRequest) -> str:
    """Return what an agent reads as they are given the traveller."""
    said = since(session, request)
    if request.task_id is not None:
        said = [session.get_one(DeskTask, request.task_id).words, *said]
    return words.to_agent(said, shop_name(session, request.shop_id))


def shop_name(session: Session, shop_id: int | None) -> str | None:
    """Return what the shop is called."""
    return session.scalar(select(Shop.name).where(Shop.id == shop_id)) if shop_id is not None else None
