"""Web authorisation: hosts, codes, refusals, snapshot people (protocol §9)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sim_control import APP_ID


def ask(sim, traveller="alice", **changes):
    query = {
        "appid": APP_ID,
        "redirect_uri": "http://127.0.0.1:9/back?a=1",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "s",
        "sim_traveller": traveller,
    }
    return sim.http.get(f"{sim.url}/connect/oauth2/authorize", params=query | changes, allow_redirects=False)


def code_of(response):
    return parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]


def exchange(sim, code):
    query = {"appid": APP_ID, "secret": sim.get(f"accounts/{APP_ID}")["app_secret"], "code": code}
    query["grant_type"] = "authorization_code"
    return sim.http.get(f"{sim.url}/sns/oauth2/access_token", params=query).json()


def test_base_scope_is_silent_and_tells_no_more_than_the_openid(sim):
    response = ask(sim)

    assert response.headers["Location"].startswith("http://127.0.0.1:9/back?a=1&code=")
    tokens = exchange(sim, code_of(response))
    assert tokens["openid"] == sim.openid("alice")
    assert "unionid" not in tokens
    query = {"access_token": tokens["access_token"], "openid": tokens["openid"]}
    assert sim.http.get(f"{sim.url}/sns/userinfo", params=query).json()["errcode"] == 48001
    assert sim.http.get(f"{sim.url}/sns/auth", params=query).json()["errcode"] == 0


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"redirect_uri": "http://elsewhere.example/"}, "10003"),
        ({"scope": "snsapi_all"}, "10005"),
        ({"appid": "wxno"}, "10013"),
    ],
)
def test_a_page_that_may_not_ask(sim, changes, number):
    assert number in ask(sim, **changes).text


def test_a_subscription_account_may_not_ask(sim):
    sim.put(f"accounts/{APP_ID}", kind="subscription")

    assert "10005" in ask(sim).text


def test_codes_expire_and_serve_once(sim):
    code = code_of(ask(sim))
    assert "openid" in exchange(sim, code)
    assert exchange(sim, code)["errcode"] == 40163
    late = code_of(ask(sim))
    sim.post("clock", advance=301)

    assert exchange(sim, late)["errcode"] == 42003
    assert exchange(sim, "no")["errcode"] == 40029


def test_a_refusal_gives_no_code(sim):
    page = ask(sim, scope="snsapi_userinfo")

    answer = sim.http.post(page.url, data={"traveller": "alice", "decision": "refuse"}, allow_redirects=False)

    assert (page.status_code, answer.status_code) == (200, 200)
    assert "code=" not in answer.text


def test_consent_once_given_is_silent_until_it_is_revoked(sim):
    page = ask(sim, scope="snsapi_userinfo")
    sim.http.post(page.url, data={"traveller": "alice", "decision": "allow"}, allow_redirects=False)

    assert ask(sim, scope="snsapi_userinfo").status_code == 302
    assert ask(sim, scope="snsapi_userinfo", forcePopup="true").status_code == 200
    sim.act("alice", "revoke")
    assert ask(sim, scope="snsapi_userinfo").status_code == 200


def test_a_snapshot_shows_somebody_who_does_not_exist(sim):
    tokens = exchange(sim, code_of(ask(sim, scope="snsapi_userinfo", forceSnapShot="true")))

    assert tokens["is_snapshotuser"] == 1
    assert tokens["openid"] != sim.openid("alice")
    assert ask(sim, scope="snsapi_userinfo", forceSnapShot="true", fullService="true").status_code == 200


def test_nobody_known_is_asked_who_is_looking(sim):
    page = ask(sim, traveller="")

    assert "Alice" in page.text


def test_refresh_tokens_run_out(sim):
    tokens = exchange(sim, code_of(ask(sim)))
    query = {"appid": APP_ID, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    url = f"{sim.url}/sns/oauth2/refresh_token"

    assert sim.http.get(url, params=query).json()["openid"] == tokens["openid"]
    assert sim.http.get(url, params={**query, "refresh_token": "no"}).json()["errcode"] == 40030
    sim.post("clock", advance=31 * 86_400)
    assert sim.http.get(url, params=query).json()["errcode"] == 42002
