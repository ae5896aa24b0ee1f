"""The shapes of wechatpy's own client, for every call it wraps that a bot of ours would use (protocol §0.5)."""

import io
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest
from PIL import Image
from requests.adapters import HTTPAdapter
from sim_control import APP_ID
from wechatpy import WeChatClient, WeChatOAuth
from wechatpy.exceptions import WeChatClientException, WeChatOAuthException


class ToSimulator(HTTPAdapter):
    """Sends what is meant for WeChat to the simulator."""

    def __init__(self, base):
        super().__init__()
        self.base = urlsplit(base)

    def send(self, request, **options):
        url = urlsplit(request.url)
        request.url = urlunsplit((self.base.scheme, self.base.netloc, url.path, url.query, ""))
        options["timeout"] = 60
        return super().send(request, **options)


@pytest.fixture
def client(sim):
    secret = sim.get(f"accounts/{APP_ID}")["app_secret"]
    made = WeChatClient(APP_ID, secret, auto_retry=False)
    made._http.mount("https://", ToSimulator(sim.url))
    yield made
    made._http.close()


@pytest.fixture
def openid(sim):
    sim.act("alice", "follow")
    return sim.openid("alice")


def picture(kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, kind)
    out.seek(0)
    out.name = f"p.{kind.lower()}"
    return out


def test_fans(client, openid):
    assert list(client.user.iter_followers()) == [openid]
    profile = client.user.get(openid)
    assert (profile["subscribe"], profile["nickname"], profile["subscribe_scene"]) == (
        1,
        "",
        "ADD_SCENE_SEARCH",
    )
    assert profile["unionid"] == client.user.get_batch([openid])[0]["unionid"]
    client.user.update_remark(openid, "VIP 李")
    assert client.user.get(openid)["remark"] == "VIP 李"


def test_tags(client, openid):
    tag = client.tag.create("会员")["id"]
    client.tag.update(tag, "老会员")
    client.tag.tag_user(tag, openid)

    assert client.tag.get_user_tag(openid) == [tag]
    assert [each for each in client.tag.get() if each["id"] == tag] == [
        {"id": tag, "name": "老会员", "count": 1}
    ]
    assert list(client.tag.iter_tag_users(tag)) == [openid]
    client.tag.untag_user(tag, openid)
    client.tag.delete(tag)
    assert client.tag.get_user_tag(openid) == []


def test_the_blacklist(client, openid):
    client.tag.batch_black_list([openid])
    assert client.tag.get_black_list()["data"]["openid"] == [openid]
    client.tag.batch_unblack_list([openid])
    assert client.tag.get_black_list()["total"] == 0


def test_codes(client, sim):
    body = {
        "expire_seconds": 604800,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "shop-7"}},
    }
    code = client.qrcode.create(body)

    assert code["expire_seconds"] == 604800
    shown = sim.http.get(f"{sim.url}/cgi-bin/showqrcode", params={"ticket": code["ticket"]})
    assert shown.content.startswith(b"\xff\xd8")
    assert sim.http.get(f"{sim.url}/cgi-bin/showqrcode?ticket=no").status_code == 404


def test_menus(client, openid, sim):
    client.menu.create({"button": [{"type": "click", "name": "今日特价", "key": "DEAL"}]})
    tag = client.tag.create("会员")["id"]
    conditional = {
        "button": [{"type": "click", "name": "会员", "key": "VIP"}],
        "matchrule": {"tag_id": str(tag)},
    }
    menuid = client.menu.add_conditional(conditional)["menuid"]
    assert client.menu.try_match(openid)["button"][0]["key"] == "DEAL"

    client.tag.tag_user(tag, openid)

    assert client.menu.try_match(openid)["button"][0]["key"] == "VIP"
    assert client.menu.get()["conditionalmenu"][0]["matchrule"] == {"group_id": str(tag)}
    assert client.menu.get_menu_info()["is_menu_open"] == 1
    assert sim.act("alice", "menu", path=[0])["push"]["message_key"].endswith("CLICK+VIP")
    client.menu.del_conditional(menuid)
    client.menu.delete()
    assert client.menu.get() is None


def test_customer_service_messages(client, openid, sim):
    sim.act("alice", "say", text="hi")
    image = client.media.upload("image", picture())["media_id"]
    article = {
        "title": "t",
        "description": "d",
        "url": "https://a.example",
        "image": "https://a.example/p.png",
    }

    client.message.send_text(openid, "您好")
    client.message.send_image(openid, image)
    client.message.send_articles(openid, [article])
    menu = {"head_content": "满意吗?", "list": [{"id": "101", "content": "满意"}], "tail_content": ""}
    client.message.send_msg_menu(openid, menu)

    assert [each["type"] for each in sim.chat("alice")[-4:]] == ["text", "image", "news", "msgmenu"]
    client.post("message/custom/typing", data={"touser": openid, "command": "Typing"})
    chosen = sim.act("alice", "choose", id="101")["push"]
    assert chosen["delivered"]


def test_agents_and_sessions(client, openid, sim):
    client.customservice.add_account("amy@simshop", "Amy", "unused")
    with pytest.raises(WeChatClientException) as unbound:
        client.customservice.create_session(openid, "amy@simshop")
    assert unbound.value.errcode == 65402
    client.post(
        "https://api.weixin.qq.com/customservice/kfaccount/inviteworker",
        data={"kf_account": "amy@simshop", "invite_wx": "amy_wx"},
    )
    [listed] = client.get("customservice/getkflist")["kf_list"]
    assert listed["invite_status"] == "waiting"
    sim.post("agents/amy@simshop/invitation", accept=True)
    sim.put("agents/amy@simshop", status="online")

    client.customservice.create_session(openid, "amy@simshop")

    [online] = client.get("customservice/getonlinekflist")["kf_online_list"]
    assert online["accepted_case"] == 1
    assert client.customservice.get_session(openid)["kf_account"] == "amy@simshop"
    assert client.customservice.get_session_list("amy@simshop")[0]["openid"] == openid
    client.customservice.close_session(openid, "amy@simshop")
    assert client.customservice.get_wait_case()["count"] == 0
    client.customservice.update_account("amy@simshop", "Amy Li", "unused")
    client.customservice.delete_account("amy@simshop")


def test_media_and_material(client):
    media_id = client.media.upload("image", picture())["media_id"]
    assert client.media.download(media_id).content.startswith(b"\x89PNG")
    assert client.media.upload_image(picture()).startswith("http")
    kept = client.material.add("image", picture())["media_id"]
    assert client.material.get_count()["image_count"] == 1
    assert client.material.batchget("image")["total_count"] == 1
    assert client.material.get(kept).content.startswith(b"\x89PNG")
    client.material.delete(kept)
    assert client.material.get_count()["image_count"] == 0


def test_drafts_and_publishing(client, sim, bot):
    thumb = client.material.add("image", picture())["media_id"]
    article = {"title": "上新", "content": "<p>你好</p><script>x</script>", "thumb_media_id": thumb}
    media_id = client.draft.add([article])["media_id"]
    assert "script" not in client.draft.get(media_id)["news_item"][0]["content"]
    assert client.draft.count()["total_count"] == 1

    publish_id = client.freepublish.submit(media_id)["publish_id"]

    bot.wait_for(1)
    assert "<Event><![CDATA[PUBLISHJOBFINISH]]>" in bot.received[-1][1]
    assert client.freepublish.get(publish_id)["publish_status"] == 0
    assert client.freepublish.batchget(0, 20, 0)["total_count"] == 1


def test_template_messages(client, openid, sim, bot):
    template_id = client.template.get("TM00015")
    template_id = template_id["template_id"] if isinstance(template_id, dict) else template_id
    data = {
        "character_string1": {"value": "A1001"},
        "amount2": {"value": "12.50元"},
        "time3": {"value": "2025年10月9日 10:00"},
    }
    seen = len(bot.received)

    msgid = client.message.send_template(openid, template_id, data)["msgid"]

    bot.wait_for(seen + 1)
    assert f"<MsgID>{msgid}</MsgID>" in bot.received[-1][1]
    assert sim.chat("alice")[-1]["content"]["values"]["amount2"] == "12.50元"
    assert len(client.template.get_all_private_template()["template_list"]) == 1


def test_subscription_notices(client, openid, sim):
    template_id = client.post(
        "https://api.weixin.qq.com/wxaapi/newtmpl/addtemplate", data={"tid": "100", "kidList": [1, 2]}
    )["priTmplId"]
    data = {"thing1": {"value": "签到"}, "number2": {"value": "10"}}
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_subscribe_message(openid, template_id, data)
    assert refused.value.errcode == 43101

    sim.act("alice", "subscribe", template_id=template_id, answer="accept")

    client.message.send_subscribe_message(openid, template_id, data)
    with pytest.raises(WeChatClientException):
        client.message.send_subscribe_message(openid, template_id, data)


def test_mass_messages(client, openid, sim, bot):
    sim.act("alice", "unfollow")
    sim.act("alice", "follow")
    seen = len(bot.received)

    msg_id = client.message.send_mass_text("本周上新", is_to_all=True)["msg_id"]

    bot.wait_for(seen + 1)
    assert "<Status><![CDATA[send success]]></Status><TotalCount>1</TotalCount>" in bot.received[-1][1]
    assert client.message.get_mass(msg_id)["msg_status"] == "SEND_SUCCESS"
    assert sim.chat("alice")[-1]["content"] == {"content": "本周上新"}
    with pytest.raises(WeChatClientException) as spent:
        client.message.send_mass_text("再来", is_to_all=True)
    assert spent.value.errcode == 45028


def test_tickets_and_addresses(client):
    assert client.jsapi.get_ticket("jsapi")["expires_in"] == 7200
    assert client.misc.get_wechat_ips()
    assert client.misc.check_network()["dns"]


def test_statistics_come_from_what_happened(client, openid, sim):
    sim.act("alice", "say", text="hi")
    sim.post("clock", advance=86_400)
    yesterday = datetime.fromtimestamp(sim.get("clock")["now"] - 86_400, timezone(timedelta(hours=8)))
    day = yesterday.strftime("%Y-%m-%d")
    sim.put("settings", datacube_ready_hour=0)

    client.session.set(client.access_token_key, sim.token(), 7200)
    assert client.datacube.get_user_summary(day, day)[0]["new_user"] == 1
    assert client.datacube.get_user_cumulate(day, day)[0]["cumulate_user"] == 1
    assert client.datacube.get_upstream_msg(day, day)[0]["msg_count"] == 1
    assert client.datacube.get_interface_summary(day, day)[0]["callback_count"] == 2


def test_web_authorisation(client, sim):
    secret = sim.get(f"accounts/{APP_ID}")["app_secret"]
    oauth = WeChatOAuth(APP_ID, secret, "http://127.0.0.1/back", "snsapi_userinfo", "s1")
    oauth._http.mount("https://", ToSimulator(sim.url))
    page = urlsplit(oauth.authorize_url)
    address = f"{sim.url}{page.path}?{page.query}&sim_traveller=alice"
    assert "昵称" in sim.http.get(address).text

    back = sim.http.post(address, data={"traveller": "alice", "decision": "allow"}, allow_redirects=False)

    query = parse_qs(urlsplit(back.headers["Location"]).query)
    assert query["state"] == ["s1"]
    tokens = oauth.fetch_access_token(query["code"][0])
    assert oauth.get_user_info()["nickname"] == "Alice"
    assert tokens["unionid"]
    assert oauth.refresh_access_token(tokens["refresh_token"])["openid"] == sim.openid("alice")
    assert oauth.check_access_token() in (True, None)
    with pytest.raises(WeChatOAuthException) as used:
        oauth.fetch_access_token(query["code"][0])
    assert used.value.errcode == 40163
    oauth._http.close()


def test_the_replies_of_the_console(client, sim):
    assert client.message.get_autoreply_info() == {"is_add_friend_reply_open": 0, "is_autoreply_open": 0}

    rule = {
        "rule_name": "签证",
        "reply_mode": "reply_all",
        "keyword_list_info": [{"type": "text", "match_mode": "contain", "content": "签证"}],
        "reply_list_info": [{"type": "text", "content": "需要护照"}],
    }
    sim.put(f"accounts/{APP_ID}/auto-replies", is_autoreply_open=1, keyword_autoreply_info={"list": [rule]})

    info = client.message.get_autoreply_info()
    assert info["is_autoreply_open"] == 1
    assert info["keyword_autoreply_info"]["list"] == [rule]
