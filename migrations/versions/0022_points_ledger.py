"""The points ledger: accounts, lots, entries, allocations and holds."""

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

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "point_check",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("above", BIG, nullable=False),
        sa.Column("findings", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_check")),
        **UTF8,
    )
    op.create_table(
        "point_limit",
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_point_limit_points")),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_point_limit")),
        **UTF8,
    )
    op.create_table(
        "point_month",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("shop_key", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("issued", BIG, nullable=False),
        sa.Column("spent", BIG, nullable=False),
        sa.Column("clawed_back", BIG, nullable=False),
        sa.Column("expired", BIG, nullable=False),
        sa.Column("adjusted", BIG, nullable=False),
        sa.Column("repaid", BIG, nullable=False),
        sa.Column("outstanding", BIG, nullable=False),
        sa.Column("spent_here", BIG, nullable=False),
        sa.Column("added_up_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_month")),
        sa.UniqueConstraint("month", "shop_key", name=op.f("uq_point_month_month_shop_key")),
        **UTF8,
    )
    op.create_table(
        "point_account",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("balance", BIG, nullable=False),
        sa.Column("debt", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("debt >= 0", name=op.f("ck_point_account_debt")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_point_account_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_account")),
        sa.UniqueConstraint("member_id", name=op.f("uq_point_account_member_id")),
        **UTF8,
    )
    op.create_index("ix_point_account_balance", "point_account", ["balance"])
    op.create_table(
        "point_adjustment",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_by_id", BIG, nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("once", sa.String(length=32), nullable=True),
        sa.CheckConstraint("points <> 0", name=op.f("ck_point_adjustment_points")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_point_adjustment_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_adjustment")),
        sa.UniqueConstraint("once", name=op.f("uq_point_adjustment_once")),
        **UTF8,
    )
    op.create_index("ix_point_adjustment_member_id", "point_adjustment", ["member_id"])
    op.create_index("ix_point_adjustment_state_id", "point_adjustment", ["state", "id"])
    op.create_table(
        "point_entry",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("input_hash", SHA256, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("about_id", BIG, nullable=True),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("campaign_id", BIG, nullable=True),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('earn', 'refund') AND points > 0) OR (kind IN ('spend', 'expire') AND points < 0) OR (kind = 'claw_back' AND points <= 0) OR (kind IN ('repay', 'renew') AND points = 0) OR (kind = 'adjust' AND points <> 0)",
            name=op.f("ck_point_entry_sign"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["point_account.id"], name=op.f("fk_point_entry_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_entry")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_point_entry_source_key")),
        **UTF8,
    )
    op.create_index("ix_point_entry_about_id", "point_entry", ["about_id"])
    op.create_index("ix_point_entry_account_id_id", "point_entry", ["account_id", "id"])
    op.create_index("ix_point_entry_recorded_at", "point_entry", ["recorded_at"])
    op.create_index("ix_point_entry_reference", "point_entry", ["reference"])
    op.create_table(
        "point_hold",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("input_hash", SHA256, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("campaign_id", BIG, nullable=True),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_point_hold_points")),
        sa.ForeignKeyConstraint(["account_id"], ["point_account.id"], name=op.f("fk_point_hold_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_hold")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_point_hold_source_key")),
        **UTF8,
    )
    op.create_index("ix_point_hold_account_id", "point_hold", ["account_id"])
    op.create_index("ix_point_hold_state_expires_at", "point_hold", ["state", "expires_at"])
    op.create_table(
        "point_lot",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("renews_id", BIG, nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.Column("remaining", BIG, nullable=False),
        sa.Column("held", BIG, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("campaign_id", BIG, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("held >= 0 AND held <= remaining", name=op.f("ck_point_lot_held")),
        sa.CheckConstraint("points > 0", name=op.f("ck_point_lot_points")),
        sa.CheckConstraint("remaining >= 0 AND remaining <= points", name=op.f("ck_point_lot_remaining")),
        sa.ForeignKeyConstraint(["account_id"], ["point_account.id"], name=op.f("fk_point_lot_account_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["point_entry.id"], name=op.f("fk_point_lot_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_lot")),
        **UTF8,
    )
    op.create_index("ix_point_lot_account_id_remaining", "point_lot", ["account_id", "remaining"])
    op.create_index("ix_point_lot_entry_id", "point_lot", ["entry_id"])
    op.create_index(
        "ix_point_lot_expires_at_id",
        "point_lot",
        ["expires_at", "id", "remaining"],
        postgresql_where=sa.text("remaining > 0"),
        sqlite_where=sa.text("remaining > 0"),
    )
    op.create_table(
        "point_allocation",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("lot_id", BIG, nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.CheckConstraint("points <> 0", name=op.f("ck_point_allocation_points")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["point_account.id"], name=op.f("fk_point_allocation_account_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["point_entry.id"], name=op.f("fk_point_allocation_entry_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["point_lot.id"], name=op.f("fk_point_allocation_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_allocation")),
        **UTF8,
    )
    op.create_index("ix_point_allocation_account_id_entry_id", "point_allocation", ["account_id", "entry_id"])
    op.create_index("ix_point_allocation_entry_id", "point_allocation", ["entry_id"])
    op.create_index("ix_point_allocation_lot_id", "point_allocation", ["lot_id"])
    op.create_table(
        "point_hold_lot",
        sa.Column("hold_id", BIG, autoincrement=False, nullable=False),
        sa.Column("lot_id", BIG, autoincrement=False, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.CheckConstraint("points > 0", name=op.f("ck_point_hold_lot_points")),
        sa.ForeignKeyConstraint(["hold_id"], ["point_hold.id"], name=op.f("fk_point_hold_lot_hold_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["point_lot.id"], name=op.f("fk_point_hold_lot_lot_id")),
        sa.PrimaryKeyConstraint("hold_id", "lot_id", name=op.f("pk_point_hold_lot")),
        **UTF8,
    )
    op.create_index("ix_point_hold_lot_lot_id", "point_hold_lot", ["lot_id"])


def downgrade() -> None:
    for name in (
        "point_hold_lot",
        "point_allocation",
        "point_lot",
        "point_hold",
        "point_entry",
        "point_adjustment",
        "point_account",
        "point_month",
        "point_limit",
        "point_check",
    ):
        op.drop_table(name)
