"""How long a place in line takes: said only where the last hour tells."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk.request_models import DeskRequest

LOOKED_BACK = timedelta(hours=1)
ENOUGH = 3  # fewer travellers than these tell nothing
LONGEST = 60  # minutes; beyond, nobody can say


def minutes(
    session: Session, account_id: int, shop_id: int | None, place: int, *, now: datetime
) -> int | None:
    """Return about how many minutes the traveller at `place` will wait; None where nobody can say.

    As many travellers as were given to an agent within the last hour after
    standing in this shop's line will be in the next one.
    """
    wanted = select(func.count(), func.min(DeskRequest.claimed_at)).where(
        DeskRequest.account_id == account_id,
        DeskRequest.shop_id == shop_id,
        DeskRequest.asked_at > now - LOOKED_BACK - timedelta(hours=1),
        DeskRequest.claimed_at > now - LOOKED_BACK,
        DeskRequest.waiting_since.is_not(None),
    )
    served, first = session.execute(wanted).one()
    return estimate(served, (now - first).total_seconds() if first else 0.0, place)


def estimate(served: int, seconds: float, place: int) -> int | None:
    """Return the minutes until `place` is reached when `served` were in `seconds`; None if nobody can say."""
    if served < ENOUGH or seconds <= 0:
        return None
    about = -(-place * seconds // (served * 60))
    return max(1, int(about)) if about <= LONGEST else None
