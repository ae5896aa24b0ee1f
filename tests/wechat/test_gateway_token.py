import multiprocessing
import threading
import time

import pytest

from bot.errors import WeChatUnavailable
from tests.support.private_redis import private_redis
from tests.wechat.cold_process import make_one_call
from tests.wechat.fake_platform import OK, Raw

STABLE = "/cgi-bin/stable_token"
PLAIN = "/cgi-bin/token"


def test_one_token_serves_many_calls(platform, wechat):
    for _ in range(3):
        wechat.user_info("oAlice")

    assert platform.count(STABLE) == 1
    assert platform.last("/cgi-bin/user/info").query["access_token"] == "TOKEN_1"


def test_the_secret_travels_in_the_body_and_not_in_the_address(platform, wechat):
    wechat.user_info("oAlice")

    hit = platform.last(STABLE)
    assert (hit.method, hit.query) == ("POST", {})
    assert hit.json["grant_type"] == "client_credential"
    assert hit.json["force_refresh"] is False


@pytest.mark.parametrize("refusal", [Raw(status=404), {"errcode": 40066, "errmsg": "invalid url"}])
def test_a_platform_without_stable_tokens_is_asked_for_plain_ones(platform, wechat, clock, refusal):
    platform.answers[STABLE] = refusal

    wechat.user_info("oAlice")
    clock.pass_(7000)
    wechat.user_info("oAlice")

    assert platform.count(PLAIN) == 2
    assert platform.count(STABLE) == 1  # once was enough to know


def test_a_token_is_renewed_before_its_last_five_minutes(platform, wechat, clock):
    wechat.user_info("oAlice")
    clock.pass_(7200 - 301)
    wechat.user_info("oAlice")
    early = platform.count(STABLE)

    clock.pass_(2)
    wechat.user_info("oAlice")

    assert (early, platform.count(STABLE)) == (1, 2)


def test_the_same_token_handed_out_again_is_not_asked_for_at_every_call(platform, wechat, clock):
    platform.lifetime = 290
    wechat.user_info("oAlice")

    for _ in range(5):
        clock.pass_(5)
        wechat.user_info("oAlice")

    assert platform.count(STABLE) == 1


def test_an_early_renewal_that_fails_leaves_the_old_token_in_use(platform, wechat, clock):
    wechat.user_info("oAlice")
    platform.answers[STABLE] = Raw(status=502)
    clock.pass_(7200 - 200)

    wechat.user_info("oAlice")
    wechat.user_info("oAlice")

    assert platform.count(STABLE) == 2  # not a third time within the minute


def test_without_redis_threads_still_share_one_token(platform, wechat):
    platform.slow_token = 0.1
    threads = [threading.Thread(target=wechat.user_info, args=("oAlice",)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert platform.count(STABLE) == 1
    assert platform.count("/cgi-bin/user/info") == 8


def test_eight_cold_processes_fetch_one_token(platform, address, redis_server):
    platform.slow_token = 0.2
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(8)
    processes = [
        context.Process(target=make_one_call, args=(address, redis_server.url, together)) for _ in range(8)
    ]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * 8
    assert platform.count(STABLE) == 1
    assert platform.count("/cgi-bin/user/info") == 8


def test_a_token_renewed_elsewhere_is_used_and_not_fetched_again(platform, open_gateway, redis_server):
    one = open_gateway(redis_server.client).of("main")
    two = open_gateway(redis_server.client).of("main")
    one.user_info("oAlice")
    refused_once_to_both = threading.Barrier(2)

    def refuse(hit):
        if hit.query["access_token"] == "TOKEN_1":
            platform.valid.discard("TOKEN_1")
            refused_once_to_both.wait(30)
            return {"errcode": 42001, "errmsg": "access_token expired"}
        return OK

    platform.answers["/cgi-bin/user/info"] = refuse
    threads = [threading.Thread(target=each.user_info, args=("oAlice",)) for each in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert platform.count(STABLE) == 2  # the first token, and one more for both


def test_a_refresh_is_forced_only_when_the_refused_token_is_handed_out_again(platform, wechat, clock):
    platform.hands_out_refused_token = True
    wechat.user_info("oAlice")
    clock.pass_(31)
    platform.revoke()

    with pytest.raises(Exception, match="hand out another"):
        wechat.user_info("oAlice")

    asked = [hit.json["force_refresh"] for hit in platform.hits if hit.path == STABLE]
    assert asked == [False, False, True]


def test_a_token_younger_than_thirty_seconds_is_never_forced(platform, wechat, clock):
    platform.hands_out_refused_token = True
    wechat.user_info("oAlice")
    clock.pass_(29)
    platform.revoke()

    with pytest.raises(Exception, match="hands out"):
        wechat.user_info("oAlice")

    assert [hit.json["force_refresh"] for hit in platform.hits if hit.path == STABLE] == [False, False]


def test_refreshes_are_forced_at_most_twenty_times_a_day(platform, gateway, clock):
    wechat = gateway.of("main")
    platform.hands_out_refused_token = True
    platform.refuses_every_token = True

    for _ in range(30):
        with pytest.raises(Exception, match=r"hands out|not accepted"):
            wechat.user_info("oAlice")
        clock.pass_(601)

    forced = [hit for hit in platform.hits if hit.path == STABLE and hit.json["force_refresh"]]
    assert len(forced) == 20


def test_callers_who_wait_for_a_token_that_does_not_come_fail_together(platform, hurried):
    platform.answers[STABLE] = platform.hang
    failed = []

    def call():
        try:
            hurried.user_info("oAlice")
        except WeChatUnavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=call) for _ in range(5)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5.9  # one timeout is 3 s
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))

    assert len(failed) == 5
    assert platform.count(STABLE) == 1


def test_redis_killed_in_the_middle_costs_neither_a_call_nor_a_token(platform, open_gateway):
    with private_redis() as redis_server:
        wechat = open_gateway(redis_server.client).of("main")
        wechat.user_info("oAlice")

        redis_server.kill()
        began = time.monotonic()
        for _ in range(3):
            wechat.user_info("oAlice")
        took = time.monotonic() - began

    assert took < 3  # redis-py by itself would wait and repeat for four seconds
    assert platform.count(STABLE) == 1
    assert platform.count("/cgi-bin/user/info") == 4


def test_redis_flushed_at_noon_costs_one_question(platform, open_gateway, redis_server):
    wechat = open_gateway(redis_server.client).of("main")
    wechat.user_info("oAlice")

    redis_server.client.flushall()
    wechat.user_info("oAlice")

    assert platform.count(STABLE) == 2
    assert platform.serial == 1  # a stable token stays the same


def test_everything_in_redis_is_under_our_prefix_and_ends(open_gateway, redis_server):
    open_gateway(redis_server.client).of("main").user_info("oAlice")

    keys = redis_server.client.keys()
    assert keys
    assert all(key.startswith(b"yizhan:") for key in keys)
    assert all(redis_server.client.ttl(key) > 0 for key in keys)


def test_the_page_ticket_is_shared_and_renewed_early(platform, open_gateway, redis_server, clock):
    platform.answers["/cgi-bin/ticket/getticket"] = {**OK, "ticket": "TICKET_1", "expires_in": 7200}
    one, two = (open_gateway(redis_server.client).of("main") for _ in range(2))

    tickets = [one.js_ticket(), two.js_ticket()]
    asked = platform.count("/cgi-bin/ticket/getticket")
    clock.pass_(7200 - 299)
    one.js_ticket()

    assert tickets == ["TICKET_1", "TICKET_1"]
    assert (asked, platform.count("/cgi-bin/ticket/getticket")) == (1, 2)
    assert platform.last("/cgi-bin/ticket/getticket").query["type"] == "jsapi"
