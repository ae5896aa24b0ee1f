"""What one process works with, built once (style guide A5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.accounts.register import enrol
from bot.config import Config
from bot.db import Database
from bot.db.revisions import Memory
from bot.desk.presence import STAFFED
from bot.embedded_redis import address
from bot.organisation.directory import SHOPS
from bot.replies.rules import RULES
from bot.router import Served
from bot.wechat.gateway import Gateway

REMEMBERED = (RULES, SHOPS, STAFFED)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts every edge of one process shares. Safe between threads, not across a fork."""

    config: Config
    db: Database
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
        self.db.close()


def open_runtime(config: Config) -> Runtime:
    """Build the runtime of this process. Connects to the database, which must have been migrated."""
    db = Database(config.database)
    with db.transaction() as session:
        ids = enrol(session, config.accounts)
    redis = connect_redis(config)
    accounts = {one.name: Served(ids[one.name], one.name, one.kind) for one in config.accounts}
    return Runtime(config, db, redis, Gateway(config, redis), Memory(*REMEMBERED), accounts)


def connect_redis(config: Config) -> Redis:
    """Return a client for the Redis of the settings, or our own; connects with its first command."""
    return Redis.from_url(
        config.redis.url or address(config),
        socket_connect_timeout=1,
        socket_timeout=5,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),  # redis-py's own patience stalls for seconds while Redis is away
    )
