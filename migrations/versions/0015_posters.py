"""Posters: designs and their versions, staff's own codes and portraits, and what was asked for in the chat."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _id() -> sa.Column:
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "poster_design",
        _id(),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("published", BIG, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poster_design")),
        sa.UniqueConstraint("key", name=op.f("uq_poster_design_key")),
        **UTF8,
    )
    op.create_table(
        "poster_design_version",
        _id(),
        sa.Column("design_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("assets", DOCUMENT, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["design_id"], ["poster_design.id"], name=op.f("fk_poster_design_version_design_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poster_design_version")),
        sa.UniqueConstraint("design_id", "number", name=op.f("uq_poster_design_version_design_id_number")),
        **UTF8,
    )
    op.create_table(
        "poster_design_shop",
        _id(),
        sa.Column("design_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("branch_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["design_id"], ["poster_design.id"], name=op.f("fk_poster_design_shop_design_id")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_poster_design_shop_shop_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_poster_design_shop_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poster_design_shop")),
        sa.UniqueConstraint("design_id", "shop_id", name=op.f("uq_poster_design_shop_design_id_shop_id")),
        sa.UniqueConstraint("design_id", "branch_id", name=op.f("uq_poster_design_shop_design_id_branch_id")),
        **UTF8,
    )
    op.create_table(
        "staff_poster",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("staff_id", BIG, autoincrement=False, nullable=False),
        sa.Column("shop_id", BIG, autoincrement=False, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("design_key", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_staff_poster_account_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_poster_staff_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_staff_poster_shop_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_staff_poster_channel_id")),
        sa.PrimaryKeyConstraint("account_id", "staff_id", "shop_id", name=op.f("pk_staff_poster")),
        sa.UniqueConstraint("channel_id", name=op.f("uq_staff_poster_channel_id")),
        **UTF8,
    )
    op.create_table(
        "staff_portrait",
        sa.Column("staff_id", BIG, autoincrement=False, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_portrait_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_portrait")),
        **UTF8,
    )
    op.create_table(
        "poster_order",
        _id(),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("staff_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("design_key", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("media_id", sa.String(length=200), nullable=True),
        sa.Column("media_until", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poster_order")),
        **UTF8,
    )
    op.create_index("ix_poster_order_fan_id_state", "poster_order", ["fan_id", "state"])
    op.create_index("ix_poster_order_staff_id_id", "poster_order", ["staff_id", "id"])
    op.create_index(op.f("ix_poster_order_asked_at"), "poster_order", ["asked_at"])
    op.create_table(
        "shop_poster_rank",
        sa.Column("shop_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_poster_rank_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_poster_rank")),
        **UTF8,
    )


def downgrade() -> None:
    for table in (
        "shop_poster_rank",
        "poster_order",
        "staff_portrait",
        "staff_poster",
        "poster_design_shop",
        "poster_design_version",
        "poster_design",
    ):
        op.drop_table(table)
