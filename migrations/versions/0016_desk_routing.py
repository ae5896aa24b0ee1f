"""Routing at the desk: agents' tiers and hours, desks, requests for a person, decisions, tasks."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DEFAULTS = {
    "tier": (sa.String(length=16), "own"),
    "weight": (BIG, "100"),
    "duty": (sa.String(length=16), "on"),
    "open_count": (BIG, "0"),
    "accepted": (BIG, "0"),
    "picture_url": (sa.String(length=400), ""),
    "bound": (sa.Boolean(), sa.true()),
    "invited": (sa.String(length=16), ""),
}


def upgrade() -> None:
    _widen_agents()
    op.create_table(
        "agent_shop",
        sa.Column("agent_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_shop_agent_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_agent_shop_shop_id")),
        sa.PrimaryKeyConstraint("agent_id", "shop_id", name=op.f("pk_agent_shop")),
        **UTF8,
    )
    op.create_index(op.f("ix_agent_shop_shop_id"), "agent_shop", ["shop_id"])
    op.create_table(
        "desk",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("branch_id", BIG, nullable=True),
        sa.Column("schedule", DOCUMENT, nullable=True),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_desk_account_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_desk_shop_id")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_desk_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
        sa.UniqueConstraint("account_id", "place", name=op.f("uq_desk_account_id_place")),
        **UTF8,
    )
    _add_requests()
    _add_decisions()
    _add_tasks()
    op.create_table(
        "desk_poll",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("polled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_desk_poll")),
        **UTF8,
    )


def downgrade() -> None:
    for name in ("desk_poll", "desk_task", "desk_decision", "desk_request", "desk", "agent_shop"):
        op.drop_table(name)
    with op.batch_alter_table("agent") as table:
        table.drop_constraint(op.f("fk_agent_branch_id"), type_="foreignkey")
    op.drop_index(op.f("ix_agent_branch_id"), "agent")
    op.drop_index(op.f("ix_agent_staff_id"), "agent")
    with op.batch_alter_table("agent") as table:
        for name in (
            "branch_id",
            "staff_id",
            "skills",
            "schedule",
            "duty_until",
            "last_taken_at",
            "gone_at",
            *DEFAULTS,
        ):
            table.drop_column(name)


def _widen_agents() -> None:
    with op.batch_alter_table("agent") as table:
        table.add_column(sa.Column("branch_id", BIG, nullable=True))
        table.add_column(sa.Column("staff_id", BIG, nullable=True))
        table.add_column(sa.Column("skills", DOCUMENT, nullable=True))
        table.add_column(sa.Column("schedule", DOCUMENT, nullable=True))
        table.add_column(sa.Column("duty_until", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("last_taken_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("gone_at", UtcDateTime(), nullable=True))
        for name, (kind, value) in DEFAULTS.items():
            table.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        table.create_foreign_key(op.f("fk_agent_branch_id"), "branch", ["branch_id"], ["id"])
    with op.batch_alter_table("agent") as table:
        for name, (kind, _value) in DEFAULTS.items():
            table.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    op.create_index(op.f("ix_agent_branch_id"), "agent", ["branch_id"])
    op.create_index(op.f("ix_agent_staff_id"), "agent", ["staff_id"])


def _add_requests() -> None:
    op.create_table(
        "desk_request",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("open_key", BIG, nullable=True),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("priority", BIG, nullable=False),
        sa.Column("needs", DOCUMENT, nullable=True),
        sa.Column("task_id", BIG, nullable=True),
        sa.Column("rung", sa.String(length=16), nullable=True),
        sa.Column("agent_id", BIG, nullable=True),
        sa.Column("seat_agent_id", BIG, nullable=True),
        sa.Column("passed", DOCUMENT, nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("warned_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_why", sa.String(length=16), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("told", sa.String(length=64), nullable=True),
        sa.Column("score", BIG, nullable=True),
        sa.Column("scored_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_request")),
        sa.UniqueConstraint("open_key", name=op.f("uq_desk_request_open_key")),
        **UTF8,
    )
    for columns in (
        ["account_id", "state", "asked_at"],
        ["fan_id", "id"],
        ["shop_id", "asked_at"],
        ["account_id", "asked_at"],
        ["agent_id"],
        ["seat_agent_id"],
    ):
        op.create_index(f"ix_desk_request_{'_'.join(columns)}", "desk_request", columns)


def _add_decisions() -> None:
    op.create_table(
        "desk_decision",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("rung", sa.String(length=16), nullable=True),
        sa.Column("agent_id", BIG, nullable=True),
        sa.Column("candidates", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_decision")),
        **UTF8,
    )
    for columns in (["request_id", "id"], ["fan_id", "at"], ["at", "id"]):
        op.create_index(f"ix_desk_decision_{'_'.join(columns)}", "desk_decision", columns)


def _add_tasks() -> None:
    op.create_table(
        "desk_task",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("request_id", BIG, nullable=False),
        sa.Column("fan_id", BIG, nullable=False),
        sa.Column("shop_id", BIG, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("agent_id", BIG, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_task")),
        sa.UniqueConstraint("request_id", "kind", name=op.f("uq_desk_task_request_id_kind")),
        **UTF8,
    )
    op.create_index(op.f("ix_desk_task_fan_id"), "desk_task", ["fan_id"])
    op.create_index("ix_desk_task_account_id_state_due_at", "desk_task", ["account_id", "state", "due_at"])
