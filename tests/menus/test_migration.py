"""Menus from before become versions of a book, and go back to what they were."""

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from bot import schema
from bot.accounts.register import enrol
from bot.config import DatabaseConfig
from bot.db import Database, utc_now
from bot.db.types import DOCUMENT, UtcDateTime
from tests import make

OLD = sa.table(
    "menu",
    sa.column("id", sa.BigInteger),
    sa.column("account_id", sa.BigInteger),
    sa.column("document", DOCUMENT),
    sa.column("state", sa.String),
    sa.column("created_at", UtcDateTime()),
)
DOCUMENTS = [
    {"button": [{"type": "click", "name": "一", "key": "ONE"}]},
    {"button": [{"name": "二", "sub_button": [{"type": "view", "name": "页", "url": "https://a.example/"}]}]},
]


def test_menus_from_before_are_kept_both_ways(database_url):
    db = Database(DatabaseConfig(url=database_url))
    config = schema.alembic_config(db)
    [ours] = [
        one for one in ScriptDirectory.from_config(config).walk_revisions() if "versioned books" in one.doc
    ]
    with db.transaction() as session:
        account_id = enrol(session, (make.account(),))["head"]
    try:
        command.downgrade(config, ours.down_revision)
        with db.connection() as connection:
            for document in DOCUMENTS:
                values = {"account_id": account_id, "document": document, "state": "published"}
                connection.execute(sa.insert(OLD).values(**values, created_at=utc_now()))
        command.upgrade(config, ours.revision)
        with db.connection() as connection:
            rows = connection.execute(sa.text("SELECT number, state FROM menu ORDER BY id")).all()
            assert [tuple(row) for row in rows] == [(1, "replaced"), (2, "published")]
            books = connection.execute(sa.select(OLD.c.document).order_by(OLD.c.id)).scalars().all()
            assert [book["default"][0]["name"] for book in books] == ["一", "二"]
            assert all(book["default"][0]["id"] for book in books)
        command.downgrade(config, ours.down_revision)
        with db.connection() as connection:
            assert (
                connection.execute(sa.select(OLD.c.document).order_by(OLD.c.id)).scalars().all() == DOCUMENTS
            )
            connection.execute(sa.delete(OLD))
    finally:
        schema.migrate(db)
        db.close()
