"""Posters asked for in the chat: drawn by a job, sent while WeChat takes it, else a note for next time.

    drawing → sending → sent | note → told        drawing → refused

Each arrow is one conditional UPDATE.  Whether a message that got no answer was
sent, nobody knows: such a poster is not sent again, it becomes a note.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.posters.models import OrderState, PosterOrder

PATIENCE = timedelta(minutes=10)  # after which somebody may ask anew
MEDIA_LIFE = timedelta(days=3) - timedelta(hours=1)  # WeChat keeps a file for three days
KEPT = timedelta(days=30)


def ask(
    session: Session, *, account_id: int, shop_id: int, staff_id: int, fan_id: int, now: datetime
) -> PosterOrder | None:
    """Note that a fan, whose row is locked, wants their poster; None while one is being drawn for them.

    A note of an earlier one has become needless.
    """
    being_drawn = select(PosterOrder.id).where(
        PosterOrder.fan_id == fan_id,
        PosterOrder.state == OrderState.DRAWING.value,
        PosterOrder.asked_at > now - PATIENCE,
    )
    if session.scalar(being_drawn.limit(1)) is not None:
        return None
    tell(session, fan_id)
    row = PosterOrder(account_id=account_id, shop_id=shop_id, staff_id=staff_id, fan_id=fan_id, asked_at=now)
    session.add(row)
    session.flush()
    return row


def move(session: Session, order_id: int, was: OrderState, to: OrderState, **values: Any) -> bool:
    """Take an order from one state to another; False if it is elsewhere by now."""
    mine = update(PosterOrder).where(PosterOrder.id == order_id, PosterOrder.state == was.value)
    done = session.execute(mine.values(state=to.value, **values).execution_options(synchronize_session=False))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def media_of(session: Session, *, account_id: int, staff_id: int, digest: str, now: datetime) -> str | None:
    """Return where WeChat still has the same poster; None if it must be brought there."""
    known = select(PosterOrder.media_id).where(
        PosterOrder.staff_id == staff_id,
        PosterOrder.account_id == account_id,
        PosterOrder.digest == digest,
        PosterOrder.media_until > now,
    )
    return session.scalar(known.order_by(PosterOrder.id.desc()).limit(1))


def note_media(
    session: Session, order_id: int, *, digest: str, design_key: str, media_id: str, now: datetime
) -> None:
    """Keep where WeChat has the poster, and which design it is."""
    mine = update(PosterOrder).where(PosterOrder.id == order_id)
    values = {
        "digest": digest,
        "design_key": design_key,
        "media_id": media_id,
        "media_until": now + MEDIA_LIFE,
    }
    session.execute(mine.values(values).execution_options(synchronize_session=False))


def lose_media(session: Session, media_id: str) -> None:
    """Note that WeChat has that file no longer."""
    known = update(PosterOrder).where(PosterOrder.media_id == media_id).values(media_until=None)
    session.execute(known.execution_options(synchronize_session=False))


def is_waiting(session: Session, fan_id: int) -> bool:
    """Tell whether a note waits for the fan."""
    waiting = select(PosterOrder.id).filter_by(fan_id=fan_id, state=OrderState.NOTE.value).limit(1)
    return session.scalar(waiting) is not None


def tell(session: Session, fan_id: int) -> Sequence[int]:
    """Take the notes that wait for the fan, to be told now; of two who ask, one gets each."""
    waiting = select(PosterOrder.id).filter_by(fan_id=fan_id, state=OrderState.NOTE.value)
    return [
        one for one in session.scalars(waiting).all() if move(session, one, OrderState.NOTE, OrderState.TOLD)
    ]


def forget(session: Session, *, now: datetime, limit: int = 1000) -> int:
    """Delete orders of a month ago, at most `limit`; return how many."""
    old = select(PosterOrder.id).where(PosterOrder.asked_at < now - KEPT).limit(limit)
    ids = list(session.scalars(old))
    session.execute(
        delete(PosterOrder).where(PosterOrder.id.in_(ids)).execution_options(synchronize_session=False)
    )
    return len(ids)
