"""Opening hours with holidays, closed shops, sealed telephones, and rows that notice a second writer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from bot.db.types import BIG, DOCUMENT

SHA256 = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("branch") as table:
        table.add_column(sa.Column("version", BIG, nullable=False, server_default="1"))
    with op.batch_alter_table("shop") as table:
        table.alter_column(
            "hours", type_=sa.String(length=400), existing_type=sa.String(64), existing_nullable=False
        )
        table.add_column(sa.Column("schedule", DOCUMENT, nullable=True))
        table.add_column(sa.Column("state", sa.String(length=16), nullable=False, server_default="open"))
        table.add_column(sa.Column("version", BIG, nullable=False, server_default="1"))
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("phone", sa.String(length=200), nullable=True))
        table.add_column(sa.Column("phone_index", SHA256, nullable=True))
        table.add_column(sa.Column("version", BIG, nullable=False, server_default="1"))
        table.create_unique_constraint(op.f("uq_staff_phone_index"), ["phone_index"])
    # They served the rows that were there; from now on the code says it.
    for name in ("branch", "shop", "staff"):
        with op.batch_alter_table(name) as table:
            table.alter_column("version", server_default=None, existing_type=BIG, existing_nullable=False)
    with op.batch_alter_table("shop") as table:
        table.alter_column("state", server_default=None, existing_type=sa.String(16), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("staff") as table:
        table.drop_constraint(op.f("uq_staff_phone_index"), type_="unique")
        table.drop_column("phone_index")
        table.drop_column("phone")
        table.drop_column("version")
    shop = sa.table("shop", sa.column("hours"))
    op.execute(shop.update().values(hours=sa.func.substr(shop.c.hours, 1, 64)))
    with op.batch_alter_table("shop") as table:
        table.alter_column(
            "hours", type_=sa.String(length=64), existing_type=sa.String(400), existing_nullable=False
        )
        table.drop_column("schedule")
        table.drop_column("state")
        table.drop_column("version")
    with op.batch_alter_table("branch") as table:
        table.drop_column("version")
