"""A newer release: today's code in a folder of its own, and a migration that only adds."""

import shutil
from pathlib import Path

from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("bot", "handlers", "h5", "admin", "api", "posters", "migrations", "wsgi.py", "asgi.py")

MIGRATION = '''"""A column more in two busy tables, as a release that adds something would bring."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("message", "fan"):
        op.add_column(table, sa.Column("of_a_newer_release", sa.String(length=16), nullable=True))


def downgrade() -> None:
    for table in ("message", "fan"):
        op.drop_column(table, "of_a_newer_release")
'''


def make(folder: Path) -> Path:
    """Write the newer release into `folder` and return it."""
    folder.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part)
        else:
            shutil.copy(ROOT / part, folder)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "migrations" / "versions" / "9000_newer.py").write_text(migration(), encoding="utf-8")
    return folder


def migration() -> str:
    """Return a migration upon the newest one there is."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    return MIGRATION.format(revision="9000", newest=newest)
