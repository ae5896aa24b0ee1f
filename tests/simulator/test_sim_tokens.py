"""Tokens, their overlap and their refusals (protocol §2.1, §2.2)."""

import pytest
from sim_control import APP_ID


def ask(sim, **query):
    given = {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": sim.get(f"accounts/{APP_ID}")["app_secret"],
    }
    return sim.http.get(f"{sim.url}/cgi-bin/token", params=given | query).json()


def ask_stable(sim, **body):
    given = {
        "grant_type": "client_credential",
        "appid": APP_ID,
        "secret": sim.get(f"accounts/{APP_ID}")["app_secret"],
    }
    return sim.http.post(f"{sim.url}/cgi-bin/stable_token", json=given | body).json()


def use(sim, token):
    return (
        sim.http.get(f"{sim.url}/cgi-bin/tags/get", params={"access_token": token}).json().get("errcode", 0)
    )


def test_a_new_token_leaves_the_old_one_five_minutes(sim):
    old, new = ask(sim)["access_token"], ask(sim)["access_token"]

    assert (use(sim, old), use(sim, new)) == (0, 0)
    sim.post("clock", advance=301)
    assert (use(sim, old), use(sim, new)) == (40001, 0)
    sim.post("clock", advance=7200)
    assert use(sim, new) == 42001


def test_the_stable_token_stays_the_same_and_is_renewed_early(sim):
    first = ask_stable(sim)
    assert ask_stable(sim)["access_token"] == first["access_token"]

    sim.post("clock", advance=6950)
    second = ask_stable(sim)

    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] >= 300
    assert (use(sim, first["access_token"]), use(sim, second["access_token"])) == (0, 0)


def test_the_two_kinds_do_not_void_each_other(sim):
    stable, plain = ask_stable(sim)["access_token"], ask(sim)["access_token"]
    sim.post("clock", advance=400)

    assert (use(sim, stable), use(sim, plain)) == (0, 0)


def test_forcing_voids_at_once_but_only_every_thirty_seconds(sim):
    first = ask_stable(sim)["access_token"]
    second = ask_stable(sim, force_refresh=True)["access_token"]
    third = ask_stable(sim, force_refresh=True)["access_token"]

    assert second == third != first
    assert (use(sim, first), use(sim, second)) == (40001, 0)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wxno"}, 40013),
        ({"secret": "no"}, 40125),
    ],
)
def test_bad_credentials(sim, query, code):
    assert ask(sim, **query)["errcode"] == code


@pytest.mark.parametrize("code", [40164, 61004])
def test_a_caller_from_elsewhere(sim, code):
    sim.put(f"accounts/{APP_ID}", ip_whitelist=["203.0.113.9"])
    sim.put("settings", ip_refusal_code=code)

    answer = ask(sim)

    assert answer["errcode"] == code
    assert "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: " in answer["errmsg"]


def test_missing_short_and_unknown_tokens(sim):
    assert [use(sim, token) for token in ("", "short", "90_" + "x" * 60)] == [41001, 40014, 40001]


def test_a_revoked_token_is_not_latest(sim):
    token = ask(sim)["access_token"]

    sim.post("tokens/revoke", account=APP_ID)

    assert use(sim, token) == 40001


def test_secrets_do_not_reach_the_log(sim):
    ask(sim)
    ask_stable(sim)
    secret = sim.get(f"accounts/{APP_ID}")["app_secret"]

    calls = sim.get("calls")["calls"]

    assert [each["path"] for each in calls] == ["/cgi-bin/token", "/cgi-bin/stable_token"]
    assert secret not in str(calls)
