"""The tables as Alembic knows them: bringing a database up to date, and asking whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.accounts.models import Account
from bot.audit.models import AuditEntry, AuditHead
from bot.channels.models import Channel
from bot.db import Base, Database
from bot.db.revisions import Revision
from bot.desk.models import Agent
from bot.fans.models import Fan
from bot.figures.models import DailyFigure
from bot.menus.models import Menu
from bot.messages.models import Message
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.models import Promise
from bot.outbox.timetable import Slot
from bot.replies.models import AutoReply, ReplyHits, ReplyHitsMark
from bot.replies.office import OfficeReply
from bot.users.models import RecoveryCode, User, UserBranch, UserSession, UserShop

# Naming every table here is what makes `Base.metadata` whole, whoever asks.
TABLES = (
    Account,
    Agent,
    AuditEntry,
    AuditHead,
    AutoReply,
    Branch,
    Channel,
    DailyFigure,
    Fan,
    Menu,
    Message,
    OfficeReply,
    Promise,
    RecoveryCode,
    ReplyHits,
    ReplyHitsMark,
    Revision,
    Shop,
    Slot,
    Staff,
    User,
    UserBranch,
    UserSession,
    UserShop,
)
METADATA = Base.metadata
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def alembic_config(db: Database) -> AlembicConfig:
    """Return what Alembic needs to work on `db`; its `env.py` finds the engine in `attributes`."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = db.engine
    return config


def migrate(db: Database, target: str = "head") -> None:
    """Bring the tables to `target`. Run twice: nothing is left to do."""
    command.upgrade(alembic_config(db), target)


def unapplied(db: Database) -> list[str]:
    """Return the revisions this code has and the database has not, newest first."""
    scripts = ScriptDirectory.from_config(alembic_config(db))
    with db.reading() as session:
        current = MigrationContext.configure(session.connection()).get_current_revision()
    if current == scripts.get_current_head():
        return []
    return [script.revision for script in scripts.iterate_revisions("head", current or "base")]
