"""Saved segments as coupons and rules take them along: with the conditions of the moment of saving."""

from collections.abc import Iterable

import orjson
from sqlalchemy import select

from bot.coupons.terms import Circle
from bot.db.scoped import ScopedSession
from bot.segments.models import Segment

MOST = 500


def circles_in(session: ScopedSession, kept: Iterable[Circle] = ()) -> dict[int, Circle]:
    """Return the segments in sight as they are now, and those of `kept` that are not as they were kept."""
    found = {one.id: one for one in kept}
    for row in session.scalars(select(Segment).order_by(Segment.name).limit(MOST)):
        conditions = orjson.dumps(row.document, option=orjson.OPT_SORT_KEYS).decode()
        found[row.id] = Circle(row.id, row.name, conditions)
    return found
