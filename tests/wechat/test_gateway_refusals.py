import io
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.errors import (
    BadRequest,
    CredentialsRefused,
    FanUnreachable,
    NotPermitted,
    QuotaUsedUp,
    WeChatUnavailable,
)
from tests.wechat.fake_platform import REFUSED

INFO = "/cgi-bin/user/info"
STABLE = "/cgi-bin/stable_token"


def test_an_expired_token_is_renewed_and_the_call_made_once_more(platform, wechat):
    wechat.user_info("oAlice")
    platform.revoke()

    wechat.user_info("oAlice")

    assert platform.paths() == [STABLE, INFO, INFO, STABLE, INFO]


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize("stable", [False, True])
def test_a_platform_that_refuses_for_ever_costs_three_calls_warm(platform, wechat, clock, stable, stubborn):
    platform.offers_stable, platform.hands_out_refused_token = stable, stubborn
    wechat.user_info("oAlice")
    clock.pass_(60)
    platform.revoke()
    platform.refuses_every_token = True
    before = len(platform.hits)

    with pytest.raises(CredentialsRefused):
        wechat.user_info("oAlice")
    cost = len(platform.hits) - before
    with pytest.raises(CredentialsRefused):
        wechat.online_agents()

    assert cost <= 3
    assert len(platform.hits) == before + cost


@pytest.mark.parametrize("stable", [False, True])
def test_a_platform_that_refuses_for_ever_costs_three_calls_cold(platform, wechat, stable):
    platform.offers_stable = stable
    platform.refuses_every_token = True

    with pytest.raises(CredentialsRefused):
        wechat.user_info("oAlice")
    cost = len(platform.hits)
    with pytest.raises(CredentialsRefused):
        wechat.user_info("oAlice")

    assert cost <= 3
    assert len(platform.hits) == cost


def test_wechatpys_own_wrappers_are_guarded_too(platform, wechat):
    platform.refuses_every_token = True

    with pytest.raises(CredentialsRefused):
        wechat.client.material.get_count()

    assert len(platform.hits) <= 3


@pytest.mark.parametrize("code", [40001, 40013, 40125, 40164, 61004, 40243, 89503])
def test_refused_credentials_cost_one_call_and_then_none(platform, wechat, code):
    platform.answers[STABLE] = {
        "errcode": code,
        "errmsg": "invalid ip 203.0.113.9 rid: 1-2-3",
    }

    with pytest.raises(CredentialsRefused) as first:
        wechat.user_info("oAlice")
    with pytest.raises(CredentialsRefused) as second:
        wechat.user_info("oAlice")

    assert len(platform.hits) == 1
    assert first.value.remedy
    assert (second.value.code, second.value.remedy) == (code, first.value.remedy)
    assert "203.0.113.9" in str(second.value)


def test_one_probe_is_made_after_a_cool_down_that_grows(platform, wechat, clock):
    platform.answers[STABLE] = {"errcode": 40125, "errmsg": "invalid appsecret"}
    probes = []

    for seconds in range(3600):
        with pytest.raises(CredentialsRefused):
            wechat.user_info("oAlice")
        if len(platform.hits) > len(probes):
            probes.append(seconds)
        clock.pass_(1)

    waits = [later - earlier for earlier, later in pairwise(probes)]
    assert waits[:6] == [30, 60, 120, 240, 480, 600]
    assert set(waits[6:]) == {600}


def test_a_probe_that_comes_through_closes_the_breaker(platform, wechat, clock):
    platform.answers[STABLE] = [{"errcode": 40125, "errmsg": "invalid appsecret"}]
    with pytest.raises(CredentialsRefused):
        wechat.user_info("oAlice")

    clock.pass_(31)
    wechat.user_info("oAlice")

    wechat.user_info("oAlice")
    assert platform.count(INFO) == 2


def test_a_probe_without_an_answer_leaves_the_next_call_to_probe(platform, wechat, clock):
    platform.answers[STABLE] = [
        {"errcode": 40125, "errmsg": "invalid appsecret"},
        {"errcode": -1, "errmsg": "busy"},
    ]
    with pytest.raises(CredentialsRefused):
        wechat.user_info("oAlice")
    clock.pass_(31)
    with pytest.raises(WeChatUnavailable):
        wechat.user_info("oAlice")

    wechat.user_info("oAlice")

    assert platform.count(INFO) == 1


def test_what_one_process_learns_the_others_know(platform, open_gateway, redis_server):
    one, two = (open_gateway(redis_server.client).of("main") for _ in range(2))
    platform.answers[STABLE] = {"errcode": 40164, "errmsg": "invalid ip"}

    for each in (one, two):
        with pytest.raises(CredentialsRefused):
            each.user_info("oAlice")

    assert len(platform.hits) == 1


def test_of_all_processes_one_makes_the_probe(platform, open_gateway, redis_server, clock):
    one, two = (open_gateway(redis_server.client).of("main") for _ in range(2))
    platform.answers[STABLE] = [{"errcode": 40164, "errmsg": "invalid ip"}]
    with pytest.raises(CredentialsRefused):
        one.user_info("oAlice")
    clock.pass_(31)

    def while_one_probes(hit):
        with pytest.raises(CredentialsRefused):
            two.user_info("oBob")
        return {"openid": "oAlice"}

    platform.answers[INFO] = [while_one_probes]
    one.user_info("oAlice")

    assert platform.count(INFO) == 1


def test_an_operator_who_has_mended_it_need_not_wait(platform, open_gateway, redis_server):
    one, two = (open_gateway(redis_server.client) for _ in range(2))
    platform.answers[STABLE] = [{"errcode": 40164, "errmsg": "invalid ip"}]
    with pytest.raises(CredentialsRefused):
        one.of("main").user_info("oAlice")

    two.reset("main")

    one.of("main").user_info("oAlice")
    assert platform.count(INFO) == 1


def test_a_new_secret_starts_with_a_closed_breaker(platform, open_gateway, redis_server, config):
    platform.answers[STABLE] = [{"errcode": 40125, "errmsg": "invalid appsecret"}]
    with pytest.raises(CredentialsRefused):
        open_gateway(redis_server.client).of("main").user_info("oAlice")
    mended = replace(config, accounts=(replace(config.accounts[0], app_secret="f" * 32),))

    open_gateway(redis_server.client, mended).of("main").user_info("oAlice")

    assert platform.count(INFO) == 1


def test_a_spent_daily_quota_closes_that_call_until_midnight_in_beijing(platform, wechat, clock):
    platform.answers[INFO] = [{"errcode": 45009, "errmsg": "reach max api daily quota limit"}]
    with pytest.raises(QuotaUsedUp) as first:
        wechat.user_info("oAlice")
    hits = len(platform.hits)

    with pytest.raises(QuotaUsedUp) as second:
        wechat.user_info("oAlice")
    wechat.agents()

    assert len(platform.hits) == hits + 1  # the agents, not the fan
    assert first.value.reopens_at == second.value.reopens_at
    assert (first.value.reopens_at + 8 * 3600) % 86400 == 0
    assert 0 < first.value.reopens_at - clock() <= 86400
    clock.time = first.value.reopens_at
    wechat.user_info("oAlice")


def test_a_spent_minute_opens_with_the_next_one(platform, open_gateway, redis_server, clock):
    one, two = (open_gateway(redis_server.client).of("main") for _ in range(2))
    platform.answers[INFO] = [{"errcode": 45011, "errmsg": "api minute-quota reach limit"}]
    with pytest.raises(QuotaUsedUp) as error:
        one.user_info("oAlice")

    with pytest.raises(QuotaUsedUp):
        two.user_info("oAlice")

    assert platform.count(INFO) == 1
    assert error.value.reopens_at % 60 == 0
    assert 0 < error.value.reopens_at - clock() <= 60
    clock.time = error.value.reopens_at
    two.user_info("oAlice")


def test_clearing_the_quota_opens_what_was_closed(platform, wechat):
    platform.answers[INFO] = [{"errcode": 45009, "errmsg": "reach max api daily quota limit"}]
    with pytest.raises(QuotaUsedUp):
        wechat.user_info("oAlice")

    wechat.clear_quota()

    wechat.user_info("oAlice")
    assert platform.last("/cgi-bin/clear_quota").json == {"appid": "wx0123456789"}


def test_the_quota_is_cleared_without_a_token_when_the_tokens_are_spent(platform, wechat):
    platform.answers[STABLE] = [{"errcode": 45009, "errmsg": "reach max api daily quota limit"}]

    wechat.clear_quota()

    hit = platform.last("/cgi-bin/clear_quota/v2")
    assert hit.query == {}
    assert hit.json["appsecret"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, WeChatUnavailable),
        (40003, FanUnreachable),
        (43004, FanUnreachable),
        (45015, FanUnreachable),
        (45047, FanUnreachable),
        (48001, NotPermitted),
        (47001, BadRequest),
        (65415, BadRequest),
        (987654, BadRequest),
    ],
)
def test_a_refusal_says_whose_move_it_is(platform, wechat, code, kind):
    platform.answers[INFO] = {"errcode": code, "errmsg": "because rid: 1-2-3"}

    with pytest.raises(kind) as error:
        wechat.user_info("oAlice")

    assert type(error.value) is kind
    assert (error.value.code, error.value.call) == (code, INFO)
    assert "rid: 1-2-3" in error.value.message
    assert error.value.remedy


def test_a_message_sent_before_under_its_id_is_as_good_as_sent(platform, wechat):
    platform.answers["/cgi-bin/message/mass/send"] = {"errcode": 45065, "errmsg": "exists", "msg_id": 7}

    answer = wechat.call("POST", "/cgi-bin/message/mass/send", json={"clientmsgid": "a"})

    assert answer["msg_id"] == 7


@pytest.mark.parametrize("through", ["our own method", "wechatpy"])
def test_a_repeated_upload_sends_the_whole_file(platform, wechat, through):
    content = bytes(range(256)) * 20
    platform.answers["/cgi-bin/media/upload"] = [REFUSED, {"type": "image", "media_id": "MEDIA"}]
    wechat.user_info("oAlice")
    platform.revoke()

    if through == "wechatpy":
        wechat.client.media.upload("image", io.BytesIO(content))
    else:
        wechat.upload("image", "海报.png", content)

    first, second = (hit for hit in platform.hits if hit.path == "/cgi-bin/media/upload")
    assert content in first.body
    assert content in second.body
    assert platform.count(STABLE) == 2


def test_nothing_is_sent_twice_but_what_was_refused(platform, wechat):
    platform.answers["/cgi-bin/message/custom/send"] = {"errcode": -1, "errmsg": "system error"}

    with pytest.raises(WeChatUnavailable):
        wechat.send("oAlice", {"msgtype": "text", "text": {"content": "你好"}})

    assert platform.count("/cgi-bin/message/custom/send") == 1
