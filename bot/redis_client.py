"""From `[redis] url` to a client: one server, or whichever server Sentinel calls the master.

redis-py knows Sentinel but has no address for it; ours is
`redis+sentinel://[[user]:password@]host[:port],host[:port]…/service[/db]`.
"""

import re
from urllib.parse import unquote, urlsplit

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from bot.errors import ConfigError

SCHEME = "redis+sentinel://"
SENTINEL_PORT = 26379
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]@]+)(:(?P<port>\d{1,5}))?")
ONE = "not the address of a Redis; write redis://:password@host:6379/0"
MANY = "write redis+sentinel://:password@host:26379,host:26379,host:26379/service/0"


def connect(url: str) -> Redis:
    """Return a client for `url`; connects with its first command.

    A command that found a dead server is tried once more, at once: behind
    Sentinel that second try asks anew who the master is.  redis-py's own
    patience stalls for seconds while Redis is away.
    """
    options = {"socket_connect_timeout": 1, "socket_timeout": 5, "health_check_interval": 30, **_impatience()}
    if not url.startswith(SCHEME):
        try:
            return Redis.from_url(url, **options)
        except ValueError:  # its words may quote a password
            raise ConfigError(f"[redis] url: {ONE}; or, with Sentinel, {MANY}") from None
    sentinels, service, server = _parts(url)
    asking = {"socket_connect_timeout": 1, "socket_timeout": 1, **_impatience()}
    finder = Sentinel(sentinels, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    pool = SentinelConnectionPool(service, finder, **server, **options)  # type: ignore[no-untyped-call]
    return Redis.from_pool(pool)


def hurried(redis: Redis, *, seconds: float) -> Redis:
    """Return a client of its own for the same server, which waits `seconds` for an answer and no longer."""
    pool = redis.connection_pool
    options = {
        **pool.connection_kwargs,
        **_impatience(),
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
    }
    if isinstance(pool, SentinelConnectionPool):
        del options["connection_pool"]  # the other one's
        service, finder = pool.service_name, pool.sentinel_manager
        return Redis.from_pool(SentinelConnectionPool(service, finder, **options))  # type: ignore[no-untyped-call]
    return Redis.from_pool(ConnectionPool(connection_class=pool.connection_class, **options))


def _impatience() -> dict[str, Retry]:
    return {"retry": Retry(NoBackoff(), 1)}


def _parts(url: str) -> tuple[list[tuple[str, int]], str, dict[str, str | int]]:
    """Return the sentinels, the service's name, and what to say to the server they name."""
    try:
        split = urlsplit(url)  # of a netloc like ours it has no opinion, but for brackets
    except ValueError:  # whose words may quote a password
        raise ConfigError(f"[redis] url: not the address of sentinels; {MANY}") from None
    login, _, hosts = split.netloc.rpartition("@")
    met = [_HOST.fullmatch(one) for one in hosts.split(",")]
    if not all(met) or split.query or split.fragment:
        raise ConfigError(f"[redis] url: not the address of sentinels; {MANY}")
    sentinels = [(one["name"].strip("[]"), int(one["port"] or SENTINEL_PORT)) for one in met if one]
    service, _, number = split.path.strip("/").partition("/")
    if not service or not (number or "0").isdigit():
        raise ConfigError(f"[redis] url: no service, or a database that is no number; {MANY}")
    user, _, password = login.partition(":")
    server: dict[str, str | int] = {"db": int(number or 0)}
    server |= {name: unquote(word) for name, word in (("username", user), ("password", password)) if word}
    return sentinels, unquote(service), server
