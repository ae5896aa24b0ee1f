"""Each limit answers with WeChat's own code."""

import pytest
from sim_control import APP_ID

ALICE = "<alice>"


@pytest.fixture
def fan(sim):
    sim.act("alice", "follow")
    return sim.openid("alice")


def button(**facts):
    return {"button": [{"type": "click", "name": "a", "key": "k", **facts}]}


def scene(action, scene, **rest):
    return {"action_name": action, "action_info": {"scene": scene}, **rest}


CUSTOM, TAGS = "/cgi-bin/message/custom/send", "/cgi-bin/tags/members/batchtagging"
REFUSALS = [
    # request checks (protocol §14.3)
    ("/cgi-bin/menu/get", {}, 43001),
    ("/cgi-bin/tags/create", None, 43002),
    # tags (protocol §4.1)
    ("/cgi-bin/tags/create", {"tag": {"name": "一二三四五六七八九十一"}}, 45158),
    ("/cgi-bin/tags/create", {"tag": {"name": ""}}, 45157),
    ("/cgi-bin/tags/create", {"tag": {"name": "星标组"}}, 45157),
    ("/cgi-bin/tags/update", {"tag": {"id": 2, "name": "x"}}, 45058),
    ("/cgi-bin/tags/delete", {"tag": {"id": 999}}, 45159),
    (TAGS, {"openid_list": [ALICE], "tagid": 999}, 45159),
    (TAGS, {"openid_list": [ALICE] * 51, "tagid": 2}, 40032),
    (TAGS, {"openid_list": ["oNobody"], "tagid": 2}, 40003),
    ("/cgi-bin/tags/members/batchblacklist", {"openid_list": [ALICE] * 21}, 40032),
    ("/cgi-bin/user/info/updateremark", {"openid": ALICE, "remark": "x" * 30}, 40035),
    ("/cgi-bin/user/info/batchget", {"user_list": [{"openid": ALICE}] * 101}, 40032),
    # codes and short keys (protocol §5)
    ("/cgi-bin/qrcode/create", scene("QR_NONE", {"scene_id": 1}), 40053),
    ("/cgi-bin/qrcode/create", scene("QR_LIMIT_SCENE", {"scene_id": 100_001}), 40053),
    ("/cgi-bin/qrcode/create", scene("QR_SCENE", {"scene_id": 0}), 40053),
    ("/cgi-bin/qrcode/create", scene("QR_STR_SCENE", {"scene_str": "x" * 65}), 40053),
    ("/cgi-bin/qrcode/create", scene("QR_STR_SCENE", {"scene_str": "x"}, expire_seconds=0), 40035),
    ("/cgi-bin/shorten/gen", {}, 47003),
    ("/cgi-bin/shorten/gen", {"long_data": "x" * 4097}, 9410010),
    ("/cgi-bin/shorten/gen", {"long_data": "x", "expire_seconds": 2_592_001}, 9410011),
    ("/cgi-bin/shorten/fetch", {"short_key": "no"}, 9410012),
    # menus (protocol §3)
    ("/cgi-bin/menu/create", {"button": []}, 40016),
    ("/cgi-bin/menu/create", {"button": button()["button"] * 4}, 40016),
    ("/cgi-bin/menu/create", button(name="x" * 17), 40018),
    ("/cgi-bin/menu/create", button(key=""), 40019),
    ("/cgi-bin/menu/create", button(type="view"), 40020),
    ("/cgi-bin/menu/create", button(type="view", url="ftp://x"), 40054),
    ("/cgi-bin/menu/create", button(type="dance"), 40017),
    ("/cgi-bin/menu/create", button(type="media_id", media_id="no"), 40007),
    ("/cgi-bin/menu/create", button(type="article_id", article_id="no"), 53600),
    ("/cgi-bin/menu/create", button(type="miniprogram", url="https://a.b", appid="wx"), 45064),
    ("/cgi-bin/menu/create", {"button": [{"name": "a", "sub_button": button()["button"] * 6}]}, 40023),
    (
        "/cgi-bin/menu/create",
        {"button": [{"name": "a", "sub_button": button(name="x" * 61)["button"]}]},
        40025,
    ),
    ("/cgi-bin/menu/create", {"button": [{"name": "a"}]}, 65308),
    ("/cgi-bin/menu/addconditional", {**button(), "matchrule": {"tag_id": "100"}}, 65303),
    ("/cgi-bin/menu/delconditional", {"menuid": "1"}, 65301),
    ("/cgi-bin/menu/trymatch", {"user_id": ALICE}, 46003),
    # customer-service messages (protocol §6.5)
    (CUSTOM, {"touser": "oNobody", "msgtype": "text", "text": {"content": "x"}}, 40003),
    (CUSTOM, {"touser": ALICE, "msgtype": "dance"}, 40008),
    (CUSTOM, {"touser": ALICE, "msgtype": "text", "text": {"content": ""}}, 44004),
    (CUSTOM, {"touser": ALICE, "msgtype": "text", "text": {"content": "x" * 2049}}, 45002),
    (CUSTOM, {"touser": ALICE, "msgtype": "image", "image": {"media_id": "no"}}, 40007),
    (CUSTOM, {"touser": ALICE, "msgtype": "news", "news": {"articles": [{}, {}]}}, 45008),
    (
        CUSTOM,
        {"touser": ALICE, "msgtype": "text", "text": {"content": "x"}, "customservice": {"kf_account": "no"}},
        61452,
    ),
    ("/cgi-bin/message/custom/typing", {"touser": ALICE, "command": "Dance"}, 45072),
    # agents (protocol §6.1, §6.2)
    ("/customservice/kfaccount/add", {"kf_account": "amy", "nickname": "Amy"}, 65404),
    ("/customservice/kfaccount/add", {"kf_account": "amy@simshop", "nickname": "x" * 17}, 65403),
    ("/customservice/kfaccount/inviteworker", {"kf_account": "no@simshop", "invite_wx": "x"}, 65401),
    ("/customservice/kfsession/create", {"kf_account": "no@simshop", "openid": ALICE}, 65401),
    (
        "/customservice/msgrecord/getmsglist",
        {"starttime": 0, "endtime": 90_000, "msgid": 1, "number": 1},
        65417,
    ),
    (
        "/customservice/msgrecord/getmsglist",
        {"starttime": 0, "endtime": 1, "msgid": 1, "number": 10_001},
        65416,
    ),
    # notices (protocol §7)
    ("/cgi-bin/message/template/send", {"touser": ALICE, "template_id": "no", "data": {}}, 40037),
    ("/wxaapi/newtmpl/addtemplate", {"tid": "1", "kidList": [1, 2]}, 200014),
    ("/wxaapi/newtmpl/addtemplate", {"tid": "99", "kidList": [1]}, 200020),
    ("/wxaapi/newtmpl/addtemplate", {"tid": "99", "kidList": [1, 2], "sceneDesc": "x" * 16}, 200021),
    # material, mass messages (protocol §8)
    ("/cgi-bin/material/get_material", {"media_id": "no"}, 40007),
    ("/cgi-bin/draft/add", {"articles": []}, 44003),
    ("/cgi-bin/draft/add", {"articles": [{"title": "t", "content": "c", "thumb_media_id": "no"}]}, 40007),
    ("/cgi-bin/freepublish/get", {"publish_id": "1"}, 53502),
    ("/cgi-bin/freepublish/getarticle", {"article_id": "1"}, 53600),
    ("/cgi-bin/message/mass/send", {"touser": [ALICE], "msgtype": "text", "text": {"content": "x"}}, 40130),
    (
        "/cgi-bin/message/mass/sendall",
        {"filter": {"tag_id": 9}, "msgtype": "text", "text": {"content": "x"}},
        40152,
    ),
    (
        "/cgi-bin/message/mass/sendall",
        {"filter": {"is_to_all": True}, "msgtype": "wxcard", "wxcard": {}},
        48008,
    ),
    ("/cgi-bin/message/mass/get", {"msg_id": "1"}, 40059),
    ("/cgi-bin/message/mass/speed/set", {"speed": 5}, 45083),
    # quota tools, statistics (protocol §2.5, §10)
    ("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/no"}, 76021),
    ("/cgi-bin/openapi/quota/get", {"cgi_path": "/sns/auth"}, 76022),
    ("/cgi-bin/openapi/quota/get", {"cgi_path": "https://api.weixin.qq.com/x"}, 76003),
    ("/cgi-bin/openapi/rid/get", {"rid": "x"}, 76002),
    ("/cgi-bin/openapi/rid/get", {"rid": "00000000-00000000-00000000"}, 76001),
    ("/datacube/getusersummary", {"begin_date": "x", "end_date": "y"}, 61500),
    ("/datacube/getusersummary", {"begin_date": "2025-10-01", "end_date": "2025-10-08"}, 61501),
    ("/cgi-bin/changeopenid", {"from_appid": "gh_x", "openid_list": ["o"]}, 63178),
]


@pytest.mark.parametrize(("path", "body", "code"), REFUSALS)
def test_a_refusal_has_its_code(sim, fan, path, body, code):
    def named(value):
        if isinstance(value, dict):
            return {name: named(each) for name, each in value.items()}
        if isinstance(value, list):
            return [named(each) for each in value]
        return fan if value == ALICE else value

    assert sim.code(path, named(body)) == code


def test_bodies_that_are_no_json(sim):
    url, token = f"{sim.url}/cgi-bin/tags/create", sim.token()

    answers = [
        sim.http.post(url, params={"access_token": token}, data=data).json()
        for data in (b"", b"{", b"[]", b"\xff")
    ]

    assert [each["errcode"] for each in answers] == [44002, 47001, 47001, 47001]
    assert " rid: " in answers[0]["errmsg"]


def test_escapes_in_menus(sim):
    url, token = f"{sim.url}/cgi-bin/menu/create", sim.token()
    body = b'{"button":[{"type":"click","name":"\\u4eca","key":"k"}]}'

    assert sim.http.post(url, params={"access_token": token}, data=body).json()["errcode"] == 40033


def test_an_unknown_path_is_no_json_at_all(sim):
    assert sim.http.get(f"{sim.url}/customservice/getkflist?access_token={sim.token()}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "verified", "path", "body"),
    [
        ("subscription", True, "/cgi-bin/qrcode/create", scene("QR_SCENE", {"scene_id": 1})),
        ("subscription", True, "/cgi-bin/message/template/send", {}),
        ("subscription", True, "/cgi-bin/message/mass/send", {}),
        ("subscription", False, "/cgi-bin/menu/create", button()),
        ("subscription", False, "/cgi-bin/user/get", None),
        ("service", False, "/cgi-bin/message/custom/send", {}),
        ("service", False, "/datacube/getusersummary", {}),
    ],
)
def test_an_account_without_the_ability(sim, kind, verified, path, body):
    sim.put(f"accounts/{APP_ID}", kind=kind, verified=verified)

    assert sim.code(path, body) == 48001
    assert sim.code("/cgi-bin/get_current_selfmenu_info") == 0


def test_tags_run_out(sim, fan):
    sim.put("settings", tags_per_account=3, tags_per_fan=2)
    numbers = [sim.api("/cgi-bin/tags/create", {"tag": {"name": f"t{n}"}})["tag"]["id"] for n in range(3)]

    assert sim.code("/cgi-bin/tags/create", {"tag": {"name": "t3"}}) == 45056
    codes = [sim.code(TAGS, {"openid_list": [fan], "tagid": number}) for number in numbers]
    assert codes == [0, 0, 45059]


def test_the_daily_quota_can_be_read_and_cleared(sim):
    path = "/cgi-bin/tags/get"
    sim.put("settings", daily_limits={path: 2})

    assert [sim.code(path) for _ in range(3)] == [0, 0, 45009]
    assert sim.api("/cgi-bin/openapi/quota/get", {"cgi_path": path})["quota"] == {
        "daily_limit": 2,
        "used": 2,
        "remain": 0,
    }
    assert sim.code("/cgi-bin/clear_quota", {"appid": APP_ID}) == 0
    assert sim.code(path) == 0


def test_clearing_runs_out(sim):
    codes = [sim.code("/cgi-bin/clear_quota", {"appid": APP_ID}) for _ in range(11)]

    assert codes == [0] * 10 + [48006]


def test_a_refused_request_can_be_looked_up_by_its_rid(sim):
    rid = sim.api("/cgi-bin/tags/create", {"tag": {"name": ""}})["errmsg"].rpartition("rid: ")[2]

    request = sim.api("/cgi-bin/openapi/rid/get", {"rid": rid})["request"]

    assert request["request_url"].startswith("/cgi-bin/tags/create?access_token=90_")
    assert "45157" in request["response_body"]


def test_permanent_codes_run_out_and_repeat(sim):
    sim.put("settings", code_permanent_limit=1)
    first = sim.api("/cgi-bin/qrcode/create", scene("QR_LIMIT_STR_SCENE", {"scene_str": "a"}))

    assert sim.api("/cgi-bin/qrcode/create", scene("QR_LIMIT_STR_SCENE", {"scene_str": "a"})) == first
    assert sim.code("/cgi-bin/qrcode/create", scene("QR_LIMIT_STR_SCENE", {"scene_str": "b"})) == 40053


def test_followers_come_in_pages(sim):
    sim.put("settings", fan_page=2)
    for name in ("bob", "carol", "dave"):
        sim.post("travellers", id=name, name=name)
        sim.act(name, "follow")

    first = sim.api("/cgi-bin/user/get")
    second = sim.api("/cgi-bin/user/get", next_openid=first["next_openid"])
    third = sim.api("/cgi-bin/user/get", next_openid=second["next_openid"])

    assert (first["total"], first["count"], second["count"]) == (3, 2, 1)
    assert third == {"total": 3, "count": 0, "next_openid": ""}


def test_one_who_left(sim, fan):
    sim.act("alice", "unfollow")

    assert sim.api("/cgi-bin/user/info", openid=fan) == {"subscribe": 0, "openid": fan}
    assert sim.code(CUSTOM, {"touser": fan, "msgtype": "text", "text": {"content": "x"}}) == 43004


@pytest.mark.parametrize("who", ["blacklist", "block", "minor"])
def test_one_who_may_not_be_written_to(sim, fan, who):
    sim.act("alice", "say", text="hi")
    if who == "blacklist":
        sim.api("/cgi-bin/tags/members/batchblacklist", {"openid_list": [fan]})
    elif who == "block":
        sim.act("alice", "block")
    else:
        sim.post("travellers", id="alice", minor=True)

    code = sim.code(CUSTOM, {"touser": fan, "msgtype": "text", "text": {"content": "x"}})

    assert code == {"blacklist": 43019, "block": 48002, "minor": 70000}[who]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CUSTOM, {"touser": ALICE, "msgtype": "text", "text": {"content": "x"}, "customservice": "amy"}),
        ("/cgi-bin/user/info/batchget", {"user_list": ["x"]}),
        (
            "/cgi-bin/message/mass/sendall",
            {"filter": {"tag_id": [1]}, "msgtype": "text", "text": {"content": "x"}},
        ),
        ("/cgi-bin/message/template/send", {"touser": [1], "template_id": {}, "data": 1}),
    ],
)
def test_json_of_an_unforeseen_shape_is_refused_not_stumbled_over(sim, fan, path, body):
    code = sim.code(path, {name: fan if value == ALICE else value for name, value in body.items()})

    assert code in (47001, 40003)
