"""Whatever arrives, the platform answers in WeChat's manner and never stumbles."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sim_bot import Bot
from sim_control import APP_ID, Control

from simulator.api import ROUTES
from simulator.return_codes import MESSAGES
from simulator.server import Server

NAMES = st.sampled_from(
    "touser openid tag tagid openid_list filter msgtype text data kf_account button matchrule articles media_id "
    "msg_id action_name action_info number begin_date".split()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "text", "oX", "2025-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
PATHS = sorted(path for path in ROUTES if "<" not in path)


@pytest.fixture(scope="module")
def shared():
    bot = Bot()
    with Server() as server:
        control = Control(server)
        control.put(f"accounts/{APP_ID}", url=bot.url)
        control.put("settings", daily_limits=dict.fromkeys(PATHS, 10**9))
        control.post("travellers", id="alice", name="Alice")
        control.act("alice", "follow")
        yield control
        control.http.close()
    bot.close()


@pytest.mark.parametrize("path", PATHS)
def test_every_call_checks_method_and_token_first(shared, path):
    route = ROUTES[path]
    for method in ("GET", "POST"):
        answer = shared.http.request(method, shared.url + path)
        if path == "/cgi-bin/showqrcode" and method == "GET":
            assert answer.status_code == 404
            continue
        code = answer.json()["errcode"]
        if method not in route.methods:
            assert code == (43001 if method == "POST" else 43002)
        elif route.ability is not None:
            assert code == 41001
        assert code in MESSAGES


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(PATHS), body=st.dictionaries(NAMES, VALUES, max_size=6))
def test_no_body_makes_it_stumble(shared, path, body):
    route = ROUTES[path]
    shared.server.platform.state.accounts[APP_ID].usage.clears.clear()

    answer = shared.http.request(
        route.methods[-1],
        f"{shared.url}{path}",
        params={"access_token": shared.token(), "openid": "oX"},
        data=json.dumps(body).encode(),
    )

    assert answer.status_code in (200, 404)
    if answer.headers["Content-Type"].startswith("application/json"):
        assert answer.json().get("errcode", 0) in MESSAGES


ACT_NAMES = [
    "text",
    "type",
    "key",
    "path",
    "id",
    "template_id",
    "answers",
    "fields",
    "event",
    "latitude",
    "data",
    "url",
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    act=st.sampled_from(["follow", "scan", "say", "send", "menu", "choose", "subscribe", "location", "push"]),
    facts=st.dictionaries(st.sampled_from(ACT_NAMES), VALUES | st.just("image"), max_size=4),
)
def test_no_act_makes_it_stumble(shared, act, facts):
    answer = shared.http.post(f"{shared.url}/sim/travellers/alice/{act}", json=facts)

    assert answer.status_code in (200, 400, 404, 409), (answer.status_code, answer.text)


def test_a_body_in_chunks_is_refused_as_wechat_does(shared):
    """The answer arrives although the client was still sending; so Node's streams and Java's clients find out."""
    for size in (2, 2**20):
        answer = shared.http.post(f"{shared.url}/cgi-bin/menu/create", data=iter([b"x" * size] * 3))
        assert (answer.status_code, "Content-Length" in answer.text) == (412, True)
    assert shared.code("/cgi-bin/menu/create", {"button": []}) != 0
