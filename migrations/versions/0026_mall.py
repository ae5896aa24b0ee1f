"""The mall: goods and who supplies them, orders, and points paid out as money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
SHA256 = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None
TABLES = (
    "mall_rebate",
    "mall_rebate_wish",
    "mall_rebate_terms",
    "mall_order",
    "mall_take",
    "mall_picture",
    "mall_item_shop",
    "mall_item",
    "mall_category",
    "mall_merchant_user",
    "mall_merchant",
)


def upgrade() -> None:
    _merchants()
    _goods()
    _orders()
    _rebates()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)


def _merchants() -> None:
    op.create_table(
        "mall_merchant",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_merchant")),
        sa.UniqueConstraint("name", name=op.f("uq_mall_merchant_name")),
        **UTF8,
    )
    op.create_table(
        "mall_merchant_user",
        sa.Column("user_id", BIG, autoincrement=False, nullable=False),
        sa.Column("merchant_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["mall_merchant.id"],
            name=op.f("fk_mall_merchant_user_merchant_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_mall_merchant_user_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mall_merchant_user")),
        **UTF8,
    )
    op.create_index(op.f("ix_mall_merchant_user_merchant_id"), "mall_merchant_user", ["merchant_id"])
    op.create_table(
        "mall_category",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_category")),
        sa.UniqueConstraint("name", name=op.f("uq_mall_category_name")),
        **UTF8,
    )


def _goods() -> None:
    op.create_table(
        "mall_item",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("category_id", BIG, nullable=False),
        sa.Column("merchant_id", BIG, nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("template_id", BIG, nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.Column("cash", BIG, nullable=False),
        sa.Column("stock", BIG, nullable=True),
        sa.Column("limit_times", BIG, nullable=True),
        sa.Column("limit_window", sa.String(length=16), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=True),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("can_pick_up", sa.Boolean(), nullable=False),
        sa.Column("can_deliver", sa.Boolean(), nullable=False),
        sa.Column("hold_days", BIG, nullable=False),
        sa.Column("levels", DOCUMENT, nullable=False),
        sa.Column("on_shelf", sa.Boolean(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_mall_item_points")),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_mall_item_stock")),
        sa.CheckConstraint("cash >= 0", name=op.f("ck_mall_item_cash")),
        sa.CheckConstraint("limit_times IS NULL OR limit_times > 0", name=op.f("ck_mall_item_limit_times")),
        sa.ForeignKeyConstraint(["category_id"], ["mall_category.id"], name=op.f("fk_mall_item_category_id")),
        sa.ForeignKeyConstraint(["merchant_id"], ["mall_merchant.id"], name=op.f("fk_mall_item_merchant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_item")),
        **UTF8,
    )
    op.create_index(op.f("ix_mall_item_category_id"), "mall_item", ["category_id"])
    op.create_index(op.f("ix_mall_item_merchant_id"), "mall_item", ["merchant_id"])
    op.create_index(op.f("ix_mall_item_on_shelf_position"), "mall_item", ["on_shelf", "position"])
    op.create_table(
        "mall_item_shop",
        sa.Column("item_id", BIG, autoincrement=False, nullable=False),
        sa.Column("shop_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["mall_item.id"], name=op.f("fk_mall_item_shop_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_mall_item_shop_shop_id")),
        sa.PrimaryKeyConstraint("item_id", "shop_id", name=op.f("pk_mall_item_shop")),
        **UTF8,
    )
    op.create_table(
        "mall_picture",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("item_id", BIG, nullable=False),
        sa.Column("large_id", BIG, nullable=False),
        sa.Column("small_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["mall_item.id"], name=op.f("fk_mall_picture_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_picture")),
        **UTF8,
    )
    op.create_index(op.f("ix_mall_picture_item_id"), "mall_picture", ["item_id"])


def _orders() -> None:
    op.create_table(
        "mall_take",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("item_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("span", sa.String(length=16), nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_mall_take_taken")),
        sa.ForeignKeyConstraint(["item_id"], ["mall_item.id"], name=op.f("fk_mall_take_item_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_mall_take_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_take")),
        sa.UniqueConstraint("item_id", "member_id", "span", name=op.f("uq_mall_take_item_id_member_id_span")),
        **UTF8,
    )
    op.create_table(
        "mall_order",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("item_id", BIG, nullable=False),
        sa.Column("merchant_id", BIG, nullable=True),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("item_name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("cash", BIG, nullable=False),
        sa.Column("span", sa.String(length=16), nullable=True),
        sa.Column("counts_stock", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("once", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("code_index", SHA256, nullable=False),
        sa.Column("hold_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("coupon_id", BIG, nullable=True),
        sa.Column("address", sa.String(length=1000), nullable=True),
        sa.Column("carrier", sa.String(length=32), nullable=True),
        sa.Column("tracking", sa.String(length=40), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("refunded_at", UtcDateTime(), nullable=True),
        sa.Column("refunded_by", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_mall_order_points")),
        sa.ForeignKeyConstraint(["entry_id"], ["point_entry.id"], name=op.f("fk_mall_order_entry_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["point_hold.id"], name=op.f("fk_mall_order_hold_id")),
        sa.ForeignKeyConstraint(["item_id"], ["mall_item.id"], name=op.f("fk_mall_order_item_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_mall_order_member_id")),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["mall_merchant.id"], name=op.f("fk_mall_order_merchant_id")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_mall_order_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_order")),
        sa.UniqueConstraint("code_index", name=op.f("uq_mall_order_code_index")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_mall_order_hold_id")),
        sa.UniqueConstraint("member_id", "once", name=op.f("uq_mall_order_member_id_once")),
        **UTF8,
    )
    op.create_index(op.f("ix_mall_order_item_id"), "mall_order", ["item_id"])
    op.create_index(op.f("ix_mall_order_merchant_id_id"), "mall_order", ["merchant_id", "id"])
    op.create_index(op.f("ix_mall_order_shop_id_id"), "mall_order", ["shop_id", "id"])
    op.create_index(op.f("ix_mall_order_state_expires_at"), "mall_order", ["state", "expires_at"])


def _rebates() -> None:
    op.create_table(
        "mall_rebate_terms",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("points_per_yuan", BIG, nullable=False),
        sa.Column("least_points", BIG, nullable=False),
        sa.Column("is_monthly", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("least_points > 0", name=op.f("ck_mall_rebate_terms_least_points")),
        sa.CheckConstraint("points_per_yuan > 0", name=op.f("ck_mall_rebate_terms_points_per_yuan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_rebate_terms")),
        **UTF8,
    )
    op.create_table(
        "mall_rebate_wish",
        sa.Column("member_id", BIG, autoincrement=False, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_mall_rebate_wish_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_mall_rebate_wish")),
        **UTF8,
    )
    op.create_table(
        "mall_rebate",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("fen", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.Column("hold_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("asked_by_id", BIG, nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("exported_by", sa.String(length=64), nullable=True),
        sa.Column("exported_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.CheckConstraint("fen > 0", name=op.f("ck_mall_rebate_fen")),
        sa.CheckConstraint("points > 0", name=op.f("ck_mall_rebate_points")),
        sa.ForeignKeyConstraint(["entry_id"], ["point_entry.id"], name=op.f("fk_mall_rebate_entry_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["point_hold.id"], name=op.f("fk_mall_rebate_hold_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_mall_rebate_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_rebate")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_mall_rebate_hold_id")),
        sa.UniqueConstraint("once", name=op.f("uq_mall_rebate_once")),
        **UTF8,
    )
    op.create_index(op.f("ix_mall_rebate_member_id"), "mall_rebate", ["member_id"])
    op.create_index(op.f("ix_mall_rebate_state_id"), "mall_rebate", ["state", "id"])
