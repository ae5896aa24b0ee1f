"""The control API itself: who may use it, what survives, what is told while it happens."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from sim_control import APP_ID, Control

from simulator.server import Server

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example", "Content-Type": "application/json"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
    ],
)
def test_foreign_pages_are_refused(sim, headers):
    answer = sim.http.post(f"{sim.url}/sim/reset", data="{}", headers=headers)

    assert answer.status_code == 403
    assert sim.get("travellers")["travellers"]


def test_errors_say_the_remedy(sim):
    assert "follow first" in sim.act("alice", "say", 409, text="hi")["error"]
    assert "possible:" in sim.act("alice", "dance", 404)["error"]
    assert "GET /sim/settings" in sim.put("settings", 400, gravity=1)["error"]
    assert "43 letters" in sim.put(f"accounts/{APP_ID}", 400, mode="safe", encoding_aes_key="x")["error"]
    assert sim.get(f"accounts/{APP_ID}")["mode"] == "plain"


def test_accounts_may_be_called_by_name_and_put_twice(sim):
    first = sim.get(f"accounts/{APP_ID}")

    assert sim.put(f"accounts/{APP_ID}", name="head office") == first
    assert sim.get("accounts/head office")["app_id"] == APP_ID


def test_the_server_address_is_checked(sim, bot):
    assert sim.post(f"accounts/{APP_ID}/verify-url") == {"ok": True, "problem": ""}

    bot.echo = '"quoted"'

    assert "echostr" in sim.post(f"accounts/{APP_ID}/verify-url")["problem"]


def test_scanning_follows_first_and_scans_then(sim, bot):
    body = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "shop-7"}}}
    code = sim.api("/cgi-bin/qrcode/create", body)

    sim.act("alice", "scan", ticket=code["ticket"])
    sim.act("alice", "scan", url=code["url"])

    first, second = (each for _, each in bot.received)
    assert "<EventKey><![CDATA[qrscene_shop-7]]>" in first
    assert "<Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[shop-7]]>" in second
    profile = sim.api("/cgi-bin/user/info", openid=sim.openid("alice"))
    assert (profile["subscribe_scene"], profile["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "shop-7")


def test_an_expired_code_leads_nowhere(sim):
    body = {"expire_seconds": 60, "action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 5}}}
    ticket = sim.api("/cgi-bin/qrcode/create", body)["ticket"]
    sim.post("clock", advance=61)

    assert "expired" in sim.act("alice", "scan", 409, ticket=ticket)["error"]


def test_a_picture_sent_can_be_fetched_by_the_bot(sim, bot):
    sim.act("alice", "follow")

    sim.act("alice", "send", type="image")

    body = bot.received[-1][1]
    media_id = body.partition("<MediaId><![CDATA[")[2].partition("]]>")[0]
    url = body.partition("<PicUrl><![CDATA[")[2].partition("]]>")[0]
    fetched = sim.http.get(
        f"{sim.url}/cgi-bin/media/get", params={"access_token": sim.token(), "media_id": media_id}
    )
    assert fetched.content == sim.http.get(url).content


def test_text_messages_reach_the_phone(sim):
    sim.post("travellers", id="alice", phone="13800000001")

    sent = sim.http.post(f"{sim.url}/sms/send", json={"phone": "+86 138 0000 0001", "text": "验证码 123456"})

    assert sent.json()["code"] == "ok"
    assert [each["text"] for each in sim.get("travellers/alice/sms")["messages"]] == ["验证码 123456"]
    assert sim.http.post(f"{sim.url}/sms/send", json={"phone": "x", "text": "y"}).status_code == 400


def test_events_are_streamed_and_resumed(sim):
    before = sim.get("")["last_event"]
    sim.act("alice", "follow")

    with sim.http.get(f"{sim.url}/sim/events", headers={"Last-Event-ID": str(before)}, stream=True) as stream:
        lines = stream.iter_lines()
        kinds = []
        while "push" not in kinds:
            line = next(lines).decode()
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: "))

    assert kinds == ["fan", "push"]


def test_a_scenario_travels(sim, bot):
    sim.act("alice", "follow")
    sim.act("alice", "send", type="image")
    scenario = sim.get("export")

    with Server() as other:
        elsewhere = Control(other)
        elsewhere.ask("POST", "import", scenario)
        assert elsewhere.openid("alice") == sim.openid("alice")
        assert [each["type"] for each in elsewhere.chat("alice")] == ["image"]
        assert elsewhere.get("export")["blobs"] == scenario["blobs"]
        elsewhere.http.close()


def test_a_damaged_scenario_is_refused(sim):
    assert "format" in sim.ask("POST", "import", {"format": 0}, 400)["error"]
    assert sim.get("travellers")["travellers"]


def test_reset_begins_with_nothing_but_the_settings(sim):
    sim.put("settings", push_timeout=1.5)

    sim.post("reset")

    assert sim.get("accounts")["accounts"] == []
    assert sim.get("settings")["push_timeout"] == 1.5


def test_traffic_can_be_filtered(sim):
    sim.act("alice", "follow")
    sim.api("/cgi-bin/tags/get")
    last = sim.get("calls")["calls"][-1]["id"]
    sim.api("/cgi-bin/menu/get")

    assert [each["path"] for each in sim.get(f"calls?since={last}")["calls"]] == ["/cgi-bin/menu/get"]
    assert len(sim.get("calls?path=/cgi-bin/tags&account=head office")["calls"]) == 1
    [push] = sim.get("pushes?event=subscribe")["pushes"]
    assert push["attempts"][0]["status"] == 200
    assert "<Event><![CDATA[subscribe]]>" in push["body"]


def start(state):
    command = [sys.executable, "-m", "simulator", "--port", "0", "--state", str(state)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    url = process.stdout.readline().split()[-1]
    return process, url


def saved(state):
    """Whether the file says that somebody follows: it is written once a second."""
    accounts = json.loads(state.read_text())["accounts"] if state.exists() else {}
    return any(each["subscribed"] for account in accounts.values() for each in account["fans"].values())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_everything_survives_a_restart(tmp_path, how):
    state = tmp_path / "simulator.json"
    process, url = start(state)
    headers = {"Content-Type": "application/json"}
    requests.put(f"{url}/sim/accounts/{APP_ID}", data="{}", headers=headers, timeout=60)
    requests.post(
        f"{url}/sim/travellers", data='{"id": "alice", "name": "Alice"}', headers=headers, timeout=5
    )
    follow = json.dumps({"account": APP_ID, "wait": False})
    requests.post(f"{url}/sim/travellers/alice/follow", data=follow, headers=headers, timeout=60)
    if how is signal.SIGKILL:
        end = time.monotonic() + 60
        while not saved(state) and time.monotonic() < end:
            time.sleep(0.05)
    process.send_signal(how)
    code = process.wait(60)
    process.communicate()

    process, url = start(state)
    alice = requests.get(f"{url}/sim/travellers/alice", timeout=60).json()
    process.terminate()
    process.wait(60)
    process.communicate()

    assert code == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    assert alice["accounts"][APP_ID]["subscribed"]
