"""The mass send at the simulated platform: what we send is taken, a repeat makes no second, fans get it once."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.broadcasts import jobs
from bot.broadcasts.models import MassSend
from bot.db import utc_now
from bot.errors import BadRequest
from bot.fans.models import Fan
from bot.runtime import open_runtime
from simulator.server import Server
from tests import make
from tests.broadcasts.conftest import account_of, approved, quiet_hours, row_of
from tests.support.system import eventually
from tests.support.wechat_side import WeChatSide

NAMES = ("alice", "bob", "carol")


@pytest.fixture
def world(empty_sqlite):
    """Three followers at the platform, and their fans here."""
    with Server() as server:
        config = WeChatSide.reached(make.config(empty_sqlite), server)
        side = WeChatSide(server, config)
        side.sim("PUT", "settings", job_seconds=0.01)
        runtime = open_runtime(config)
        quiet_hours(runtime.db, "00:00", "00:00")  # a test may run at night
        now = utc_now()
        openids = {name: side.follow(name) for name in NAMES}
        with runtime.db.transaction() as session:
            for openid in openids.values():
                facts = {"created_at": now, "follow_count": 1, "message_count": 0, "standing": "following"}
                session.add(Fan(account_id=account_of(runtime.db), openid=openid, **facts))
        yield runtime, side, openids
        runtime.close()
        side.http.close()


def got(side, name):
    """Return what the traveller's phone shows of mass sends."""
    chat = side.sim("GET", f"travellers/{name}/chat?account={side.app_id}")
    return [one["content"]["content"] for one in chat["bubbles"] if one.get("via") == "mass"]


def test_a_mass_send_arrives_once_however_often_we_ask(world):
    runtime, side, openids = world
    key = approved(runtime.db, way="mass_openids")
    jobs.lay(runtime, key)
    with runtime.db.reading() as session:
        mass = session.scalars(select(MassSend)).one()
    jobs.call(runtime, mass.id)
    with runtime.db.transaction() as session:
        first = session.get_one(MassSend, mass.id).msg_id
        session.execute(update(MassSend).values(state="calling", msg_id=None))  # killed before the commit
    jobs.call(runtime, mass.id)

    with runtime.db.transaction() as session:
        row = session.get_one(MassSend, mass.id)
        assert (row.state, row.msg_id) == ("accepted", first)
        row.called_at = utc_now() - timedelta(hours=1)
    eventually(lambda: runtime.wechat.of("head").mass_status(first) == "SEND_SUCCESS")
    jobs.look(runtime)
    assert row_of(runtime.db, key).state == "done"
    assert [got(side, name) for name in NAMES] == [["云南踏青季开始报名了"]] * 3

    line = runtime.wechat.of("head")
    line.mass_preview(openids["alice"], {"msgtype": "text", "text": {"content": "试看"}})
    assert got(side, "alice")[-1] == "试看"
    with pytest.raises(BadRequest):
        line.mass_to_openids([openids["alice"]], {"msgtype": "text", "text": {"content": "x"}}, client_id="a")
    with pytest.raises(BadRequest):
        line.mass_to_tag(999, {"msgtype": "text", "text": {"content": "x"}}, client_id="b")
