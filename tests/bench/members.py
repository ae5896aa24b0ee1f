"""How long an import takes, killed on the way: `python -m tests.bench members`."""

import argparse
import base64
import json
import tempfile
import time
from pathlib import Path

from sqlalchemy import func, select

from bot import schema
from bot.audit import Actor
from bot.batches.models import Batch, BatchState
from bot.config import DatabaseConfig, PrivacyConfig
from bot.db import Database, utc_now
from bot.members.importing import batch as importing
from bot.members.models import Member
from bot.privacy import vault_of
from tests.bench import databases, spreadsheet

KEYS = PrivacyConfig(
    keys="bench:" + base64.b64encode(b"k" * 32).decode(), index_key=base64.b64encode(b"i" * 32).decode()
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")


def run(options: argparse.Namespace) -> int:
    """Import members with 8 % duplicates and 3 % errors, stopped after every slice."""
    with tempfile.TemporaryDirectory() as folder:
        where = databases.postgresql() if options.postgresql else databases.sqlite(Path(folder))
        with where as url:
            db = Database(DatabaseConfig(url=url))
            schema.migrate(db)
            figures = measure(db, options.rows)
            db.close()
    for name, figure in figures.items():
        print(f"{name:12} {figure}")
    print(json.dumps(figures))
    return 0


def measure(db: Database, rows: int) -> dict[str, float | int]:
    made = spreadsheet.members(rows)
    vault = vault_of(KEYS)
    began = time.monotonic()
    with db.transaction() as session:
        batch_id = importing.begin(
            session,
            vault,
            made.content,
            name="bench.csv",
            source="till",
            shop_id=None,
            shop_ids=None,
            maker=Actor("bench"),
            now=utc_now(),
        ).id
    slices, longest = 0, 0.0
    while True:
        start = time.monotonic()
        importing.run(db, vault, batch_id, now=utc_now())
        longest, slices = max(longest, time.monotonic() - start), slices + 1
        with db.reading() as session:
            batch = session.get_one(Batch, batch_id)
            if batch.state != BatchState.RUNNING:
                break
    with db.reading() as session:
        members = session.scalar(select(func.count(Member.id))) or 0
    seconds = time.monotonic() - began
    assert (members, batch.notes["known"], batch.failed) == (made.good, made.duplicates, made.errors)
    return {
        "rows": rows,
        "members": members,
        "duplicates": batch.notes["known"],
        "errors": batch.failed,
        "seconds": round(seconds, 1),
        "slices": slices,
        "longest_slice": round(longest, 1),
    }
