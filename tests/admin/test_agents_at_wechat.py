"""Agents from the back office to WeChat and back: added, invited, named, pictured, deleted, and refused."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from bot.desk.errand_models import AgentErrand
from bot.desk.models import Agent
from bot.jobs import JOBS
from bot.outbox.models import Promise
from bot.runtime import open_runtime
from bot.users.roles import Role
from simulator.server import Server
from tests import make
from tests.support.office import Office
from tests.support.wechat_side import WeChatSide


class Desk:
    """The back office with a WeChat of its own, and the jobs that stand between."""

    def __init__(self, runtime, side):
        self.runtime, self.side = runtime, side
        self.office = Office(runtime)
        self.office.add("alice")
        self.shop = make.shop(runtime.db)
        self.office.add("manager", Role.SHOP_MANAGER, shops=[self.shop])
        side.sim("PUT", f"accounts/{side.app_id}", wechat_id="yizhan")
        self.alice = self.office.inside("alice")

    def obey(self, times=1):
        """Run what is promised to be done about agents, as often as said: a job may run twice."""
        for _ in range(times):
            for promised in make.promises(self.runtime.db):
                if promised.job == "desk.obey":
                    JOBS["desk.obey"](self.runtime, **promised.arguments)
        with self.runtime.db.transaction() as session:
            for promised in session.scalars(select(Promise).filter_by(job="desk.obey")):
                session.delete(promised)

    def agent(self, kf_account="amy@yizhan"):
        with self.runtime.db.reading() as session:
            return session.scalars(select(Agent).filter_by(kf_account=kf_account)).one()

    def errands(self):
        with self.runtime.db.reading() as session:
            return {one.kind: one for one in session.scalars(select(AgentErrand))}

    def theirs(self):
        """What WeChat has."""
        return {one.kf_account: one for one in self.at_wechat.agents.values()}

    @property
    def at_wechat(self):
        return self.side.server.platform.account(self.side.app_id).desk

    def post(self, where, follow=True, **fields):
        self.alice.get("/admin/desk/agents/new")
        return self.alice.post(f"/admin/desk/agents/{where}", follow=follow, **fields)


@pytest.fixture
def desk(empty_sqlite):
    config = make.config(empty_sqlite)
    with Server() as server:
        side = WeChatSide(server, config)
        runtime = open_runtime(WeChatSide.reached(config, server))
        yield Desk(runtime, side)
        runtime.close()


NEW = {"name": "amy", "suffix": "yizhan", "nickname": "王珊", "invite_wx": "amy_wechat"}


def picture():
    kept = io.BytesIO()
    Image.new("RGB", (400, 400), "teal").save(kept, "PNG")
    kept.seek(0)
    return (kept, "me.png")


def test_an_agent_is_added_invited_bound_named_and_pictured_however_often_the_job_runs(desk):
    page = desk.post("new", **NEW, place=f"shop:{desk.shop}").text
    before = desk.agent()
    desk.obey(times=2)
    added = desk.agent()
    address = f"{added.id}"
    shown = desk.alice.get(f"/admin/desk/agents/{address}").text

    assert "还没有在微信里" in page
    assert (before.gone_at is None, added.gone_at, added.shop_id) == (False, None, desk.shop)
    assert (added.bound, added.invited) == (False, "waiting")
    assert added.invited_until is not None
    assert "已邀请" in shown
    assert desk.theirs()["amy@yizhan"].nickname == "王珊"

    desk.side.sim("POST", "agents/amy@yizhan/invitation", account=desk.side.app_id, accept=True)
    desk.post(f"{address}/rename", nickname="王小珊")
    desk.post(f"{address}/picture", picture=picture())
    desk.obey(times=2)

    agent = desk.agent()
    assert (agent.nickname, agent.bound, bool(agent.picture_url)) == ("王小珊", True, True)
    assert desk.theirs()["amy@yizhan"].nickname == "王小珊"
    errands = desk.errands()
    assert {one.state for one in errands.values()} == {"done"}
    assert {one.value for one in errands.values()} == {""}  # whose WeChat it was is forgotten
    assert errands["picture"].file_id is None
    assert [one.action for one in desk.office.audit()][-3:] == [
        "agent.added",
        "agent.renamed",
        "agent.pictured",
    ]
    assert "amy_wechat" not in str([one.after for one in desk.office.audit()])


def test_what_wechat_refuses_is_said_with_a_remedy_and_asked_again(desk):
    desk.side.sim(
        "PUT", "agents/ben@yizhan", account=desk.side.app_id, nickname="李雷", wechat_id="amy_wechat"
    )
    desk.post("new", **NEW, place="head")
    desk.obey()
    key = desk.agent().id
    page = desk.alice.get(f"/admin/desk/agents/{key}").text

    assert desk.errands()["invite"].code == 65407
    assert "这个微信号已经是本公众号的客服" in page
    assert "李雷" in desk.alice.get("/admin/desk/agents/").text  # learned with the same look

    del desk.at_wechat.agents["ben@yizhan"]
    desk.post(f"{key}/again")
    desk.obey()

    assert desk.errands()["invite"].state == "done"
    assert desk.agent().invited == "waiting"


def test_one_whom_wechat_will_not_add_is_promised_to_nobody(desk):
    desk.side.server.platform.account(desk.side.app_id).kf_enabled = False
    desk.post("new", **NEW, place="head")
    desk.obey()

    agent, errands = desk.agent(), desk.errands()
    assert agent.gone_at is not None
    assert (errands["add"].state, errands["add"].code, errands["invite"].state) == (
        "refused",
        65400,
        "wanted",
    )
    page = desk.alice.get("/admin/desk/agents/").text
    assert "王珊" in page
    assert "微信拒绝" in page


def test_an_agent_is_deleted_once_nobody_is_at_their_hands(desk):
    desk.post("new", **{**NEW, "invite_wx": ""}, place=f"shop:{desk.shop}")
    desk.obey()
    key = desk.agent().id
    with desk.runtime.db.transaction() as session:
        session.get_one(Agent, key).open_count = 1
    desk.post(f"{key}/delete")
    desk.obey()
    waits = desk.alice.get(f"/admin/desk/agents/{key}").text

    assert (desk.agent().duty, desk.agent().gone_at) == ("finishing", None)
    assert "等手上的 1 位旅客" in waits

    with desk.runtime.db.transaction() as session:
        session.get_one(Agent, key).open_count = 0
    JOBS["desk.obey"](desk.runtime, agent=key)
    JOBS["desk.obey"](desk.runtime, agent=key)

    assert desk.agent().gone_at is not None
    assert desk.theirs() == {}
    assert desk.post("new", **NEW, place="head").status_code == 200  # the same name once more
    desk.obey()
    assert (desk.agent().id, desk.agent().gone_at, desk.agent().duty) == (key, None, "on")


def test_only_the_head_office_adds_and_deletes_and_bad_input_changes_nothing(desk):
    wrong = desk.post("new", **{**NEW, "name": "王珊", "invite_wx": "x"}, place="head")
    desk.post("new", **NEW, place="head")
    desk.obey()
    key = desk.agent().id
    manager = desk.office.inside("manager")

    assert wrong.status_code == 422
    assert manager.get("/admin/desk/agents/new").status_code == 404
    assert manager.get(f"/admin/desk/agents/{key}").status_code == 404
    for act in ("rename", "invite", "picture", "delete", "again"):
        assert manager.post(f"/admin/desk/agents/{key}/{act}", nickname="x").status_code == 404
    assert "最多 16" in desk.post(f"{key}/rename", nickname="很" * 17).text
    assert desk.theirs()["amy@yizhan"].nickname == "王珊"
