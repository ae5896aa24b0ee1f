"""Materials and articles, where WeChat has them, and who says them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from bot.db.types import BIG, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
LONG = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "material",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("width", BIG, nullable=True),
        sa.Column("height", BIG, nullable=True),
        sa.Column("milliseconds", BIG, nullable=True),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("preview_file_id", BIG, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_material_file_id")),
        sa.ForeignKeyConstraint(["preview_file_id"], ["file.id"], name=op.f("fk_material_preview_file_id")),
        **UTF8,
    )
    op.create_index("ix_material_kind_id", "material", ["kind", "id"])
    op.create_table(
        "article",
        sa.Column("material_id", BIG, autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=120), nullable=False),
        sa.Column("cover_id", BIG, nullable=True),
        sa.Column("source_url", sa.String(length=500), nullable=False),
        sa.Column("body", LONG, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("material_id", name=op.f("pk_article")),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_article_material_id")),
        sa.ForeignKeyConstraint(["cover_id"], ["material.id"], name=op.f("fk_article_cover_id")),
        **UTF8,
    )
    op.create_table(
        "material_at_wechat",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("material_id", BIG, nullable=False),
        sa.Column("lifetime", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("media_id", sa.String(length=128), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_at_wechat")),
        sa.UniqueConstraint(
            "account_id",
            "material_id",
            "lifetime",
            name=op.f("uq_material_at_wechat_account_id_material_id_lifetime"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_material_at_wechat_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_material_at_wechat_material_id")
        ),
        **UTF8,
    )
    op.create_index("ix_material_at_wechat_material_id", "material_at_wechat", ["material_id"])
    op.create_table(
        "article_at_wechat",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("material_id", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wants_publishing", sa.Boolean(), nullable=False),
        sa.Column("draft_media_id", sa.String(length=128), nullable=True),
        sa.Column("draft_version", BIG, nullable=True),
        sa.Column("publish_id", sa.String(length=64), nullable=True),
        sa.Column("publish_status", BIG, nullable=True),
        sa.Column("article_id", sa.String(length=128), nullable=True),
        sa.Column("published_version", BIG, nullable=True),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("cover_url", sa.String(length=500), nullable=True),
        sa.Column("trouble", sa.String(length=500), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_at_wechat")),
        sa.UniqueConstraint(
            "account_id", "material_id", name=op.f("uq_article_at_wechat_account_id_material_id")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_article_at_wechat_account_id")),
        sa.ForeignKeyConstraint(
            ["material_id"], ["material.id"], name=op.f("fk_article_at_wechat_material_id")
        ),
        **UTF8,
    )
    op.create_index("ix_article_at_wechat_material_id", "article_at_wechat", ["material_id"])
    op.create_table(
        "material_use",
        sa.Column("material_id", BIG, autoincrement=False, nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("user_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("lifetime", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("material_id", "user", "user_id", name=op.f("pk_material_use")),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_material_use_material_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_material_use_account_id")),
        **UTF8,
    )
    op.create_index("ix_material_use_user_user_id", "material_use", ["user", "user_id"])
    op.create_table(
        "material_count",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("images", BIG, nullable=False),
        sa.Column("voices", BIG, nullable=False),
        sa.Column("videos", BIG, nullable=False),
        sa.Column("drafts", BIG, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_material_count")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_material_count_account_id")),
        **UTF8,
    )


def downgrade() -> None:
    for name in (
        "material_count",
        "material_use",
        "article_at_wechat",
        "material_at_wechat",
        "article",
        "material",
    ):
        op.drop_table(name)
