from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.config import WeChatConfig
from bot.errors import BadRequest, CredentialsRefused, FanUnreachable, WeChatUnavailable

EXCHANGE = "/sns/oauth2/access_token"
GRANT = {"access_token": "USER", "refresh_token": "AGAIN", "openid": "oAlice", "scope": "snsapi_userinfo"}


def test_the_browser_is_sent_to_wechat_and_the_state_cannot_break_out(open_gateway, config):
    real = open_gateway(config=replace(config, wechat=WeChatConfig())).of("main")

    url = real.oauth.authorize_url("https://shop.example/h5/?a=1&b=2", "snsapi_base", "x&y=1#z")

    address = urlsplit(url)
    assert (address.netloc, address.path) == ("open.weixin.qq.com", "/connect/oauth2/authorize")
    assert address.fragment == "wechat_redirect"
    assert parse_qs(address.query) == {
        "appid": ["wx0123456789"],
        "redirect_uri": ["https://shop.example/h5/?a=1&b=2"],
        "response_type": ["code"],
        "scope": ["snsapi_base"],
        "state": ["x&y=1#z"],
    }


def test_the_browser_is_sent_to_the_stand_in_where_there_is_one(wechat, address):
    url = wechat.oauth.authorize_url("https://shop.example/", "snsapi_userinfo", "s", force_popup=True)

    assert url.startswith(
        f"{address}/connect/oauth2/authorize?appid=wx0123456789&redirect_uri=https%3A%2F%2F"
    )
    assert url.endswith("&scope=snsapi_userinfo&state=s&forcePopup=true#wechat_redirect")


def test_a_state_wechat_would_cut_is_refused(wechat):
    with pytest.raises(BadRequest):
        wechat.oauth.authorize_url("https://shop.example/", "snsapi_base", "s" * 129)


def test_a_code_becomes_a_grant(platform, wechat):
    platform.answers[EXCHANGE] = {**GRANT, "unionid": "uAlice", "is_snapshotuser": 1}

    grant = wechat.oauth.exchange("CODE")

    assert (grant.openid, grant.unionid, grant.is_snapshot) == ("oAlice", "uAlice", True)
    assert platform.last(EXCHANGE).query["grant_type"] == "authorization_code"
    assert "USER" not in repr(grant)


def test_a_grant_without_the_flag_is_no_snapshot(platform, wechat):
    platform.answers[EXCHANGE] = GRANT

    grant = wechat.oauth.exchange("CODE")

    assert (grant.unionid, grant.is_snapshot) == (None, False)


@pytest.mark.parametrize("code", [40029, 40163, 42003])
def test_a_code_that_does_not_serve_sends_the_traveller_back(platform, wechat, code):
    platform.answers[EXCHANGE] = {"errcode": code, "errmsg": "code been used"}

    with pytest.raises(FanUnreachable):
        wechat.oauth.exchange("CODE")


def test_a_travellers_ended_grant_says_nothing_about_our_credentials(platform, wechat):
    platform.answers[EXCHANGE] = GRANT
    platform.answers["/sns/userinfo"] = {"errcode": 40001, "errmsg": "invalid credential"}
    grant = wechat.oauth.exchange("CODE")

    with pytest.raises(FanUnreachable):
        wechat.oauth.profile(grant)

    wechat.user_info("oAlice")
    assert platform.count("/cgi-bin/user/info") == 1


def test_a_wrong_secret_shows_in_oauth_too(platform, wechat):
    platform.answers[EXCHANGE] = {"errcode": 40125, "errmsg": "invalid appsecret"}

    for _ in range(2):
        with pytest.raises(CredentialsRefused):
            wechat.oauth.exchange("CODE")

    assert platform.count(EXCHANGE) == 1


def test_a_grant_without_an_openid_is_none(platform, wechat):
    platform.answers[EXCHANGE] = {"access_token": "USER"}

    with pytest.raises(WeChatUnavailable, match="openid"):
        wechat.oauth.exchange("CODE")
