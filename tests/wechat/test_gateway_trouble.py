import pickle
import socket
import time
from dataclasses import replace

import pytest

from bot.config import WeChatConfig
from bot.errors import AnswerLost, BadRequest, ConfigError, WeChatUnavailable
from tests.wechat.fake_platform import OK, Raw

INFO = "/cgi-bin/user/info"
STABLE = "/cgi-bin/stable_token"


@pytest.mark.parametrize("path", [INFO, STABLE])
def test_a_platform_that_hangs_costs_one_timeout(platform, hurried, path):
    platform.answers[path] = platform.hang
    began = time.monotonic()

    with pytest.raises(WeChatUnavailable) as error:
        hurried.user_info("oAlice")

    assert time.monotonic() - began < 5.9  # one timeout is 3 s
    assert platform.count(path) == 1
    assert error.value.retryable
    # What hung before the call was made did not make it.
    assert isinstance(error.value, AnswerLost) is (path == INFO)


@pytest.mark.parametrize("path", [INFO, STABLE])
@pytest.mark.parametrize(
    ("answer", "may_be_done"),
    [
        (Raw(b"<html>sign in to the hotel's network</html>"), True),
        (Raw(b"<html>bad gateway</html>", status=502), True),
        (Raw(b'{"openid": "oAli', content_type="application/json"), True),
        (Raw(b'{"openid": "oAlice"', content_type="application/json", torn=True), True),
        (Raw(b"[1, 2]", content_type="application/json"), True),
        (Raw(b"", content_type="application/json"), True),
        (Raw(status=302, headers={"Location": "http://198.51.100.7/elsewhere"}), False),
        (Raw(b'{"errcode": -1, "errmsg": "system error"}', content_type="text/plain"), False),
    ],
    ids=["html", "502", "cut", "torn", "list", "empty", "redirect", "busy"],
)
def test_whatever_is_not_an_answer_means_try_again_later(platform, wechat, path, answer, may_be_done):
    platform.answers[path] = answer

    with pytest.raises(WeChatUnavailable) as error:
        wechat.user_info("oAlice")

    assert platform.count(path) == 1
    assert isinstance(error.value, AnswerLost) is (may_be_done and path == INFO)


def test_a_refused_connection_means_try_again_later(open_gateway, config):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    nowhere = replace(config, wechat=WeChatConfig(api_base=address))

    with pytest.raises(WeChatUnavailable) as error:
        open_gateway(config=nowhere).of("main").user_info("oAlice")

    assert "api_base" in error.value.remedy
    assert not isinstance(error.value, AnswerLost)


def test_an_answer_that_lacks_what_it_is_for_means_try_again_later(platform, wechat):
    platform.answers["/cgi-bin/tags/create"] = OK

    with pytest.raises(WeChatUnavailable, match=r"tag\.id"):
        wechat.tag_create("会员")
    with pytest.raises(WeChatUnavailable, match="kf_list"):
        wechat.client.customservice.get_accounts()


def test_a_nickname_with_a_raw_control_character_is_still_an_answer(platform, wechat):
    platform.answers[INFO] = Raw(b'{"openid": "oAlice", "remark": "a\x08b\xff"}', content_type="text/plain")

    assert wechat.user_info("oAlice")["openid"] == "oAlice"


def test_an_unknown_account_is_the_operators_mistake(gateway):
    with pytest.raises(ConfigError, match="elsewhere: no such account; the settings have main"):
        gateway.of("elsewhere")


def test_half_an_emoji_is_refused_before_anything_is_sent(platform, wechat):
    with pytest.raises(BadRequest):
        wechat.send("oAlice", {"msgtype": "text", "text": {"content": "\ud83d"}})

    assert platform.hits == []


def test_an_error_survives_the_way_to_another_process(platform, wechat):
    platform.answers[INFO] = Raw(status=404)
    with pytest.raises(WeChatUnavailable) as error:
        wechat.user_info("oAlice")

    again = pickle.loads(pickle.dumps(error.value))

    assert (type(again), str(again)) == (type(error.value), str(error.value))


def test_the_connection_is_kept_for_the_next_call(platform, wechat):
    for _ in range(5):
        wechat.user_info("oAlice")

    assert platform.count(INFO) == 5
    assert len({hit.port for hit in platform.hits}) == 1
