"""Points added up by day, shop, cause and campaign, and an index for members by their state."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
NUMBERS = ("issued", "spent", "clawed_back", "expired", "adjusted", "repaid")

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("point_lot", sa.Column("cause", sa.String(length=40), nullable=False, server_default=""))
    _say_causes()
    op.drop_table("point_month")  # added up again, by day, within minutes
    op.create_table(
        "point_day",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shop_key", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("campaign_key", BIG, nullable=False),
        *(sa.Column(name, BIG, nullable=False) for name in (*NUMBERS, "moved", "spent_here")),
        sa.Column("added_up_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_day")),
        sa.UniqueConstraint(
            "day",
            "shop_key",
            "cause",
            "campaign_key",
            name=op.f("uq_point_day_day_shop_key_cause_campaign_key"),
        ),
        **UTF8,
    )
    op.create_index("ix_member_state", "member", ["state"])


def downgrade() -> None:
    op.drop_index("ix_member_state", "member")
    op.drop_table("point_day")
    op.create_table(
        "point_month",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("shop_key", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        *(sa.Column(name, BIG, nullable=False) for name in (*NUMBERS, "outstanding", "spent_here")),
        sa.Column("added_up_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_month")),
        sa.UniqueConstraint("month", "shop_key", name=op.f("uq_point_month_month_shop_key")),
        **UTF8,
    )
    op.drop_column("point_lot", "cause")


def _say_causes() -> None:
    """Lots that are there are said to be of the rule that gave most of them, or of their entry's source."""
    lot = sa.table("point_lot", sa.column("entry_id"), sa.column("cause", sa.String))
    entry = sa.table("point_entry", sa.column("id"), sa.column("source", sa.String))
    grant = sa.table("earning_grant", sa.column("entry_id"), sa.column("rule", sa.String))
    source = sa.select(entry.c.source).where(entry.c.id == lot.c.entry_id).scalar_subquery()
    op.execute(lot.update().values(cause=source))
    rule = sa.select(sa.literal("rule:") + sa.func.max(grant.c.rule)).where(
        grant.c.entry_id == lot.c.entry_id
    )
    of_rules = lot.c.entry_id.in_(sa.select(grant.c.entry_id))
    op.execute(lot.update().where(of_rules).values(cause=rule.scalar_subquery()))
