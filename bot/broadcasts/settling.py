"""Finding what is due, and ending what is over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.broadcasts import deciding, massing
from bot.broadcasts.models import Broadcast, BroadcastState, MassSend, MassState, Way
from bot.outbox.models import Promise
from bot.outbox.promises import promise
from bot.reach.models import NoticeState, ReachNotice
from bot.tags import needs

LATE: Final = timedelta(minutes=2)
UNHEARD: Final = timedelta(minutes=40)  # the administrator has thirty to agree
MOST: Final = 20
UNSENT: Final = (NoticeState.WAITING, NoticeState.HELD, NoticeState.CALLING)
ASKED: Final = {"SEND_SUCCESS": massing.SUCCESS, "SEND_FAIL": "send fail", "DELETE": "deleted"}


def promise_due(session: Session, *, now: datetime) -> None:
    """Promise again what nobody does any more: to lay down what is due, and to give up silent calls.

    What still waits under its key is left alone: a broadcast with a rate waits for its next slice.
    """
    late = now - LATE
    approved = select(Broadcast.id).where(
        Broadcast.state == BroadcastState.APPROVED.value,
        (Broadcast.send_at <= late) | (Broadcast.send_at.is_(None) & (Broadcast.approved_at <= late)),
    )
    going = select(Broadcast.id).where(
        Broadcast.state == BroadcastState.SENDING.value,
        Broadcast.laid_at.is_(None),
        Broadcast.started_at <= late,
    )
    silent = select(MassSend.id).where(
        MassSend.state.in_([MassState.CALLING.value, MassState.CONFIRMING.value]),
        MassSend.called_at < now - massing.ASKED_AGAIN_FOR,
    )
    wishes = [deciding.lay_wish(one, now) for wanted in (approved, going) for one in session.scalars(wanted)]
    wishes += [deciding.call_wish(one, now) for one in session.scalars(silent)]
    keys = [wish.key for wish in wishes]
    waiting = set(session.scalars(select(Promise.waiting_key).where(Promise.waiting_key.in_(keys))))
    for wish in [wish for wish in wishes if wish.key not in waiting][:MOST]:
        promise(session, wish, now=now)


def unheard(session: Session, *, now: datetime) -> list[tuple[int, int, int]]:
    """Return the sends whose report should have come: their id, account, and WeChat's number."""
    wanted = select(MassSend.id, MassSend.account_id, MassSend.msg_id).where(
        MassSend.state == MassState.ACCEPTED.value, MassSend.called_at <= now - UNHEARD
    )
    return [
        (row[0], row[1], row[2])
        for row in session.execute(wanted.order_by(MassSend.called_at).limit(MOST))
        if row[2] is not None
    ]


def told(session: Session, mass_id: int, status: str, *, now: datetime) -> None:
    """Note what WeChat says when asked: no counts. A report that comes later brings them."""
    mass = session.scalar(select(MassSend).where(MassSend.id == mass_id).with_for_update())
    said = ASKED.get(status)
    if mass is None or mass.state != MassState.ACCEPTED or said is None:
        return
    mass.state = (MassState.DONE if said == massing.SUCCESS else MassState.FAILED).value
    mass.status, mass.finished_at = said, now


def end(session: Session, *, accounts: Mapping[str, Any], now: datetime) -> None:
    """End the broadcasts of which nothing is left to send; notes may still wait for a fan's next deed."""
    names = {one.id: one.name for one in accounts.values()}
    laid = select(Broadcast.id).where(
        Broadcast.state == BroadcastState.SENDING.value, Broadcast.laid_at.is_not(None)
    )
    for broadcast_id in session.scalars(laid.order_by(Broadcast.id)).all():
        broadcast = deciding.locked(session, broadcast_id)
        if broadcast is None or broadcast.state != BroadcastState.SENDING:
            continue
        if _is_anything_left(session, broadcast):
            continue
        broadcast.state, broadcast.ended_at = BroadcastState.DONE.value, now
        deciding.let_go(session, broadcast)
        if broadcast.way == Way.MASS_TAG and broadcast.account_id in names:
            drop_need(session, broadcast, account=names[broadcast.account_id], now=now)


def drop_need(session: Session, broadcast: Broadcast, *, account: str, now: datetime) -> None:
    """WeChat need not know the tag on this broadcast's account any more."""
    needs.put(
        session, account=account, account_id=broadcast.account_id, why=broadcast.batch, tag_ids=(), now=now
    )


def _is_anything_left(session: Session, broadcast: Broadcast) -> bool:
    if broadcast.way == Way.PLANNER:
        wanted = select(ReachNotice.id).where(
            ReachNotice.batch == broadcast.batch, ReachNotice.state.in_([one.value for one in UNSENT])
        )
    else:
        wanted = select(MassSend.id).where(
            MassSend.broadcast_id == broadcast.id, MassSend.state.in_([one.value for one in massing.OPEN])
        )
    return session.scalar(wanted.limit(1)) is not None
