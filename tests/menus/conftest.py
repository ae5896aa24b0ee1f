import pytest

from bot.runtime import open_runtime
from simulator.server import Server
from tests import make
from tests.support.wechat_side import WeChatSide


@pytest.fixture
def platform():
    with Server() as server:
        yield server


@pytest.fixture
def config(database_url, platform):
    return WeChatSide.reached(make.config(database_url), platform)


@pytest.fixture
def wechat(config, platform):
    """A platform that knows our account."""
    side = WeChatSide(platform, config)
    yield side
    side.close()


@pytest.fixture
def runtime(db, config, wechat):
    opened = open_runtime(config)
    yield opened
    opened.close()


@pytest.fixture
def tags(db):
    """Ids of our tags by name."""
    with db.transaction() as session:
        return {name: make.tag(session, name).id for name in ("会员", "员工", "新客")}
