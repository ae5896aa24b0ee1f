"""The service desk: transfers, the waiting line, agents' acts, records (protocol §6)."""

import pytest
from sim_control import APP_ID

from simulator import xml

AMY, BOB = "amy@simshop", "bob@simshop"


def transfer_to(agent=""):
    def answer(query, body):
        fields = xml.parse(body)
        if fields.get("MsgType") == "event":
            return "success"
        reply = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": 1760000000,
            "MsgType": "transfer_customer_service",
        }
        return xml.render({**reply, "TransInfo": {"KfAccount": agent}} if agent else reply)

    return answer


@pytest.fixture
def desk(sim, bot):
    for name, nick in ((AMY, "Amy"), (BOB, "Bob")):
        sim.put(f"agents/{name}", nickname=nick, status="offline")
    sim.act("alice", "follow")
    bot.answer = transfer_to()
    return sim


def session(sim):
    return sim.api("/customservice/kfsession/getsession", openid=sim.openid("alice"))["kf_account"]


def events(bot):
    return [xml.parse(body).get("Event", "") for _, body in bot.received]


def test_a_transfer_waits_in_line_until_an_agent_accepts(desk, bot):
    desk.act("alice", "say", text="人工")
    assert desk.api("/customservice/kfsession/getwaitcase")["count"] == 1
    assert session(desk) == ""

    desk.put(f"agents/{AMY}", status="online")
    desk.post(f"agents/{AMY}/accept")

    assert session(desk) == AMY
    assert desk.api("/customservice/kfsession/getwaitcase")["count"] == 0
    bot.wait_for(3)
    assert events(bot)[-1] == "kf_create_session"


def test_an_agent_with_automatic_seats_takes_the_first_in_line(desk):
    desk.post("travellers", id="bob", name="Bob")
    desk.act("bob", "follow")
    desk.act("alice", "say", text="1")
    desk.act("bob", "say", text="2")

    desk.put(f"agents/{AMY}", status="online", auto_accept=1)

    assert session(desk) == AMY
    desk.post(f"agents/{AMY}/close", traveller="alice")
    sessions = desk.get(f"agents?account={APP_ID}")["agents"][0]["sessions"]
    assert [each["traveller"] for each in sessions] == ["bob"]


def test_a_named_agent_who_is_away_strands_the_traveller(desk, bot):
    desk.put(f"agents/{BOB}", status="online", auto_accept=5)
    bot.answer = transfer_to(AMY)

    desk.act("alice", "say", text="人工")

    assert session(desk) == ""
    assert desk.api("/customservice/kfsession/getwaitcase")["count"] == 0


def test_a_named_agent_who_is_there_takes_over(desk, bot):
    desk.put(f"agents/{BOB}", status="online", auto_accept=5)
    bot.answer = transfer_to(BOB)

    desk.act("alice", "say", text="人工")

    assert session(desk) == BOB


def test_agents_talk_transfer_and_leave_records(desk, bot):
    for name in (AMY, BOB):
        desk.put(f"agents/{name}", status="online", auto_accept=1)
    began = int(desk.get("clock")["now"]) - 5
    desk.act("alice", "say", text="人工")
    holder = session(desk)
    other = BOB if holder == AMY else AMY

    desk.post(f"agents/{holder}/say", traveller="alice", text="您好")
    desk.act("alice", "say", text="谢谢")
    desk.post(f"agents/{holder}/transfer", traveller="alice", to=other)

    assert session(desk) == other
    assert [each["sender"] for each in desk.chat("alice")].count("agent") == 1
    span = {"starttime": began, "endtime": began + 60, "msgid": 1}
    page = desk.api("/customservice/msgrecord/getmsglist", {**span, "number": 2})
    assert [(each["opercode"], each["text"]) for each in page["recordlist"]] == [
        (2003, "人工"),
        (2002, "您好"),
    ]
    rest = desk.api("/customservice/msgrecord/getmsglist", {**span, "msgid": page["msgid"], "number": 2})
    assert [each["text"] for each in rest["recordlist"]] == ["谢谢"]


def test_the_codes_of_sessions(desk):
    openid = desk.openid("alice")
    create, close = "/customservice/kfsession/create", "/customservice/kfsession/close"
    amy, bob = ({"kf_account": name, "openid": openid} for name in (AMY, BOB))
    assert desk.code(create, amy) == 65415
    assert desk.code(close, amy) == 65413
    for name in (AMY, BOB):
        desk.put(f"agents/{name}", status="online")

    assert [desk.code(create, each) for each in (amy, amy, bob)] == [0, 0, 65414]
    assert desk.code(close, bob) == 65414
    assert desk.code(close, amy) == 0


def test_the_invitation(desk):
    add, invite = "/customservice/kfaccount/add", "/customservice/kfaccount/inviteworker"
    desk.code(add, {"kf_account": "cat@simshop", "nickname": "Cat"})
    asked = {"kf_account": "cat@simshop", "invite_wx": "cat_wx"}

    assert desk.code(add, {"kf_account": "cat@simshop", "nickname": "Cat"}) == 65406
    assert [desk.code(invite, asked) for _ in range(2)] == [0, 65411]
    desk.post("clock", advance=86_401)
    desk._token = None
    listed = desk.api("/cgi-bin/customservice/getkflist")["kf_list"][-1]
    assert listed["invite_status"] == "expired"
    assert desk.code(invite, asked) == 0
    desk.post("agents/cat@simshop/invitation", accept=True)
    assert desk.code(invite, asked) == 65407
    assert desk.api("/cgi-bin/customservice/getkflist")["kf_list"][-1]["kf_wx"] == "cat_wx"


def test_session_events_can_be_switched_off(desk, bot):
    desk.put("settings", kf_events=False)
    desk.put(f"agents/{AMY}", status="online", auto_accept=1)

    desk.act("alice", "say", text="人工")

    assert session(desk) == AMY
    assert "kf_create_session" not in events(bot)


def test_the_agent_reads_what_the_bot_says_with_the_session(desk, bot):
    desk.put(f"agents/{AMY}", status="online")
    asked = {"kf_account": AMY, "openid": desk.openid("alice")}

    desk.api("/customservice/kfsession/create", {**asked, "text": "旅客刚才问：退款。"})
    first = desk.get("agents")["agents"][0]["sessions"]
    desk.api("/customservice/kfsession/create", {**asked, "text": "又问：改期。"})
    again = desk.get("agents")["agents"][0]["sessions"]
    bot.wait_for(2)

    assert [one["note"] for one in first + again] == ["旅客刚才问：退款。", "又问：改期。"]
    assert events(bot).count("kf_create_session") == 1
