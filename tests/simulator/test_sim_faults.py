"""Things that go wrong on demand."""

import time

import pytest
import requests
from sim_control import APP_ID, KEY

from simulator import xml
from simulator.crypto import MessageCipher, Undecipherable, sign


@pytest.fixture
def fan(sim, bot):
    sim.act("alice", "follow")
    bot.received.clear()
    return sim


def contents(bot):
    return [xml.parse(body).get("Content") for _, body in bot.received]


def test_a_push_is_duplicated_once(fan, bot):
    fan.post("faults", kind="push_duplicate", count=1)

    fan.act("alice", "say", text="1")
    fan.act("alice", "say", text="2")

    assert contents(bot) == ["1", "1", "2"]


def test_a_push_is_overtaken(fan, bot):
    fan.post("faults", kind="push_reorder", count=1, seconds=3)

    fan.act("alice", "say", text="1", wait=False)
    fan.act("alice", "say", text="2", wait=False)

    bot.wait_for(2)
    assert contents(bot) == ["2", "1"]


def test_a_push_is_lost(fan, bot):
    fan.post("faults", kind="push_drop", count=1)

    push = fan.act("alice", "say", text="1")["push"]

    assert (push["delivered"], bot.received) == (False, [])


def test_a_push_comes_late(fan):
    fan.post("faults", kind="push_slow", count=1, seconds=0.3)
    began = time.monotonic()

    fan.act("alice", "say", text="1")

    assert time.monotonic() - began > 0.3


def test_a_wrong_signature(fan, bot):
    fan.post("faults", kind="push_wrong_signature", count=1)

    fan.act("alice", "say", text="1")

    query, _ = bot.received[0]
    assert query["signature"] != sign("simtoken2026", query["timestamp"], query["nonce"])


@pytest.mark.parametrize("kind", ["push_wrong_appid", "push_bad_padding"])
def test_a_damaged_cipher_text(fan, bot, kind):
    fan.put(f"accounts/{APP_ID}", mode="safe")
    fan.post("faults", kind=kind, count=1)

    fan.act("alice", "say", text="1")

    with pytest.raises(Undecipherable):
        MessageCipher(KEY, APP_ID).decrypt(xml.parse(bot.received[0][1])["Encrypt"])


def test_an_event_nobody_knows(fan, bot):
    fan.post("faults", kind="push_unknown_event", count=1)

    fan.act("alice", "say", text="1")

    assert xml.parse(bot.received[0][1])["Event"].startswith("sim_unknown_")


@pytest.mark.parametrize("code", [-1, 40001, 45009, 40164, 61004])
def test_an_answer_with_any_code_at_one_path(fan, code):
    fan.post("faults", kind="api_error", code=code, path="/cgi-bin/tags")

    assert fan.code("/cgi-bin/tags/get") == code
    assert fan.code("/cgi-bin/menu/trymatch", {"user_id": "x"}) == 46003


def test_a_page_of_html_instead_of_json(fan):
    fan.post("faults", kind="api_http", status=502, count=1)

    answer = fan.http.get(f"{fan.url}/cgi-bin/tags/get?access_token=x")

    assert (answer.status_code, answer.text[:6]) == (502, "<html>")


def test_a_call_that_hangs(fan):
    fan.post("faults", kind="api_hang", seconds=5)

    with pytest.raises(requests.Timeout):
        fan.http.get(f"{fan.url}/cgi-bin/tags/get?access_token=x", timeout=0.2)


def test_an_answer_that_is_lost_after_the_work_was_done(fan):
    token = fan.token()
    fan.post("faults", kind="api_answer_lost", count=1)

    with pytest.raises(requests.ConnectionError):
        fan.http.post(
            f"{fan.url}/cgi-bin/tags/create", params={"access_token": token}, json={"tag": {"name": "会员"}}
        )

    assert [each["name"] for each in fan.api("/cgi-bin/tags/get")["tags"]][-1] == "会员"


def test_a_token_that_is_revoked_under_way(fan):
    fan.api("/cgi-bin/tags/get")
    fan.post("faults", kind="api_token_revoked", count=1)

    assert fan.code("/cgi-bin/tags/get") == 40001


def test_a_fault_strikes_as_often_as_it_should_and_can_be_removed(fan):
    assert fan.code("/cgi-bin/tags/get") == 0
    fault = fan.post("faults", kind="api_error", code=-1, count=2)["fault"]
    assert [fan.code("/cgi-bin/tags/get") for _ in range(3)] == [-1, -1, 0]

    fan.delete(f"faults/{fault['id']}")

    assert fan.get("faults")["faults"] == []
    assert "kind is one of" in fan.post("faults", 400, kind="earthquake")["error"]
