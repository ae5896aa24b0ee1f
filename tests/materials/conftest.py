from dataclasses import replace

import pytest
import requests

from bot.config import WeChatConfig
from bot.runtime import open_runtime
from simulator.server import Server
from tests import make
from tests.materials.office import Studio


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def studio(database_url, server):
    """Two accounts at a running platform, on each kind of database."""
    config = make.config(database_url, make.account("head"), make.account("second"))
    config = replace(config, wechat=WeChatConfig(api_base=server.url, timeout_seconds=10.0))
    for account in config.accounts:
        facts = {
            "name": account.name,
            "kind": "service",
            "verified": True,
            "app_secret": account.app_secret,
            "original_id": f"gh_{account.name}",
        }
        requests.put(f"{server.url}/sim/accounts/{account.app_id}", json=facts, timeout=10).raise_for_status()
    runtime = open_runtime(config)
    yield Studio(runtime, server.url)
    runtime.close()
