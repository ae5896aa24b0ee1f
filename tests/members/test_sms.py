"""Short messages: signed as the providers document it, sent by whoever takes them, and forgotten."""

import hashlib
import hmac
import json
import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select

from bot.config import SmsConfig
from bot.outbox.outcomes import Pointless
from bot.runtime import open_runtime
from bot.sms import aliyun, gateways, jobs, ordering, tencent
from bot.sms.gateways import NotTaken
from bot.sms.models import SmsMessage
from bot.sms.templates import Purpose, parts
from simulator.server import Server
from tests.support import members as support
from tests.support.members import NUMBERS, Travellers

ANNA = NUMBERS[0]
MOMENT = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


def test_aliyuns_documented_request_is_signed_as_documented():
    asked = aliyun.signed(
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query={"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
        nonce="3156853299f313e23d1673dc12e1703d",
        now=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    )

    assert asked.headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


TENCENT_BODY = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'


@pytest.mark.parametrize(
    ("key_id", "secret", "signs_action", "signature"),
    [
        (
            "AKID" + "*" * 32,
            "*" * 32,
            True,
            "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
        ),
        (
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
            "Gu5t9xGARNpq86cd98joQYCN3*******",
            False,
            "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c",
        ),
    ],
)
def test_tencents_documented_requests_are_signed_as_documented(key_id, secret, signs_action, signature):
    asked = tencent.signed(
        key_id=key_id,
        secret=secret,
        host="cvm.tencentcloudapi.com",
        service="cvm",
        headers={
            "X-TC-Action": "DescribeInstances",
            "X-TC-Version": "2017-03-12",
            "X-TC-Region": "ap-guangzhou",
        },
        body=TENCENT_BODY,
        now=datetime.fromtimestamp(1551113065, UTC),
        signs_action=signs_action,
    )

    assert asked.headers["Authorization"].endswith(f"Signature={signature}")


def test_what_is_sent_to_aliyun_is_signed_as_somebody_else_would_sign_it():
    config = SmsConfig(
        first="aliyun", sign="驿站 旅行", aliyun_key_id="id", aliyun_secret="s~*", aliyun_template="SMS_1"
    )
    asked = aliyun.request(
        config, phone=ANNA, purpose=Purpose.CODE, facts={"code": "012345", "minutes": "5"}, now=MOMENT
    )

    query = asked.url.partition("?")[2]
    signed = asked.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    lines = ["POST", "/", query]
    lines += [f"{name}:{asked.headers[name]}" for name in signed.split(";")]
    lines += ["", signed, hashlib.sha256().hexdigest()]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    expected = hmac.digest(b"s~*", b"ACS3-HMAC-SHA256\n" + digest.encode(), "sha256").hex()
    assert asked.headers["Authorization"].endswith(f"Signature={expected}")
    assert "PhoneNumbers=13900130100" in query
    assert "SignName=%E9%A9%BF%E7%AB%99%20%E6%97%85%E8%A1%8C" in query
    assert "%22012345%22" in query


def test_what_is_sent_to_tencent_names_number_template_and_values():
    config = SmsConfig(
        first="tencent", tencent_app_id="14", tencent_template="7", tencent_key_id="id", tencent_secret="s"
    )
    asked = tencent.request(
        config, phone="+85251234567", purpose=Purpose.CODE, values=["012345", "5"], now=MOMENT
    )

    assert json.loads(asked.body) == {
        "PhoneNumberSet": ["+85251234567"],
        "SmsSdkAppId": "14",
        "SignName": "驿站",
        "TemplateId": "7",
        "TemplateParamSet": ["012345", "5"],
    }
    assert asked.headers["X-TC-Action"] == "SendSms"


def test_long_messages_are_counted_as_the_carrier_counts_them():
    assert [parts("字" * length) for length in (1, 70, 71, 134, 135)] == [1, 1, 2, 2, 3]


@pytest.fixture
def platform(tmp_path):
    with Server(port=0) as server:
        yield server


@pytest.fixture
def runtime(database_url, platform):
    config = support.config(database_url)
    config = replace(config, wechat=replace(config.wechat, api_base=platform.url, timeout_seconds=5.0))
    opened = open_runtime(config)
    yield opened
    opened.close()


@pytest.fixture
def anna(runtime):
    travellers = Travellers(runtime.db, runtime.accounts["head"].id)
    fan_id = travellers.fan("anna")
    travellers.ask(fan_id, ANNA)
    return travellers, fan_id


def message(runtime):
    with runtime.db.reading() as session:
        return session.scalars(select(SmsMessage)).one()


def inbox(platform):
    import requests

    return requests.get(f"{platform.url}/sim/sms", timeout=60).json()["messages"]


def test_a_code_arrives_and_what_it_said_is_gone(runtime, platform, anna, caplog):
    caplog.set_level(logging.DEBUG)
    travellers, fan_id = anna
    code = travellers.code(fan_id)

    jobs.send(runtime, message(runtime).id)
    jobs.send(runtime, message(runtime).id)

    assert [one["text"] for one in inbox(platform)] == [
        f"您的验证码是 {code}，5 分钟内有效。请勿告诉他人，工作人员也不会向您索要。"
    ]
    sent = message(runtime)
    assert (sent.state, sent.content, sent.gateway, sent.parts, sent.cost_mills) == (
        "sent",
        None,
        "simulator",
        1,
        45,
    )
    assert code not in caplog.text
    assert ANNA.removeprefix("+86") not in caplog.text


def test_a_receipt_ends_a_message_once(runtime, anna):
    jobs.send(runtime, message(runtime).id)
    key = message(runtime).gateway_key
    with runtime.db.transaction() as session:
        facts = {"gateway": "simulator", "key": key, "at": MOMENT}
        assert ordering.note_receipt(session, delivered=True, trouble=None, **facts)
        assert not ordering.note_receipt(session, delivered=False, trouble="late", **facts)

    assert (message(runtime).state, message(runtime).trouble) == ("delivered", None)


def test_a_message_that_comes_too_late_is_not_sent(runtime, platform, anna):
    with runtime.db.transaction() as session:
        row = session.scalars(select(SmsMessage)).one()
        row.expires_at -= timedelta(minutes=6)

    with pytest.raises(Pointless):
        jobs.send(runtime, message(runtime).id)

    assert inbox(platform) == []
    assert (message(runtime).state, message(runtime).content) == ("failed", None)


class Refusing(BaseHTTPRequestHandler):
    """A provider that refuses, in the words of Aliyun."""

    def do_POST(self):
        self.send_response(400)
        self.end_headers()
        self.wfile.write(b'{"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "no"}')

    def log_message(self, *arguments):
        pass


@pytest.fixture
def refusing():
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def elsewhere(runtime, base, second):
    """The first gateway is another simulator, at `base`; the second the real one if `second`."""
    config = replace(runtime.config, sms=SmsConfig(first="simulator", second=second))
    return replace(runtime, config=replace(config, wechat=replace(config.wechat, api_base=base)))


def test_what_the_first_gateway_does_not_take_the_second_is_asked(runtime, platform, anna, refusing):
    config = replace(runtime.config.wechat, api_base=refusing)
    broken = gateways.Simulator(replace(runtime.config, wechat=config))
    working = gateways.Simulator(runtime.config)

    jobs.deliver(runtime, message(runtime).id, [broken, working])

    assert len(inbox(platform)) == 1
    assert message(runtime).state == "sent"


def test_a_refusal_is_kept_in_the_gateways_words_and_tried_again(runtime, anna, refusing):
    with pytest.raises(NotTaken) as refusal:
        jobs.send(elsewhere(runtime, refusing, ""), message(runtime).id)

    assert refusal.value.retryable
    assert (message(runtime).state, message(runtime).content is None) == ("waiting", False)
    assert message(runtime).trouble.startswith("simulator: ")


def test_without_a_gateway_the_operator_is_told(runtime, anna):
    config = replace(runtime.config, sms=SmsConfig())
    with pytest.raises(NotTaken, match="no gateway"):
        jobs.send(replace(runtime, config=config), message(runtime).id)
