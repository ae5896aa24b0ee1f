"""Spending points at the counter: the staff asks, points are held, the member answers on their own phone.

The question is good for two minutes, as its hold is.  Whatever is tapped
twice, by whomever, ends it once: answers queue at the member's row.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.counter import actions, limits, standing
from bot.counter.models import ActionKind, CounterSpend, SpendState
from bot.counter.refusals import AboveLimit, AnotherWaits, DayIsFull, NotAtWork
from bot.counter.standing import Place
from bot.members import identities
from bot.moments import HERE
from bot.points import ledger
from bot.points.refusals import HoldOver

GOOD_FOR = timedelta(minutes=2)
SOURCE = "counter"
REASON = "到店抵扣"


def ask(
    session: Session, place: Place, member_id: int, points: int, *, number: str = "", once: str, now: datetime
) -> CounterSpend:
    """Hold the points and ask the member; the same word `once` again is the same question.

    `number` is the receipt they are spent on, if it has one.  Raise
    `AboveLimit`, `DayIsFull`, `AnotherWaits`, `NotEnough`, and what
    `standing.customer` does.
    """
    member = standing.customer(session, place, member_id)
    known = session.scalar(select(CounterSpend).where(CounterSpend.once == once))
    if known is not None:
        return known
    allowed = limits.of(session, place.shop_id)
    if points > allowed.spend_points:
        raise AboveLimit(allowed.spend_points)
    left = limits.left(session, place, now.astimezone(HERE).date(), allowed).day_points
    if points > left:
        raise DayIsFull(left)
    waiting = session.scalar(select(CounterSpend).where(CounterSpend.open_key == member.id))
    if waiting is not None:
        if waiting.until > now:
            raise AnotherWaits(f"member {member.id} is being asked")
        _end(session, waiting, SpendState.EXPIRED, now=now)
    hold = ledger.hold(
        session,
        member.id,
        points,
        key=f"spend:{once}",
        source=SOURCE,
        reason=REASON,
        until=now + GOOD_FOR,
        now=now,
        shop_id=place.shop_id,
        staff_id=place.staff_id,
        reference=f"receipt:{number}" if number else None,
    )
    row = CounterSpend(
        shop_id=place.shop_id,
        staff_id=place.staff_id,
        member_id=member.id,
        open_key=member.id,
        points=points,
        number=number,
        hold_id=hold.id,
        once=once,
        state=SpendState.WAITING.value,
        asked_at=now,
        until=hold.expires_at,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    return row


def waiting_for(session: Session, member_id: int, *, now: datetime) -> CounterSpend | None:
    """Return what the member, or anyone merged into them, is being asked."""
    family = identities.family(session, member_id)
    wanted = select(CounterSpend).where(CounterSpend.open_key.in_(family), CounterSpend.until > now)
    return session.scalar(wanted.order_by(CounterSpend.id.desc()).limit(1))


def latest(session: Session, member_id: int, *, since: datetime) -> CounterSpend | None:
    """Return the question the member was asked last, if it ended after `since`."""
    family = identities.family(session, member_id)
    wanted = select(CounterSpend).where(CounterSpend.member_id.in_(family), CounterSpend.ended_at > since)
    return session.scalar(wanted.order_by(CounterSpend.id.desc()).limit(1))


def of_place(session: Session, place: Place, spend_id: int) -> CounterSpend | None:
    """Return the question that this person asked here; None for another's."""
    row = session.get(CounterSpend, spend_id)
    is_theirs = row is not None and (row.staff_id, row.shop_id) == (place.staff_id, place.shop_id)
    return row if is_theirs else None


def state_of(row: CounterSpend, *, now: datetime) -> SpendState:
    """Return how the question stands: nobody need have ended it for its time to be over."""
    is_over = row.state == SpendState.WAITING and row.until <= now
    return SpendState.EXPIRED if is_over else SpendState(row.state)


def answer(
    session: Session, spend_id: int, *, by_members: Sequence[int], agreed: bool, now: datetime
) -> CounterSpend | None:
    """Spend the points, or let go of them, as the member says; None for a question that is not theirs.

    `by_members` is who answers, with all who were merged into them.  A question
    that is over stays as it ended.  Whoever asked must still work there, and
    have room in their day: else the answer lets go of the points.
    """
    row = session.get(CounterSpend, spend_id)
    if row is None or row.member_id not in by_members:
        return None
    _lock(session, row)
    if row.state != SpendState.WAITING:
        return row
    if row.until <= now:
        _end(session, row, SpendState.EXPIRED, now=now)
    elif not agreed:
        _end(session, row, SpendState.REFUSED, now=now)
    elif not _spent(session, row, now=now):
        _end(session, row, SpendState.CANCELLED, now=now)
    return row


def cancel(session: Session, row: CounterSpend, *, now: datetime) -> None:
    """Take the question back. One that is over stays as it ended."""
    _lock(session, row)
    if row.state == SpendState.WAITING:
        _end(session, row, SpendState.CANCELLED, now=now)


def _spent(session: Session, row: CounterSpend, *, now: datetime) -> bool:
    try:
        place = standing.at(session, row.staff_id, shop_id=row.shop_id)
    except NotAtWork:
        return False
    allowed = limits.of(session, place.shop_id)
    if not limits.take(session, place, now.astimezone(HERE).date(), allowed, points=row.points):
        return False
    try:
        entry = ledger.confirm(session, row.hold_id, now=now)
    except HoldOver:  # a job whose clock is ahead of ours was faster
        limits.give_back(session, place, now.astimezone(HERE).date(), points=row.points)
        return False
    actions.add(
        session,
        place,
        ActionKind.SPEND,
        member_id=row.member_id,
        once=f"spend:{row.once}",
        number=row.number,
        points=row.points,
        entry_id=entry.id,
        now=now,
    )
    row.state, row.open_key, row.ended_at = SpendState.CONFIRMED.value, None, now
    session.flush()
    return True


def _lock(session: Session, row: CounterSpend) -> None:
    identities.root(session, row.member_id)
    session.refresh(row)


def _end(session: Session, row: CounterSpend, state: SpendState, *, now: datetime) -> None:
    ledger.release(session, row.hold_id, now=now)
    row.state, row.open_key, row.ended_at = state.value, None, now
    session.flush()
