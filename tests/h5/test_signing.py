"""Signing a traveller in through WeChat: the ways it goes, and every way it is attacked or goes wrong."""

import base64
import os
import re
import threading
import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bot.config import H5Config
from bot.db import utc_now
from bot.errors import ConfigError
from bot.restorations.models import Restoration
from h5 import cookies
from h5.keys import Keys, keys_of
from tests import make

ASKED = "/connect/oauth2/authorize"


def callbacks(pocket):
    """The addresses of ours that WeChat sent this browser back to."""
    return [address for address in pocket.trail if "/signed-in?" in address]


def start(pocket, path="/h5/head/me", **options):
    """Open a page and stop where the browser is sent to WeChat; return that address."""
    answer = pocket.request("GET", path, **options)
    assert answer.status_code == 302
    return answer.location


def query(address):
    return {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}


def test_a_visitor_is_signed_in_unseen_and_comes_back_to_the_page_with_its_query(inn):
    alice = inn.phone("alice")

    answer = alice.get("/h5/head/bind?r=7&name=%E9%99%88")

    asked = query(alice.trail[0])
    assert answer.status_code == 200
    assert alice.trail[-1] == "/h5/head/bind?r=7&name=%E9%99%88"
    assert (asked["scope"], asked["appid"]) == ("snsapi_base", make.account("head").app_id)
    assert re.fullmatch(r"[0-9a-f]{40}", asked["state"])
    assert alice.trail[0].endswith("#wechat_redirect")
    assert list(inn.fans()) == [inn.openid("alice")]


def test_whoever_is_known_is_found_and_not_added_again(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    alice.drop_cookie()

    alice.get("/h5/head/me")

    assert alice.trail
    assert len(inn.fans()) == 1


def test_the_cookie_is_kept_from_scripts_other_sites_and_lasts_a_day(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/me", follow=False)
    answer = alice.request("GET", alice.forward(start(alice)))

    [cookie] = [value for value in answer.headers.getlist("Set-Cookie") if "_who=" in value]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Max-Age={24 * 3600}" in cookie
    assert inn.openid("alice") not in cookie


def test_over_https_cookies_are_of_this_host_alone(open_inn):
    keys = base64.b64encode(os.urandom(32)).decode()
    inn = open_inn(public_url="https://wx.example.com", h5=H5Config(keys))
    alice = inn.phone("alice")

    alice.get("/h5/head/me", follow=False)
    answer = alice.request("GET", alice.forward(start(alice)))

    for value in answer.headers.getlist("Set-Cookie"):
        assert value.startswith("__Host-yizhan_h5_head_")
        assert "Secure" in value
        assert "Path=/" in value
        assert "Domain" not in value
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_cookie_of_one_account_is_worth_nothing_at_another(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    alice.put_cookie(alice.cookie("who", "head"), "who", "tours")

    alice.get("/h5/tours/me")

    assert ASKED in alice.trail[0]
    assert query(alice.trail[0])["appid"] == make.account("tours").app_id
    assert len(inn.fans()) == 2


def test_a_state_of_one_account_is_worth_nothing_at_another(inn):
    alice = inn.phone("alice")
    back = alice.forward(start(alice))
    alice.put_cookie(alice.cookie("going", "head"), "going", "tours")

    answer = alice.request("GET", back.replace("/h5/head/", "/h5/tours/"))

    assert (answer.status_code, alice.cookie("who", "tours")) == (302, None)
    assert ASKED in answer.location


def test_a_forged_state_is_not_looked_at(inn):
    mallory, alice = inn.phone("mallory"), inn.phone("alice")
    stolen = mallory.forward(start(mallory))  # mallory's own code, to be opened by alice

    answer = alice.request("GET", stolen)

    assert answer.status_code == 302
    assert ASKED in answer.location
    assert alice.cookie() is None
    alice.get("/h5/head/me")
    assert inn.openid("alice") in inn.fans()
    assert inn.openid("mallory") not in inn.fans()


def test_a_state_serves_once_even_for_a_browser_that_kept_its_cookie(inn):
    alice = inn.phone("alice")
    back = alice.forward(start(alice))
    kept = alice.cookie("going")
    assert alice.request("GET", back).status_code == 303
    alice.drop_cookie()
    alice.put_cookie(kept, "going")

    answer = alice.request("GET", back)

    assert answer.status_code == 302
    assert ASKED in answer.location
    assert alice.cookie() is None


def test_a_replayed_code_begins_once_again_and_then_says_so(inn):
    mallory, alice = inn.phone("mallory"), inn.phone("alice")
    used = query(mallory.forward(start(mallory)))["code"]
    line = inn.runtime.wechat.of("head")
    line.oauth.exchange(used)
    state = query(start(alice))["state"]

    first = alice.request("GET", f"/h5/head/signed-in?{urlencode({'code': used, 'state': state})}")
    again = query(
        alice.forward(first.location)
    )  # alice's own, of which the code is exchanged for the used one
    last = alice.request(
        "GET", f"/h5/head/signed-in?{urlencode({'code': used, 'state': again['state'], 'again': 1})}"
    )

    assert (first.status_code, "again%3D1" in first.location) == (302, True)
    assert last.status_code == 400
    assert "没能认出您的微信" in last.text
    assert alice.cookie() is None


def test_a_state_that_is_too_old_begins_again_and_arrives(inn, monkeypatch):
    alice = inn.phone("alice")
    back = alice.forward(start(alice, "/h5/head/bind?r=7"))
    monkeypatch.setattr(cookies, "STATE_SECONDS", -1)
    answer = alice.request("GET", back)
    monkeypatch.undo()

    page = alice.get(alice.forward(answer.location))

    assert page.status_code == 200
    assert alice.trail[-1] == "/h5/head/bind?r=7"


def test_a_browser_that_keeps_no_cookies_is_told_and_not_sent_round_and_round(inn):
    alice = inn.phone("alice")
    path, trips = "/h5/head/me", 0
    while (answer := alice.request("GET", path)).status_code == 302:
        alice.client._cookies.clear()
        path, trips = alice.forward(answer.location), trips + 1

    assert trips == 2
    assert answer.status_code == 400
    assert "没能认出您的微信" in answer.text


def test_opening_the_way_back_again_shows_the_page(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/bind?r=7")
    [back] = callbacks(alice)

    reloaded = alice.get(back.removeprefix(inn.public_url))

    assert reloaded.status_code == 200
    assert alice.trail == ["/h5/head/bind?r=7"]


def test_the_redirect_loaded_twice_at_once_signs_in_once_or_twice_but_never_fails(inn):
    alice = inn.phone("alice")
    back = alice.forward(start(alice))
    twin = inn.phone("alice")
    twin.put_cookie(alice.cookie("going"), "going")
    statuses = []

    def load(pocket):
        statuses.append(pocket.get(back).status_code)

    threads = [threading.Thread(target=load, args=(each,)) for each in (alice, twin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200, 200]
    assert len(inn.fans()) == 1


def test_pages_opened_side_by_side_all_arrive(inn):
    alice = inn.phone("alice")
    first, second = start(alice, "/h5/head/me"), start(alice, "/h5/head/bind")

    for address, page in ((first, "/h5/head/me"), (second, "/h5/head/bind")):
        alice.drop_cookie()
        assert alice.request("GET", alice.forward(address)).location == page


def test_whoever_does_not_allow_it_is_told_kindly(inn):
    alice = inn.phone("alice")
    state = query(start(alice))["state"]

    answer = alice.request("GET", f"/h5/head/signed-in?to=/h5/head/bind&state={state}")

    assert answer.status_code == 200
    assert "您没有允许，没关系" in answer.text
    assert 'href="/h5/head/bind"' in answer.text
    assert not inn.fans()


def test_a_virtual_person_is_neither_kept_nor_signed_in(inn):
    alice = inn.phone("alice")
    start(alice)
    address = start(alice).replace("snsapi_base", "snsapi_userinfo").replace("#", "&forceSnapShot=true#")

    answer = alice.request("GET", alice.forward(address))

    assert answer.status_code == 200
    assert "使用完整服务" in answer.text
    assert not inn.fans()
    assert alice.cookie() is None


@pytest.mark.parametrize("late", [False, True], ids=["flagged", "flagged too late"])
def test_a_virtual_person_after_a_tap_is_not_kept_either(inn, late):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    inn.platform.platform.state.settings.snapshot_without_tap = True
    inn.platform.platform.state.settings.snapshot_flag_late = late

    answer = alice.get("/h5/head/show-me?to=/h5/head/bind")

    assert answer.status_code == 200
    assert (
        "使用完整服务" in answer.text
    ) is not late  # without its flag it is only somebody else: the base scope knows better
    [fan] = inn.fans().values()
    assert (fan.openid, fan.unionid) == (inn.openid("alice"), None)


def test_after_a_tap_the_union_id_is_kept(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    inn.platform.platform.state.travellers["alice"].consents.append(make.account("head").app_id)

    answer = alice.get("/h5/head/show-me?to=/h5/head/bind")

    [fan] = inn.fans().values()
    assert alice.trail[-1] == "/h5/head/bind?to=/h5/head/bind&known=no"
    assert "没有找到您在其他公众号的绑定" in answer.text
    assert fan.unionid


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/h5/head/me",
    "/\\evil.example",
    "/h5/head/../../evil",
    "/h5/head/%2e%2e/admin/",
    "/h5/head//evil.example",
    "/h5/tours/me",
    "/admin/",
    "javascript:alert(1)",
    "/h5/head/me#x",
    "/h5/headme",
    "/h5/head/me\r\nSet-Cookie: a=b",
    "h5/head/me",
]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_nobody_is_sent_anywhere_but_to_a_page_of_the_account(inn, to):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")

    answer = alice.request("GET", f"/h5/head/signed-in?{urlencode({'to': to})}")

    assert (answer.status_code, answer.location) == (303, "/h5/head/me")


def test_a_cookie_cannot_be_made_changed_or_kept_beyond_its_day(inn, monkeypatch):
    alice, bob = inn.phone("alice"), inn.phone("bob")
    alice.get("/h5/head/me")
    bob.get("/h5/head/me")
    content, stamp, seal = alice.cookie().split(".")
    other = Keys([b"x" * 32]).sign([1, "n", int(time.time())], "who.head")
    forged = [
        other,
        f"{bob.cookie().split('.')[0]}.{stamp}.{seal}",
        f"{content}.{stamp}.{'A' if seal[0] != 'A' else 'B'}{seal[1:]}",
        alice.cookie("going") or inn.app.extensions["yizhan.h5.keys"].sign([1, "n", 1], "going.head"),
        "x" * 3000,
        "",
    ]

    for value in forged:
        alice.put_cookie(value)
        assert alice.request("GET", "/h5/head/me").status_code == 302, value[:60]
    alice.put_cookie(f"{content}.{stamp}.{seal}")
    assert alice.request("GET", "/h5/head/me").status_code == 200
    monkeypatch.setattr(cookies, "IDENTITY_SECONDS", -1)
    assert alice.request("GET", "/h5/head/me").status_code == 302


def test_a_planted_cookie_is_replaced_by_signing_in(inn):
    """Fixation: whatever nonce a browser came with, its forms are of the new signing-in alone."""
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    before = alice.cookie()
    alice.drop_cookie()

    alice.get("/h5/head/me")

    read = inn.app.extensions["yizhan.h5.keys"].read
    old, new = (read(value, "who.head", seconds=60) for value in (before, alice.cookie()))
    assert old[0] == new[0]
    assert old[1] != new[1]


def test_keys_are_exchanged_without_signing_anybody_out():
    old, new = os.urandom(32), os.urandom(32)
    signed = Keys([old]).sign([1], "who.head")

    assert Keys([new, old]).read(signed, "who.head", seconds=60) == [1]
    assert Keys([new]).read(signed, "who.head", seconds=60) is None
    assert Keys([old]).read(Keys([new, old]).sign([2], "x"), "x", seconds=60) is None
    assert Keys([new, old]).is_digest(Keys([old]).digest("a", "csrf"), "a", "csrf")


def test_behind_https_there_must_be_a_key(open_inn):
    with pytest.raises(ConfigError, match=r"h5.*keys: missing"):
        open_inn(public_url="https://wx.example.com")


def test_a_laptop_makes_its_key_once_and_keeps_it_to_itself(inn, tmp_path):
    file = tmp_path / "h5.key"
    first = keys_of(inn.config).sign([1], "a")

    assert keys_of(inn.config).read(first, "a", seconds=60) == [1]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.glob("h5.*")] == ["h5.key"]


def test_when_wechat_is_away_the_visitor_is_told_to_wait(inn):
    alice = inn.phone("alice")
    back = alice.forward(start(alice))
    inn.platform.close()

    answer = alice.request("GET", back)

    assert answer.status_code == 503
    assert "微信暂时没有回应" in answer.text


def test_outside_wechat_one_is_told_to_open_it_there(inn, open_inn):
    real = replace(inn.config, wechat=replace(inn.config.wechat, api_base=""))
    object.__setattr__(inn.runtime, "config", real)
    alice = inn.phone("alice")

    outside = alice.request("GET", "/h5/head/me", headers={"User-Agent": "Mozilla/5.0 Safari"})
    inside = alice.request("GET", "/h5/head/me")

    assert (outside.status_code, "请在微信里打开" in outside.text) == (403, True)
    assert inside.status_code == 302


def test_a_subscription_account_leads_to_the_service_account(inn):
    answer = inn.phone("alice").request("GET", "/h5/shanghai/me?a=1")

    assert answer.status_code == 200
    assert 'href="/h5/head/me?a=1"' in answer.text


def test_a_page_that_comes_later_says_so(inn):
    answer = inn.phone("alice").request("GET", "/h5/head/survey")

    assert answer.status_code == 200
    assert "还没有开放" in answer.text


@pytest.mark.parametrize("path", ["/h5/nobody/me", "/h5/head/", "/h5/head/what", "/h5/nobody/"])
def test_what_is_not_there_is_a_kind_404(inn, path):
    answer = inn.phone("alice").request("GET", path)

    assert (answer.status_code, "没有找到这一页" in answer.text) == (404, True)


def test_the_fan_is_added_on_every_database(open_inn_anywhere):
    inn = open_inn_anywhere()
    alice = inn.phone("alice")

    assert alice.get("/h5/head/me").status_code == 200
    alice.client._cookies.clear()
    alice.get("/h5/head/me")

    [fan] = inn.fans().values()
    assert (fan.standing, fan.message_count) == ("unknown", 0)


def test_a_cookie_of_before_a_restoration_is_not_believed(inn):
    """The fan it names may have come after the backup, and their number be another traveller's by now."""
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    [fan] = inn.fans().values()
    now = int(time.time())
    keys = inn.app.extensions["yizhan.h5.keys"]
    for seconds in (100, 0):
        alice.put_cookie(keys.sign([fan.id, "n", now - seconds], "who.head"))
        assert alice.request("GET", "/h5/head/me").status_code == 200

    moment = utc_now() - timedelta(seconds=50)
    with inn.db.transaction() as session:
        session.add(Restoration(taken_at=moment, restored_at=moment, source="test"))

    alice.put_cookie(keys.sign([fan.id, "n", now - 100], "who.head"))
    assert alice.request("GET", "/h5/head/me").status_code == 302
    alice.put_cookie(keys.sign([fan.id, "n", now], "who.head"))
    assert alice.request("GET", "/h5/head/me").status_code == 200
