"""/healthz, /readyz, /metrics: for load balancers, people in a hurry, and Prometheus."""

import os
from collections.abc import Callable, Iterable, Iterator

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import YizhanError
from bot.outbox import keeping
from bot.runtime import Runtime
from bot.schema import unapplied

Check = Callable[[Runtime], str]


def make_blueprint(runtime: Runtime) -> Blueprint:
    """Return the pages.

    They are open to whoever can reach them: keep /readyz and /metrics inside (docs/operations.md).
    """
    pages = Blueprint("health", __name__)

    @pages.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @pages.get("/readyz")
    def ready() -> tuple[Response, int]:
        checks = {name: _outcome(check, runtime) for name, check in CHECKS.items()}
        fine = all(check["ok"] for check in checks.values())
        return jsonify({"ready": fine, "checks": checks}), 200 if fine else 503

    @pages.get("/metrics")
    def metrics() -> Response:
        return Response(_exposition(runtime), content_type=CONTENT_TYPE_LATEST)

    return pages


def _outcome(check: Check, runtime: Runtime) -> dict[str, object]:
    try:
        return {"ok": True, "detail": check(runtime)}
    except (YizhanError, SQLAlchemyError, RedisError) as error:
        reason = str(error) if isinstance(error, YizhanError) else type(error).__name__
        return {"ok": False, "detail": reason}


def _database(runtime: Runtime) -> str:
    with runtime.db.reading() as session:
        session.execute(text("SELECT 1"))
    return runtime.db.dialect


def _redis(runtime: Runtime) -> str:
    runtime.redis.ping()
    return "answers"


class NotMigrated(YizhanError):
    """The operator's move: the tables are older than the code."""


def _migrations(runtime: Runtime) -> str:
    missing = unapplied(runtime.db)
    if missing:
        raise NotMigrated(f"{len(missing)} migrations to apply; run: python -m bot migrate")
    return "up to date"


def _token(runtime: Runtime) -> str:
    missing = [name for name in runtime.accounts if not runtime.wechat.of(name).token_is_good()]
    if missing:
        raise NoToken(f"no token for {', '.join(missing)}; run: python -m bot doctor")
    return f"{len(runtime.accounts)} accounts"


class NoToken(YizhanError):
    """The operator's move: WeChat gives no token, so nothing can be asked of it."""


CHECKS: dict[str, Check] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
    "token": _token,
}


class _OutboxRows:
    """How many promises stand in each state, counted when asked."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauge; nothing while the database is away, so that the other figures still come."""
        gauge = GaugeMetricFamily("yizhan_outbox_rows", "Promises by state.", labels=["state"])
        try:
            with self._runtime.db.reading() as session:
                counts = keeping.counts(session)
        except SQLAlchemyError:
            return
        for state, count in counts.items():
            gauge.add_metric([state], count)
        yield gauge


class _Replica:
    """How the replica for reports stands, looked at when asked; nothing where there is none."""

    def __init__(self, runtime: Runtime) -> None:
        self._surveys = runtime.surveys

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield whether it is read, and how far behind it is at most while somebody can tell."""
        if self._surveys.replica is None:
            return
        watch = self._surveys.watch
        used = GaugeMetricFamily("yizhan_replica_used", "Whether reports are read at the replica (1) now.")
        used.add_metric([], float(watch.allows()))
        yield used
        if (behind := watch.behind) is not None:
            lag = GaugeMetricFamily("yizhan_replica_lag_seconds", "How old the replica is at most.")
            lag.add_metric([], behind.total_seconds())
            yield lag


def _exposition(runtime: Runtime) -> Iterable[bytes] | bytes:
    asked = CollectorRegistry()
    asked.register(_OutboxRows(runtime))
    asked.register(_Replica(runtime))
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY) + generate_latest(asked)
    processes = CollectorRegistry()
    MultiProcessCollector(processes)  # type: ignore[no-untyped-call]
    return generate_latest(processes) + generate_latest(asked)
