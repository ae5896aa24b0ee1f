"""Which subscription notices a traveller still accepts, as WeChat's events tell it (protocol §7.2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.reach.models import ReachAccept

TABLE = table_of(ReachAccept)
LONGEST: Final = 64

Entries = Iterable[Mapping[str, str]]


def chosen(session: Session, fan_id: int, entries: Entries, *, now: datetime) -> None:
    """Count an accept for one more notice; a refusal leaves what was accepted before."""
    for entry in entries:
        template_id = entry.get("TemplateId", "")[:LONGEST]
        if template_id and entry.get("SubscribeStatusString") == "accept":
            more = {"remaining": TABLE.c.remaining + 1, "refused_at": None}
            _change(session, fan_id, template_id, more, now=now)
        elif template_id:
            _change(session, fan_id, template_id, {"refused_at": now}, now=now)


def switched_off(session: Session, fan_id: int, entries: Entries, *, now: datetime) -> None:
    """Note that the traveller wants no notice of these templates any more."""
    for entry in entries:
        template_id = entry.get("TemplateId", "")[:LONGEST]
        if template_id and entry.get("SubscribeStatusString") == "reject":
            _change(session, fan_id, template_id, {"remaining": 0, "refused_at": now}, now=now)


def _change(
    session: Session, fan_id: int, template_id: str, values: Mapping[str, Any], *, now: datetime
) -> None:
    """Change the fan's row, which nobody else does meanwhile: the webhook has the fan locked."""
    connection = session.connection()
    mine = (TABLE.c.fan_id == fan_id, TABLE.c.template_id == template_id)
    changed = update(TABLE).where(*mine).values({**values, "changed_at": now})
    if not connection.execute(changed).rowcount:
        new = {"fan_id": fan_id, "template_id": template_id, "remaining": 0, "changed_at": now}
        insert_where_free(connection, TABLE, [new])
        connection.execute(changed)
