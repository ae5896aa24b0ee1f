"""What a batch needs of whoever asked for it, and how far they reached."""

import sqlalchemy as sa
from alembic import op

from bot.db.types import DOCUMENT

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch", sa.Column("needs", sa.String(length=48), nullable=True))
    op.add_column("batch", sa.Column("reached", DOCUMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("batch", "reached")
    op.drop_column("batch", "needs")
