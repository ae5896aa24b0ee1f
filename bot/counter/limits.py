"""What somebody of the staff may do alone, at once and in a day; above it the back office decides."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.counter.models import CounterDay, CounterLimit
from bot.counter.standing import Place
from bot.db.types import table_of
from bot.db.upsert import insert_where_free

EVERYWHERE = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Money in fen, and points: of one receipt or spend, and of one person's day."""

    receipt_amount: int = 2_000_00
    day_amount: int = 20_000_00
    spend_points: int = 2_000
    day_points: int = 20_000


def of(session: Session, shop_id: int | None) -> Limits:
    """Return what holds in the shop: its own, else everybody's, else the usual. None asks for everybody's."""
    keys = (shop_id or EVERYWHERE, EVERYWHERE)
    rows = session.scalars(select(CounterLimit).where(CounterLimit.shop_key.in_(keys)))
    found = {row.shop_key: row for row in rows}
    row = found.get(keys[0]) or found.get(EVERYWHERE)
    if row is None:
        return Limits()
    return Limits(row.receipt_amount, row.day_amount, row.spend_points, row.day_points)


def put(session: Session, shop_id: int | None, limits: Limits | None, *, by: str, now: datetime) -> None:
    """Set what holds in the shop, or without one where shops say nothing; None takes a shop's own away."""
    key = shop_id or EVERYWHERE
    wanted = select(CounterLimit).where(CounterLimit.shop_key == key)
    row = session.scalar(wanted)
    if limits is None:
        if row is not None:
            session.delete(row)
            session.flush()
        return
    said = {**asdict(limits), "changed_by": by[:64], "changed_at": now}
    if row is None:
        try:
            with session.begin_nested():
                session.add(CounterLimit(shop_key=key, shop_id=shop_id, **said))
                session.flush()
        except IntegrityError:  # somebody else's first, a moment ago
            row = session.scalars(wanted).one()
    if row is not None:
        for name, value in said.items():
            setattr(row, name, value)
        session.flush()


def left(session: Session, place: Place, day: date, limits: Limits) -> Limits:
    """Return what is left of the person's day, as the two limits of the day."""
    wanted = select(CounterDay.amount, CounterDay.points).where(
        CounterDay.staff_id == place.staff_id, CounterDay.shop_id == place.shop_id, CounterDay.day == day
    )
    amount, points = session.execute(wanted).one_or_none() or (0, 0)
    return Limits(
        limits.receipt_amount,
        max(0, limits.day_amount - amount),
        limits.spend_points,
        max(0, limits.day_points - points),
    )


def take(
    session: Session, place: Place, day: date, limits: Limits, *, amount: int = 0, points: int = 0
) -> bool:
    """Count what is done into the person's day; False, and nothing is counted, if it does not fit."""
    row = {"staff_id": place.staff_id, "shop_id": place.shop_id, "day": day, "amount": 0, "points": 0}
    insert_where_free(session.connection(), table_of(CounterDay), [row])
    fits = update(CounterDay).where(
        CounterDay.staff_id == place.staff_id,
        CounterDay.shop_id == place.shop_id,
        CounterDay.day == day,
        CounterDay.amount + amount <= limits.day_amount,
        CounterDay.points + points <= limits.day_points,
    )
    values = {"amount": CounterDay.amount + amount, "points": CounterDay.points + points}
    done = session.execute(fits.values(values).execution_options(synchronize_session=False))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def give_back(session: Session, place: Place, day: date, *, points: int) -> None:
    """Take points out of the person's day again, which came to nothing after all."""
    counted = update(CounterDay).where(
        CounterDay.staff_id == place.staff_id,
        CounterDay.shop_id == place.shop_id,
        CounterDay.day == day,
        CounterDay.points >= points,
    )
    values = {"points": CounterDay.points - points}
    session.execute(counted.values(values).execution_options(synchronize_session=False))
