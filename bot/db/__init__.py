"""The database: one engine, explicit transactions, and the column types every table shares."""

from bot.db.database import Database
from bot.db.types import Base, Digest, Document, Key, Moment, MomentNow, Name, OpenId, utc_now

__all__ = [
    "Base",
    "Database",
    "Digest",
    "Document",
    "Key",
    "Moment",
    "MomentNow",
    "Name",
    "OpenId",
    "utc_now",
]
