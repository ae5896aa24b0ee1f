"""Every page, one by one: whom it asks for, what its answer carries, and what is refused at the door."""

import gzip
import io
import re
from pathlib import Path

import pytest

from h5 import friction, guard, limits
from h5.access import LARGEST, Access, access_of, largest_of
from h5.js_sdk import signature
from h5.pages import PAGES
from tests.h5.weight import first_load

PUZZLE = "/h5/head/puzzle/x.svg"


def routes(inn, method):
    """Endpoint and address of every route that takes `method`."""
    adapter = inn.app.url_map.bind("")
    found = {}
    for rule in inn.app.url_map.iter_rules():
        if rule.endpoint.startswith("h5.") and method in rule.methods:
            values = dict.fromkeys(rule.arguments, "x") | {"account": "head", "what": "survey"}
            numbers = ("claim_id", "channel_id", "spend_id", "shop_id", "coupon_id")
            values |= dict.fromkeys(numbers, 1) | {"size": "large"}
            found[rule.endpoint] = adapter.build(rule.endpoint, values, method=method)
    return found


def test_every_page_states_whom_it_asks_for(inn):
    views = inn.app.view_functions
    silent = [name for name in views if name.startswith("h5.") and access_of(views[name]) is None]

    assert silent == []
    assert len(routes(inn, "GET")) > len(PAGES)


def test_a_page_that_states_nothing_is_closed(inn):
    inn.app.blueprints["h5"]._got_registered_once = False
    inn.app.view_functions["h5.me.show"] = lambda: "open"
    alice = inn.phone("alice")
    alice.get("/h5/head/bind")

    assert alice.request("GET", "/h5/head/me").status_code == 403


def test_nobody_sees_more_than_public_pages_without_signing_in(inn):
    stranger = inn.phone("alice")

    for endpoint, address in routes(inn, "GET").items():
        if access_of(inn.app.view_functions[endpoint]) is not Access.EVERYONE:
            answer = stranger.request("GET", address)
            assert answer.status_code == 302, address
            assert "/connect/oauth2/authorize" in answer.location, address


def test_every_answer_carries_the_headers_and_nothing_the_policy_forbids(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")

    for address in routes(inn, "GET").values():
        answer = alice.request("GET", address)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], address
        assert "unsafe" not in answer.headers["Content-Security-Policy"], address
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        assert answer.headers["Cache-Control"] == "no-store", address
        if answer.mimetype == "text/html":
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]+src=)|javascript:", answer.text), (
                address
            )
            assert "系统错误" not in answer.text, address


def test_a_form_without_its_token_changes_nothing_and_says_so(inn):
    alice, bob = inn.phone("alice"), inn.phone("bob")
    bob.get("/h5/head/bind")
    alice.get("/h5/head/bind")

    for address in routes(inn, "POST").values():
        for token in ("", "x" * 64, bob.csrf):
            answer = alice.request("POST", address, data={"csrf": token})
            assert answer.status_code == 400, address
            assert "放得太久" in answer.text
    own = {"csrf": alice.csrf}
    for address in routes(inn, "POST").values():
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert alice.request("POST", address, data=own, headers=headers).status_code == 400, address


def test_a_form_of_somebody_signed_out_is_not_taken_and_leads_back_to_its_page(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/bind")
    alice.drop_cookie()

    answer = alice.request("POST", "/h5/head/bind", data={"csrf": alice.csrf})

    assert answer.status_code == 401
    assert 'href="/h5/head/bind"' in answer.text


def test_bodies_that_are_too_large_are_refused_before_they_are_read(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/bind")

    views = inn.app.view_functions
    usual = [one for name, one in routes(inn, "POST").items() if largest_of(views[name]) == LARGEST]
    assert len(usual) > 10
    for address in usual:
        long = alice.request("POST", address, data={"csrf": alice.csrf, "phone": "1" * 20_000})
        many = alice.request("POST", address, data={f"f{number}": "1" for number in range(5000)})
        file = alice.request(
            "POST", address, data={"csrf": alice.csrf, "file": (io.BytesIO(b"x" * 30_000), "a.bin")}
        )
        assert (long.status_code, many.status_code, file.status_code) == (413, 413, 413), address


def test_one_fan_sends_forms_only_so_often(inn, monkeypatch):
    monkeypatch.setattr(guard, "FORM_SECONDS", 10**9)  # the window does not end amid the test
    alice = inn.phone("alice")
    alice.get("/h5/head/bind")
    statuses = [
        alice.request("POST", "/h5/head/bind", data={"csrf": alice.csrf}).status_code
        for _ in range(guard.FORMS + 2)
    ]

    assert statuses[-2:] == [429, 429]
    assert 429 not in statuses[: guard.FORMS]


def test_counting_goes_on_without_redis_and_is_forgotten_with_its_window(inn, redis_url):
    limits._here.clear()
    assert [limits.count(inn.runtime.redis, "a", seconds=60) for _ in range(3)] == [1, 2, 3]
    assert [limits.claim(inn.runtime.redis, "b", seconds=60) for _ in range(2)] == [True, False]
    limits._here = {key: (number, 0.0) for key, (number, _until) in limits._here.items()}
    assert limits.claim(inn.runtime.redis, "b", seconds=60)


def test_first_load_fits_a_slow_network(inn):
    alice = inn.phone("alice")

    for path in ("/h5/head/me", "/h5/head/bind", "/h5/head/policy"):
        assert first_load(alice, path) < 60 * 1024


def test_assets_are_kept_for_ever_under_their_hash_only(inn):
    alice = inn.phone("alice")
    [style] = re.findall(r'href="(/assets/h5/\w+/h5\.css)"', alice.get("/h5/head/me").text)

    kept = alice.request("GET", style, headers={"Accept-Encoding": "gzip"})
    old = alice.request("GET", style.replace(style.split("/")[3], "0" * 16))

    assert "immutable" in kept.headers["Cache-Control"]
    assert gzip.decompress(kept.data) == old.data
    assert old.headers["Cache-Control"] == "no-cache"
    assert alice.request("GET", "/assets/h5/0/../../admin.py").status_code == 404


def test_the_js_sdk_signature_is_wechats():
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    url = "http://mp.weixin.qq.com?params=value#here"

    assert (
        signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, url) == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    )


def test_a_page_is_signed_for_the_js_sdk_and_another_sites_is_not(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/me")
    page = f"{inn.public_url}/h5/head/me?a=1"

    given = alice.request("GET", "/h5/head/js-sdk", query_string={"url": page + "#x"}).json
    ticket = inn.runtime.wechat.of("head").js_ticket()

    assert given["signature"] == signature(ticket, given["nonceStr"], given["timestamp"], page)
    assert given["appId"] == inn.config.accounts[0].app_id
    for url in (
        "https://evil.example/h5/head/me",
        f"{inn.public_url}/admin/",
        f"{inn.public_url}.evil.example/h5/head/me",
        "",
    ):
        assert alice.request("GET", "/h5/head/js-sdk", query_string={"url": url}).status_code == 400


@pytest.fixture
def puzzled(inn):
    """Alice's requests, within whom puzzles are made and solved."""
    alice = inn.phone("alice")
    alice.get("/h5/head/me")

    def within(work, traveller=alice):
        """Run `work` as a request of the traveller's would."""
        with inn.app.test_request_context(
            "/h5/head/me", headers={"Cookie": f"yizhan_h5_head_who={traveller.cookie()}"}
        ):
            inn.app.preprocess_request()
            return work()

    return inn, alice, within


def test_a_puzzle_is_solved_by_its_slider_or_by_its_question_once(puzzled):
    _inn, _alice, within = puzzled
    by_slider, by_words, by_figures = (within(friction.make) for _ in range(3))

    assert within(lambda: friction.is_solved(by_slider.text, place=str(by_slider.place + 3), answer=""))
    assert not within(lambda: friction.is_solved(by_slider.text, place=str(by_slider.place), answer=""))
    assert within(lambda: friction.is_solved(by_figures.text, place="0", answer=f" {by_figures.total} "))
    assert within(
        lambda: friction.is_solved(by_words.text, place="", answer=friction._spelled(by_words.total))
    )


def test_a_puzzle_is_not_solved_by_guessing_by_anothers_or_by_one_made_up(puzzled):
    inn, alice, within = puzzled
    bob = inn.phone("bob")
    bob.get("/h5/head/me")
    puzzle, others = within(friction.make), within(friction.make, bob)

    assert not within(lambda: friction.is_solved(puzzle.text, place="x", answer="一百"))
    assert not within(lambda: friction.is_solved(others.text, place=str(others.place), answer=""))
    assert not within(lambda: friction.is_solved("made-up", place="50", answer="10"))
    assert alice.request("GET", f"/h5/head/puzzle/{others.text}.svg").status_code == 404
    assert alice.request("GET", f"/h5/head/puzzle/{puzzle.text}.svg").mimetype == "image/svg+xml"
    assert alice.request("GET", PUZZLE).status_code == 404


def test_the_malls_sheet_restyles_nothing_that_every_page_has():
    """They are loaded together: a class that both name looks like neither."""
    sheets = Path(__file__).parents[2] / "h5/static"
    named = [
        set(re.findall(r"^\.([a-z][\w-]*)", (sheets / name).read_text("utf-8"), re.MULTILINE))
        for name in ("h5.css", "mall.css")
    ]

    assert named[0] & named[1] == set()
    assert len(named[1]) > 10
