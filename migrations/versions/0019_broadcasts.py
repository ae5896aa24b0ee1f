"""Segments, short links and broadcasts."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("created_by_id", BIG, nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("shared_at", UtcDateTime(), nullable=True),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        **UTF8,
    )
    op.create_index(op.f("ix_segment_created_by_id"), "segment", ["created_by_id"])
    _add_links()
    _add_broadcasts()
    _add_mass_sends()


def downgrade() -> None:
    for name in ("mass_recipient", "mass_send", "broadcast", "link_click", "short_link", "segment"):
        op.drop_table(name)


def _add_links() -> None:
    op.create_table(
        "short_link",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_short_link")),
        sa.UniqueConstraint("owner", "address", name=op.f("uq_short_link_owner_address")),
        **UTF8,
    )
    op.create_table(
        "link_click",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("link_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["short_link.id"], name=op.f("fk_link_click_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_click")),
        **UTF8,
    )
    op.create_index("ix_link_click_link_id_fan_id", "link_click", ["link_id", "fan_id"])
    op.create_index("ix_link_click_fan_id_at", "link_click", ["fan_id", "at"])


def _add_broadcasts() -> None:
    op.create_table(
        "broadcast",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("branch_id", BIG, nullable=True),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("intent", sa.String(length=32), nullable=False),
        sa.Column("segment_id", BIG, nullable=True),
        sa.Column("audience", DOCUMENT, nullable=True),
        sa.Column("tag_id", BIG, nullable=True),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("rate", BIG, nullable=True),
        sa.Column("send_at", UtcDateTime(), nullable=True),
        sa.Column("written_by", DOCUMENT, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_by", sa.String(length=64), nullable=True),
        sa.Column("submitted_by_id", BIG, nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("sent_back_why", sa.String(length=400), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("laid_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("newest", BIG, nullable=True),
        sa.Column("reached", BIG, nullable=False),
        sa.Column("laid", BIG, nullable=False),
        sa.Column("effect", DOCUMENT, nullable=True),
        sa.Column("version", BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_broadcast_account_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_broadcast_branch_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_broadcast_shop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
        **UTF8,
    )
    op.create_index("ix_broadcast_state_send_at", "broadcast", ["state", "send_at"])
    op.create_index(op.f("ix_broadcast_branch_id"), "broadcast", ["branch_id"])
    op.create_index(op.f("ix_broadcast_shop_id"), "broadcast", ["shop_id"])


def _add_mass_sends() -> None:
    op.create_table(
        "mass_send",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("broadcast_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=32), nullable=False),
        sa.Column("recipients", BIG, nullable=False),
        sa.Column("msg_id", BIG, nullable=True),
        sa.Column("called_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("total", BIG, nullable=True),
        sa.Column("filtered", BIG, nullable=True),
        sa.Column("sent", BIG, nullable=True),
        sa.Column("failed", BIG, nullable=True),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcast.id"], name=op.f("fk_mass_send_broadcast_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_send")),
        sa.UniqueConstraint("broadcast_id", "number", name=op.f("uq_mass_send_broadcast_id_number")),
        sa.UniqueConstraint("client_id", name=op.f("uq_mass_send_client_id")),
        **UTF8,
    )
    op.create_index("ix_mass_send_account_id_msg_id", "mass_send", ["account_id", "msg_id"])
    op.create_index("ix_mass_send_state_called_at", "mass_send", ["state", "called_at"])
    op.create_table(
        "mass_recipient",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("broadcast_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("mass_send_id", BIG, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("laid_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_recipient")),
        sa.UniqueConstraint("broadcast_id", "fan_id", name=op.f("uq_mass_recipient_broadcast_id_fan_id")),
        **UTF8,
    )
    op.create_index("ix_mass_recipient_mass_send_id_fan_id", "mass_recipient", ["mass_send_id", "fan_id"])
    op.create_index("ix_mass_recipient_fan_id_laid_at", "mass_recipient", ["fan_id", "laid_at"])
