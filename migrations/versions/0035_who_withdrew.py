"""Who withdrew before there was a time for it: their erasing is promised, and that they hear of no offers."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from bot.db.types import DOCUMENT, UtcDateTime

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ERASE, OBJECT = "members.forget_withdrawn", "reach.note_objection"
AT_ONCE = 500


def upgrade() -> None:
    consent = sa.table(
        "consent", *map(sa.column, ("member_id", "fan_id", "kind", "withdrawn_at", "withdrawn_how"))
    )
    fan = sa.table("fan", sa.column("id"), sa.column("member_id"))
    ended = sa.and_(consent.c.kind == "privacy", consent.c.withdrawn_at.is_not(None))
    members = sa.select(consent.c.member_id).where(ended, consent.c.withdrawn_how == "member")
    fans = (
        sa.select(fan.c.id)
        .join(consent, consent.c.fan_id == fan.c.id)
        .where(ended, fan.c.member_id.is_(None))
    )
    wishes = [(ERASE, "member_id", key) for key in op.get_bind().scalars(members.distinct())]
    wishes += [(OBJECT, "fan_id", key) for key in op.get_bind().scalars(fans.distinct())]
    outbox = sa.table(
        "outbox",
        sa.column("job", sa.String),
        sa.column("arguments", DOCUMENT),
        sa.column("waiting_key", sa.String),
        sa.column("state", sa.String),
        sa.column("due_at", UtcDateTime()),
        sa.column("attempts", sa.Integer),
        sa.column("created_at", UtcDateTime()),
    )
    now = datetime.now(UTC)
    rows = [
        {
            "job": job,
            "arguments": {name: key},
            "waiting_key": f"{job}:{key}",
            "state": "waiting",
            "due_at": now,
            "attempts": 0,
            "created_at": now,
        }
        for job, name, key in wishes
    ]
    for start in range(0, len(rows), AT_ONCE):
        op.bulk_insert(outbox, rows[start : start + AT_ONCE])


def downgrade() -> None:
    outbox = sa.table("outbox", sa.column("job"), sa.column("state"))
    op.execute(sa.delete(outbox).where(outbox.c.job.in_([ERASE, OBJECT]), outbox.c.state == "waiting"))
