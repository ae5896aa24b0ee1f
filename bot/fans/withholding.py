"""UnionIDs that were given up and are not learnt again behind the fan's back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.fans.models import Fan, UnionidWithheld

TABLE = table_of(UnionidWithheld)


def withhold(session: Session, fan: Fan, *, now: datetime) -> None:
    """Forget the locked fan's UnionID, and have it not learnt again. Run twice: it is forgotten."""
    fan.unionid = None
    insert_where_free(session.connection(), TABLE, [{"fan_id": fan.id, "withheld_at": now}])


def among(connection: Connection, fan_ids: Collection[int]) -> set[int]:
    """Return which of these fans' UnionIDs are withheld."""
    return set(connection.execute(select(TABLE.c.fan_id).where(TABLE.c.fan_id.in_(list(fan_ids)))).scalars())
