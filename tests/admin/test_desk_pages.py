"""The desk's pages: the board and what is done from it, agents, desks, what is owed, why, figures; each within its scope."""

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from admin.formats import HERE
from bot.db import utc_now
from bot.desk import adding_up, desks, figures, satisfaction, words
from bot.desk.models import Agent, AgentShop, Desk
from bot.desk.request_models import DeskDecision, DeskRequest, DeskTask
from bot.tags.models import Tag
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import HOSTILE, fan


class Floor:
    """Two shops with an agent each, one of the head office, and whatever a test adds."""

    def __init__(self, office):
        self.office = office
        self.now = utc_now()
        self.account_id = office.runtime.accounts["head"].id
        self.here = make.shop(office.db)
        self.there = make.shop(office.db, "济南泉城路店", "济南分公司")
        office.add("manager", Role.SHOP_MANAGER, shops=[self.here])
        office.add("lead", Role.SERVICE_LEAD)
        office.add("auditor", Role.AUDITOR)
        self.amy = self.agent("王珊", self.here)
        self.ben = self.agent("李雷", self.here)
        self.kim = self.agent("韩梅", self.there)
        self.head = self.agent("总台", None)

    def add(self, row):
        with self.office.db.transaction() as session:
            session.add(row)
            session.flush()
            return row.id

    def agent(self, name, shop_id, **facts):
        values = {"seats": 2, "online": True, "seen_at": self.now, "duty": "on", "bound": True}
        kf_account = f"{len(name)}{shop_id}{name}@x"
        return self.add(
            Agent(
                account_id=self.account_id,
                kf_account=kf_account,
                nickname=name,
                shop_id=shop_id,
                **{**values, **facts},
            )
        )

    def request(self, openid, state="waiting", *, shop_id=None, seconds=30, agent=None, **facts):
        shop_id = self.here if shop_id is None else shop_id
        fan_id = fan(self.office, openid, last_shop_id=shop_id)
        is_open = state in {"asked", "waiting", "claimed", "serving"}
        at = self.now - timedelta(seconds=seconds)
        values = {
            "asked_at": at,
            "expires_at": self.now + timedelta(hours=40),
            "why": "request",
            "agent_id": agent,
        }
        if state in {"serving", "claimed"}:
            values |= {"seat_agent_id": agent, "opened_at": at + timedelta(seconds=5), "rung": "own"}
            with self.office.db.transaction() as session:
                session.get_one(Agent, agent).open_count += 1
        row = DeskRequest(
            account_id=self.account_id,
            fan_id=fan_id,
            open_key=fan_id if is_open else None,
            shop_id=shop_id,
            state=state,
            **{**values, **facts},
        )
        return self.add(row)

    def row(self, model, key):
        with self.office.db.reading() as session:
            return session.get_one(model, key)

    def jobs(self):
        return [one.job for one in make.promises(self.office.db)]

    def actions(self):
        return [one.action for one in self.office.audit()]


@pytest.fixture
def floor(office):
    return Floor(office)


def test_the_board_shows_ones_shops_with_what_is_late_first(floor):
    floor.request("oLate_000001", seconds=3 * 3600 + 5 * 60)
    floor.request("oFresh_00002", seconds=20)
    floor.request("oServed_0003", "serving", agent=floor.amy, seconds=900)
    floor.request("oOther_00004", shop_id=floor.there, seconds=5 * 3600)
    manager = floor.office.inside("manager")

    mine, everyone = (
        manager.get("/admin/desk/board/").text,
        floor.office.inside("lead").get("/admin/desk/board/now").text,
    )

    assert "000001" in mine
    assert "_00004" not in mine + manager.get("/admin/desk/board/now?shop=" + str(floor.there)).text
    assert "济南" not in mine
    assert "3 小时 5 分" in mine
    assert "<dd>1/4</dd>" in mine
    assert "1 位还没得到第一句回复" in mine
    assert everyone.index("济南泉城路店") < everyone.index("上海人民广场店")
    assert "总部客服台" in everyone


def test_a_traveller_is_given_to_another_agent_ended_and_taken_out_once(floor):
    served = floor.request("oServed_0003", "serving", agent=floor.amy)
    waits = floor.request("oWaits_00001")
    full = floor.agent("小满", floor.here, seats=1, open_count=1)
    manager = floor.office.inside("manager")
    page = manager.get(f"/admin/desk/requests/{served}").text
    assert f'value="{floor.ben}"' in page
    assert f'value="{full}"' not in page
    assert f'value="{floor.amy}"' not in page

    def post(path, **fields):
        manager.get(f"/admin/desk/requests/{served}")
        return manager.post(f"/admin/desk/requests/{path}", follow=True, **fields)

    assert "接不了" in post(f"{served}/move", agent=full).text
    assert post(f"{served}/move", agent=floor.kim).status_code == 404  # another shop's
    assert "正在把旅客交给李雷" in post(f"{served}/move", agent=floor.ben).text
    assert "已移出排队" in post(f"{waits}/out").text
    assert "已经不在排队" in post(f"{waits}/out").text
    assert "会话已结束" in post(f"{served}/close").text
    assert "已经结束" in post(f"{served}/close").text

    moved = next(one for one in make.promises(floor.office.db) if one.job == "desk.move")
    assert moved.arguments == {"request": served, "agent": floor.ben, "by": "manager"}
    told = next(one for one in make.promises(floor.office.db) if one.job == "replies.say")
    assert told.arguments["reply"]["content"] == words.OUT_OF_LINE
    assert floor.jobs().count("desk.settle") == 2
    assert (floor.row(DeskRequest, waits).state, floor.row(DeskRequest, served).closed_why) == (
        "left",
        "office",
    )
    done = [action for action in floor.actions() if action.startswith("desk_request")]
    assert done == ["desk_request.moved", "desk_request.taken_out", "desk_request.closed"]


def test_nobody_acts_on_another_shops_desk_and_auditors_only_look(floor):
    theirs = floor.request("oOther_00004", shop_id=floor.there)
    owed = floor.add(task(floor, theirs, floor.there))
    manager, auditor = floor.office.inside("manager"), floor.office.inside("auditor")
    deeds = [f"requests/{theirs}/{deed}" for deed in ("move", "close", "out")]
    deeds += [f"tasks/{owed}/done", f"agents/{floor.kim}", f"agents/{floor.kim}/duty"]
    deeds += [f"settings/shop/{floor.there}", "settings/head/0", "settings/branch/1"]

    for address in deeds:
        manager.get("/admin/")
        assert manager.post(f"/admin/desk/{address}", duty="away", agent=1).status_code == 404, address
        auditor.get("/admin/")
        assert auditor.post(f"/admin/desk/{address}").status_code == 403, address
    for address in (
        f"requests/{theirs}",
        f"agents/{floor.kim}",
        f"agents/{floor.head}",
        f"settings/shop/{floor.there}",
    ):
        assert manager.get(f"/admin/desk/{address}").status_code == 404, address
        seen = auditor.get(f"/admin/desk/{address}")
        assert seen.status_code == 200
        assert 'class="btn btn-primary"' not in seen.text
    assert "韩梅" not in manager.get("/admin/desk/agents/").text + manager.get("/admin/desk/figures/").text
    assert auditor.post("/admin/desk/figures/export").status_code == 403


def task(floor, request_id, shop_id, **facts):
    request = floor.row(DeskRequest, request_id)
    values = {"kind": "message", "state": "open", "words": f"请回电 13812345678 {HOSTILE}"}
    values |= {"created_at": floor.now, "due_at": floor.now - timedelta(minutes=5)}
    return DeskTask(
        account_id=floor.account_id,
        request_id=request_id,
        fan_id=request.fan_id,
        shop_id=shop_id,
        **{**values, **facts},
    )


def test_what_is_owed_is_listed_masked_and_done_once(floor):
    asked = floor.request("oAsked_00001", "message")
    owed = floor.add(task(floor, asked, floor.here))
    scored = floor.request("oSad_0000002", "closed", agent=floor.amy)
    with floor.office.db.transaction() as session:
        fan_id = session.get_one(DeskRequest, scored).fan_id
        assert satisfaction.score(session, request_id=scored, fan_id=fan_id, value=1, now=floor.now)
    manager = floor.office.inside("manager")
    page = manager.get("/admin/desk/tasks/").text
    complaints = manager.get("/admin/desk/tasks/?tab=complaint").text

    done = manager.post(f"/admin/desk/tasks/{owed}/done", follow=True).text
    manager.get("/admin/desk/tasks/")
    again = manager.post(f"/admin/desk/tasks/{owed}/done", follow=True).text

    assert "138****5678" in page
    assert HOSTILE not in page
    assert "逾期" in page
    assert "评分 1" in complaints
    assert "王珊" in complaints
    assert "已标为处理好" in done
    assert "已经有人处理过了" in again
    assert floor.row(DeskTask, owed).done_by == "manager"
    assert floor.actions().count("desk_task.settled") == 1
    assert "manager" in manager.get("/admin/desk/tasks/?tab=done").text


def test_why_is_said_in_plain_words_by_day_and_in_the_fans_timeline(floor):
    waits = floor.request("oWaits_00001")
    request = floor.row(DeskRequest, waits)
    candidates = [
        {"agent": floor.ben, "name": "李雷", "rung": "own", "load": 0, "seats": 2, "why_not": ""},
        {"agent": floor.amy, "name": "王珊", "rung": "own", "load": 2, "seats": 2, "why_not": "full"},
        {"agent": floor.head, "name": HOSTILE, "rung": "head", "load": 0, "seats": 2, "why_not": "break"},
        {"more": 7},
    ]
    facts = {
        "account_id": floor.account_id,
        "request_id": waits,
        "fan_id": request.fan_id,
        "shop_id": floor.here,
    }
    made = {
        "outcome": "claimed",
        "reason": "own",
        "rung": "own",
        "agent_id": floor.ben,
        "candidates": candidates,
    }
    floor.add(DeskDecision(at=floor.now, **facts, **made))
    other = {**facts, "shop_id": floor.there}
    floor.add(DeskDecision(at=floor.now, **other, **{**made, "outcome": "refused", "reason": "wechat_65415"}))
    floor.add(
        DeskDecision(
            at=floor.now - timedelta(days=2), **facts, **{**made, "outcome": "waiting", "reason": "all_busy"}
        )
    )
    manager, lead = floor.office.inside("manager"), floor.office.inside("lead")

    page = manager.get("/admin/desk/why/").text
    timeline = manager.get(f"/admin/fans/{request.fan_id}").text

    for shown in (page, timeline):
        assert "分给李雷：本店客服。" in shown
        assert HOSTILE not in shown
        assert "客服不在线" not in shown  # the other shop's decision
    assert '<td>王珊</td><td>本店客服</td><td class="number">2/2</td><td>座位已满</td>' in page
    assert "王珊 2/2 座位已满" in timeline
    assert "小休中" in page
    assert "能接待的客服都在忙" not in page
    assert "微信：客服不在线" in lead.get("/admin/desk/why/").text
    two_days_ago = (floor.now - timedelta(days=2)).astimezone(HERE).date()
    assert "排队：能接待的客服都在忙。" in manager.get(f"/admin/desk/why/?day={two_days_ago}").text


def agent_form(floor, **changes):
    values = {
        "place": f"shop:{floor.here}",
        "tier": "spare",
        "seats": "7",
        "weight": "50",
        "skills": "日语、邮轮",
    }
    return {**values, "staff_id": "", **changes}


def test_an_agents_desk_seats_skills_hours_and_duty_are_kept(floor):
    with floor.office.db.transaction() as session:
        session.add(AgentShop(agent_id=floor.amy, shop_id=floor.there, tier="spare"))
    manager = floor.office.inside("manager")
    address = f"/admin/desk/agents/{floor.amy}"
    manager.get(address)
    forged = manager.post(address, **agent_form(floor, place=f"shop:{floor.there}"))
    manager.get(address)
    wrong = manager.post(address, **agent_form(floor, seats="900"))
    right = manager.post(address, **agent_form(floor, own_hours="yes", day0="09:00-18:00"))
    manager.get(address)
    on_break = manager.post(f"{address}/duty", follow=True, duty="break", minutes="15").text

    assert (forged.status_code, wrong.status_code) == (404, 422)
    assert right.status_code == 303
    agent = floor.row(Agent, floor.amy)
    assert (agent.tier, agent.seats, agent.weight, agent.skills) == ("spare", 7, 50, ["日语", "邮轮"])
    assert agent.schedule
    assert agent.duty == "break"
    assert agent.duty_until > floor.now + timedelta(minutes=14)
    assert "王珊：小休" in on_break
    with floor.office.db.reading() as session:  # what another shop said stays
        assert session.scalars(select(AgentShop.shop_id)).all() == [floor.there]
    assert {"agent.changed", "agent.duty"} <= set(floor.actions())
    assert "desk.drain" in floor.jobs()


def test_a_shops_desk_keeps_only_what_differs_from_the_default_desk(floor):
    lead, manager = floor.office.inside("lead"), floor.office.inside("manager")
    form = {
        "assign_on": "request",
        "unanswered": "reply",
        "ask_words": "人工、客服",
        "skill_words": "日语：日本、东京",
    }
    form |= {"sticky_days": "30", "longest_line": "30", "silent_agent": "3", "silent_traveller": "15"}
    form |= {"message_due": "4", "low_score": "2", "asks_score": "yes", "priority": "0"}
    form |= {"tag_priority": "会员：5"}
    lead.get("/admin/desk/settings/head/0")
    assert lead.post("/admin/desk/settings/head/0", **form).status_code == 303
    manager.get(f"/admin/desk/settings/shop/{floor.here}")
    mine = manager.post(
        f"/admin/desk/settings/shop/{floor.here}", **{**form, "silent_agent": "1", "day0": ""}
    )
    manager.get(f"/admin/desk/settings/shop/{floor.here}")
    wrong = manager.post(
        f"/admin/desk/settings/shop/{floor.here}", **{**form, "skill_words": "日语", "low_score": "9"}
    )
    unknown = manager.post(f"/admin/desk/settings/shop/{floor.here}", **{**form, "tag_priority": "贵宾：5"})

    assert mine.status_code == 303
    assert wrong.status_code == unknown.status_code == 422
    assert "没有名为「贵宾」的标签" in unknown.text
    with floor.office.db.reading() as session:
        member = session.scalars(select(Tag.id).filter_by(name="会员")).one()
        rows = {row.place: row.settings for row in session.scalars(select(Desk))}
        holds = desks.settings(session, floor.account_id, floor.here)
    assert rows[f"shop:{floor.here}"] == {"silent_agent": 60}
    assert rows["head"]["unanswered"] == "reply"
    assert rows["head"]["tag_priority"] == {str(member): 5}
    assert (holds.unanswered, holds.silent_agent, holds.skill_words["日语"]) == (
        "reply",
        60,
        ("日本", "东京"),
    )
    assert floor.actions().count("desk.changed") == 2


def test_figures_tell_own_shop_fallback_and_nobody_and_go_out_as_a_sheet(floor):
    def ended(openid, *, wait=0, first=None, rung="own", agent=None, shop_id=None, state="closed", **facts):
        at = floor.now - timedelta(hours=1)
        opened = at + timedelta(seconds=wait) if agent else None
        answered = at + timedelta(seconds=first) if first else None
        times = {"asked_at": at, "opened_at": opened, "answered_at": answered}
        floor.request(openid, state, agent=agent, shop_id=shop_id, rung=rung, **times, **facts)

    ended("oOne_0000001", wait=10, first=20, agent=floor.amy, score=5)
    ended("oTwo_0000002", wait=30, first=60, agent=floor.ben, rung="sticky", score=2)
    ended("oThree_00003", wait=50, first=90, agent=floor.head, rung="head")
    ended("oFour_000004", state="message")
    ended("oFive_000005", wait=5, agent=floor.amy)  # nobody said a word
    ended("oOther_00006", wait=500, first=900, agent=floor.kim, shop_id=floor.there)
    adding_up.rebuild(floor.office.db, floor.account_id, now=utc_now(), seconds=5)
    with floor.office.db.reading() as session:
        days = {
            "since": adding_up.day_of(floor.now - timedelta(days=1)),
            "until": adding_up.day_of(floor.now),
        }
        book = figures.of(session, floor.account_id, **days, shop_id=floor.here)
    manager = floor.office.inside("manager")
    page = manager.get("/admin/desk/figures/").text
    sheet = load_workbook(io.BytesIO(manager.post("/admin/desk/figures/export").data)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]

    whole = book.whole
    assert (whole.asked, whole.own, whole.fallback, whole.nobody, whole.messages) == (5, 2, 1, 2, 1)
    assert (whole.share(whole.own), whole.score) == (40, 3.5)
    assert (whole.wait_at(0.5), whole.wait_at(0.95), whole.first_at(0.5)) == (10, 52, 57)  # 10, 50, 60
    assert {key: one.asked for key, one in book.agents.items()} == {floor.amy: 2, floor.ben: 1, floor.head: 1}
    assert "兜底 20%，无人 40%" in page
    assert "济南" not in page
    assert rows[0][:3] == ["分组", "名称", "求助人次"]
    assert rows[-1][2:7] == [5, 2, 40, 1, 2]
    assert "desk_figures.exported" in floor.actions()
