"""When WeChat last refused a code, so that a temporary one is tried again; auto-replies of one code."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, UtcDateTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel", sa.Column("refused_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("auto_reply") as table:
        table.add_column(sa.Column("channel_id", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_auto_reply_channel_id"), "channel", ["channel_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("auto_reply") as table:
        table.drop_constraint(op.f("fk_auto_reply_channel_id"), type_="foreignkey")
        table.drop_column("channel_id")
    op.drop_column("channel", "refused_at")
