"""Fan sync (its runs, the list in parts, what differed, who is blacklisted), and WeChat's own figures by day."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COUNTS = (
    "failures",
    "looked_up_to",
    "total",
    "listed",
    "profiled",
    "calls",
    "added",
    "returned",
    "gone",
    "unionids",
    "retagged",
    "blacklisted",
    "released",
    "unread",
)


def upgrade() -> None:
    op.create_table(
        "fan_sync_run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("open_account_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("phase_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("held_by", sa.String(length=36), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.String(length=400), nullable=True),
        sa.Column("next_openid", sa.String(length=64), nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in COUNTS),
        sa.Column("console_tags", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_fan_sync_run_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fan_sync_run")),
        sa.UniqueConstraint("open_account_id", name=op.f("uq_fan_sync_run_open_account_id")),
        **UTF8,
    )
    op.create_index("ix_fan_sync_run_account_id_id", "fan_sync_run", ["account_id", "id"])
    op.create_table(
        "fan_sync_part",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("openids", sa.LargeBinary(), nullable=False),
        sa.Column("fan_ids", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["fan_sync_run.id"], name=op.f("fk_fan_sync_part_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fan_sync_part")),
        **UTF8,
    )
    op.create_index("ix_fan_sync_part_run_id_read_id", "fan_sync_part", ["run_id", "read", "id"])
    op.create_table(
        "fan_sync_finding",
        sa.Column("run_id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("fan_id", BIG, autoincrement=False, nullable=False),
        sa.Column("noticed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "kind", "fan_id", name=op.f("pk_fan_sync_finding")),
        **UTF8,
    )
    op.create_table(
        "blacklisted_fan",
        sa.Column("fan_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("noticed_at", UtcDateTime(), nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("fan_id", name=op.f("pk_blacklisted_fan")),
        **UTF8,
    )
    op.create_index("ix_blacklisted_fan_account_id_run_id", "blacklisted_fan", ["account_id", "run_id"])

    op.create_table(
        "unionid_withheld",
        sa.Column("fan_id", BIG, autoincrement=False, nullable=False),
        sa.Column("withheld_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("fan_id", name=op.f("pk_unionid_withheld")),
        **UTF8,
    )
    _add_platform_figures()


def _add_platform_figures() -> None:
    op.create_table(
        "platform_day",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("came", BIG, nullable=True),
        sa.Column("went", BIG, nullable=True),
        sa.Column("users_at", UtcDateTime(), nullable=True),
        sa.Column("followers", BIG, nullable=True),
        sa.Column("followers_at", UtcDateTime(), nullable=True),
        sa.Column("messages", BIG, nullable=True),
        sa.Column("messages_at", UtcDateTime(), nullable=True),
        sa.Column("calls", BIG, nullable=True),
        sa.Column("failures", BIG, nullable=True),
        sa.Column("milliseconds", BIG, nullable=True),
        sa.Column("slowest", BIG, nullable=True),
        sa.Column("calls_at", UtcDateTime(), nullable=True),
        sa.Column("hours_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_day")),
        sa.UniqueConstraint("account_id", "day", name=op.f("uq_platform_day_account_id_day")),
        **UTF8,
    )
    for name, key, numbers in (
        ("platform_source", "source", ("came", "went")),
        ("platform_messages", "kind", ("people", "messages")),
        ("platform_hour", "hour", ("messages",)),
    ):
        op.create_table(
            name,
            sa.Column("id", BIG, autoincrement=True, nullable=False),
            sa.Column("account_id", BIG, nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            sa.Column(key, BIG, nullable=False),
            *(sa.Column(one, BIG, nullable=False) for one in numbers),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
            sa.UniqueConstraint("account_id", "day", key, name=op.f(f"uq_{name}_account_id_day_{key}")),
            **UTF8,
        )
    op.create_table(
        "platform_look",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("trouble", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_platform_look")),
        **UTF8,
    )


def downgrade() -> None:
    for name in ("platform_look", "platform_hour", "platform_messages", "platform_source", "platform_day"):
        op.drop_table(name)
    op.drop_table("unionid_withheld")
    op.drop_table("blacklisted_fan")
    op.drop_table("fan_sync_finding")
    op.drop_table("fan_sync_part")
    op.drop_table("fan_sync_run")
