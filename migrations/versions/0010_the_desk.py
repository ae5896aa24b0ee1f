"""Sessions at the desk, what agents said, how long travellers waited, notes for the desk; sealed TOTP secrets."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DIGEST, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_session",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("kf_account", sa.String(length=64), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("moved_to", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_session")),
        **UTF8,
    )
    op.create_index("ix_desk_session_fan_id_kf_account", "desk_session", ["fan_id", "kf_account"])
    op.create_table(
        "agent_record",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("kf_account", sa.String(length=64), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_record")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_record_key")),
        **UTF8,
    )
    op.create_index("ix_agent_record_fan_id_said_at", "agent_record", ["fan_id", "said_at"])
    op.create_table(
        "agent_record_mark",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("read_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_agent_record_mark")),
        **UTF8,
    )
    op.create_table(
        "desk_answer",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("kf_account", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.Column("seconds", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_answer")),
        sa.UniqueConstraint("message_id", name=op.f("uq_desk_answer_message_id")),
        **UTF8,
    )
    op.create_index("ix_desk_answer_asked_at_id", "desk_answer", ["asked_at", "id"])
    op.create_index("ix_desk_answer_fan_id_asked_at", "desk_answer", ["fan_id", "asked_at"])
    op.create_table(
        "desk_note",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("rule_id", BIG, nullable=False),
        sa.Column("rule_title", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kf_account", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_note")),
        sa.UniqueConstraint("message_id", name=op.f("uq_desk_note_message_id")),
        **UTF8,
    )
    op.create_index("ix_desk_note_fan_id", "desk_note", ["fan_id"])
    op.create_index("ix_desk_note_state_id", "desk_note", ["state", "id"])
    with op.batch_alter_table("daily_figure") as table:
        table.add_column(sa.Column("desk_answers", BIG, nullable=False, server_default="0"))
        table.add_column(sa.Column("answer_median", BIG, nullable=True))
        table.add_column(sa.Column("answer_spread", DOCUMENT, nullable=True))
    with op.batch_alter_table("daily_figure") as table:
        table.alter_column("desk_answers", existing_type=BIG, existing_nullable=False, server_default=None)
    with op.batch_alter_table("auto_reply") as table:
        table.add_column(sa.Column("notify_desk", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("auto_reply") as table:
        table.alter_column(
            "notify_desk", existing_type=sa.Boolean(), existing_nullable=False, server_default=None
        )
    with op.batch_alter_table("user") as table:
        table.alter_column(
            "totp_secret",
            existing_type=sa.String(length=64),
            type_=sa.String(length=200),
            existing_nullable=True,
        )


def downgrade() -> None:
    # An older release cannot open sealed secrets: whoever has one sets up the second step anew.
    op.execute(
        sa.text("UPDATE \"user\" SET totp_secret = NULL, totp_step = 0 WHERE totp_secret LIKE '%.%'")
        if op.get_bind().dialect.name not in {"mysql", "mariadb"}
        else sa.text("UPDATE `user` SET totp_secret = NULL, totp_step = 0 WHERE totp_secret LIKE '%.%'")
    )
    with op.batch_alter_table("user") as table:
        table.alter_column(
            "totp_secret",
            existing_type=sa.String(length=200),
            type_=sa.String(length=64),
            existing_nullable=True,
        )
    with op.batch_alter_table("auto_reply") as table:
        table.drop_column("notify_desk")
    with op.batch_alter_table("daily_figure") as table:
        for name in ("answer_spread", "answer_median", "desk_answers"):
            table.drop_column(name)
    for name in ("desk_note", "desk_answer", "agent_record_mark", "agent_record", "desk_session"):
        op.drop_table(name)
