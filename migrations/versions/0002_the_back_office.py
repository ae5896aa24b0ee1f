"""The back office: who may see what, who is signed in, and what was done."""

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
SHA256 = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
LONG = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("branch") as table:
        table.add_column(sa.Column("parent_id", BIG, nullable=True))
        table.create_foreign_key(
            op.f("fk_branch_parent_id"), "branch", ["parent_id"], ["id"], ondelete="SET NULL"
        )
    with op.batch_alter_table("user") as table:
        table.add_column(sa.Column("reach", sa.String(length=16), nullable=False, server_default="all"))
        table.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("failures", BIG, nullable=False, server_default="0"))
        table.add_column(sa.Column("failed_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("totp_secret", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("totp_step", BIG, nullable=False, server_default="0"))
        table.add_column(sa.Column("signed_in_at", UtcDateTime(), nullable=True))
    user = sa.table("user", sa.column("role"))
    op.execute(user.update().where(user.c.role == "administrator").values(role="group_administrator"))
    # They served the rows that were there; from now on the code says it.
    with op.batch_alter_table("user") as table:
        table.alter_column("reach", server_default=None, existing_type=sa.String(16), existing_nullable=False)
        table.alter_column("active", server_default=None, existing_type=sa.Boolean(), existing_nullable=False)
        table.alter_column("failures", server_default=None, existing_type=BIG, existing_nullable=False)
        table.alter_column("totp_step", server_default=None, existing_type=BIG, existing_nullable=False)

    op.create_table(
        "user_branch",
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("branch_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_branch_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["branch_id"], ["branch.id"], name=op.f("fk_user_branch_branch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "branch_id", name=op.f("pk_user_branch")),
        **UTF8,
    )
    op.create_table(
        "user_shop",
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_shop_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shop.id"], name=op.f("fk_user_shop_shop_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "shop_id", name=op.f("pk_user_shop")),
        **UTF8,
    )
    op.create_table(
        "user_session",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hash", SHA256, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
        **UTF8,
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"])
    op.create_table(
        "user_recovery_code",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("code_hash", SHA256, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_recovery_code_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_recovery_code")),
        **UTF8,
    )
    op.create_index(op.f("ix_user_recovery_code_user_id"), "user_recovery_code", ["user_id"])

    op.create_table(
        "audit_entry",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("subject_name", sa.String(length=200), nullable=False),
        sa.Column("before", LONG, nullable=True),
        sa.Column("after", LONG, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        **UTF8,
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["actor"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject_kind", "subject_id"])
    op.create_table(
        "audit_head",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
        **UTF8,
    )
    # The chain's end is there from the start: writers that begin it together would deadlock on MariaDB.
    head = sa.table("audit_head", sa.column("id"), sa.column("count"), sa.column("hash"))
    op.execute(head.insert().values(id=1, count=0, hash="0" * 64))


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_table("audit_entry")
    op.drop_table("user_recovery_code")
    op.drop_table("user_session")
    op.drop_table("user_shop")
    op.drop_table("user_branch")
    user = sa.table("user", sa.column("role"))
    op.execute(user.update().where(user.c.role == "group_administrator").values(role="administrator"))
    with op.batch_alter_table("user") as table:
        for name in (
            "signed_in_at",
            "totp_step",
            "totp_secret",
            "failed_at",
            "failures",
            "active",
            "reach",
        ):
            table.drop_column(name)
    with op.batch_alter_table("branch") as table:
        table.drop_constraint(op.f("fk_branch_parent_id"), type_="foreignkey")
        table.drop_column("parent_id")
