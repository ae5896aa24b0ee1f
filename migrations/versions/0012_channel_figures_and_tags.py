"""What channels brought by day, tags that come by themselves, and what WeChat has on fans."""

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
SET = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COUNTS = (
    "scans",
    "repeats",
    "follows",
    "returns",
    "leaves",
    "lost_1",
    "lost_7",
    "lost_30",
    "binds",
    "buys",
    "amount",
    "staff_scans",
    "test_scans",
)


def _source() -> list[sa.Column]:
    return [
        sa.Column("account_id", BIG, nullable=False),
        *(
            sa.Column(name, BIG, nullable=True)
            for name in ("channel_id", "shop_id", "staff_id", "campaign_id")
        ),
    ]


def upgrade() -> None:
    with op.batch_alter_table("channel_event") as table:
        table.add_column(sa.Column("noted_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("amount", BIG, nullable=True))
        table.alter_column("channel_id", existing_type=BIG, existing_nullable=False, nullable=True)
    op.execute("UPDATE channel_event SET noted_at = at")
    with op.batch_alter_table("channel_event") as table:
        table.alter_column("noted_at", existing_type=UtcDateTime(), existing_nullable=True, nullable=False)
    op.create_table(
        "channel_figure",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_source(),
        *(sa.Column(name, BIG, nullable=False) for name in COUNTS),
        sa.Column("visitors", SET, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_figure")),
        **UTF8,
    )
    op.create_index("ix_channel_figure_day", "channel_figure", ["day"])
    op.create_index("ix_channel_figure_channel_id_day", "channel_figure", ["channel_id", "day"])
    op.create_index("ix_channel_figure_shop_id_day", "channel_figure", ["shop_id", "day"])
    op.create_table(
        "shop_visitors",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("visitors", SET, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_visitors")),
        **UTF8,
    )
    op.create_index("ix_shop_visitors_day", "shop_visitors", ["day"])
    op.create_table(
        "channel_hour",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", BIG, nullable=False),
        *_source(),
        sa.Column("scans", BIG, nullable=False),
        sa.Column("follows", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_hour")),
        **UTF8,
    )
    op.create_index("ix_channel_hour_day", "channel_hour", ["day"])
    op.create_table(
        "channel_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wanted", BIG, nullable=False),
        sa.Column("built", BIG, nullable=False),
        sa.Column("rebuilt_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_channel_day")),
        **UTF8,
    )
    op.create_table(
        "channel_mark",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_mark")),
        **UTF8,
    )
    with op.batch_alter_table("tag") as table:
        table.add_column(sa.Column("retired_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("merged_into_id", BIG, nullable=True))
    op.create_table(
        "tag_rule",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_rule")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_rule_tag_id")),
        sa.UniqueConstraint("tag_id", "kind", "value", name=op.f("uq_tag_rule_tag_id_kind_value")),
        **UTF8,
    )
    with op.batch_alter_table("wechat_tag") as table:
        table.add_column(sa.Column("name", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("made_at", UtcDateTime(), nullable=True))
        # Who made those that are there nobody wrote down, so none of them is ever deleted at WeChat.
        table.add_column(sa.Column("made_here", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("wechat_tag") as table:
        table.alter_column(
            "made_here", server_default=None, existing_type=sa.Boolean(), existing_nullable=False
        )
    op.create_table(
        "wechat_fan_tag",
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("applied_at", UtcDateTime(), nullable=False),
        sa.Column("trouble", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("fan_id", "tag_id", name=op.f("pk_wechat_fan_tag")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_wechat_fan_tag_tag_id")),
        **UTF8,
    )
    op.create_index("ix_wechat_fan_tag_tag_id_fan_id", "wechat_fan_tag", ["tag_id", "fan_id"])
    op.create_table(
        "tag_wish",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_wish")),
        sqlite_autoincrement=True,
        **UTF8,
    )
    op.create_index("ix_tag_wish_account_id_id", "tag_wish", ["account_id", "id"])
    op.create_table(
        "shop_digest",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("staff_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_digest")),
        sa.UniqueConstraint("shop_id", "week", "staff_id", name=op.f("uq_shop_digest_shop_id_week_staff_id")),
        **UTF8,
    )
    op.create_index("ix_shop_digest_fan_id_state", "shop_digest", ["fan_id", "state"])
    op.create_table(
        "shop_digest_off",
        sa.Column("shop_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_digest_off")),
        **UTF8,
    )


def downgrade() -> None:
    for name in ("shop_digest_off", "shop_digest", "tag_wish", "wechat_fan_tag"):
        op.drop_table(name)
    with op.batch_alter_table("wechat_tag") as table:
        for name in ("made_here", "made_at", "name"):
            table.drop_column(name)
    op.drop_table("tag_rule")
    with op.batch_alter_table("tag") as table:
        for name in ("merged_into_id", "retired_at"):
            table.drop_column(name)
    for name in ("channel_mark", "channel_day", "channel_hour", "shop_visitors", "channel_figure"):
        op.drop_table(name)
    # What was done without a code, or was a purchase, the older release does not know.
    op.execute("DELETE FROM channel_event WHERE channel_id IS NULL")
    with op.batch_alter_table("channel_event") as table:
        table.alter_column("channel_id", existing_type=BIG, existing_nullable=True, nullable=False)
        for name in ("amount", "noted_at"):
            table.drop_column(name)
