"""What we stand on: settings, database, Redis."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.db import utc_now
from bot.doctor.findings import Finding, advice, failed, good, wrong
from bot.outbox import keeping
from bot.runtime import Runtime
from bot.schema import unapplied
from bot.told import told

COLLATION = "utf8mb4_bin"


def settings(runtime: Runtime) -> Iterator[Finding]:
    """Check what the settings say together, beyond each being well-formed."""
    public = urlsplit(runtime.config.server.public_url)
    if not public.hostname:
        yield advice(
            "public_url",
            told("not set"),
            told(
                "set [server] public_url to the address WeChat and phones reach, such as https://wx.example.com"
            ),
        )
    elif public.scheme != "https" and public.hostname not in {"127.0.0.1", "localhost"}:
        remedy = told("put TLS in front: OAuth pages and the JS-SDK insist on it")
        yield advice("public_url", told("not https"), remedy)
    else:
        yield good("public_url", runtime.config.server.public_url)
    for account in runtime.config.accounts:
        if account.mode == "plain":
            yield advice(
                told("%(account)s: mode", account=account.name),
                told("plain: the signature does not cover what travellers write"),
                told('choose 安全模式 in the console, copy its key, and set mode = "safe"'),
            )
        if not account.original_id:
            yield advice(
                told("%(account)s: original_id", account=account.name),
                told("not set, so a push for another account is not noticed"),
                told("copy the 原始ID (gh_…) from the console"),
            )
    if not runtime.config.accounts:
        remedy = told("add one [[accounts]] table; config.example.toml shows how")
        yield wrong(told("accounts"), told("none"), remedy)


def database(runtime: Runtime) -> Iterator[Finding]:
    """Check that the database answers, is migrated, and keeps every character apart."""
    try:
        missing = unapplied(runtime.db)
        with runtime.db.reading() as session:
            late = keeping.overdue(session, now=utc_now())
            odd = (
                list(session.scalars(text(ODD_TABLES))) if runtime.db.dialect in {"mysql", "mariadb"} else []
            )
    except SQLAlchemyError as error:
        remedy = told("check [database] url and that the server is up; then: python -m bot migrate")
        yield failed(told("database"), error, remedy)
        return
    yield good(told("database"), told("%(kind)s answers", kind=runtime.db.dialect))
    if missing:
        seen = told("%(n)s to apply", n=len(missing))
        yield wrong(told("migrations"), seen, told("run: python -m bot migrate"))
    else:
        yield good(told("migrations"), told("up to date"))
    if odd:
        yield wrong(
            told("charset"),
            told(
                "%(tables)s: not %(collation)s; emoji would be refused, or OpenIDs mixed up",
                tables=", ".join(odd),
                collation=COLLATION,
            ),
            f"ALTER TABLE <name> CONVERT TO CHARACTER SET utf8mb4 COLLATE {COLLATION}",
        )
    overdue = told("%(n)s promises overdue", n=late)
    if late > LATE:
        yield wrong(told("outbox"), overdue, told("start a clock and a worker, or more of them"))
    else:
        yield good(told("outbox"), overdue)


LATE = 1000
ODD_TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = database() "
    "AND table_type = 'BASE TABLE' AND table_collation <> 'utf8mb4_bin' AND table_name <> 'alembic_version'"
)


def redis(runtime: Runtime) -> Iterator[Finding]:
    """Check that Redis answers and will not throw promises away when it is full."""
    try:
        version = runtime.redis.info("server")["redis_version"]
        policy = runtime.redis.info("memory").get("maxmemory_policy", "noeviction")
    except RedisError as error:
        remedy = told("start it, or check [redis] url; messages are answered meanwhile, promises wait")
        yield failed("redis", error, remedy)
        return
    yield good("redis", told("%(kind)s answers", kind=version))
    if policy != "noeviction":
        seen = told("maxmemory-policy is %(policy)s", policy=policy)
        yield advice("redis", seen, told("set it to noeviction: queued jobs are not a cache"))
