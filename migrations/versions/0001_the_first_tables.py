"""The first tables."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DIGEST, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("app_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("original_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("app_id", name=op.f("uq_account_app_id")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        **UTF8,
    )
    op.create_table(
        "branch",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("city", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
        sa.UniqueConstraint("name", name=op.f("uq_branch_name")),
        **UTF8,
    )
    op.create_table(
        "fan",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=False),
        sa.Column("unionid", sa.String(length=64), nullable=True),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("subscribe_scene", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("followed_at", UtcDateTime(), nullable=True),
        sa.Column("returned_at", UtcDateTime(), nullable=True),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("follow_count", BIG, nullable=False),
        sa.Column("first_touch_at", UtcDateTime(), nullable=True),
        sa.Column("first_scene", sa.String(length=64), nullable=True),
        sa.Column("first_channel_id", BIG, nullable=True),
        sa.Column("first_shop_id", BIG, nullable=True),
        sa.Column("last_touch_at", UtcDateTime(), nullable=True),
        sa.Column("last_scene", sa.String(length=64), nullable=True),
        sa.Column("last_channel_id", BIG, nullable=True),
        sa.Column("last_shop_id", BIG, nullable=True),
        sa.Column("last_interaction_at", UtcDateTime(), nullable=True),
        sa.Column("last_message_at", UtcDateTime(), nullable=True),
        sa.Column("message_count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fan")),
        sa.UniqueConstraint("account_id", "openid", name=op.f("uq_fan_account_id_openid")),
        **UTF8,
    )
    op.create_index("ix_fan_unionid", "fan", ["unionid"])

    op.create_table(
        "message",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("push", DIGEST, nullable=True),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=True),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=False),
        sa.Column("reply", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
        sa.UniqueConstraint("push", name=op.f("uq_message_push")),
        **UTF8,
    )
    op.create_index("ix_message_fan_id_id", "message", ["fan_id", "id"])

    op.create_table(
        "outbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("arguments", DOCUMENT, nullable=False),
        sa.Column("waiting_key", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("waiting_key", name=op.f("uq_outbox_waiting_key")),
        sqlite_autoincrement=True,
        **UTF8,
    )
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])

    op.create_table(
        "revision",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revision")),
        **UTF8,
    )
    op.create_table(
        "timetable_slot",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("slot", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_timetable_slot")),
        **UTF8,
    )
    op.create_table(
        "user",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("name", name=op.f("uq_user_name")),
        **UTF8,
    )
    op.create_table(
        "auto_reply",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("match", sa.String(length=16), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("reply", DOCUMENT, nullable=True),
        sa.Column("follow_ups", sa.JSON(), nullable=False),
        sa.Column("priority", BIG, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_auto_reply_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_reply")),
        **UTF8,
    )
    op.create_table(
        "menu",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_menu_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu")),
        **UTF8,
    )
    op.create_index(op.f("ix_menu_account_id"), "menu", ["account_id"])

    op.create_table(
        "shop",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("branch_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("hours", sa.String(length=64), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_shop_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
        sa.UniqueConstraint("name", name=op.f("uq_shop_name")),
        **UTF8,
    )
    op.create_index(op.f("ix_shop_branch_id"), "shop", ["branch_id"])

    op.create_table(
        "agent",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kf_account", sa.String(length=64), nullable=False),
        sa.Column("nickname", sa.String(length=64), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("seats", BIG, nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_agent_account_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_agent_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("account_id", "kf_account", name=op.f("uq_agent_account_id_kf_account")),
        **UTF8,
    )
    op.create_index(op.f("ix_agent_shop_id"), "agent", ["shop_id"])

    op.create_table(
        "staff",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_staff_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        **UTF8,
    )
    op.create_index(op.f("ix_staff_shop_id"), "staff", ["shop_id"])

    op.create_table(
        "channel",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("scene", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("welcome", DOCUMENT, nullable=True),
        sa.Column("ticket", sa.String(length=256), nullable=True),
        sa.Column("url", sa.String(length=256), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_channel_account_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_channel_shop_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_channel_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("account_id", "scene", name=op.f("uq_channel_account_id_scene")),
        **UTF8,
    )


def downgrade() -> None:
    op.drop_table("channel")
    op.drop_table("staff")
    op.drop_table("agent")
    op.drop_table("shop")
    op.drop_table("menu")
    op.drop_table("auto_reply")
    op.drop_table("user")
    op.drop_table("timetable_slot")
    op.drop_table("revision")
    op.drop_table("outbox")
    op.drop_table("message")
    op.drop_table("fan")
    op.drop_table("branch")
    op.drop_table("account")
