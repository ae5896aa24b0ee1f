"""Levels: ladders, where members stand, and how they came to stand there."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "level_version",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("in_force_from", UtcDateTime(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_version")),
        sa.UniqueConstraint("number", name=op.f("uq_level_version_number")),
        **UTF8,
    )
    op.create_table(
        "level_draft",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("definition", DOCUMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_draft")),
        **UTF8,
    )
    _members()
    with op.batch_alter_table("point_adjustment") as batch:
        batch.add_column(sa.Column("counts", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("point_adjustment") as batch:
        batch.drop_column("counts")
    for name in ("level_change", "member_level", "level_draft", "level_version"):
        op.drop_table(name)


def _members() -> None:
    op.create_table(
        "member_level",
        sa.Column("member_id", BIG, autoincrement=False, nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("earned", sa.String(length=32), nullable=False),
        sa.Column("period_first", sa.Date(), nullable=True),
        sa.Column("period_end", sa.Date(), nullable=True),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("falls_on", sa.Date(), nullable=True),
        sa.Column("given", sa.String(length=32), nullable=True),
        sa.Column("given_until", sa.Date(), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.CheckConstraint(
            "period_end IS NULL OR period_first < period_end", name=op.f("ck_member_level_period")
        ),
        sa.CheckConstraint("turn >= 0", name=op.f("ck_member_level_turn")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_level_member_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["level_version.id"], name=op.f("fk_member_level_version_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_level")),
        **UTF8,
    )
    op.create_index("ix_member_level_level_member_id", "member_level", ["level", "member_id"])
    op.create_index("ix_member_level_next_at", "member_level", ["next_at"])
    op.create_table(
        "level_change",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("before", sa.String(length=32), nullable=False),
        sa.Column("after", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("score", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("about_id", BIG, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_level_change_member_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["level_version.id"], name=op.f("fk_level_change_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_change")),
        sa.UniqueConstraint("member_id", "turn", name=op.f("uq_level_change_member_id_turn")),
        **UTF8,
    )
    op.create_index("ix_level_change_member_id_at", "level_change", ["member_id", "at"])
