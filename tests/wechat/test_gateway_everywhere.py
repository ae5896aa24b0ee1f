"""`api_base` covers every call: sockets to anywhere but loopback are closed in tests."""

import inspect
import io
import os
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from wechatpy.client.api.base import BaseWeChatAPI

from bot.config import WeChatConfig
from bot.wechat.gateway import AccountGateway
from tests.wechat.fake_platform import OK, Raw

GRANT = {"access_token": "USER", "refresh_token": "AGAIN", "openid": "oAlice", "scope": "snsapi_userinfo"}
JPEG = Raw(b"\xff\xd8picture", content_type="image/jpeg")

TEXT = {"msgtype": "text", "text": {"content": "你好"}}

# method → its arguments, and the path WeChat documents for it
CALLS = {
    "user_info": (("oAlice",), "GET /cgi-bin/user/info"),
    "user_infos": ((["oAlice"],), "POST /cgi-bin/user/info/batchget"),
    "followers": ((), "GET /cgi-bin/user/get"),
    "tag_create": (("会员",), "POST /cgi-bin/tags/create"),
    "tag_rename": ((101, "老会员"), "POST /cgi-bin/tags/update"),
    "tag_delete": ((101,), "POST /cgi-bin/tags/delete"),
    "tag_list": ((), "GET /cgi-bin/tags/get"),
    "tag": ((101, ["oAlice"]), "POST /cgi-bin/tags/members/batchtagging"),
    "untag": ((101, ["oAlice"]), "POST /cgi-bin/tags/members/batchuntagging"),
    "tags_of": (("oAlice",), "POST /cgi-bin/tags/getidlist"),
    "tagged": ((101,), "POST /cgi-bin/user/tag/get"),
    "blacklist": ((), "POST /cgi-bin/tags/members/getblacklist"),
    "create_code": (("QR_STR_SCENE", "c:7"), "POST /cgi-bin/qrcode/create"),
    "code_image": (("gQ/+==",), "GET /cgi-bin/showqrcode"),
    "send": (("oAlice", TEXT), "POST /cgi-bin/message/custom/send"),
    "typing": (("oAlice",), "POST /cgi-bin/message/custom/typing"),
    "agents": ((), "GET /cgi-bin/customservice/getkflist"),
    "online_agents": ((), "GET /cgi-bin/customservice/getonlinekflist"),
    "agent_add": (("amy@shop", "小艾"), "POST /customservice/kfaccount/add"),
    "agent_rename": (("amy@shop", "小艾"), "POST /customservice/kfaccount/update"),
    "agent_delete": (("amy@shop",), "POST /customservice/kfaccount/del"),
    "agent_invite": (("amy@shop", "amy_wechat"), "POST /customservice/kfaccount/inviteworker"),
    "agent_picture": (("amy@shop", b"picture"), "POST /customservice/kfaccount/uploadheadimg"),
    "session_create": (("oAlice", "amy@shop"), "POST /customservice/kfsession/create"),
    "session_close": (("oAlice", "amy@shop"), "POST /customservice/kfsession/close"),
    "session_of": (("oAlice",), "GET /customservice/kfsession/getsession"),
    "session_list": (("amy@shop",), "GET /customservice/kfsession/getsessionlist"),
    "session_waiting": ((), "GET /customservice/kfsession/getwaitcase"),
    "records": (
        (datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 3, 1, tzinfo=UTC)),
        "POST /customservice/msgrecord/getmsglist",
    ),
    "menu_create": (({"button": []},), "POST /cgi-bin/menu/create"),
    "menu_get": ((), "GET /cgi-bin/menu/get"),
    "menu_delete": ((), "GET /cgi-bin/menu/delete"),
    "current_menu": ((), "GET /cgi-bin/get_current_selfmenu_info"),
    "console_replies": ((), "GET /cgi-bin/get_current_autoreply_info"),
    "menu_try_match": (("oAlice",), "POST /cgi-bin/menu/trymatch"),
    "menu_add_conditional": (({"button": []},), "POST /cgi-bin/menu/addconditional"),
    "menu_delete_conditional": (("7",), "POST /cgi-bin/menu/delconditional"),
    "upload": (("image", "a.jpg", b"picture"), "POST /cgi-bin/media/upload"),
    "download": (("MEDIA",), "GET /cgi-bin/media/get"),
    "material_add": (("image", "a.jpg", b"picture"), "POST /cgi-bin/material/add_material"),
    "material_delete": (("MEDIA",), "POST /cgi-bin/material/del_material"),
    "material_counts": ((), "GET /cgi-bin/material/get_materialcount"),
    "material_page": (("image",), "POST /cgi-bin/material/batchget_material"),
    "article_picture": (("a.jpg", b"picture"), "POST /cgi-bin/media/uploadimg"),
    "draft_add": (({"title": "秋日"},), "POST /cgi-bin/draft/add"),
    "draft_update": (("MEDIA", {"title": "秋日"}), "POST /cgi-bin/draft/update"),
    "draft_delete": (("MEDIA",), "POST /cgi-bin/draft/delete"),
    "draft_get": (("MEDIA",), "POST /cgi-bin/draft/get"),
    "draft_page": ((), "POST /cgi-bin/draft/batchget"),
    "publish": (("MEDIA",), "POST /cgi-bin/freepublish/submit"),
    "publication": (("100000001",), "POST /cgi-bin/freepublish/get"),
    "published_page": ((), "POST /cgi-bin/freepublish/batchget"),
    "mass_to_tag": ((101, TEXT), "POST /cgi-bin/message/mass/sendall"),
    "mass_to_openids": ((["oAlice", "oBob"], TEXT), "POST /cgi-bin/message/mass/send"),
    "mass_preview": (("oAlice", TEXT), "POST /cgi-bin/message/mass/preview"),
    "mass_status": ((3001,), "POST /cgi-bin/message/mass/get"),
    "figures": (("getusersummary", date(2026, 11, 1), date(2026, 11, 7)), "POST /datacube/getusersummary"),
    "templates": ((), "GET /cgi-bin/template/get_all_private_template"),
    "industry": ((), "GET /cgi-bin/template/get_industry"),
    "subscriptions": ((), "GET /wxaapi/newtmpl/gettemplate"),
    "send_template": (("oAlice", "T1", {"thing1": "行程"}), "POST /cgi-bin/message/template/send"),
    "send_subscription": (("oAlice", "S1", {"thing1": "行程"}), "POST /cgi-bin/message/subscribe/bizsend"),
    "callback_ips": ((), "GET /cgi-bin/getcallbackip"),
    "api_domain_ips": ((), "GET /cgi-bin/get_api_domain_ip"),
    "quota": (("/cgi-bin/user/info",), "POST /cgi-bin/openapi/quota/get"),
    "clear_quota": ((), "POST /cgi-bin/clear_quota"),
    "js_ticket": ((), "GET /cgi-bin/ticket/getticket"),
    "call": (("POST", "/datacube/getusersummary", None, {"end_date": ""}), "POST /datacube/getusersummary"),
    "fetch": (("/cgi-bin/media/get/jssdk", {"media_id": "MEDIA"}), "GET /cgi-bin/media/get/jssdk"),
}  # fmt: skip
OPTIONS = {
    "typing": {"on": True},
    "mass_to_tag": {"client_id": "broadcast-1"},
    "mass_to_openids": {"client_id": "broadcast-1"},
}
NO_CALLS = {"close", "refusal", "reset", "token_good_until", "token_is_good"}


@pytest.fixture
def platform(platform):
    platform.answers |= {
        "/cgi-bin/tags/create": {"tag": {"id": 101, "name": "会员"}},
        "/cgi-bin/showqrcode": JPEG,
        "/cgi-bin/media/get": JPEG,
        "/cgi-bin/media/get/jssdk": JPEG,
        "/cgi-bin/media/upload": {"type": "image", "media_id": "MEDIA"},
        "/cgi-bin/material/add_material": {"media_id": "MEDIA", "url": "https://mmbiz.example/0"},
        "/cgi-bin/media/uploadimg": {"url": "https://mmbiz.example/1"},
        "/cgi-bin/message/mass/sendall": {**OK, "msg_id": 3001},
        "/cgi-bin/message/mass/send": {**OK, "msg_id": 3002},
        "/cgi-bin/draft/add": {"media_id": "MEDIA"},
        "/cgi-bin/freepublish/submit": {**OK, "publish_id": "100000001"},
        "/cgi-bin/freepublish/get": {"publish_id": "100000001", "publish_status": 1},
        "/cgi-bin/menu/addconditional": {"menuid": 7},
        "/cgi-bin/ticket/getticket": {**OK, "ticket": "TICKET", "expires_in": 7200},
        "/sns/oauth2/access_token": GRANT,
        "/sns/oauth2/refresh_token": GRANT,
        "/sns/userinfo": {"openid": "oAlice", "nickname": "小爱"},
    }
    return platform


def test_every_method_is_listed_here():
    methods = {name for name, _ in inspect.getmembers(AccountGateway, inspect.isfunction) if name[0] != "_"}

    assert methods == CALLS.keys() | NO_CALLS


@pytest.mark.parametrize("method", CALLS)
def test_a_method_asks_what_wechat_documents(platform, wechat, method):
    arguments, expected = CALLS[method]

    getattr(wechat, method)(*arguments, **OPTIONS.get(method, {}))

    hit = platform.hits[-1]
    assert f"{hit.method} {hit.path}" == expected
    assert ("access_token" in hit.query) is (method != "code_image")


def test_oauth_goes_the_same_way(platform, wechat):
    grant = wechat.oauth.exchange("CODE")
    wechat.oauth.refresh(grant.refresh_token)
    wechat.oauth.profile(grant)

    assert platform.paths() == ["/sns/oauth2/access_token", "/sns/oauth2/refresh_token", "/sns/userinfo"]


def test_wechatpys_wrappers_go_the_same_way(platform, wechat):
    platform.answers["/datacube/getusercumulate"] = {"list": []}
    platform.answers["/cgi-bin/customservice/getkflist"] = {"kf_list": []}
    platform.answers["/cgi-bin/customservice/getonlinekflist"] = {"kf_online_list": []}
    client = wechat.client

    client.datacube.get_user_cumulate("2026-10-01", "2026-10-02")
    client.customservice.get_accounts()
    client.customservice.get_online_accounts()
    client.customservice.delete_account("amy@shop")
    client.template.get_industry()
    client.material.add("image", io.BytesIO(b"picture"))
    picture = client.qrcode.show({"ticket": "gQ=="})
    media = client.media.download("MEDIA")

    assert [path for path in platform.paths() if path != "/cgi-bin/stable_token"] == [
        "/datacube/getusercumulate",
        "/cgi-bin/customservice/getkflist",
        "/cgi-bin/customservice/getonlinekflist",
        "/customservice/kfaccount/del",
        "/cgi-bin/template/get_industry",
        "/cgi-bin/material/add_material",
        "/cgi-bin/showqrcode",
        "/cgi-bin/media/get",
    ]
    assert platform.last("/customservice/kfaccount/del").query == {
        "kf_account": "amy@shop",
        "access_token": "TOKEN_1",
    }
    assert (picture, media.content) == (JPEG.body, JPEG.body)


def test_every_tree_of_wechatpy_stands_on_our_line(wechat):
    trees = [tree for _, tree in inspect.getmembers(wechat.client) if isinstance(tree, BaseWeChatAPI)]

    assert len(trees) > 20
    assert all(tree._client is wechat.client for tree in trees)
    assert wechat.client._http.adapters["https://"] is wechat.client._http.adapters["http://"]


def test_the_host_that_was_meant_goes_along(platform, wechat):
    wechat.user_info("oAlice")
    wechat.code_image("gQ==")

    assert platform.last("/cgi-bin/user/info").headers["x-forwarded-host"] == "api.weixin.qq.com"
    assert platform.last("/cgi-bin/showqrcode").headers["x-forwarded-host"] == "mp.weixin.qq.com"


def test_an_api_base_may_have_a_path(platform, open_gateway, config, address):
    platform.answers["/egress/cgi-bin/stable_token"] = {"access_token": "T", "expires_in": 7200}
    platform.answers["/egress/cgi-bin/user/info"] = {"openid": "oAlice"}
    below = replace(config, wechat=WeChatConfig(api_base=f"{address}/egress/"))

    open_gateway(config=below).of("main").user_info("oAlice")

    assert platform.paths() == ["/egress/cgi-bin/stable_token", "/egress/cgi-bin/user/info"]


def test_a_proxy_in_the_environment_is_not_used(platform, wechat, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    wechat.user_info("oAlice")

    assert platform.count("/cgi-bin/user/info") == 1


def test_text_is_sent_as_it_is_read(platform, wechat):
    wechat.send("oAlice", {"msgtype": "text", "text": {"content": "您好🎉"}}, kf_account="amy@shop")

    hit = platform.last("/cgi-bin/message/custom/send")
    assert "您好🎉".encode() in hit.body
    assert hit.json["customservice"] == {"kf_account": "amy@shop"}


def test_a_forked_child_opens_its_own_connection(platform, wechat):
    wechat.user_info("oAlice")

    child = os.fork()
    if child == 0:
        try:
            wechat.user_info("oBob")
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    wechat.user_info("oAlice")
    first, bobs, last = [hit.port for hit in platform.hits if hit.path == "/cgi-bin/user/info"]
    assert first == last
    assert bobs != first
