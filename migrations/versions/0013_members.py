"""Members, what they are known by, consents, codes and short messages."""

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
LONG = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_code",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("phone", SHA256, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("code_hash", SHA256, nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_code")),
        **UTF8,
    )
    op.create_index("ix_phone_code_asked_at", "phone_code", ["asked_at"])
    op.create_index("ix_phone_code_fan_id_phone", "phone_code", ["fan_id", "phone"])
    op.create_table(
        "policy_version",
        sa.Column("version", BIG, autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("body", LONG, nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policy_version")),
        **UTF8,
    )
    op.create_table(
        "reminder",
        sa.Column("fan_id", BIG, autoincrement=False, nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("fan_id", "moment", name=op.f("pk_reminder")),
        **UTF8,
    )
    op.create_table(
        "sms_message",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("fan_id", BIG, nullable=True),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=2000), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=True),
        sa.Column("gateway_key", sa.String(length=64), nullable=True),
        sa.Column("trouble", sa.String(length=200), nullable=True),
        sa.Column("parts", BIG, nullable=False),
        sa.Column("cost_mills", BIG, nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_message")),
        **UTF8,
    )
    op.create_index("ix_sms_message_created_at", "sms_message", ["created_at"])
    op.create_index("ix_sms_message_receipt", "sms_message", ["gateway", "gateway_key"])
    op.create_table(
        "tally",
        sa.Column("what", SHA256, nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_tally")),
        **UTF8,
    )
    op.create_index("ix_tally_ends_at", "tally", ["ends_at"])
    op.create_table(
        "member",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("merged_into_id", BIG, nullable=True),
        sa.Column("home_shop_id", BIG, nullable=True),
        sa.Column("data_key", sa.String(length=400), nullable=True),
        sa.Column("name", sa.String(length=400), nullable=True),
        sa.Column("birthday", sa.String(length=400), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["home_shop_id"], ["shop.id"], name=op.f("fk_member_home_shop_id")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["member.id"], name=op.f("fk_member_merged_into_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("number", name=op.f("uq_member_number")),
        **UTF8,
    )
    op.create_index("ix_member_home_shop_id_id", "member", ["home_shop_id", "id"])
    op.create_index(op.f("ix_member_merged_into_id"), "member", ["merged_into_id"])
    op.create_table(
        "consent",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("policy_version", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=True),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_how", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_consent_member_id")),
        sa.ForeignKeyConstraint(
            ["policy_version"], ["policy_version.version"], name=op.f("fk_consent_policy_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        **UTF8,
    )
    op.create_index("ix_consent_member_id_kind", "consent", ["member_id", "kind"])
    op.create_table(
        "member_identity",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("lookup", SHA256, nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("released_why", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_identity_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_identity")),
        sa.UniqueConstraint("lookup", name=op.f("uq_member_identity_lookup")),
        **UTF8,
    )
    op.create_index("ix_member_identity_member_id", "member_identity", ["member_id"])
    op.create_table(
        "member_merge",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kept_id", BIG, nullable=False),
        sa.Column("merged_id", BIG, nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("fan_ids", DOCUMENT, nullable=False),
        sa.Column("merged_by", sa.String(length=64), nullable=False),
        sa.Column("merged_at", UtcDateTime(), nullable=False),
        sa.Column("undone_by", sa.String(length=64), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["member.id"], name=op.f("fk_member_merge_kept_id")),
        sa.ForeignKeyConstraint(["merged_id"], ["member.id"], name=op.f("fk_member_merge_merged_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_merge")),
        **UTF8,
    )
    op.create_index("ix_member_merge_kept_id", "member_merge", ["kept_id"])
    op.create_index("ix_member_merge_merged_id", "member_merge", ["merged_id"])
    op.create_table(
        "privacy_request",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("file_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_privacy_request_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_request")),
        **UTF8,
    )
    op.create_index("ix_privacy_request_member_id", "privacy_request", ["member_id"])
    op.create_table(
        "referral",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("referrer_member_id", BIG, nullable=True),
        sa.Column("referrer_staff_id", BIG, nullable=True),
        sa.Column("channel_id", BIG, nullable=True),
        sa.Column("via", sa.String(length=16), nullable=False),
        sa.Column("earns", DOCUMENT, nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_referral_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("member_id", name=op.f("uq_referral_member_id")),
        **UTF8,
    )
    op.create_index("ix_referral_referrer_member_id", "referral", ["referrer_member_id"])
    op.create_index("ix_referral_referrer_staff_id", "referral", ["referrer_staff_id"])
    op.create_table(
        "member_claim",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("identity_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["member_identity.id"], name=op.f("fk_member_claim_identity_id")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_claim_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_claim")),
        **UTF8,
    )
    op.create_index("ix_member_claim_fan_id", "member_claim", ["fan_id"])
    op.create_index("ix_member_claim_member_id", "member_claim", ["member_id"])


def downgrade() -> None:
    for name in (
        "member_claim",
        "referral",
        "privacy_request",
        "member_merge",
        "member_identity",
        "consent",
        "member",
        "tally",
        "sms_message",
        "reminder",
        "policy_version",
        "phone_code",
    ):
        op.drop_table(name)
