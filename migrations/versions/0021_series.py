"""Series: messages that follow one another after something happened; news of tags that somebody watches."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag_watch",
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("tag_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_watch_tag_id")),
        sa.PrimaryKeyConstraint("why", "tag_id", name=op.f("pk_tag_watch")),
        **UTF8,
    )
    op.create_table(
        "tag_news",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_news")),
        sqlite_autoincrement=True,
        **UTF8,
    )
    _add_series()
    _add_runs()


def downgrade() -> None:
    for name in ("series_deed", "series_run", "series_version", "series", "tag_news", "tag_watch"):
        op.drop_table(name)


def _add_series() -> None:
    op.create_table(
        "series",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("campaigns", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("days", BIG, nullable=True),
        sa.Column("silent_before", sa.Boolean(), nullable=False),
        sa.Column("audience", DOCUMENT, nullable=True),
        sa.Column("shops", DOCUMENT, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reentry_days", BIG, nullable=True),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("priority", BIG, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("enabled_at", UtcDateTime(), nullable=True),
        sa.Column("current_id", BIG, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("version", BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_series_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        **UTF8,
    )
    op.create_table(
        "series_version",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("series_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("stops", sa.JSON(), nullable=False),
        sa.Column("stop_tags", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_series_version_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_version")),
        sa.UniqueConstraint("series_id", "number", name=op.f("uq_series_version_series_id_number")),
        **UTF8,
    )


def _add_runs() -> None:
    op.create_table(
        "series_run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("series_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stopped_why", sa.String(length=16), nullable=True),
        sa.Column("step", BIG, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("base_at", UtcDateTime(), nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("exclusive_key", BIG, nullable=True),
        sa.Column("tempo", BIG, nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_run")),
        sa.UniqueConstraint(
            "series_id", "fan_id", "entry", name=op.f("uq_series_run_series_id_fan_id_entry")
        ),
        sa.UniqueConstraint("exclusive_key", name=op.f("uq_series_run_exclusive_key")),
        **UTF8,
    )
    for columns in (["state", "due_at"], ["fan_id", "id"], ["series_id", "entered_at"]):
        op.create_index(f"ix_series_run_{'_'.join(columns)}", "series_run", columns)
    op.create_table(
        "series_deed",
        sa.Column("run_id", BIG, autoincrement=False, nullable=False),
        sa.Column("step", BIG, autoincrement=False, nullable=False),
        sa.Column("series_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "step", name=op.f("pk_series_deed")),
        **UTF8,
    )
    op.create_index("ix_series_deed_version_id_at", "series_deed", ["version_id", "at"])
