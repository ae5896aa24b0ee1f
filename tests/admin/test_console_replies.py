"""The replies of an account's console: read from the simulated platform, chosen, and made rules once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests
from sqlalchemy import select

from bot.replies import console
from bot.replies.models import AutoReply
from bot.runtime import open_runtime
from bot.users.roles import Role
from simulator.server import Server
from tests import make
from tests.support.office import Office

MEDIA = "kXnVBT9wjs6h3h2T4kP1"
INFO = {
    "is_add_friend_reply_open": 1,
    "is_autoreply_open": 1,
    "add_friend_autoreply_info": {"type": "text", "content": "欢迎关注云程旅行"},
    "message_default_autoreply_info": {"type": "img", "content": MEDIA},
    "keyword_autoreply_info": {
        "list": [
            {
                "rule_name": "签证",
                "create_time": 1700000000,
                "reply_mode": "reply_all",
                "keyword_list_info": [
                    {"type": "text", "match_mode": "contain", "content": "签证"},
                    {"type": "text", "match_mode": "equal", "content": "visa"},
                ],
                "reply_list_info": [
                    {"type": "text", "content": "需要护照"},
                    {"type": "video", "content": "http://mp.weixin.qq.com/x.mp4"},
                    {"type": "text", "content": "五个工作日"},
                ],
            },
            {
                "rule_name": "问好",
                "reply_mode": "random_one",
                "keyword_list_info": [{"type": "text", "match_mode": "equal", "content": "你好"}],
                "reply_list_info": [{"type": "text", "content": "您好"}, {"type": "text", "content": "在的"}],
            },
            {
                "rule_name": "只有视频",
                "reply_mode": "reply_all",
                "keyword_list_info": [{"type": "text", "match_mode": "equal", "content": "视频"}],
                "reply_list_info": [{"type": "video", "content": "http://x"}],
            },
            {
                "rule_name": "攻略",
                "reply_mode": "reply_all",
                "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "攻略"}],
                "reply_list_info": [
                    {
                        "type": "news",
                        "news_info": {
                            "list": [
                                {
                                    "title": f"攻略{n}",
                                    "digest": "摘要",
                                    "cover_url": "http://mmbiz.qpic.cn/a",
                                    "content_url": "http://mp.weixin.qq.com/s?a",
                                }
                                for n in (1, 2)
                            ]
                        },
                    }
                ],
            },
        ]
    },
}


@pytest.fixture
def office(database_url):
    """The back office over a simulated platform whose console holds INFO."""
    with Server() as platform:
        config = make.config(database_url)
        config = replace(config, wechat=replace(config.wechat, api_base=platform.url, timeout_seconds=60))
        one = config.accounts[0]
        told = {"name": one.name, "app_secret": one.app_secret, "token": one.token}
        assert requests.put(f"{platform.url}/sim/accounts/{one.app_id}", json=told, timeout=60).ok
        made = Office(open_runtime(config))
        made.platform = f"{platform.url}/sim/accounts/{one.app_id}/auto-replies"
        assert requests.put(made.platform, json=INFO, timeout=60).json() == INFO
        made.add("alice")
        yield made
        made.runtime.close()


def rules(office):
    with office.db.reading() as session:
        return {row.title: row for row in session.scalars(select(AutoReply).order_by(AutoReply.id))}


def keys():
    return [one.key for one in console.found(INFO)]


def test_the_console_is_shown_with_what_would_come_of_it_and_nothing_is_made(office):
    alice = office.inside("alice")
    alice.get("/admin/replies/console")

    shown = alice.post("/admin/replies/console/look")

    assert shown.status_code == 200
    for words in ("欢迎关注云程旅行", "签证（全匹配）", "签证（包含）", "不能接管", "只能回复一条图文"):
        assert words in shown.text, words
    assert rules(office) == {}


def test_what_was_chosen_becomes_rules_once(office):
    alice = office.inside("alice")
    own = make.rule(office.db, title="ours", words=["签证"], match="contains", content="我们的", priority=10)
    alice.get("/admin/replies/console")

    for _again in range(2):
        assert alice.post("/admin/replies/console", take=keys()).status_code == 303

    found = rules(office)
    assert set(found) == {
        "ours",
        "关注回复（公众号后台）",
        "默认回复（公众号后台）",
        "签证（全匹配）",
        "问好",
        "攻略",
    }
    assert found["ours"].id == own
    assert found["签证（全匹配）"].words == ["visa"]
    assert found["签证（全匹配）"].follow_ups == [{"type": "text", "content": "五个工作日"}]
    assert (found["问好"].choosing, len(found["问好"].variants)) == ("random", 1)
    assert found["默认回复（公众号后台）"].reply == {"type": "image", "media_id": MEDIA}
    assert len(found["攻略"].reply["articles"]) == 1
    assert all(
        row.priority < 10 for title, row in found.items() if row.trigger == "keyword" and title != "ours"
    )
    assert [e.action for e in office.audit()].count("auto_reply.taken_over") == 5


def test_two_who_take_over_at_once_make_each_rule_once(office):
    people = [office.inside("alice"), office.inside("alice")]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: one.post("/admin/replies/console", take=keys()), people))

    assert {one.status_code for one in answers} == {303}
    with office.db.reading() as session:
        assert len(session.scalars(select(AutoReply.id)).all()) == 6


def test_what_is_off_in_the_console_is_off_here(office):
    requests.put(office.platform, json={**INFO, "is_add_friend_reply_open": 0}, timeout=60)
    alice = office.inside("alice")

    alice.post("/admin/replies/console", take=keys())

    assert not rules(office)["关注回复（公众号后台）"].enabled
    assert rules(office)["问好"].enabled


def test_without_wechat_the_page_says_why(office):
    office.runtime.wechat.of("head")._calls.wire.session.close()
    broken = replace(office.runtime.config.wechat, api_base=make.NOWHERE, timeout_seconds=0.5)
    runtime = open_runtime(replace(office.runtime.config, wechat=broken))
    alice = Office(runtime).inside("alice")

    answer = alice.post("/admin/replies/console/look")

    assert answer.status_code == 502
    assert "微信没有答复" in answer.text
    runtime.close()


def test_only_who_may_change_replies_may_take_them_over(office):
    office.add("bob", Role.BRANCH_MANAGER)

    assert office.inside("bob").get("/admin/replies/console").status_code == 403


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"add_friend_autoreply_info": None, "keyword_autoreply_info": []},
        {"keyword_autoreply_info": {"list": [None, {"keyword_list_info": "x", "reply_list_info": 7}]}},
        {"message_default_autoreply_info": {"type": "card", "content": "x"}},
        {"add_friend_autoreply_info": {"type": "news", "news_info": {"list": [{"title": ""}]}}},
    ],
)
def test_what_wechat_says_unexpectedly_is_left_out(junk):
    assert [one for one in console.found(junk) if one.can_be_taken] == []


def test_the_platform_refuses_what_no_console_holds(office):
    answer = requests.put(office.platform, json={"add_friend_autoreply_info": {"type": "song"}}, timeout=60)

    assert answer.status_code == 400
    assert "a reply has a type" in answer.text
