"""How the platform pushes, and what it makes of the answers (protocol §1)."""

import threading
import time

import pytest
from sim_bot import text_reply
from sim_control import APP_ID, KEY

from simulator import xml
from simulator.crypto import MessageCipher, sign


def fields_of(received):
    return [xml.parse(body) for _, body in received]


def test_a_follow_is_pushed_and_the_greeting_lands_in_the_chat(sim, bot):
    bot.answer = lambda query, body: text_reply(body, "欢迎")

    push = sim.act("alice", "follow")["push"]

    assert push["delivered"]
    assert push["reply"] == {"type": "text", "content": "欢迎"}
    [fields] = fields_of(bot.received)
    assert (fields["MsgType"], fields["Event"], fields["EventKey"]) == ("event", "subscribe", "")
    assert fields["FromUserName"] == bot.received[0][0]["openid"] == sim.openid("alice")
    [bubble] = sim.chat("alice")
    assert (bubble["sender"], bubble["content"]) == ("account", {"content": "欢迎"})


def test_the_push_is_signed_with_token_timestamp_and_nonce(sim, bot):
    sim.act("alice", "follow")

    query, _ = bot.received[0]
    assert query["signature"] == sign("simtoken2026", query["timestamp"], query["nonce"])


def test_silence_is_repeated_three_times_with_the_same_message(sim, bot):
    sim.act("alice", "follow")
    bot.received.clear()
    sim.put("settings", push_timeout=0.2)
    bot.answer = lambda query, body: time.sleep(0.5) or "success"

    push = sim.act("alice", "say", text="查订单")["push"]

    assert [each["error"] for each in push["attempts"]] == ["no answer within 0.2 s"] * 3
    assert not push["delivered"]
    bot.wait_for(3)
    assert (
        len({(each["MsgId"], each["CreateTime"], each["Content"]) for each in fields_of(bot.received)}) == 1
    )
    assert len({query["nonce"] for query, _ in bot.received}) == 3
    assert sim.chat("alice")[-1]["content"]["text"] == "该公众号暂时无法提供服务，请稍后再试"


@pytest.mark.parametrize(
    "answer",
    ['{"ok": true}', (500, "success"), (302, ""), "<xml><ToUserName>somebody</ToUserName></xml>", "<html>"],
)
def test_junk_shows_the_notice(sim, bot, answer):
    sim.act("alice", "follow")
    bot.answer = lambda query, body: answer

    push = sim.act("alice", "say", text="hi")["push"]

    assert not push["delivered"]
    assert sim.chat("alice")[-1]["sender"] == "notice"


@pytest.mark.parametrize("answer", ["success", ""])
def test_success_and_nothing_show_nothing(sim, bot, answer):
    sim.act("alice", "follow")
    bot.answer = lambda query, body: answer

    assert sim.act("alice", "say", text="hi")["push"]["delivered"]
    assert sim.chat("alice")[-1]["sender"] == "traveller"


@pytest.mark.parametrize("mode", ["safe", "compatible"])
def test_encrypted_there_and_back(sim, bot, mode):
    sim.put(f"accounts/{APP_ID}", mode=mode)
    cipher = MessageCipher(KEY, APP_ID)

    def answer(query, body):
        encrypted = xml.parse(body)["Encrypt"]
        assert query["msg_signature"] == sign("simtoken2026", query["timestamp"], query["nonce"], encrypted)
        reply = cipher.encrypt(text_reply(cipher.decrypt(encrypted), "好"))
        signature = sign("simtoken2026", "1760000002", "n", reply)
        return xml.render(
            {"Encrypt": reply, "MsgSignature": signature, "TimeStamp": 1760000002, "Nonce": "n"}
        )

    bot.answer = answer

    assert sim.act("alice", "follow")["push"]["reply"] == {"type": "text", "content": "好"}
    assert ("FromUserName" in bot.received[0][1]) == (mode == "compatible")


def test_safe_mode_takes_no_plain_reply(sim, bot):
    sim.put(f"accounts/{APP_ID}", mode="safe")
    bot.answer = lambda query, body: xml.render({"MsgType": "text"})

    assert "encrypted" in sim.act("alice", "follow")["push"]["problem"]


def test_hundreds_of_pushes_keep_their_order(sim, bot):
    sim.act("alice", "follow")
    bot.received.clear()

    for number in range(200):
        sim.act("alice", "say", text=str(number), wait=False)

    assert sim.post("settle") == {"idle": True}
    assert [each["Content"] for each in fields_of(bot.received)] == [str(number) for number in range(200)]


def test_the_identical_message_can_be_repeated_at_once(sim, bot):
    sim.act("alice", "follow")
    bot.received.clear()

    bot.answer = lambda query, body: text_reply(body, "好")
    push = sim.act("alice", "say", text="x", repeat=3, concurrent=True)["push"]

    assert len(push["deliveries"]) == 3
    assert len({each["MsgId"] for each in fields_of(bot.received)}) == 1
    assert [each["sender"] for each in sim.chat("alice")] == ["traveller", "account"]


def test_a_server_that_answers_drop_by_drop_is_cut_off(sim, bot):
    sim.put("settings", push_timeout=0.3, push_attempts=1, failure_notice_names_kind=True)
    sim.act("alice", "follow")
    bot.drip = 0.1

    push = sim.act("alice", "say", text="hi")["push"]

    assert push["attempts"][0]["error"] == "no answer within 0.3 s"
    assert sim.chat("alice")[-1]["content"]["text"] == "该服务号暂时无法提供服务，请稍后再试"


def test_a_bot_that_hangs_does_not_keep_the_platform_from_ending(sim, bot, server):
    sim.put("settings", push_timeout=60)
    sim.act("alice", "follow")
    over = threading.Event()
    answered = []
    bot.answer = lambda query, body: over.wait(60) or answered.append(body) or "success"
    sim.act("alice", "say", text="hi", wait=False)
    bot.wait_for(2)

    server.close()

    assert answered == []
    over.set()
    server.close = lambda: None


def test_a_blacklisted_fan_is_not_heard(sim, bot):
    sim.act("alice", "follow")
    openid = sim.openid("alice")
    assert sim.code("/cgi-bin/tags/members/batchblacklist", {"openid_list": [openid]}) == 0
    bot.received.clear()

    assert sim.act("alice", "say", text="hi")["push"] is None
    assert bot.received == []


@pytest.mark.parametrize("content", ["", "😀👨‍👩‍👧", "a\u2028b", "]]>"])
def test_awkward_texts_arrive_as_they_are(sim, bot, content):
    sim.act("alice", "follow")

    sim.act("alice", "push", type="text", fields={"Content": content})

    assert fields_of(bot.received)[-1]["Content"] == content
