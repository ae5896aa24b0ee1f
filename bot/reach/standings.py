"""What we have learnt of writing to a fan: what WeChat refused, what is left of a window, who objected."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from bot.consents import consents
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_or_change, insert_where_free
from bot.fans.models import Fan
from bot.reach import judging
from bot.reach.judging import Facts
from bot.reach.models import ReachStanding

TABLE = table_of(ReachStanding)
BY_WORD, BY_LEAVING = "word", "left_membership"


def learn(session: Session, fan_id: int, values: Mapping[str, Any]) -> None:
    """Keep `values` of the fan's standing; the row is made if there is none."""
    with beyond_scope(session):
        connection = session.connection()
        changed = update(TABLE).where(TABLE.c.fan_id == fan_id).values(dict(values))
        if not connection.execute(changed).rowcount:
            insert_where_free(connection, TABLE, [{"fan_id": fan_id, "sent_count": 0}])
            connection.execute(changed)


def count_since(session: Session, fan_id: int, since: datetime) -> None:
    """Count one message of ours in the window that the deed at `since` opened."""
    with beyond_scope(session):
        insert_or_change(
            session.connection(),
            TABLE,
            {"fan_id": fan_id, "sent_count": 1, "sent_since": since},
            key="fan_id",
            change=lambda new: {
                # In this order: MySQL sets one after the other, and the count asks for the window of before.
                "sent_count": case((TABLE.c.sent_since == new.sent_since, TABLE.c.sent_count + 1), else_=1),
                "sent_since": new.sent_since,
            },
        )


def count(session: Session, fan_id: int, *, now: datetime) -> None:
    """Count a customer-service message that somebody else has sent; nothing outside every window."""
    columns = (Fan.last_message_at, Fan.last_interaction_at)
    row = session.execute(select(*columns).where(Fan.id == fan_id)).one_or_none()
    if row is None:
        return
    found = judging.window(Facts(last_message_at=row[0], last_interaction_at=row[1]), now)
    if found is not None:
        count_since(session, fan_id, found[0])


def sent_since(session: Session, fan_id: int, since: datetime) -> int:
    """Return how many messages were counted in the window that the deed at `since` opened."""
    wanted = select(ReachStanding.sent_count).where(
        ReachStanding.fan_id == fan_id, ReachStanding.sent_since == since
    )
    return session.scalar(wanted) or 0


def has_opted_out(session: Session, fan_id: int) -> bool:
    """Tell whether the fan wants no marketing."""
    wanted = select(ReachStanding.opted_out_at).where(ReachStanding.fan_id == fan_id)
    return session.scalar(wanted) is not None


def opt_out(session: Session, *, fan_id: int, member_id: int | None, how: str, now: datetime) -> None:
    """Send the fan no marketing from now on, and end a member's agreement to it. Twice: as it was.

    It holds until `opt_in`, though the fan become a member with another agreement.
    """
    if not has_opted_out(session, fan_id):
        learn(session, fan_id, {"opted_out_at": now, "opted_out_how": how[:32]})
    if member_id is not None:
        consents.withdraw_marketing(session, member_id=member_id, now=now, how=how)


def opt_in(session: Session, *, fan_id: int, member_id: int | None, now: datetime) -> bool:
    """Let the fan have marketing again, and note a member's agreement; False for who never opted out."""
    if not has_opted_out(session, fan_id):
        return False
    learn(session, fan_id, {"opted_out_at": None, "opted_out_how": None})
    if member_id is not None:
        consents.give_marketing(session, member_id=member_id, fan_id=fan_id, now=now)
    return True


def come_back(session: Session, *, fan_id: int, member_id: int) -> bool:
    """Take back the objection of a fan who was only let go, and is the member's again who wants offers.

    False where nothing is taken back: what they said in words stands.
    """
    asked = select(ReachStanding.opted_out_how).where(
        ReachStanding.fan_id == fan_id, ReachStanding.opted_out_at.is_not(None)
    )
    if session.scalar(asked) != BY_LEAVING or consents.has_fallen_silent(session, member_id=member_id):
        return False
    learn(session, fan_id, {"opted_out_at": None, "opted_out_how": None})
    return True
