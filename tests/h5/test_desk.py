"""An agent's own desk on their phone: theirs alone; and a morning at the board, with a break from the phone."""

import logging
import re
import threading
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from werkzeug.serving import make_server

from bot.audit.models import AuditEntry
from bot.db import utc_now
from bot.desk import requests, wishes
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.jobs import JOBS
from bot.organisation.models import Staff
from tests import make
from tests.admin.test_browser import shoot as shoot_office
from tests.admin.test_browser import sign_in
from tests.faces.contrast import faint
from tests.h5.test_looks import SMALL, shoot
from tests.support.inn import AGENT
from tests.support.office import PASSWORD, Office
from tests.support.system import free_port

NUMBER = "+8613800001111"


class Desk:
    """Two shops at the inn; 王珊 is staff and an agent of the first, 韩梅 an agent of the second."""

    def __init__(self, inn):
        self.inn = inn
        self.account_id = inn.runtime.accounts["head"].id
        self.here, self.there = make.shop(inn.db), make.shop(inn.db, "济南泉城路店", "济南分公司")
        self.staff_id = inn.employ(self.here, "王珊", phone=NUMBER)
        self.amy = self.agent("王珊", self.here, staff_id=self.staff_id)
        self.kim = self.agent("韩梅", self.there)

    def agent(self, name, shop_id, *, account_id=None, **facts):
        values = {"seats": 5, "online": True, "seen_at": utc_now(), "duty": "on", **facts}
        kf_account = values.pop("kf_account", f"{shop_id}{name}@x")
        row = Agent(
            account_id=account_id or self.account_id,
            kf_account=kf_account,
            nickname=name,
            shop_id=shop_id,
            **values,
        )
        return self.add(row)

    def add(self, row):
        with self.inn.db.transaction() as session:
            session.add(row)
            session.flush()
            return row.id

    def traveller(self, openid, shop_id, agent_id=None):
        fan_id = self.inn.add_fan(openid, last_shop_id=shop_id)
        at = utc_now() - timedelta(minutes=4)
        state = "serving" if agent_id else "waiting"
        facts = {"open_key": fan_id, "shop_id": shop_id, "state": state, "why": "request", "asked_at": at}
        return self.add(DeskRequest(account_id=self.account_id, fan_id=fan_id, agent_id=agent_id, **facts))

    def duty(self, agent_id):
        with self.inn.db.reading() as session:
            agent = session.get_one(Agent, agent_id)
            return agent.duty, agent.duty_until


@pytest.fixture
def desk(inn):
    return Desk(inn)


def test_an_agent_sees_their_own_travellers_and_their_shops_line_and_changes_their_own_duty_only(desk):
    desk.traveller("o-mine-1234", desk.here, desk.amy)
    desk.traveller("o-line-5678", desk.here)
    desk.traveller("o-kims-9012", desk.there, desk.kim)
    desk.traveller("o-else-3456", desk.there)
    alice = desk.inn.phone("alice")
    alice.bind(NUMBER)
    page = alice.get("/h5/head/staff/desk").text

    alice.post("/h5/head/staff/desk/duty", duty="break", minutes="15", agent=desk.kim, agent_id=desk.kim)
    on_break = alice.get("/h5/head/staff/desk").text
    duty, until = desk.duty(desk.amy)
    for wrong in ({"duty": "break", "minutes": "999999"}, {"duty": "break"}, {"duty": "boss"}, {}):
        alice.post("/h5/head/staff/desk/duty", **wrong)
    unchanged = desk.duty(desk.amy)
    alice.post("/h5/head/staff/desk/duty", duty="on")

    assert "···1234" in page
    assert "···5678" in page
    assert "门店排队（1 位）" in page
    assert "9012" not in page
    assert "3456" not in page
    assert "o-mine" not in page
    assert "小休，到" in on_break
    assert (duty, utc_now() + timedelta(minutes=14) < until < utc_now() + timedelta(minutes=15)) == (
        "break",
        True,
    )
    assert unchanged == (duty, until)
    assert desk.duty(desk.amy) == ("on", None)
    assert desk.duty(desk.kim) == ("on", None)
    assert "desk.drain" in {one.job for one in make.promises(desk.inn.db)}
    with desk.inn.db.reading() as session:
        said = session.scalars(select(AuditEntry).where(AuditEntry.action == "agent.duty")).all()
    assert [one.actor for one in said] == ["王珊", "王珊"]


def test_who_is_no_agent_no_member_or_left_has_no_desk(desk):
    waits = desk.traveller("o-line-5678", desk.here)
    other = desk.inn.employ(desk.here, "李雷", phone="+8613800002222")
    desk.agent("李雷", desk.here, staff_id=other, account_id=desk.inn.runtime.accounts["tours"].id)
    desk.agent("李雷", desk.here, staff_id=other, kf_account="gone@x", gone_at=utc_now())
    bob = desk.inn.phone("bob")
    stranger = desk.inn.phone("carol")
    before = desk.duty(desk.amy), desk.duty(desk.kim)

    assert "···5678" not in stranger.get("/h5/head/staff/desk").text
    stranger.get("/h5/head/me")
    stranger.post("/h5/head/staff/desk/duty", duty="away")
    bob.bind("+8613800002222")  # of the staff, and an agent of another account
    assert "您还不是客服" in bob.get("/h5/head/staff/desk").text
    bob.post("/h5/head/staff/desk/duty", duty="away")
    with desk.inn.db.transaction() as session:
        session.get_one(Agent, desk.amy).staff_id = other
    assert "···5678" in bob.get("/h5/head/staff/desk").text
    with desk.inn.db.transaction() as session:
        session.get_one(Staff, other).active = False
    assert "···5678" not in bob.get("/h5/head/staff/desk").text
    bob.get("/h5/head/me")
    bob.post("/h5/head/staff/desk/duty", duty="away")

    assert (desk.duty(desk.amy), desk.duty(desk.kim)) == before
    assert waits


# A morning at the board


class Morning:
    """The inn on a port, with two agents who answer at the simulated WeChat and travellers who ask."""

    def __init__(self, inn):
        self.inn = inn
        self.app_id = make.account("head").app_id
        self.account_id = inn.runtime.accounts["head"].id
        self.shop_id = make.shop(inn.db)
        make.shop(inn.db, "济南泉城路店", "济南分公司")
        Office(inn.runtime).add("林晓")
        inn.sim("PUT", f"accounts/{self.app_id}", wechat_id="yizhan")
        for name, kf_account in (("王珊", "amy@yizhan"), ("李雷", "ben@yizhan")):
            facts = {"nickname": name, "status": "online", "auto_accept": 5}
            inn.sim("PUT", f"agents/{kf_account}", account=self.app_id, **facts)
        JOBS["desk.sync_agents"](inn.runtime, "head")
        JOBS["desk.look"](inn.runtime, "head")
        staff_id = inn.employ(self.shop_id, "李雷", phone=NUMBER)
        with inn.db.transaction() as session:
            agents = {one.nickname: one for one in session.scalars(select(Agent))}
            for agent in agents.values():
                agent.shop_id = self.shop_id
            agents["王珊"].seats, agents["李雷"].duty, agents["李雷"].staff_id = 1, "away", staff_id
        inn.phone("ben").bind(NUMBER)

    def ask(self, traveller):
        self.inn.phone(traveller)
        self.inn.sim("POST", f"travellers/{traveller}/follow", account=self.app_id)
        fan_id = self.inn.add_fan(self.inn.openid(traveller), last_shop_id=self.shop_id)
        now = utc_now()
        with self.inn.db.transaction() as session:
            facts = {"account_id": self.account_id, "fan_id": fan_id, "shop_id": self.shop_id}
            key, _is_new = requests.ask(session, **facts, why="request", now=now)
            wishes.place(session, key, now=now)
        self.work()
        return key

    def work(self):
        """Do what was promised and what that promises, as workers would."""
        for _ in range(4):
            self.inn.work()

    def serving(self, traveller):
        app = self.inn.platform.platform.state.accounts[self.app_id]
        found = app.desk.sessions.get(self.inn.openid(traveller))
        return found.kf_account if found else None


@pytest.fixture
def morning(open_inn):
    port = free_port()
    inn = open_inn(public_url=f"http://127.0.0.1:{port}")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, inn.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    made = Morning(inn)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_a_traveller_waits_an_agent_comes_back_on_the_phone_and_a_lead_moves_a_session(morning, browser):
    morning.ask("alice")
    morning.ask("bob")
    wide = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    narrow = browser.new_context(
        viewport={"width": 375, "height": 812},
        color_scheme="light",
        user_agent=AGENT,
        has_touch=True,
        extra_http_headers={"X-Sim-Traveller": "ben"},
    )
    office, phone, errors = wide.new_page(), narrow.new_page(), []
    office.on("pageerror", lambda error: errors.append(str(error)))
    office.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    sign_in(office, morning.inn.public_url, PASSWORD)
    office.get_by_role("navigation").get_by_role("link", name="实时看板").click()
    column = office.get_by_role("listitem").filter(has_text="上海人民广场店").first
    expect(column.locator(".board-card")).to_have_count(1)
    expect(column).to_contain_text("王珊")
    shoot_office(office, "desk-board")

    phone.goto(f"{morning.inn.public_url}/h5/head/staff/desk")
    expect(phone.get_by_text("门店排队（1 位）")).to_be_visible()
    assert faint(phone) == []
    assert phone.evaluate(SMALL) == []
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(phone, "desk-away")
    phone.get_by_role("button", name="继续接待").click()
    expect(phone.get_by_text("在岗")).to_be_visible()
    morning.work()
    expect(column.locator(".board-card")).to_have_count(0)  # the board asks by itself
    expect(column).to_contain_text("李雷")
    assert morning.serving("bob") == "ben@yizhan"

    column.get_by_role("link", name=re.compile("王珊")).click()
    expect(office.get_by_text("分给王珊")).to_be_visible()
    office.get_by_label("客服", exact=True).select_option(index=0)
    shoot_office(office, "desk-request")
    office.get_by_role("button", name="转给", exact=True).click()
    expect(office.locator("#notes")).to_contain_text("正在把旅客交给李雷")
    morning.work()
    office.reload()
    expect(office.get_by_text("林晓手动转接")).to_be_visible()
    assert morning.serving("alice") == "ben@yizhan"

    phone.reload()
    expect(phone.get_by_text("2 / 5")).to_be_visible()
    phone.get_by_role("button", name="休 15 分钟").click()
    expect(phone.get_by_text(re.compile("小休，到"))).to_be_visible()
    shoot(phone, "desk-break")
    for path, name in (
        ("agents/", "agents"),
        ("why/", "why"),
        ("figures/", "figures"),
        ("settings/", "settings"),
    ):
        office.goto(f"{morning.inn.public_url}/admin/desk/{path}")
        shoot_office(office, f"desk-{name}")
    office.goto(f"{morning.inn.public_url}/admin/desk/agents/")
    expect(office.get_by_role("row").filter(has_text="李雷")).to_contain_text("小休")
    office.get_by_role("link", name="李雷").click()
    shoot_office(office, "desk-agent")
    office.goto(f"{morning.inn.public_url}/admin/desk/settings/head/0")
    shoot_office(office, "desk-setting")
    wide.close()
    narrow.close()
    assert errors == []
