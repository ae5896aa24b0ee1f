"""Numbers that were given after a backup are out in the world: in links, in receipts, with gateways."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

GAP: Final = 1_000_000  # more rows than come between a backup and its restoration
A_SECOND: Final = (
    10  # more than come in one: what is given after a backup's first restoration is not after its second
)
POSTGRESQL: Final = text(
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + :gap) "
    "FROM pg_sequences WHERE schemaname = current_schema()"
)
SQLITE: Final = text("UPDATE sqlite_sequence SET seq = seq + :gap")


def skip(session: Session, *, taken_at: datetime, now: datetime) -> None:
    """Do not give them again, where the database lets one say so: on PostgreSQL, and few tables of SQLite.

    What must never meet an old number relies on more than this: cookies, and the scenes of codes.
    """
    dialect = session.connection().dialect.name
    wanted = {"postgresql": POSTGRESQL, "sqlite": SQLITE}.get(dialect)
    if wanted is not None:
        gap = GAP + A_SECOND * max(0, int((now - taken_at).total_seconds()))
        session.connection().execute(wanted, {"gap": gap}).close()
