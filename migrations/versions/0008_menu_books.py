"""Menus as versioned books with a draft, an author, a note and a time."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.db.types import BIG, DOCUMENT, UtcDateTime

UTF8 = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MENU = sa.table(
    "menu",
    sa.column("id", BIG),
    sa.column("account_id", BIG),
    sa.column("document", DOCUMENT),
    sa.column("state", sa.String),
    sa.column("created_at", UtcDateTime()),
    sa.column("due_at", UtcDateTime()),
    sa.column("number", BIG),
    sa.column("author", sa.String),
    sa.column("note", sa.String),
)


def upgrade() -> None:
    with op.batch_alter_table("menu") as table:
        table.add_column(sa.Column("number", BIG, nullable=True))
        table.add_column(sa.Column("author_id", BIG, nullable=True))
        table.add_column(sa.Column("author", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("note", sa.String(length=200), nullable=True))
        table.add_column(sa.Column("code", BIG, nullable=True))
        table.add_column(sa.Column("due_at", UtcDateTime(), nullable=True))
    bind = op.get_bind()
    rows = bind.execute(sa.select(MENU).order_by(MENU.c.id)).all()
    numbers: dict[int, int] = {}
    in_force = {row.account_id: row.id for row in rows if row.state == "published"}
    for row in rows:
        number = numbers[row.account_id] = numbers.get(row.account_id, 0) + 1
        is_old = row.state == "published" and in_force[row.account_id] != row.id
        values = {
            "number": number,
            "author": "",
            "note": "",
            "due_at": row.created_at,
            "state": "replaced" if is_old else row.state,
            "document": _book(row.document),
        }
        bind.execute(MENU.update().where(MENU.c.id == row.id).values(values))
    with op.batch_alter_table("menu") as table:
        table.alter_column("number", nullable=False, existing_type=BIG)
        table.alter_column("author", nullable=False, existing_type=sa.String(length=64))
        table.alter_column("note", nullable=False, existing_type=sa.String(length=200))
        table.alter_column("due_at", nullable=False, existing_type=UtcDateTime())
        table.create_unique_constraint(op.f("uq_menu_account_id_number"), ["account_id", "number"])
    op.create_table(
        "menu_draft",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_menu_draft")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_menu_draft_account_id")),
        **UTF8,
    )


def downgrade() -> None:
    """Keep each version's default menu; what is only in a draft or waits for its time is lost."""
    op.drop_table("menu_draft")
    bind = op.get_bind()
    bind.execute(MENU.delete().where(MENU.c.state.in_(("scheduled", "cancelled"))))
    bind.execute(MENU.update().where(MENU.c.state == "replaced").values(state="published"))
    for row in bind.execute(sa.select(MENU)).all():
        document = {"button": [_bare(button) for button in row.document["default"]]}
        bind.execute(MENU.update().where(MENU.c.id == row.id).values(document=document))
    with op.batch_alter_table("menu") as table:
        table.drop_constraint(op.f("uq_menu_account_id_number"), type_="unique")
        for name in ("number", "author_id", "author", "note", "code", "due_at"):
            table.drop_column(name)


def _book(document: dict[str, Any]) -> dict[str, Any]:
    """Return the book of a default menu, each button with an id."""
    buttons = [dict(button) for button in document.get("button", [])]
    for column, button in enumerate(buttons):
        button["id"] = f"m{column}"
        if button.get("sub_button"):
            subs = [dict(sub) for sub in button["sub_button"]]
            for line, sub in enumerate(subs):
                sub["id"] = f"m{column}-{line}"
            button["sub_button"] = subs
    return {"default": buttons, "conditional": []}


def _bare(button: dict[str, Any]) -> dict[str, Any]:
    made = {name: value for name, value in button.items() if name != "id"}
    if made.get("sub_button"):
        made["sub_button"] = [_bare(sub) for sub in made["sub_button"]]
    return made
