"""Long lists, what is written from the back office, and the figures of a day."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A fan's shop rarely changes, so this is written for new fans and not for messages.
    op.create_index("ix_fan_last_shop_id_id", "fan", ["last_shop_id", "id"])
    # Messages arrive in the order of this index: each is added at its right end, on a page that is in memory.
    op.create_index("ix_message_received_at_id", "message", ["received_at", "id"])
    op.create_table(
        "office_reply",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("reply", DOCUMENT, nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("promise_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_reply")),
        **UTF8,
    )
    op.create_index("ix_office_reply_fan_id_id", "office_reply", ["fan_id", "id"])
    op.create_table(
        "daily_figure",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("follows", BIG, nullable=False),
        sa.Column("leaves", BIG, nullable=False),
        sa.Column("messages", BIG, nullable=False),
        sa.Column("by_rule", BIG, nullable=False),
        sa.Column("by_agent", BIG, nullable=False),
        sa.Column("by_default", BIG, nullable=False),
        sa.Column("by_nobody", BIG, nullable=False),
        sa.Column("active_fans", BIG, nullable=False),
        sa.Column("rebuilt_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_figure")),
        sa.UniqueConstraint(
            "day", "account_id", "shop_id", name=op.f("uq_daily_figure_day_account_id_shop_id")
        ),
        **UTF8,
    )


def downgrade() -> None:
    op.drop_table("daily_figure")
    op.drop_table("office_reply")
    op.drop_index("ix_message_received_at_id", "message")
    op.drop_index("ix_fan_last_shop_id_id", "fan")
