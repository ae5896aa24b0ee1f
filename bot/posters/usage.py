"""How often designs are used, as far as the session may see."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.posters.models import PosterOrder, StaffPoster

LATELY = timedelta(days=30)


def chosen(session: Session) -> dict[str, int]:
    """Return how many of the staff have chosen each design, by its key."""
    wanted = (
        select(StaffPoster.design_key, func.count())
        .where(StaffPoster.design_key.is_not(None))
        .group_by(StaffPoster.design_key)
    )
    return {str(key): int(number) for key, number in session.execute(wanted)}


def sent(session: Session, *, now: datetime) -> dict[str, int]:
    """Return how many posters of each design were asked for in the chat lately, by its key."""
    wanted = (
        select(PosterOrder.design_key, func.count())
        .where(PosterOrder.design_key.is_not(None), PosterOrder.asked_at > now - LATELY)
        .group_by(PosterOrder.design_key)
    )
    return {str(key): int(number) for key, number in session.execute(wanted)}
