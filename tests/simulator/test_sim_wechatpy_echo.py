"""A bot on wechatpy, in a process of its own, that never heard of the simulator."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sim_control import APP_ID, KEY

ECHO = Path(__file__).with_name("wechatpy_echo.py")
SECONDS = 300.0  # the bot ends then at the latest, and whoever waits for it finds out


@pytest.fixture(scope="module")
def echo():
    """The bot's address."""
    settings = {"WECHAT_TOKEN": "simtoken2026", "WECHAT_AES_KEY": KEY, "WECHAT_APPID": APP_ID}
    with subprocess.Popen(
        [sys.executable, ECHO],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        end = threading.Timer(SECONDS, process.kill)
        end.start()
        try:
            yield process.stdout.readline().strip()
        finally:
            end.cancel()
            process.kill()


@pytest.fixture
def say(sim, echo):
    def said(act, **body):
        push = sim.act("alice", act, **body)["push"]
        assert (push["problem"], len(push["attempts"])) == ("", 1)
        return push["reply"]["content"]

    sim.put(f"accounts/{APP_ID}", url=echo)
    sim.put("settings", push_timeout=60)  # how fast it is on a busy machine is not what is asked
    return said


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_it_is_driven_in_every_mode(sim, say, mode):
    sim.put(f"accounts/{APP_ID}", mode=mode)

    assert sim.post(f"accounts/{APP_ID}/verify-url") == {"ok": True, "problem": ""}
    assert say("follow") == "no words for event"
    assert say("say", text="你好 <&> 🌏") == "你好 <&> 🌏"
    assert say("send", type="image") == "no words for image"
    assert say("push", event="not_yet_invented") == "no words for unknown"

    code = sim.api(
        "/cgi-bin/qrcode/create",
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "shop-7"}}},
    )
    assert say("scan", ticket=code["ticket"]) == "no words for event"
    assert (
        sim.code("/cgi-bin/menu/create", {"button": [{"type": "click", "name": "Deals", "key": "DEAL"}]}) == 0
    )
    assert say("menu", path=[0]) == "no words for event"
    assert sim.chat("alice")[-1]["content"]["content"] == "no words for event"


def test_a_wrong_token_is_found_out(sim, say):
    sim.put(f"accounts/{APP_ID}", token="another2026")

    assert "HTTP 403" in sim.post(f"accounts/{APP_ID}/verify-url")["problem"]


def test_a_wrong_key_is_found_out(sim, say):
    sim.put(f"accounts/{APP_ID}", mode="safe", encoding_aes_key=KEY[::-1])

    push = sim.act("alice", "follow")["push"]

    assert not push["delivered"]
    assert sim.chat("alice")[-1]["type"] == "failure"
