"""Journey 5 at the simulator's desk: three shops, seven agents, every rung of the ladder, and what goes wrong."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.accounts.models import Account
from bot.db import utc_now
from bot.db.revisions import bump
from bot.desk import desks
from bot.desk.models import Agent, Duty
from bot.desk.request_models import DeskDecision, DeskRequest, DeskTask
from bot.organisation.models import Branch, Shop
from tests import make
from tests.support.system import System, eventually

AGENTS = {  # of a shop, of a branch, or of the head office; with how many seats
    "wang": ("上海人民广场店", "own", 1),
    "li": ("上海人民广场店", "spare", 1),
    "zhang": ("上海徐家汇店", "own", 1),
    "zhao": ("济南泉城路店", "own", 2),
    "sun": ("上海分公司", "own", 1),
    "zhou": (None, "own", 1),
    "wu": (None, "own", 1),
}
SCENES = {"c:1": "上海人民广场店", "c:2": "上海徐家汇店", "c:3": "济南泉城路店"}


@pytest.fixture
def story(deploy):
    return Story(deploy())


class Story:
    """Seven agents who are played, and travellers who ask."""

    def __init__(self, system: System) -> None:
        self.system, self.db = system, system.db
        with self.db.reading() as session:
            self.account_id = session.scalar(select(Account.id))
        for scene, name in SCENES.items():
            branch = "济南分公司" if name.startswith("济南") else "上海分公司"
            shop_id = make.shop(self.db, name, branch)
            channel_id = make.channel(self.db, scene, account_id=self.account_id, shop_id=shop_id)
            make_code(system, channel_id)
        for name in AGENTS:
            self.is_there(name, "online")
        eventually(lambda: len(self.rows(Agent)) == len(AGENTS))
        self.seat_agents()

    def seat_agents(self) -> None:
        with self.db.transaction() as session:
            shops = {row.name: row.id for row in session.scalars(select(Shop))}
            branches = {row.name: row.id for row in session.scalars(select(Branch))}
            for agent in session.scalars(select(Agent)):
                place, tier, seats = AGENTS[agent.kf_account.partition("@")[0]]
                agent.shop_id, agent.branch_id = shops.get(place), branches.get(place)
                agent.tier, agent.seats = tier, seats
            bump(session, "desks")

    def rows(self, model):
        with self.db.reading() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def is_there(self, name, status):
        facts = {"account": "head", "nickname": name.title(), "status": status}
        self.system.sim("PUT", f"agents/{name}@yizhan", **facts)

    def comes(self, traveller, scene="c:1"):
        self.system.sim("POST", "travellers", id=traveller, name=traveller)
        self.system.act("scan", traveller, scene=scene)

    def asks(self, traveller, said="人工"):
        return self.system.hears("say", traveller, text=said)

    def heard(self, traveller):
        bubbles = self.system.chat(traveller)
        return [str(one["content"]) for one in bubbles if one["sender"] == "account"]

    def serves(self, traveller):
        """Return who has the traveller, on the platform's side."""
        found = self.system.http.get(f"{self.system.platform.url}/sim/agents?account=head", timeout=60)
        for agent in found.json()["agents"]:
            if any(one["traveller"] == traveller for one in agent["sessions"]):
                return agent["kf_account"].partition("@")[0]
        return None

    def is_given(self, traveller, *names):
        """Ask, and wait until one of these agents has the traveller, who has heard so."""
        assert self.asks(traveller)
        eventually(lambda: self.serves(traveller) in names)
        greeting = f"{self.serves(traveller).title()}正在为您服务"
        eventually(lambda: any(greeting in said for said in self.heard(traveller)))

    def act(self, name, act, traveller, **facts):
        self.system.sim("POST", f"agents/{name}@yizhan/{act}", account="head", traveller=traveller, **facts)

    def last(self):
        return self.rows(DeskRequest)[-1]


def make_code(system, channel_id):
    from bot.outbox.promises import Wish, promise

    now = utc_now()
    with system.db.transaction() as session:
        promise(session, Wish("channels.make_code", {"channel_id": channel_id}, now), now=now)

    def is_made():
        from bot.channels.models import Channel

        with system.db.reading() as session:
            return session.get_one(Channel, channel_id).ticket

    eventually(is_made)


def test_a_traveller_is_never_stranded(story):
    system = story.system
    for number in range(1, 8):
        story.comes(f"t{number}")

    # The ladder: own, spare, branch, and the head office's two; then the line.
    for number, names in enumerate(("wang", "li", "sun", "zhou wu", "zhou wu"), start=1):
        story.is_given(f"t{number}", *names.split())
    assert story.asks("t6") == "正在为您联系上海人民广场店的客服，请稍候。"
    eventually(lambda: "您是下一位" in "".join(story.heard("t6")))
    system.redis.client.flushall()
    story.asks("t7")
    eventually(lambda: "您前面还有 1 位" in "".join(story.heard("t7")))
    assert story.asks("t7").startswith("客服都在忙。您前面还有 1 位")  # asked again, told again at once
    assert [one.state for one in story.rows(DeskRequest)].count("serving") == 5

    # The line: t7 leaves it, t6 gets the seat that is freed, and says what they think of it.
    system.act("choose", "t7", id=f"desk.leave.{story.last().id}")
    assert story.last().state == "left"
    story.act("wang", "say", "t1", text="您好")
    story.act("wang", "close", "t1")
    eventually(lambda: story.serves("t6") == "wang")
    eventually(lambda: "Wang刚才的服务" in "".join(story.heard("t1")))
    assert system.hears("choose", "t1", id="desk.score.1.2").startswith("很抱歉")
    [complaint] = story.rows(DeskTask)
    assert (complaint.kind, complaint.due_at - complaint.created_at) == ("complaint", timedelta(hours=24))

    # Wang, who has not answered t6, goes: t6 is given to whoever has room next, and Li had answered t2.
    story.act("li", "say", "t2", text="您好")
    story.act("li", "close", "t2")
    eventually(lambda: story.serves("t2") is None)
    story.is_there("wang", "offline")
    eventually(lambda: story.serves("t6") == "li")
    assert any("Wang暂时离开" in said for said in story.heard("t6"))

    # Nobody is at work in Jinan and everybody else goes home: a message is taken down, nothing is lost.
    story.comes("t8", "c:3")
    for name in AGENTS:
        story.is_there(name, "offline")
    eventually(lambda: not any(one.online for one in story.rows(Agent)))
    story.asks("t8", "周六的团还有位置吗")
    eventually(lambda: "您的留言已记下" in "".join(story.heard("t8")))
    assert story.asks("t8", "两大一小") == "已补充到您的留言里，客服上线后会一并看到。"
    # The first agent of that shop who is there is offered it.
    story.is_there("zhao", "online")
    eventually(lambda: story.serves("t8") == "zhao")
    offered = next(one for one in story.rows(DeskTask) if one.kind == "message")
    assert offered.words == "周六的团还有位置吗\n两大一小"
    _everything_is_explained(story)


def test_who_takes_a_break_is_passed_over_and_who_served_you_is_asked_first(story):
    story.comes("t1", "c:3")
    story.is_given("t1", "zhao")
    story.act("zhao", "say", "t1", text="您好")
    story.act("zhao", "close", "t1")
    eventually(lambda: story.rows(DeskRequest)[0].answered_at)
    story.system.act("scan", "t1", scene="c:3")
    story.is_given("t1", "zhao")
    assert story.last().rung == "sticky"
    with story.db.transaction() as session:
        session.execute(update(Agent).where(Agent.nickname == "Zhao").values(duty=Duty.BREAK.value))
        desks.put(session, story.account_id, unanswered="reply")

    story.comes("t2", "c:3")
    assert story.asks("t2")
    eventually(lambda: story.serves("t2") in {"zhou", "wu"})

    decision = next(one for one in story.rows(DeskDecision) if one.rung == "head")
    assert {"zhao": "break"}.items() <= {
        one["name"].lower(): one["why_not"] for one in decision.candidates
    }.items()
    # An agent takes a waiting traveller in WeChat's own desk: their seat counts all the same.
    story.comes("t3", "c:2")
    story.act("zhang", "accept", "t3")
    eventually(lambda: [one.rung for one in story.rows(DeskRequest)][-1] == "by_hand")
    eventually(lambda: {one.nickname: one.open_count for one in story.rows(Agent)}["Zhang"] == 1)


def _everything_is_explained(story):
    explained = {one.request_id for one in story.rows(DeskDecision)}
    assert {one.id for one in story.rows(DeskRequest)} <= explained
    held = [one.seat_agent_id for one in story.rows(DeskRequest)]
    eventually(lambda: all(one.open_count == held.count(one.id) for one in story.rows(Agent)))
    assert all(one.open_count <= one.seats for one in story.rows(Agent))
