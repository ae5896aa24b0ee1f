"""The signed queries of plain mode in a table of their own, so that messages can be cut by month."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DIGEST, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
MOVED = ("push", "key", "received_at")

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plain_push",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("push", DIGEST, nullable=False),
        sa.Column("key", DIGEST, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plain_push")),
        sa.UniqueConstraint("push", name=op.f("uq_plain_push_push")),
        **UTF8,
    )
    message = sa.table("message", *map(sa.column, ("id", *MOVED)))
    # In the order in which they came, which retention counts on.
    used = sa.select(*message.c[MOVED]).where(message.c.push.is_not(None)).order_by(message.c.id)
    op.execute(sa.insert(sa.table("plain_push", *map(sa.column, MOVED))).from_select(MOVED, used))


def downgrade() -> None:
    op.drop_table("plain_push")
