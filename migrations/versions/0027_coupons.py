"""Coupons: templates and their versions, what is issued of them, how it is used, given on, handed out."""

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

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
TABLES = (
    "coupon_gift",
    "coupon_use",
    "coupon_event",
    "coupon",
    "coupon_handout",
    "coupon_version",
    "coupon_template",
)


def upgrade() -> None:
    _templates()
    _coupons()
    _uses()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)


def _templates() -> None:
    op.create_table(
        "coupon_template",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("total", BIG, nullable=True),
        sa.Column("per_member", BIG, nullable=True),
        sa.Column("issued", BIG, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "issued >= 0 AND (total IS NULL OR issued <= total)",
            name=op.f("ck_coupon_template_issued_within"),
        ),
        sa.CheckConstraint(
            "per_member IS NULL OR per_member > 0", name=op.f("ck_coupon_template_per_member_positive")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_template")),
        **UTF8,
    )
    op.create_table(
        "coupon_version",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("terms", DOCUMENT, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["coupon_template.id"], name=op.f("fk_coupon_version_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_version")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_coupon_version_template_id_number")),
        **UTF8,
    )
    op.create_table(
        "coupon_handout",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("most", BIG, nullable=True),
        sa.Column("taken", BIG, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "taken >= 0 AND (most IS NULL OR taken <= most)", name=op.f("ck_coupon_handout_taken_within")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["coupon_template.id"], name=op.f("fk_coupon_handout_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_handout")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_handout_code")),
        **UTF8,
    )
    op.create_index(op.f("ix_coupon_handout_template_id"), "coupon_handout", ["template_id"])


def _coupons() -> None:
    op.create_table(
        "coupon",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("issued_to_id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("returned_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("seq > 0", name=op.f("ck_coupon_seq_positive")),
        sa.ForeignKeyConstraint(["issued_to_id"], ["member.id"], name=op.f("fk_coupon_issued_to_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_coupon_member_id")),
        sa.ForeignKeyConstraint(["template_id"], ["coupon_template.id"], name=op.f("fk_coupon_template_id")),
        sa.ForeignKeyConstraint(["version_id"], ["coupon_version.id"], name=op.f("fk_coupon_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("number", name=op.f("uq_coupon_number")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_coupon_source_key")),
        sa.UniqueConstraint(
            "template_id", "issued_to_id", "seq", name=op.f("uq_coupon_template_id_issued_to_id_seq")
        ),
        **UTF8,
    )
    op.create_index(op.f("ix_coupon_issued_at"), "coupon", ["issued_at"])
    op.create_index(op.f("ix_coupon_member_id_state"), "coupon", ["member_id", "state"])
    op.create_index(op.f("ix_coupon_state_valid_until_id"), "coupon", ["state", "valid_until", "id"])
    op.create_index(op.f("ix_coupon_template_id_id"), "coupon", ["template_id", "id"])
    op.create_table(
        "coupon_event",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("coupon_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("amount", BIG, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_event_coupon_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_event")),
        **UTF8,
    )
    op.create_index(op.f("ix_coupon_event_coupon_id_id"), "coupon_event", ["coupon_id", "id"])


def _uses() -> None:
    op.create_table(
        "coupon_use",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("coupon_id", BIG, nullable=False),
        sa.Column("open_coupon_id", BIG, nullable=True),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("input_hash", SHA256, nullable=False),
        sa.Column("receipt", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=128), nullable=True),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("subtotal", BIG, nullable=False),
        sa.Column("discount", BIG, nullable=False),
        sa.Column("lines", DOCUMENT, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "discount >= 0 AND discount <= subtotal", name=op.f("ck_coupon_use_discount_within")
        ),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_use_coupon_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_coupon_use_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_use")),
        sa.UniqueConstraint("open_coupon_id", name=op.f("uq_coupon_use_open_coupon_id")),
        sa.UniqueConstraint("place", name=op.f("uq_coupon_use_place")),
        sa.UniqueConstraint("shop_id", "receipt", "turn", name=op.f("uq_coupon_use_shop_id_receipt_turn")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_coupon_use_source_key")),
        **UTF8,
    )
    op.create_index(op.f("ix_coupon_use_coupon_id"), "coupon_use", ["coupon_id"])
    op.create_index(op.f("ix_coupon_use_shop_id_used_at"), "coupon_use", ["shop_id", "used_at"])
    op.create_index(op.f("ix_coupon_use_state_held_until"), "coupon_use", ["state", "held_until"])
    op.create_table(
        "coupon_gift",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("coupon_id", BIG, nullable=False),
        sa.Column("open_coupon_id", BIG, nullable=True),
        sa.Column("word_hash", SHA256, nullable=False),
        sa.Column("from_member_id", BIG, nullable=False),
        sa.Column("to_member_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_gift_coupon_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_gift")),
        sa.UniqueConstraint("open_coupon_id", name=op.f("uq_coupon_gift_open_coupon_id")),
        sa.UniqueConstraint("word_hash", name=op.f("uq_coupon_gift_word_hash")),
        **UTF8,
    )
    op.create_index(op.f("ix_coupon_gift_coupon_id"), "coupon_gift", ["coupon_id"])
    op.create_index(op.f("ix_coupon_gift_state_ends_at"), "coupon_gift", ["state", "ends_at"])
