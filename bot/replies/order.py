"""The order in which the rules of one trigger are asked."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.replies.models import AutoReply
from bot.replies.rules import nearness, precedence

STEP = 10


def may_stand_together(row: AutoReply, other: AutoReply) -> bool:
    """Tell whether one may be moved beside the other: a code's or shop's come first wherever they are."""
    return row.trigger == other.trigger and nearness(row) == nearness(other)


def put(session: Session, row: AutoReply, neighbour: AutoReply, *, before: bool) -> None:
    """Have `row` asked right before `neighbour`, or right after it."""
    if row.id == neighbour.id:
        return
    found = session.scalars(select(AutoReply).where(AutoReply.trigger == row.trigger))
    rows = sorted((one for one in found if one.id != row.id), key=precedence)
    place = next(number for number, one in enumerate(rows) if one.id == neighbour.id)
    rows.insert(place if before else place + 1, row)
    for number, one in enumerate(rows):
        wanted = (len(rows) - number) * STEP
        if one.priority != wanted:
            session.execute(update(AutoReply).where(AutoReply.id == one.id).values(priority=wanted))


def first(session: Session, trigger: str) -> int:
    """Return the priority of a new rule: it is asked before the older ones of its trigger."""
    highest = session.scalar(select(func.max(AutoReply.priority)).where(AutoReply.trigger == trigger))
    return (highest or 0) + STEP
