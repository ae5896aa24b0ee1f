"""Earning rules, what earned, purchases with their refunds, and the keys of tills."""

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

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
TABLES = (
    "earning_budget",
    "earning_grant",
    "earning_award",
    "earning_judgement",
    "earning_day",
    "earning_occasion",
    "earning_draft",
    "earning_version",
    "purchase_refund",
    "purchase",
    "till_nonce",
    "till",
)


def upgrade() -> None:
    _tills_and_purchases()
    _books()
    _occasions()
    _awards()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)


def _tills_and_purchases() -> None:
    op.create_table(
        "till",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.String(length=400), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_till_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till")),
        sa.UniqueConstraint("key", name=op.f("uq_till_key")),
        **UTF8,
    )
    op.create_index(op.f("ix_till_shop_id"), "till", ["shop_id"])
    op.create_table(
        "till_nonce",
        sa.Column("till_id", BIG, autoincrement=False, nullable=False),
        sa.Column("nonce", sa.String(length=64), autoincrement=False, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "nonce", name=op.f("pk_till_nonce")),
        **UTF8,
    )
    op.create_index(op.f("ix_till_nonce_expires_at"), "till_nonce", ["expires_at"])
    op.create_table(
        "purchase",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("refunded", BIG, nullable=False),
        sa.Column("payment", sa.String(length=16), nullable=False),
        sa.Column("items", DOCUMENT, nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("input_hash", SHA256, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by_id", BIG, nullable=True),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.Column("decided_by_id", BIG, nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_purchase_amount_positive")),
        sa.CheckConstraint("refunded >= 0 AND refunded <= amount", name=op.f("ck_purchase_refunded_within")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_purchase_member_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_purchase_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_purchase_shop_id_number")),
        **UTF8,
    )
    op.create_index(op.f("ix_purchase_member_id_day"), "purchase", ["member_id", "day"])
    op.create_index(op.f("ix_purchase_shop_id_id"), "purchase", ["shop_id", "id"])
    op.create_index(op.f("ix_purchase_state_id"), "purchase", ["state", "id"])
    op.create_table(
        "purchase_refund",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("purchase_id", BIG, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("amount", BIG, nullable=False),
        sa.Column("items", DOCUMENT, nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("input_hash", SHA256, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_purchase_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_refund_purchase_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_refund")),
        sa.UniqueConstraint("purchase_id", "number", name=op.f("uq_purchase_refund_purchase_id_number")),
        **UTF8,
    )


def _books() -> None:
    op.create_table(
        "earning_version",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("in_force_from", UtcDateTime(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_version")),
        sa.UniqueConstraint("number", name=op.f("uq_earning_version_number")),
        **UTF8,
    )
    op.create_index(op.f("ix_earning_version_in_force_from"), "earning_version", ["in_force_from"])
    op.create_table(
        "earning_draft",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_draft")),
        **UTF8,
    )


def _occasions() -> None:
    op.create_table(
        "earning_occasion",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("purchase_id", BIG, nullable=True),
        sa.Column("version_id", BIG, nullable=True),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_earning_occasion_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_occasion")),
        sa.UniqueConstraint("key", name=op.f("uq_earning_occasion_key")),
        **UTF8,
    )
    op.create_index(op.f("ix_earning_occasion_member_id_day"), "earning_occasion", ["member_id", "day"])
    op.create_index(op.f("ix_earning_occasion_purchase_id"), "earning_occasion", ["purchase_id"])
    op.create_table(
        "earning_day",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_earning_day_points_never_negative")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_earning_day_member_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["earning_version.id"], name=op.f("fk_earning_day_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_day")),
        sa.UniqueConstraint(
            "member_id", "day", "version_id", name=op.f("uq_earning_day_member_id_day_version_id")
        ),
        **UTF8,
    )
    op.create_table(
        "earning_judgement",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day_id", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("before", BIG, nullable=False),
        sa.Column("after", BIG, nullable=False),
        sa.Column("trace", DOCUMENT, nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["day_id"], ["earning_day.id"], name=op.f("fk_earning_judgement_day_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_judgement")),
        sa.UniqueConstraint("day_id", "turn", name=op.f("uq_earning_judgement_day_id_turn")),
        **UTF8,
    )


def _awards() -> None:
    op.create_table(
        "earning_award",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day_id", BIG, nullable=False),
        sa.Column("occasion_id", BIG, nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.ForeignKeyConstraint(["day_id"], ["earning_day.id"], name=op.f("fk_earning_award_day_id")),
        sa.ForeignKeyConstraint(
            ["occasion_id"], ["earning_occasion.id"], name=op.f("fk_earning_award_occasion_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_award")),
        sa.UniqueConstraint("occasion_id", "rule", name=op.f("uq_earning_award_occasion_id_rule")),
        **UTF8,
    )
    op.create_index(op.f("ix_earning_award_day_id"), "earning_award", ["day_id"])
    op.create_index(op.f("ix_earning_award_day_rule"), "earning_award", ["day", "rule"])
    op.create_index(
        op.f("ix_earning_award_member_id_rule_day"), "earning_award", ["member_id", "rule", "day"]
    )
    op.create_table(
        "earning_grant",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day_id", BIG, nullable=False),
        sa.Column("judgement_id", BIG, nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("occasion_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= points", name=op.f("ck_earning_grant_taken_within")),
        sa.ForeignKeyConstraint(["day_id"], ["earning_day.id"], name=op.f("fk_earning_grant_day_id")),
        sa.ForeignKeyConstraint(
            ["judgement_id"], ["earning_judgement.id"], name=op.f("fk_earning_grant_judgement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_grant")),
        **UTF8,
    )
    op.create_index(op.f("ix_earning_grant_day_id"), "earning_grant", ["day_id"])
    op.create_table(
        "earning_budget",
        sa.Column("rule", sa.String(length=32), autoincrement=False, nullable=False),
        sa.Column("span", sa.String(length=16), autoincrement=False, nullable=False),
        sa.Column("spent", BIG, nullable=False),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_earning_budget_spent_never_negative")),
        sa.PrimaryKeyConstraint("rule", "span", name=op.f("pk_earning_budget")),
        **UTF8,
    )
