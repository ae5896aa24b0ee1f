"""Agents kept in step with WeChat, whether an answer helped, and the desk's days added up."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agent") as table:
        table.add_column(sa.Column("invited_until", UtcDateTime(), nullable=True))
    op.create_table(
        "agent_errand",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("code", BIG, nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_errand")),
        sa.UniqueConstraint("agent_id", "kind", name=op.f("uq_agent_errand_agent_id_kind")),
        **UTF8,
    )
    _ask_whether_it_helped()
    _add_up_days()


def downgrade() -> None:
    for name in ("desk_figure_day", "desk_figure", "auto_reply_verdict", "agent_errand"):
        op.drop_table(name)
    with op.batch_alter_table("auto_reply") as table:
        table.drop_column("asks_helped")
    with op.batch_alter_table("agent") as table:
        table.drop_column("invited_until")


def _ask_whether_it_helped() -> None:
    with op.batch_alter_table("auto_reply") as table:
        table.add_column(sa.Column("asks_helped", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("auto_reply") as table:
        table.alter_column(
            "asks_helped", existing_type=sa.Boolean(), existing_nullable=False, server_default=None
        )
    op.create_table(
        "auto_reply_verdict",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.Column("said_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_reply_verdict")),
        sa.UniqueConstraint("message_id", name=op.f("uq_auto_reply_verdict_message_id")),
        **UTF8,
    )
    for columns in (["rule_id", "helped"], ["fan_id", "asked_at"]):
        op.create_index(f"ix_auto_reply_verdict_{'_'.join(columns)}", "auto_reply_verdict", columns)


def _add_up_days() -> None:
    numbers = ("asked", "own", "fallback", "nobody", "open", "messages", "scored", "score_sum")
    op.create_table(
        "desk_figure",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("agent_id", BIG, nullable=True),
        *(sa.Column(name, BIG, nullable=False) for name in numbers),
        sa.Column("waits", DOCUMENT, nullable=False),
        sa.Column("firsts", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_figure")),
        **UTF8,
    )
    for columns in (["account_id", "day"], ["shop_id", "day"]):
        op.create_index(f"ix_desk_figure_{'_'.join(columns)}", "desk_figure", columns)
    op.create_table(
        "desk_figure_day",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wanted", BIG, nullable=False),
        sa.Column("built", BIG, nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_desk_figure_day")),
        **UTF8,
    )
