"""What ends later: mass messages, notices, publications, migration (protocol §7, §8, §11.2)."""

import time

import pytest
from sim_control import APP_ID

from simulator import xml

TEXT = {"msgtype": "text", "text": {"content": "本周上新"}}
SENDALL, SEND = "/cgi-bin/message/mass/sendall", "/cgi-bin/message/mass/send"


@pytest.fixture
def fans(sim, bot):
    for name in ("alice", "bob", "carol"):
        sim.post("travellers", id=name, name=name)
        sim.act(name, "follow")
    bot.received.clear()
    return sim


def finish(bot, number=1):
    return xml.parse(bot.wait_for(number)[number - 1][1])


def test_a_mass_message_counts_who_got_it(fans, bot):
    fans.act("carol", "block")

    fans.api(SENDALL, {"filter": {"is_to_all": True, "tag_id": None}, **TEXT})

    event = finish(bot)
    assert (event["FromUserName"], event["Status"]) == ("mphelper", "send success")
    assert (event["TotalCount"], event["FilterCount"], event["SentCount"]) == ("3", "2", "2")


def test_nobody_gets_more_than_four_a_month(fans, bot):
    openids = [fans.openid(name) for name in ("alice", "bob")]

    for number in range(1, 6):
        assert fans.code(SEND, {"touser": openids, **TEXT}) == 0
        assert finish(bot, number)["SentCount"] == ("2" if number < 5 else "0")

    assert len([each for each in fans.chat("alice") if each["type"] == "text"]) == 4


def test_a_subscription_account_sends_once_a_day(fans):
    fans.put(f"accounts/{APP_ID}", kind="subscription")
    tag = fans.api("/cgi-bin/tags/create", {"tag": {"name": "t"}})["tag"]["id"]
    body = {"filter": {"is_to_all": False, "tag_id": tag}, **TEXT}

    assert [fans.code(SENDALL, body) for _ in range(2)] == [0, 45028]
    fans.post("clock", advance=86_400)
    fans._token = None
    assert fans.code(SENDALL, body) == 0


def test_the_senders_own_id_makes_a_repeat_harmless(fans):
    openids = [fans.openid(name) for name in ("alice", "bob")]
    body = {"touser": openids, "clientmsgid": "wk41", **TEXT}

    first, again = fans.api(SEND, body), fans.api(SEND, body)

    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert fans.code(SEND, {**body, "clientmsgid": "x" * 65}) == 45067
    fans.put("settings", mass_client_id_retry_seconds=60)
    assert fans.code(SEND, body) == 45066


def test_mass_messages_in_a_hurry(fans):
    fans.put("settings", mass_per_minute=2)
    body = {"touser": [fans.openid(name) for name in ("alice", "bob")], **TEXT}

    assert [fans.code(SEND, body) for _ in range(3)] == [0, 0, 42010]


@pytest.mark.parametrize(("confirm", "status"), [(True, "send success"), (False, "err(40001)")])
def test_the_admin_confirms_or_refuses(fans, bot, confirm, status):
    fans.put("settings", mass_confirm="admin")
    msg_id = fans.api(SENDALL, {"filter": {"is_to_all": True}, **TEXT})["msg_id"]
    time.sleep(0.4)
    assert bot.received == []

    fans.post(f"broadcasts/{msg_id}", account=APP_ID, confirm=confirm)

    assert finish(bot)["Status"] == status


def test_an_admin_who_forgets_refuses(fans, bot):
    fans.put("settings", mass_confirm="admin")
    msg_id = fans.api(SENDALL, {"filter": {"is_to_all": True}, **TEXT})["msg_id"]

    fans.post("clock", advance=1801)

    assert finish(bot)["Status"] == "err(40002)"
    fans._token = None
    assert fans.api("/cgi-bin/message/mass/get", {"msg_id": str(msg_id)})["msg_status"] == "SEND_FAIL"


def test_a_template_message_to_one_who_refuses_fails_later(fans, bot):
    template_id = fans.api("/cgi-bin/template/api_add_template", {"template_id_short": "TM00015"})[
        "template_id"
    ]
    data = {
        name: {"value": value}
        for name, value in (("character_string1", "A1"), ("amount2", "1元"), ("time3", "10:00"))
    }
    body = {"touser": fans.openid("alice"), "template_id": template_id, "data": data, "client_msg_id": "o1"}
    fans.act("alice", "block")

    first, again = (fans.api("/cgi-bin/message/template/send", body) for _ in range(2))

    assert first["msgid"] == again["msgid"]
    assert finish(bot)["Status"] == "failed:user block"
    wrong = {**body, "data": {**data, "character_string1": {"value": "中文"}}}
    refused = fans.api("/cgi-bin/message/template/send", wrong)
    assert refused["errcode"] == 47003
    assert "character_string1" in refused["errmsg"]


def test_templates_run_out(fans):
    fans.put("settings", template_limit=1)
    body = {"template_id_short": "TM00015"}

    assert [fans.code("/cgi-bin/template/api_add_template", body) for _ in range(2)] == [0, 45026]
    industry = {"industry_id1": "1", "industry_id2": "4"}
    assert [fans.code("/cgi-bin/template/api_set_industry", industry) for _ in range(2)] == [0, 43100]


def test_old_openids_can_be_exchanged_after_a_migration(fans):
    fans.put("accounts/wxold", name="old")
    fans.post("travellers/alice/follow", account="wxold")
    old = fans.openid("alice", "wxold")
    body = {"from_appid": "wxold", "openid_list": [old, "oNobody"]}
    assert fans.code("/cgi-bin/changeopenid", body) == 63178

    fans.put(f"accounts/{APP_ID}", migrated_from="wxold")

    rows = fans.api("/cgi-bin/changeopenid", body)["result_list"]
    assert rows[0] == {"ori_openid": old, "new_openid": fans.openid("alice"), "err_msg": "ok"}
    assert rows[1]["err_msg"] == "ori_openid error"


def test_unionids_are_shared_through_one_open_platform_account(fans):
    fans.put("accounts/wxbranch", kind="subscription", open_platform="group")
    fans.put("accounts/wxstranger", open_platform="other")
    accounts = fans.get("travellers/alice")["accounts"]

    assert accounts[APP_ID]["unionid"] == accounts["wxbranch"]["unionid"] != accounts["wxstranger"]["unionid"]
    assert accounts[APP_ID]["openid"] != accounts["wxbranch"]["openid"]
    assert all(len(each["openid"]) == 28 and each["openid"].startswith("o") for each in accounts.values())
