import pytest
from sim_bot import Bot
from sim_control import APP_ID, KEY, Control

from simulator.server import Server


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def bot():
    running = Bot()
    yield running
    running.close()


@pytest.fixture
def sim(server, bot):
    """A platform with one verified service account whose pushes go to `bot`, and Alice."""
    control = Control(server)
    control.put(
        f"accounts/{APP_ID}",
        name="head office",
        wechat_id="simshop",
        token="simtoken2026",
        encoding_aes_key=KEY,
        url=bot.url,
        oauth_domain="127.0.0.1",
        open_platform="group",
    )
    control.post("travellers", id="alice", name="Alice")
    yield control
    control.http.close()
