"""Whom a fan was brought by, once, however often they are erased and bind again."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No foreign key: adding one would have every message wait for the table of fans until the end.
    op.add_column("referral", sa.Column("fan_id", BIG, nullable=True))
    referral = sa.table("referral", sa.column("member_id"), sa.column("fan_id"))
    fan = sa.table("fan", sa.column("id"), sa.column("member_id"))
    # Of several the first: any of them tells that the person was brought.
    first = sa.select(sa.func.min(fan.c.id)).where(fan.c.member_id == referral.c.member_id)
    op.execute(sa.update(referral).values(fan_id=first.scalar_subquery()))
    op.create_index(op.f("ix_referral_fan_id"), "referral", ["fan_id"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_referral_fan_id"), "referral")
    op.drop_column("referral", "fan_id")
