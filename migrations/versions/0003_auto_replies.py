"""Auto-replies: hours, dates, a shop's own rules, several answers, versions, hit counts."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("auto_reply") as table:
        table.add_column(sa.Column("shop_id", BIG, nullable=True))
        table.add_column(sa.Column("variants", DOCUMENT, nullable=True))
        table.add_column(sa.Column("choosing", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("weekdays", sa.String(length=7), nullable=True))
        table.add_column(sa.Column("from_time", sa.String(length=5), nullable=True))
        table.add_column(sa.Column("until_time", sa.String(length=5), nullable=True))
        table.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
        table.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        table.add_column(sa.Column("version", BIG, nullable=False, server_default="1"))
        table.create_foreign_key(op.f("fk_auto_reply_shop_id"), "shop", ["shop_id"], ["id"])
    with op.batch_alter_table("auto_reply") as table:
        table.alter_column("version", server_default=None, existing_type=BIG, existing_nullable=False)
    op.create_table(
        "auto_reply_hits",
        sa.Column("rule_id", BIG, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hits", BIG, nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "day", name=op.f("pk_auto_reply_hits")),
        **UTF8,
    )
    op.create_table(
        "auto_reply_hits_mark",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_reply_hits_mark")),
        **UTF8,
    )


def downgrade() -> None:
    op.drop_table("auto_reply_hits_mark")
    op.drop_table("auto_reply_hits")
    with op.batch_alter_table("auto_reply") as table:
        table.drop_constraint(op.f("fk_auto_reply_shop_id"), type_="foreignkey")
        for name in (
            "version",
            "valid_until",
            "valid_from",
            "until_time",
            "from_time",
            "weekdays",
            "choosing",
            "variants",
            "shop_id",
        ):
            table.drop_column(name)
