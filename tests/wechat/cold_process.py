"""What one of several cold processes does: nothing is known to it but the address of Redis and of WeChat."""

from multiprocessing.synchronize import Barrier

from redis import Redis

from bot.config import AccountConfig, Config, WeChatConfig
from bot.wechat.gateway import Gateway


def make_one_call(address: str, redis_url: str, together: Barrier) -> None:
    account = AccountConfig(
        name="main", app_id="wx0123456789", app_secret="s" * 32, token="abc", mode="plain"
    )
    config = Config(wechat=WeChatConfig(api_base=address), accounts=(account,))
    gateway = Gateway(config, Redis.from_url(redis_url))
    together.wait(120)  # eight interpreters start on few processors
    gateway.of("main").user_info("oAlice")
