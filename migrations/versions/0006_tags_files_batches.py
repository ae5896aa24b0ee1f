"""Tags, files, and long work with its progress."""

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
CONTENT = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
        **UTF8,
    )
    op.create_table(
        "fan_tag",
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("tagged_at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("fan_id", "tag_id", name=op.f("pk_fan_tag")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_fan_tag_tag_id")),
        **UTF8,
    )
    op.create_index("ix_fan_tag_tag_id_fan_id", "fan_tag", ["tag_id", "fan_id"])
    op.create_table(
        "tag_need",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_need")),
        sa.UniqueConstraint("account_id", "why", "tag_id", name=op.f("uq_tag_need_account_id_why_tag_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_tag_need_account_id")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_need_tag_id")),
        **UTF8,
    )
    op.create_table(
        "wechat_tag",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("wechat_id", BIG, nullable=True),
        sa.Column("trouble", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_tag")),
        sa.UniqueConstraint("account_id", "tag_id", name=op.f("uq_wechat_tag_account_id_tag_id")),
        sa.UniqueConstraint("account_id", "wechat_id", name=op.f("uq_wechat_tag_account_id_wechat_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_wechat_tag_account_id")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_wechat_tag_tag_id")),
        **UTF8,
    )
    op.create_table(
        "file",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", BIG, nullable=True),
        sa.Column("sha256", SHA256, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("keep_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
        **UTF8,
    )
    op.create_index("ix_file_keep_until", "file", ["keep_until"])
    op.create_table(
        "file_part",
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("content", CONTENT, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_file_part")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["file.id"], name=op.f("fk_file_part_file_id"), ondelete="CASCADE"
        ),
        **UTF8,
    )
    op.create_table(
        "batch",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("arguments", DOCUMENT, nullable=False),
        sa.Column("notes", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wants_cancel", sa.Boolean(), nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("failed", BIG, nullable=False),
        sa.Column("problems", DOCUMENT, nullable=False),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        **UTF8,
    )
    op.create_index("ix_batch_created_by_id_id", "batch", ["created_by_id", "id"])


def downgrade() -> None:
    for name in ("batch", "file_part", "file", "wechat_tag", "tag_need", "fan_tag", "tag"):
        op.drop_table(name)
