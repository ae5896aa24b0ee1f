"""A runtime in this process before a real simulated platform, and batches driven to their end."""

from contextlib import contextmanager

import requests

from bot.app import assemble
from bot.batches.models import Batch
from bot.config import Config
from bot.jobs import JOBS
from bot.runtime import open_runtime
from tests import make


class Bench:
    """A runtime, its platform, and whoever plays the worker."""

    def __init__(self, runtime, platform):
        self.runtime, self.platform = runtime, platform
        self.db = runtime.db
        [self.account] = runtime.accounts.values()

    def sim(self, method, where, **facts):
        answer = requests.request(method, f"{self.platform.url}/sim/{where}", json=facts, timeout=60)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def batch(self, batch_id) -> Batch:
        with self.db.reading() as session:
            return session.get_one(Batch, batch_id)

    def work(self, batch_id, slices=200) -> Batch:
        """Do what a worker does until the batch has ended, or so many slices."""
        for _slice in range(slices):
            batch = self.batch(batch_id)
            if batch.state in {"done", "failed", "cancelled"}:
                break
            JOBS[batch.kind](self.runtime, batch_id=batch_id)
        return self.batch(batch_id)


@contextmanager
def bench(url, platform, redis=None, **account):
    """Open a runtime whose account the platform knows."""
    mine = make.account(**account)
    config = make.config(url, mine, **({"redis_url": redis} if redis else {}))
    with_platform = Config(
        **{
            **{name: getattr(config, name) for name in Config.__slots__},
            "wechat": config.wechat.__class__(api_base=platform.url, timeout_seconds=20.0),
        }
    )
    runtime = open_runtime(with_platform)
    found = Bench(runtime, platform)
    found.sim(
        "PUT",
        f"accounts/{mine.app_id}",
        name=mine.name,
        kind="service",
        verified=True,
        app_secret=mine.app_secret,
        original_id="gh_test",
        wechat_id="yizhan",
        token=mine.token,
        encoding_aes_key=mine.encoding_aes_key,
        mode=mine.mode,
        url="http://127.0.0.1:9/wechat/head",
        open_platform="yizhan",
    )
    found.app = assemble(runtime)
    try:
        yield found
    finally:
        runtime.close()
