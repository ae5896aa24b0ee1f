import io
import json
import logging
import socket
import traceback
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from bot.config import WeChatConfig
from bot.errors import WeChatError
from bot.wechat.redaction import Redaction, redact
from tests.wechat.conftest import SECRET
from tests.wechat.fake_platform import Raw


@pytest.mark.parametrize(
    "text",
    [
        "GET https://api.weixin.qq.com/cgi-bin/token?grant_type=x&appid=wx1&secret=HUSH",
        "Max retries exceeded with url: /cgi-bin/user/info?openid=o&access_token=HUSH (Caused by",
        "/sns/oauth2/access_token?appid=wx1&code=HUSH&secret=HUSH",
        "/sns/oauth2/refresh_token?refresh_token=HUSH",
        "/cgi-bin/showqrcode?ticket=HUSH",
        '{"access_token":"HUSH","expires_in":7200}',
        '{"ticket" : "HUSH"}',
        "{'appsecret': 'HUSH', 'refresh_token': 'HUSH'}",
        '"{\\"access_token\\":\\"HUSH\\"}"',
        "redirect=https%3A%2F%2Fx%2F%3Faccess_token%3DHUSH%26openid%3Do",
        "app_secret=HUSH",
        "component_access_token=HUSH&jsapi_ticket=HUSH",
    ],
)
def test_a_secret_value_is_removed(text):
    cleaned = redact(text)

    assert "HUSH" not in cleaned
    assert "[hidden]" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "errcode=40001",
        "code=40001 call=/cgi-bin/user/info",
        '{"errcode": 40029, "code": 1}',
        "openid=oAlice",
        "",
    ],
)
def test_what_an_operator_needs_stays(text):
    assert redact(text) == text


def test_a_known_secret_is_removed_wherever_it_stands():
    assert redact(f"oddly {SECRET} placed", [SECRET]) == "oddly [hidden] placed"


def test_a_log_line_its_extra_and_its_traceback_are_cleaned():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(message)s %(facts)s"))
    handler.addFilter(Redaction([SECRET]))
    log = logging.getLogger("of-this-test")
    log.propagate = False
    log.addHandler(handler)

    try:
        raise RuntimeError("url: /x?access_token=HUSH")
    except RuntimeError:
        log.exception("went to %s", "/y?secret=HUSH", extra={"facts": {"ticket": "HUSH", "list": [SECRET]}})

    assert "RuntimeError: url: /x?access_token=[hidden]" in written.getvalue()
    assert "HUSH" not in written.getvalue()
    assert SECRET not in written.getvalue()


@pytest.mark.parametrize("trouble", ["refused connection", "hang", "html", "torn", "errmsg"])
def test_no_error_and_no_log_line_shows_a_secret(
    platform, open_gateway, config, gateway, hurried, address, caplog, trouble
):
    caplog.set_level(logging.DEBUG)
    if trouble == "refused connection":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed = f"http://127.0.0.1:{free.getsockname()[1]}"
        gateway = open_gateway(config=replace(config, wechat=WeChatConfig(api_base=closed)))
    answer = {
        "hang": platform.hang,
        "html": Raw(f"<html>{SECRET}</html>".encode()),
        "torn": Raw(b"{", torn=True),
        "errmsg": {"errcode": 47001, "errmsg": f"bad request /x?secret={SECRET}&access_token=TOKEN_1"},
    }.get(trouble)
    platform.answers["/cgi-bin/user/info"] = platform.answers["/sns/oauth2/access_token"] = answer
    wechat = hurried if trouble == "hang" else gateway.of("main")
    code, shown = SECRET[::-1], ""  # not spelled out here, as a traceback shows these lines

    for call in (lambda: wechat.user_info("oAlice"), lambda: wechat.oauth.exchange(code)):
        with pytest.raises(WeChatError) as error:
            call()
        shown += "".join(traceback.format_exception(error.value)) + repr(error.value.args)

    shown += "\n".join(record.getMessage() + repr(vars(record)) for record in caplog.records)
    assert "user/info" in shown
    for secret in (SECRET, "TOKEN_1", code):
        assert secret not in shown


def test_a_call_is_logged_with_facts_that_are_json(platform, wechat, caplog):
    caplog.set_level(logging.DEBUG, logger="bot")

    wechat.user_info("oAlice")

    record = caplog.records[-1]
    facts = {name: getattr(record, name) for name in ("account", "call", "code", "status", "milliseconds")}
    assert record.getMessage() == "wechat_call"
    assert json.loads(json.dumps(facts))["call"] == "/cgi-bin/user/info"


def test_calls_are_counted_by_account_path_and_code(platform, wechat):
    platform.answers["/cgi-bin/user/info"] = [{"errcode": 40003, "errmsg": "x"}, Raw(status=502)]

    def counted(code):
        labels = {"account": "main", "call": "/cgi-bin/user/info", "code": code}
        return REGISTRY.get_sample_value("yizhan_wechat_calls_total", labels) or 0

    before = [counted(code) for code in ("0", "40003", "none")]
    for _ in range(2):
        with pytest.raises(WeChatError):
            wechat.user_info("oAlice")
    wechat.user_info("oAlice")

    assert [counted(code) - was for code, was in zip(("0", "40003", "none"), before, strict=True)] == [
        1,
        1,
        1,
    ]
