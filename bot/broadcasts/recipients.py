"""Who is in which call of WeChat's mass send: two to ten thousand each, four times a month each fan.

Offers go by the planner's rules here, too: objection, consent, so many a week.
The planner's own recipients are its notices (`bot.reach`).
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot.broadcasts.models import Broadcast, MassRecipient, MassSend, MassState, Way
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.moments import HERE
from bot.reach import barring, intents, settings
from bot.reach.models import Reason

# One below WeChat's most: a single fan who is left over at the end finds a place in the call before.
EACH: Final = 9_999
A_MONTH: Final = 4
LEAST: Final = 2  # fans in a call (40130)
AT_ONCE: Final = 1_000


class LeftOut(StrEnum):
    """Why a fan is in no call, besides the planner's rules."""

    MONTH_LIMIT = "month_limit"
    ALONE = "alone"


def month_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the first moment of this month, here, and of the next."""
    first = now.astimezone(HERE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)


def used_up(now: datetime) -> Select[int]:
    """Select the fans who had their four mass sends this month, as far as ours by OpenIDs go.

    It counts in the month in which it was called, which is the next one's for some that are laid in the
    evening; what waits for that may go in this one.  What failed or was called off came to nobody.
    """
    first, following = month_of(now)
    before, _first = month_of(first - timedelta(days=1))
    came_to_nobody = (MassState.FAILED.value, MassState.CANCELLED.value)
    went_at = func.coalesce(MassSend.called_at, MassRecipient.laid_at)
    return (
        select(MassRecipient.fan_id)
        .outerjoin(MassSend, MassSend.id == MassRecipient.mass_send_id)
        .where(MassRecipient.laid_at >= before, MassRecipient.mass_send_id.is_not(None))
        .where(or_(MassSend.id.is_(None), MassSend.state.not_in(came_to_nobody)))
        .where(or_(MassSend.state == MassState.PLANNED.value, and_(went_at >= first, went_at < following)))
        .group_by(MassRecipient.fan_id)
        .having(func.count() >= A_MONTH)
    )


def massed(session: Session, fan_ids: Collection[int], since: datetime) -> dict[int, int]:
    """Return how many offers by mass send each fan had since then, or is about to have; none are missing."""
    came_to_nobody = (MassState.FAILED.value, MassState.CANCELLED.value)
    offers = [name for name, intent in intents.INTENTS.items() if intent.capped]
    wanted = (
        select(MassRecipient.fan_id, func.count())
        .join(MassSend, MassSend.id == MassRecipient.mass_send_id)
        .join(Broadcast, Broadcast.id == MassRecipient.broadcast_id)
        .where(MassRecipient.fan_id.in_(list(fan_ids)), MassRecipient.laid_at > since)
        .where(MassSend.state.not_in(came_to_nobody), Broadcast.intent.in_(offers))
        .group_by(MassRecipient.fan_id)
    )
    with beyond_scope(session):  # theirs and the group's broadcasts count alike
        return {row[0]: row[1] for row in session.execute(wanted)}


def left_out(
    session: Session, broadcast: Broadcast, fan_ids: Collection[int], *, now: datetime
) -> dict[int, LeftOut | Reason]:
    """Return who of the fans gets no mass send of it, and why."""
    had_four = used_up(now).where(MassRecipient.fan_id.in_(fan_ids))
    with beyond_scope(session):  # another shop's send that failed has to be seen to have failed
        out: dict[int, LeftOut | Reason] = dict.fromkeys(session.scalars(had_four), LeftOut.MONTH_LIMIT)
    rules, intent = settings.load(session, broadcast.account_id), intents.of(broadcast.intent)
    return out | barring.barred(session, fan_ids, intent, rules, now=now, besides=massed)


def lay_mass(session: Session, broadcast: Broadcast, fan_ids: Sequence[int], *, now: datetime) -> int:
    """Put the fans into calls, filling one after another; return how many were put.

    The broadcast is locked; a fan who is in it already stays where they are.
    """
    if broadcast.way == Way.MASS_TAG:
        _mass_send(session, broadcast, number=1)
        return 0
    known = select(MassRecipient.fan_id).where(
        MassRecipient.broadcast_id == broadcast.id, MassRecipient.fan_id.in_(fan_ids)
    )
    new = set(fan_ids) - set(session.scalars(known))
    out = left_out(session, broadcast, new, now=now)
    rows = [_row(broadcast, fan_id, None, out[fan_id], now) for fan_id in sorted(new & set(out))]
    waiting = sorted(new - set(out))
    last = session.scalar(
        select(MassSend)
        .where(MassSend.broadcast_id == broadcast.id)
        .order_by(MassSend.number.desc())
        .limit(1)
    )
    while waiting:
        if last is None or last.recipients >= EACH:
            last = _mass_send(session, broadcast, number=last.number + 1 if last else 1)
        some, waiting = waiting[: EACH - last.recipients], waiting[EACH - last.recipients :]
        rows += [_row(broadcast, fan_id, last.id, None, now) for fan_id in some]
        last.recipients += len(some)
    session.flush()
    if rows:
        insert_where_free(session.connection(), table_of(MassRecipient), rows)
    return sum(row["mass_send_id"] is not None for row in rows)


def finish_mass(session: Session, broadcast: Broadcast, *, now: datetime) -> None:
    """See to a call with one fan, which WeChat does not take (40130): they join the call before.

    Where there is none before, nobody gets it, and the fan's row says why.
    """
    if broadcast.way != Way.MASS_OPENIDS:
        return
    rows = session.scalars(
        select(MassSend).where(MassSend.broadcast_id == broadcast.id).order_by(MassSend.number)
    ).all()
    if not rows or rows[-1].recipients != 1:
        return
    single = update(MassRecipient).where(MassRecipient.mass_send_id == rows[-1].id)
    if len(rows) > 1:
        session.execute(single.values(mass_send_id=rows[-2].id))
        rows[-2].recipients += 1
    else:
        session.execute(single.values(mass_send_id=None, reason=LeftOut.ALONE.value))
    rows[-1].recipients = 0
    rows[-1].state, rows[-1].finished_at = MassState.CANCELLED.value, now


def let_go_changed(session: Session, broadcast: Broadcast, mass: MassSend, *, now: datetime) -> None:
    """Leave out who has objected since they were put into the call; called off with fewer than two left.

    Hours may lie between the two, the quiet ones above all.  For a call that was not made yet.
    """
    if broadcast.way != Way.MASS_OPENIDS:
        return
    rules = settings.load(session, broadcast.account_id)
    intent = replace(intents.of(broadcast.intent), capped=False)  # this one of them counts already
    theirs = select(MassRecipient.fan_id).where(MassRecipient.mass_send_id == mass.id)
    ids = session.scalars(theirs.order_by(MassRecipient.fan_id)).all()
    out: dict[int, str] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        barred = barring.barred(session, some, intent, rules, now=now)
        out |= {fan_id: why.value for fan_id, why in barred.items()}
    if len(ids) - len(out) < LEAST:
        out = {fan_id: out.get(fan_id, LeftOut.ALONE.value) for fan_id in ids}
        mass.state, mass.finished_at = MassState.CANCELLED.value, now
    for why in set(out.values()):
        left = [fan_id for fan_id, reason in out.items() if reason == why]
        of_it = update(MassRecipient).where(
            MassRecipient.mass_send_id == mass.id, MassRecipient.fan_id.in_(left)
        )
        session.execute(of_it.values(mass_send_id=None, reason=why))
    mass.recipients -= len(out)


def _mass_send(session: Session, broadcast: Broadcast, *, number: int) -> MassSend:
    row = MassSend(
        broadcast_id=broadcast.id,
        account_id=broadcast.account_id,
        number=number,
        state=MassState.PLANNED.value,
        client_id=f"b{broadcast.id}n{number}{secrets.token_hex(4)}"[:32],
        recipients=0,
    )
    session.add(row)
    session.flush()
    return row


def _row(
    broadcast: Broadcast, fan_id: int, mass_id: int | None, why: LeftOut | Reason | None, now: datetime
) -> dict[str, object]:
    return {
        "broadcast_id": broadcast.id,
        "fan_id": fan_id,
        "mass_send_id": mass_id,
        "reason": why.value if why else None,
        "laid_at": now,
    }
