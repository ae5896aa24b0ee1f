"""The tables as Alembic knows them: bringing a database up to date, and asking whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError

from bot.db import Database

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def alembic_config(db: Database) -> AlembicConfig:
    """Return what Alembic needs to work on `db`; its `env.py` finds the engine in `attributes`."""
    config = _config()
    config.attributes["engine"] = db.engine
    return config


def migrate(db: Database, target: str = "head") -> None:
    """Bring the tables to `target`. Run twice: nothing is left to do."""
    command.upgrade(alembic_config(db), target)


def revision(db: Database) -> str | None:
    """Return the revision the tables are at; None where there are no tables of ours."""
    with db.reading() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def knows(revision: str) -> bool:
    """Tell whether this code has that revision: what a newer release wrote, it has not."""
    return any(script.revision == revision for script in _scripts().walk_revisions())


def unapplied(db: Database) -> list[str]:
    """Return the revisions this code has and the database has not, newest first.

    A revision this code does not know is a newer release's, which is upon all of ours: while an upgrade runs,
    both work on one database.
    """
    scripts, current = _scripts(), revision(db)
    if current == scripts.get_current_head():
        return []
    try:
        return [script.revision for script in scripts.iterate_revisions("head", current or "base")]
    except ResolutionError:
        return []


def _config() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
