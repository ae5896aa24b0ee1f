"""Channels with all that belongs to a code, what fans do through them, and who a fan is."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FILLED = {
    "kind": (sa.String(length=16), "permanent"),
    "state": (sa.String(length=16), "active"),
    "purpose": (sa.String(length=64), ""),
    "note": (sa.String(length=400), ""),
    "version": (BIG, "1"),
}


def upgrade() -> None:
    op.create_table(
        "channel_group",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("parent_id", BIG, nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_group")),
        sa.ForeignKeyConstraint(["parent_id"], ["channel_group.id"], name=op.f("fk_channel_group_parent_id")),
        **UTF8,
    )
    op.create_table(
        "campaign",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
        **UTF8,
    )
    with op.batch_alter_table("channel") as table:
        for name, (kind, value) in FILLED.items():
            table.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        table.add_column(sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("group_id", BIG, nullable=True))
        table.add_column(sa.Column("campaign_id", BIG, nullable=True))
        table.add_column(sa.Column("desk_shop_id", BIG, nullable=True))
        table.add_column(sa.Column("welcomes", DOCUMENT, nullable=True))
        table.add_column(sa.Column("expires_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("retired_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("created_by_id", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_channel_group_id"), "channel_group", ["group_id"], ["id"])
        table.create_foreign_key(op.f("fk_channel_campaign_id"), "campaign", ["campaign_id"], ["id"])
        table.create_foreign_key(op.f("fk_channel_desk_shop_id"), "shop", ["desk_shop_id"], ["id"])
        table.create_index("ix_channel_campaign_id", ["campaign_id"])
        table.create_index("ix_channel_expires_at", ["expires_at"])
    # They served the rows that were there; from now on the code says it.
    with op.batch_alter_table("channel") as table:
        for name, (kind, _value) in FILLED.items():
            table.alter_column(name, server_default=None, existing_type=kind, existing_nullable=False)
        table.alter_column(
            "is_test", server_default=None, existing_type=sa.Boolean(), existing_nullable=False
        )
    op.create_table(
        "channel_tag",
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("for_members", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "tag_id", "for_members", name=op.f("pk_channel_tag")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_channel_tag_channel_id")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_channel_tag_tag_id")),
        **UTF8,
    )
    with op.batch_alter_table("fan") as table:
        table.add_column(sa.Column("member_id", BIG, nullable=True))
        table.add_column(sa.Column("staff_id", BIG, nullable=True))
        table.create_index("ix_fan_member_id", ["member_id"])
        table.create_index("ix_fan_staff_id", ["staff_id"])
    op.create_table(
        "channel_event",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("channel_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("staff_id", BIG, nullable=True),
        sa.Column("campaign_id", BIG, nullable=True),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=16), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_event")),
        **UTF8,
    )
    op.create_index("ix_channel_event_at_id", "channel_event", ["at", "id"])
    op.create_index("ix_channel_event_fan_id_at", "channel_event", ["fan_id", "at"])
    op.create_index("ix_channel_event_channel_id_at", "channel_event", ["channel_id", "at"])


def downgrade() -> None:
    op.drop_table("channel_event")
    with op.batch_alter_table("fan") as table:
        for name in ("member_id", "staff_id"):
            table.drop_index(f"ix_fan_{name}")
            table.drop_column(name)
    op.drop_table("channel_tag")
    with op.batch_alter_table("channel") as table:
        for name in ("group_id", "campaign_id", "desk_shop_id"):
            table.drop_constraint(op.f(f"fk_channel_{name}"), type_="foreignkey")
        # MySQL keeps an index as long as a foreign key of its first column stands on it.
        table.drop_index("ix_channel_campaign_id")
        table.drop_index("ix_channel_expires_at")
        for name in (
            "created_by_id",
            "retired_at",
            "expires_at",
            "welcomes",
            "desk_shop_id",
            "campaign_id",
            "group_id",
            "is_test",
            *FILLED,
        ):
            table.drop_column(name)
    op.drop_table("campaign")
    op.drop_table("channel_group")
