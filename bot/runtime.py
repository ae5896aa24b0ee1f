"""What one process works with, built once (style guide A5)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.accounts.register import enrol
from bot.config import Config
from bot.db import Database, utc_now
from bot.db.database import away, last_word
from bot.db.revisions import Memory
from bot.desk.desks import DESKS
from bot.desk.presence import STAFFED
from bot.embedded_redis import address
from bot.errors import YizhanError
from bot.materials.known import MATERIALS
from bot.organisation.directory import SHOPS
from bot.redis_client import connect
from bot.replica import Surveys
from bot.replies.rules import RULES
from bot.restorations import marker
from bot.router import Served
from bot.series.book import SERIES
from bot.tags import system
from bot.tags.automatic import TAGGING
from bot.wechat.gateway import Gateway

REMEMBERED = (RULES, SHOPS, STAFFED, DESKS, MATERIALS, TAGGING, SERIES)
SECONDS_TO_ENROL = 5.0
SECONDS_OF_PATIENCE = 60.0  # of a process that may start while the database, or its own cable, is away
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts every edge of one process shares. Safe between threads, not across a fork."""

    config: Config
    db: Database
    surveys: Surveys
    redis: Redis
    wechat: Gateway
    memory: Memory
    accounts: Mapping[str, Served]

    def account_by_id(self, account_id: int) -> Served:
        """Return the account of a row; `KeyError` if the settings no longer hold it."""
        for account in self.accounts.values():
            if account.id == account_id:
                return account
        raise KeyError(f"account {account_id} has rows but no [[accounts]] entry; put it back to serve it")

    def close(self) -> None:
        """Let go of every connection."""
        self.wechat.close()
        self.redis.close()
        self.surveys.close()
        self.db.close()


def open_runtime(config: Config, *, patience: float = SECONDS_TO_ENROL) -> Runtime:
    """Build the runtime of this process. Connects to the database, which must have been migrated.

    Raise `DatabaseAway` if it does not answer for `patience` seconds, `ConfigError` if it is being restored.
    """
    db = Database(config.database)
    try:
        surveys = Surveys(db, config.database)
        _reach(db, patience)
    except YizhanError:
        db.close()
        raise
    # All processes of a new deployment enrol at once, and InnoDB may end some of those who insert the same.
    ids = db.insist(lambda session: _enrolled(session, config), seconds=SECONDS_TO_ENROL)
    redis = connect(config.redis.url or address(config))
    accounts = {one.name: Served(ids[one.name], one.name, one.kind) for one in config.accounts}
    return Runtime(config, db, surveys, redis, Gateway(config, redis), Memory(*REMEMBERED), accounts)


def _reach(db: Database, patience: float) -> None:
    """Wait until the database answers, and is whole."""

    def look(session: Session) -> None:
        marker.refuse(session.connection())

    try:
        db.insist(look, seconds=0)
    except DBAPIError as error:
        log.warning("database away", extra={"reason": last_word(error), "waits_seconds": patience})
    else:
        return
    try:
        db.insist(look, seconds=patience)
    except DBAPIError as error:
        raise away(error) from None


def _enrolled(session: Session, config: Config) -> dict[str, int]:
    ids = enrol(session, config.accounts)
    system.enrol(session, now=utc_now())
    return ids
