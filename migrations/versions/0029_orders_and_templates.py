"""When an order lay in the shop, which edit of a coupon's template one has seen, and what never happened."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mall_order", sa.Column("ready_at", UtcDateTime(), nullable=True))
    op.add_column("mall_order", sa.Column("ready_by", sa.String(length=64), nullable=True))
    op.add_column("coupon_template", sa.Column("edits", BIG, nullable=False, server_default="0"))
    op.add_column("earning_occasion", sa.Column("withdrawn_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("earning_occasion", "withdrawn_at")
    op.drop_column("coupon_template", "edits")
    op.drop_column("mall_order", "ready_by")
    op.drop_column("mall_order", "ready_at")
