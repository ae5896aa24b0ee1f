"""Where a printed code hangs, until when its older pictures lead anywhere, and why WeChat has not made it."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("channel") as table:
        table.add_column(sa.Column("place", sa.String(length=200), nullable=False, server_default=""))
        table.add_column(sa.Column("previous_ends_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("trouble", sa.String(length=400), nullable=True))
    for name in ("channel_group", "campaign"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("version", BIG, nullable=False, server_default="1"))


def downgrade() -> None:
    for name in ("campaign", "channel_group"):
        with op.batch_alter_table(name) as table:
            table.drop_column("version")
    with op.batch_alter_table("channel") as table:
        for name in ("trouble", "previous_ends_at", "place"):
            table.drop_column(name)
