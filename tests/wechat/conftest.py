from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from redis import Redis

from bot.config import AccountConfig, Config, WeChatConfig
from bot.wechat.gateway import AccountGateway, Gateway
from tests.support.private_redis import PrivateRedis, private_redis
from tests.wechat.fake_platform import FakePlatform, serving

SECRET = "0123456789abcdef0123456789abcdef"
ACCOUNT = AccountConfig(name="main", app_id="wx0123456789", app_secret=SECRET, token="abc", mode="plain")


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.time = 1_789_956_000.0  # ten in the morning in Beijing

    def __call__(self) -> float:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def address(platform: FakePlatform) -> Iterator[str]:
    with serving(platform) as address:
        yield address


@pytest.fixture
def config(address: str) -> Config:
    return Config(wechat=WeChatConfig(api_base=address, timeout_seconds=10.0), accounts=(ACCOUNT,))


@pytest.fixture
def hurried(open_gateway: Callable[..., Gateway], config: Config) -> AccountGateway:
    """One who waits for an answer for three seconds only, for where none comes."""
    brief = replace(config, wechat=replace(config.wechat, timeout_seconds=3.0))
    return open_gateway(config=brief).of("main")


@pytest.fixture
def open_gateway(config: Config, clock: Clock) -> Iterator[Callable[..., Gateway]]:
    """Each call is as good as another process: nothing is shared but the Redis given."""
    opened: list[Gateway] = []

    def open_(redis: Redis | None = None, config: Config = config) -> Gateway:
        opened.append(Gateway(config, redis, now=clock))
        return opened[-1]

    yield open_
    for gateway in opened:
        gateway.close()


@pytest.fixture
def gateway(open_gateway: Callable[..., Gateway]) -> Gateway:
    return open_gateway()


@pytest.fixture
def wechat(gateway: Gateway) -> AccountGateway:
    return gateway.of("main")


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[PrivateRedis]:
    with private_redis() as server:
        yield server


@pytest.fixture
def redis_server(_redis_server: PrivateRedis) -> PrivateRedis:
    _redis_server.client.flushall()
    return _redis_server
