"""The counter: limits, days, questions and actions; city and interests of members."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
TABLES = ("counter_action", "counter_spend", "counter_day", "counter_limit")


def upgrade() -> None:
    op.add_column("member", sa.Column("city", sa.String(length=400), nullable=True))
    op.add_column("member", sa.Column("interests", sa.String(length=400), nullable=True))
    _limits()
    _spends()
    _actions()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
    with op.batch_alter_table("member") as member:
        member.drop_column("interests")
        member.drop_column("city")


def _limits() -> None:
    op.create_table(
        "counter_limit",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_key", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("receipt_amount", BIG, nullable=False),
        sa.Column("day_amount", BIG, nullable=False),
        sa.Column("spend_points", BIG, nullable=False),
        sa.Column("day_points", BIG, nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "receipt_amount >= 0 AND day_amount >= 0 AND spend_points >= 0 AND day_points >= 0",
            name=op.f("ck_counter_limit_not_negative"),
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_counter_limit_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_limit")),
        sa.UniqueConstraint("shop_key", name=op.f("uq_counter_limit_shop_key")),
        **UTF8,
    )
    op.create_table(
        "counter_day",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("staff_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.CheckConstraint("amount >= 0 AND points >= 0", name=op.f("ck_counter_day_not_negative")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_counter_day_staff_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_counter_day_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_day")),
        sa.UniqueConstraint("staff_id", "shop_id", "day", name=op.f("uq_counter_day_staff_id_shop_id_day")),
        **UTF8,
    )


def _spends() -> None:
    op.create_table(
        "counter_spend",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("staff_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("open_key", BIG, nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("hold_id", BIG, nullable=False),
        sa.Column("once", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_counter_spend_points")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_counter_spend_shop_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_counter_spend_staff_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_counter_spend_member_id")),
        sa.ForeignKeyConstraint(["hold_id"], ["point_hold.id"], name=op.f("fk_counter_spend_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_spend")),
        sa.UniqueConstraint("once", name=op.f("uq_counter_spend_once")),
        sa.UniqueConstraint("open_key", name=op.f("uq_counter_spend_open_key")),
        **UTF8,
    )
    op.create_index(op.f("ix_counter_spend_member_id"), "counter_spend", ["member_id"])


def _actions() -> None:
    op.create_table(
        "counter_action",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("user_id", BIG, nullable=True),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("purchase_id", BIG, nullable=True),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("about_id", BIG, nullable=True),
        sa.Column("once", sa.String(length=64), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_counter_action_shop_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_counter_action_staff_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_counter_action_member_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_counter_action_purchase_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["point_entry.id"], name=op.f("fk_counter_action_entry_id")),
        sa.ForeignKeyConstraint(["about_id"], ["counter_action.id"], name=op.f("fk_counter_action_about_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_action")),
        sa.UniqueConstraint("once", name=op.f("uq_counter_action_once")),
        sa.UniqueConstraint("about_id", name=op.f("uq_counter_action_about_id")),
        **UTF8,
    )
    for columns in (["shop_id", "id"], ["staff_id", "id"], ["member_id", "id"]):
        op.create_index(op.f(f"ix_counter_action_{'_'.join(columns)}"), "counter_action", columns)
