"""The database: one engine, explicit transactions, and the column types every table shares."""

from bot.db.database import Database
from bot.db.scope import EVERYTHING, HEAD_OFFICE, SHARED, ByShop, Scope, Through
from bot.db.types import Base, Digest, Key, Name, OpenId, utc_now

__all__ = [
    "EVERYTHING",
    "HEAD_OFFICE",
    "SHARED",
    "Base",
    "ByShop",
    "Database",
    "Digest",
    "Key",
    "Name",
    "OpenId",
    "Scope",
    "Through",
    "utc_now",
]
