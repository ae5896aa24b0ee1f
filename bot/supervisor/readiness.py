"""Asking the processes whether they are up."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from redis import Redis
from redis.exceptions import RedisError

from bot import embedded_redis
from bot.config import Config

SECONDS = 2.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
_opener = build_opener(ProxyHandler({}))  # ourselves are never behind a proxy


def base_url(config: Config) -> str:
    """Return where this machine reaches its own web process."""
    host = ANYWHERE.get(config.server.host, config.server.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}"


def redis_answers(config: Config) -> bool:
    """Tell whether our own Redis takes commands."""
    client = Redis.from_url(embedded_redis.address(config), socket_timeout=SECONDS)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


def answers(url: str) -> bool:
    """Tell whether something at `url` says 200."""
    return _get(url)[0] == 200


def unready(config: Config) -> list[str]:
    """Return what /readyz still complains of, one line each; nothing when all is well."""
    status, body = _get(f"{base_url(config)}/readyz")
    if status == 200:
        return []
    try:
        checks: dict[str, Any] = json.loads(body)["checks"]
    except (ValueError, KeyError, TypeError):
        return ["web: does not answer yet" if status is None else f"web: HTTP {status}"]
    return [f"{name}: {check['detail']}" for name, check in checks.items() if not check["ok"]]


def _get(url: str) -> tuple[int | None, bytes]:
    try:
        with _opener.open(url, timeout=SECONDS) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
    except (URLError, OSError):
        return None, b""
