"""A traveller scans, follows, is greeted, asks, taps, leaves: every step over the real protocol."""

import os
import sys

import psutil
import pytest
from sqlalchemy import select

from bot.accounts.models import Account
from bot.db import utc_now
from bot.desk.models import Agent, DeskNote, DeskSession
from bot.jobs import EVERYDAY
from bot.outbox.promises import Wish, promise
from tests import make
from tests.support.system import System, eventually


def furnished(system: System) -> System:
    """One shop with its code, and the rules of a small account."""
    db = system.db
    with db.reading() as session:
        account_id = session.scalar(select(Account.id))
    shop_id = make.shop(db, "上海人民广场店")
    channel_id = make.channel(db, "c:1", account_id=account_id, shop_id=shop_id)
    make.rule(db, trigger="follow", content="您好，这里是{门店}。")
    make.rule(
        db,
        words=["营业时间"],
        content="欢迎您来。\n营业时间：{营业时间}",
        follow_ups=[{"type": "text", "content": "节假日不休。"}],
    )
    make.rule(db, trigger="event_key", words=["NEAR"], content="{门店}，{地址}。")
    if "worker" in system.processes:
        now = utc_now()
        with db.transaction() as session:
            promise(session, Wish("channels.make_code", {"channel_id": channel_id}, now), now=now)
        eventually(lambda: system.sim("GET", "codes?account=head")["codes"])
    return system


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_scan_follow_greet_keyword_click_leave(deploy, mode):
    system = furnished(deploy(mode=mode))
    greeting = system.hears("scan", scene="c:1")
    hours = system.hears("say", text="营业时间")
    near = system.hears("click", key="NEAR")
    left = system.act("unfollow")

    assert greeting == "您好，这里是上海人民广场店。"
    assert hours == "欢迎您来。\n营业时间：9:00-20:00"
    assert near == "上海人民广场店，黄浦区南京西路100号。"
    assert (left["delivered"], left["reply"]) == (True, None)
    [fan] = make.fans(system.db).values()
    assert (fan.standing, fan.first_scene, fan.message_count) == ("left", "c:1", 1)


def test_what_was_promised_is_kept_by_a_real_worker(deploy_everywhere):
    system = furnished(deploy_everywhere())
    system.act("scan", scene="c:1")
    system.act("say", text="营业时间")

    eventually(lambda: {row.state for row in make.promises(system.db) if row.job not in EVERYDAY} == {"done"})

    said = [bubble["content"].get("content") for bubble in system.chat() if bubble["sender"] == "account"]
    assert said.count("节假日不休。") == 1
    [fan] = make.fans(system.db).values()
    assert fan.unionid
    assert fan.subscribe_scene == "ADD_SCENE_QR_CODE"


def test_an_agent_who_comes_online_is_given_what_no_rule_answers(deploy):
    system = furnished(deploy())
    system.act("follow")

    alone = system.hears("say", text="我要投诉")
    system.sim(
        "PUT", "agents/wangshan@yizhan", account="head", nickname="王珊", status="online", auto_accept=5
    )
    eventually(lambda: system.hears("say", text="有人吗") == "正在为您联系客服，请稍候。")
    eventually(lambda: "王珊正在为您服务。" in _said(system))

    assert alone == "您的留言已收到，客服上线后会尽快回复您。"


def test_the_rule_answers_and_an_agent_hears_of_it(deploy):
    system = furnished(deploy())
    make.rule(system.db, title="退款", words=["退款"], content="请看说明。", notify_desk=True)
    agent = "wangshan@yizhan"
    system.sim("PUT", f"agents/{agent}", account="head", nickname="王珊", status="online")
    system.act("scan", scene="c:1")
    eventually(lambda: _rows(system, Agent))

    # Rules are known within a second; until then it may be asked more than once, and the desk hears of each.
    eventually(lambda: system.hears("say", text="退款") == "请看说明。")
    eventually(lambda: {note.kf_account for note in _rows(system, DeskNote)} == {agent})
    eventually(lambda: [stay.kf_account for stay in _rows(system, DeskSession)] == [agent])
    system.sim("POST", f"agents/{agent}/say", account="head", traveller="alice", text="您好，我来帮您退。")
    system.sim("POST", f"agents/{agent}/close", account="head", traveller="alice")
    eventually(lambda: _rows(system, DeskSession)[0].closed_at)


def _said(system):
    return [one["content"].get("content") for one in system.chat() if one["sender"] == "account"]


def _rows(system, model):
    with system.db.reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def test_a_fan_who_was_there_before_us_is_answered(deploy):
    system = furnished(deploy())
    nowhere = f"http://127.0.0.1:{system.webs[0]}/wechat/nobody"
    system.sim("PUT", f"accounts/{system.app_id}", url=nowhere)
    system.act("follow")
    system.sim("PUT", f"accounts/{system.app_id}", url=nowhere.replace("nobody", "head"))

    assert system.hears("say", text="营业时间") == "欢迎您来。"

    [fan] = make.fans(system.db).values()
    assert (fan.standing, fan.follow_count) == ("unknown", 0)


def test_three_deliveries_of_one_message_are_answered_alike_and_counted_once(deploy_everywhere):
    system = furnished(deploy_everywhere("web", "web2"))
    system.act("follow")

    push = system.act("say", text="营业时间", repeat=3, concurrent=True)

    assert push["delivered"]
    [fan] = make.fans(system.db).values()
    assert fan.message_count == 1
    assert len([one for one in make.messages(system.db) if one.kind == "text"]) == 1


def test_the_server_tells_how_it_is(deploy):
    system = furnished(deploy())
    system.act("follow")
    system.act("say", text="营业时间")
    base = f"http://127.0.0.1:{system.webs[0]}"

    ready = system.http.get(f"{base}/readyz", timeout=60)
    metrics = system.http.get(f"{base}/metrics", timeout=60).text

    assert ready.status_code == 200, ready.text
    assert set(ready.json()["checks"]) == {"database", "redis", "migrations", "token"}
    assert 'yizhan_messages_total{account="head",kind="text",outcome="answered"} 1.0' in metrics
    assert "yizhan_message_seconds_bucket" in metrics
    assert 'yizhan_outbox_rows{state="dead"} 0.0' in metrics
    eventually(
        lambda: (
            'yizhan_wechat_calls_total{account="head"' in system.http.get(f"{base}/metrics", timeout=60).text
        )
    )


def test_a_readiness_that_fails_says_which_part(deploy):
    system = furnished(deploy("web"))
    system.redis.kill()

    answer = system.http.get(f"http://127.0.0.1:{system.webs[0]}/readyz", timeout=10)

    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"]["ok"] is False
    assert answer.json()["checks"]["database"]["ok"] is True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows the policy")
def test_threads_of_web_interrupt_nobody_as_they_wake_up_and_workers_are_as_ever(deploy):
    """Decision 42: what serves is a child of the process that was started."""
    system = deploy()
    policies = {}
    for name, started in system.processes.items():
        parent = psutil.Process(started.pid)
        threads = [one for child in (parent, *parent.children(recursive=True)) for one in child.threads()]
        policies[name] = {os.sched_getscheduler(one.id) for one in threads}

    assert policies == {"web": {os.SCHED_BATCH}, "worker": {os.SCHED_OTHER}, "clock": {os.SCHED_OTHER}}
