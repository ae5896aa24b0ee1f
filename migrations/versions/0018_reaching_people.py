"""Reaching people: notices of the send planner, what fans let us do, templates, the account's rules."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DIGEST, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = (
    "reach_content",
    "reach_notice",
    "reach_batch",
    "reach_standing",
    "reach_pace",
    "reach_settings",
    "reach_template",
    "reach_mapping",
    "reach_accept",
    "reach_industry",
)


def upgrade() -> None:
    op.add_column("fan", sa.Column("note_until", UtcDateTime(), nullable=True))
    op.add_column("shop_digest", sa.Column("notice_id", BIG, nullable=True))
    op.drop_index("ix_shop_digest_fan_id_state", "shop_digest")
    # What waited for its reader's next message; the next digest is on its way by Monday.
    op.execute("UPDATE shop_digest SET state = 'unreached' WHERE state IN ('note', 'sending')")
    _add_notices()
    _add_what_is_known()
    _add_templates()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.create_index("ix_shop_digest_fan_id_state", "shop_digest", ["fan_id", "state"])
    with op.batch_alter_table("shop_digest") as digest:
        digest.drop_column("notice_id")
    with op.batch_alter_table("fan") as fan:
        fan.drop_column("note_until")


def _add_notices() -> None:
    op.create_table(
        "reach_content",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_content")),
        sa.UniqueConstraint("digest", name=op.f("uq_reach_content_digest")),
        **UTF8,
    )
    op.create_table(
        "reach_notice",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("intent", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("content_id", BIG, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("route", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("claims", BIG, nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("called_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("note_until", UtcDateTime(), nullable=True),
        sa.Column("platform_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_notice")),
        sa.UniqueConstraint("fan_id", "intent", "key", name=op.f("uq_reach_notice_fan_id_intent_key")),
        **UTF8,
    )
    op.create_index("ix_reach_notice_batch_state", "reach_notice", ["batch", "state"])
    op.create_index("ix_reach_notice_due", "reach_notice", ["account_id", "lane", "state", "due_at"])
    op.create_index("ix_reach_notice_platform", "reach_notice", ["account_id", "platform_id"])
    op.create_table(
        "reach_batch",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("hold", sa.String(length=16), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reach_batch")),
        **UTF8,
    )


def _add_what_is_known() -> None:
    op.create_table(
        "reach_standing",
        sa.Column("fan_id", BIG, autoincrement=False, nullable=False),
        sa.Column("sent_since", UtcDateTime(), nullable=True),
        sa.Column("sent_count", BIG, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("used_up_at", UtcDateTime(), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.Column("refused_why", sa.String(length=32), nullable=True),
        sa.Column("opted_out_at", UtcDateTime(), nullable=True),
        sa.Column("opted_out_how", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("fan_id", name=op.f("pk_reach_standing")),
        **UTF8,
    )
    op.create_table(
        "reach_pace",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.Column("closed", DOCUMENT, nullable=False),
        sa.Column("templates_day", sa.Date(), nullable=True),
        sa.Column("templates", BIG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_reach_pace")),
        **UTF8,
    )
    op.create_table(
        "reach_settings",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("quiet_from", sa.String(length=5), nullable=False),
        sa.Column("quiet_until", sa.String(length=5), nullable=False),
        sa.Column("cap", BIG, nullable=False),
        sa.Column("fans_too", sa.Boolean(), nullable=False),
        sa.Column("templates_a_day", BIG, nullable=False),
        sa.Column("calls_per_second", BIG, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_reach_settings")),
        **UTF8,
    )
    op.create_table(
        "reach_accept",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("remaining", BIG, nullable=False),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_accept")),
        sa.UniqueConstraint("fan_id", "template_id", name=op.f("uq_reach_accept_fan_id_template_id")),
        **UTF8,
    )


def _add_templates() -> None:
    op.create_table(
        "reach_template",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("content", sa.String(length=2000), nullable=False),
        sa.Column("example", sa.String(length=2000), nullable=False),
        sa.Column("industry", sa.String(length=120), nullable=False),
        sa.Column("type", BIG, nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("gone_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_template")),
        sa.UniqueConstraint(
            "account_id", "template_id", name=op.f("uq_reach_template_account_id_template_id")
        ),
        **UTF8,
    )
    op.create_table(
        "reach_mapping",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("intent", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_mapping")),
        sa.UniqueConstraint(
            "account_id", "intent", "kind", name=op.f("uq_reach_mapping_account_id_intent_kind")
        ),
        **UTF8,
    )
    op.create_table(
        "reach_industry",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("first", sa.String(length=120), nullable=False),
        sa.Column("second", sa.String(length=120), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_reach_industry")),
        **UTF8,
    )
