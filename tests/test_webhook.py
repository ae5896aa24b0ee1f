"""The door: who is let in, and what is said to everybody else (design §10, protocol §1)."""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.exceptions import ClientDisconnected

from bot import entries
from bot.app import assemble, assemble_asgi, committer, webhook
from bot.entries import AsgiEntry
from bot.runtime import Runtime, open_runtime
from bot.wechat.crypto import Cryptor, signature
from tests import make
from tests.support.entries import ENTRIES, run
from tests.support.phone import Phone, body

MODES = {
    "plain": make.account("plain", mode="plain"),
    "compatible": make.account("compatible", mode="compatible"),
    "safe": make.account("safe", mode="safe"),
}


@pytest.fixture
def runtime(database_url: str) -> Iterator[Runtime]:
    runtime = open_runtime(make.config(database_url, *MODES.values()))
    yield runtime
    runtime.db.close()


@pytest.fixture(params=ENTRIES)
def app(request: pytest.FixtureRequest, runtime: Runtime) -> Any:
    return ENTRIES[request.param](runtime)


@pytest.fixture(params=MODES)
def alice(request: pytest.FixtureRequest, app: Any) -> Phone:
    return Phone(app, MODES[request.param])


@pytest.fixture
def plain(app: Any) -> Phone:
    return Phone(app, MODES["plain"])


@pytest.fixture
def safe(app: Any) -> Phone:
    return Phone(app, MODES["safe"])


def signed(token: str = "simtoken2026", at: float | None = None, **more: str) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    return {"signature": signature(token, timestamp, "n"), "timestamp": timestamp, "nonce": "n", **more}


def test_the_console_verifies_the_url(alice):
    answer = alice.request("GET", signed(echostr="5837?&=<b>"))

    assert (answer.status, answer.body) == (200, b"5837?&=<b>")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_the_url_is_not_verified_for_others(alice):
    assert alice.request("GET", signed(token="another", echostr="5837")).status == 403
    assert alice.request("GET", {"echostr": "5837"}).status == 403


def test_a_message_is_answered_in_the_accounts_mode(db, alice):
    make.rule(db, words=["您好"], content="您也好")

    answer = alice.say("您好")

    assert (answer.status, answer.text) == (200, "您也好")
    assert answer.body.startswith(b"<xml><Encrypt>") == (alice.account.mode != "plain")


def test_success_is_never_encrypted(alice):
    assert alice.leave().body == b"success"


def test_a_signature_that_is_wrong_or_missing_is_refused(db, alice):
    name = "signature" if alice.account.mode == "plain" else "msg_signature"

    assert alice.post(body({}), **{name: "0" * 40}).status == 403
    assert alice.post(body({}), **{name: ""}).status == 403
    assert alice.post(body({}), nonce="another").status == 403
    assert make.messages(db) == []


def test_a_push_that_is_too_old_or_from_the_future_is_refused(db, runtime, alice):
    for offset in (-301, 310):  # whole seconds are sent, and some pass before they are looked at
        late = Phone(alice.app, alice.account, clock=lambda offset=offset: time.time() + offset)
        assert late.say("您好").status == 403

    assert make.messages(db) == []


def test_the_window_is_the_operators_to_choose(database_url):
    runtime = open_runtime(make.config(database_url, MODES["plain"], freshness_seconds=0))

    answer = Phone(assemble(runtime), MODES["plain"], clock=lambda: 1).say("您好")

    assert answer.status == 200
    runtime.db.close()


def test_a_captured_signature_is_good_for_no_other_body(db, plain):
    """The signature of plain mode does not cover the body (protocol §1.2)."""
    query = signed()
    text = {"ToUserName": "gh", "FromUserName": "oAlice", "CreateTime": 1, "MsgType": "text"}

    first = plain.request("POST", query, body({**text, "Content": "您好", "MsgId": 1}))
    repeat = plain.request("POST", query, body({**text, "Content": "您好", "MsgId": 1}))
    forged = plain.request("POST", query, body({**text, "Content": "转账", "MsgId": 2}))

    assert (first.status, repeat.status, forged.status) == (200, 200, 403)
    assert [message.fields["Content"] for message in make.messages(db)] == ["您好"]


def test_wechats_own_repeats_are_let_through_however_they_are_signed(db, alice):
    alice.say("您好")

    assert alice.repeat().status == 200
    assert len(make.messages(db)) == 1


def test_a_plain_body_is_refused_where_encryption_is_expected(db, safe):
    text = {"ToUserName": "gh", "FromUserName": "oAlice", "CreateTime": 1, "MsgType": "text", "MsgId": 1}

    assert safe.request("POST", signed(), body({**text, "Content": "您好"})).status == 403
    assert make.messages(db) == []


def test_an_encrypted_body_is_refused_where_plain_is_expected(plain):
    assert plain.request("POST", signed(encrypt_type="aes"), body({"Encrypt": "x"})).status == 403


def test_the_unprotected_nodes_beside_the_encrypted_ones_are_not_believed(db, app):
    alice = Phone(app, MODES["compatible"])
    inner = body(
        {
            "ToUserName": "gh",
            "FromUserName": "oAlice",
            "CreateTime": 1,
            "MsgType": "text",
            "Content": "真",
            "MsgId": 1,
        }
    )
    encrypted = Cryptor(make.AES_KEY, alice.account.app_id).encrypt(inner)
    query = signed(encrypt_type="aes")
    query["msg_signature"] = signature("simtoken2026", query["timestamp"], "n", encrypted)

    alice.request("POST", query, body({"FromUserName": "oMallory", "Content": "假", "Encrypt": encrypted}))

    [message] = make.messages(db)
    assert (message.fields["Content"], list(make.fans(db))) == ("真", ["oAlice"])


def test_a_push_encrypted_for_another_account_is_refused(safe):
    encrypted = Cryptor(make.AES_KEY, "wx_somebody_else").encrypt(b"<xml></xml>")
    query = signed(encrypt_type="aes")
    query["msg_signature"] = signature("simtoken2026", query["timestamp"], "n", encrypted)

    assert safe.request("POST", query, body({"Encrypt": encrypted})).status == 400


def test_a_push_for_another_original_id_is_refused(database_url):
    account = make.account("head", original_id="gh_ours")
    runtime = open_runtime(make.config(database_url, account))
    app = assemble(runtime)

    assert Phone(app, account, to="gh_theirs").say("您好").status == 403
    assert Phone(app, account, to="gh_ours").say("您好").status == 200
    runtime.db.close()


def test_an_account_that_is_not_ours_is_not_found(app):
    stranger = Phone(app, make.account("stranger"))

    assert stranger.say("您好").status == 404
    assert stranger.request("GET", signed(echostr="1")).status == 404


def test_a_body_that_is_too_large_is_refused_before_it_is_read(runtime):
    class Endless:
        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 65537
            return b"x" * size

    answers: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/wechat/plain",
        "QUERY_STRING": urlencode(signed()),
        "CONTENT_LENGTH": "",
        "wsgi.input": Endless(),
    }
    app = assemble(runtime)
    app(environ, lambda status, _headers: answers.append(status))
    environ["CONTENT_LENGTH"] = "99999999999"
    app(environ, lambda status, _headers: answers.append(status))

    assert answers == ["413 Content Too Large"] * 2


def test_a_body_that_is_too_large_is_refused_before_it_is_read_from_a_loop(runtime):
    read, sent = [], []

    async def endless() -> dict[str, Any]:
        read.append(1)
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    async def note(event: dict[str, Any]) -> None:
        sent.append(event.get("status"))

    def scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
        path = {"type": "http", "method": "POST", "path": "/wechat/plain"}
        return {**path, "query_string": urlencode(signed()).encode(), "headers": list(headers)}

    app = assemble_asgi(runtime)
    run(app(scope(), endless, note))
    run(app(scope((b"content-length", b"99999999999")), endless, note))

    assert sent == [413, None] * 2
    assert len(read) == 2  # of the first; of the second nothing


def test_other_methods_are_refused(alice):
    assert alice.request("PUT", signed()).status == 405


def test_what_is_refused_is_logged_without_its_content(caplog, alice):
    caplog.set_level(logging.DEBUG)

    alice.post(body({"Content": "13800000000 secret words"}), nonce="forged")

    assert "refused" in caplog.text
    for record in caplog.records:
        assert "13800000000" not in str(record.__dict__)


def test_everything_else_is_flasks(app):
    answers: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/healthz",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
        "wsgi.errors": None,
    }

    chunks = app(environ, lambda status, _headers, _info=None: answers.append(status))

    assert (b"".join(chunks), answers) == (b"ok\n", ["200 OK"])


def test_a_page_is_told_where_its_visitor_comes_from_and_where_the_body_ends(runtime):
    """Behind the loop, too: rate limits and the audit go by the address, tills send in chunks."""
    seen: dict[str, Any] = {}

    def page(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("204 No Content", [])
        return []

    chunks = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b"},
    ]

    def receive() -> "asyncio.Future[dict[str, Any]]":  # whatever can be awaited
        future = asyncio.get_running_loop().create_future()
        future.set_result(chunks.pop(0))
        return future

    async def send(_event: dict[str, Any]) -> None:
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/h5/x",
        "query_string": "b=中".encode(),
        "http_version": "1.1",
    }
    headers = [(b"x-forwarded-for", b"198.51.100.1"), (b"x_forwarded_for", b"9.9.9.9")]
    headers += [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    scope |= {"client": ("203.0.113.7", 4711), "headers": headers}
    entry = AsgiEntry(webhook(runtime), committer(runtime).answer_to_coroutine, beyond=page, threads=1)
    run(entry(scope, receive, send))

    assert (seen["REMOTE_ADDR"], seen["HTTP_X_FORWARDED_FOR"]) == ("203.0.113.7", "198.51.100.1")
    assert (seen["body"], seen["wsgi.input_terminated"]) == (b"ab", True)
    assert seen["QUERY_STRING"] == "b=%E4%B8%AD"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"


def test_half_a_form_is_not_taken_for_the_whole_when_its_sender_goes_away(runtime):
    """One behind a proxy that hands bodies on as they come."""
    said: list[dict[str, Any]] = []

    def page(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        try:
            environ["wsgi.input"].read()
        except ClientDisconnected:
            start_response("400 Bad Request", [])
            return []
        start_response("200 OK", [])
        return []

    events = [{"type": "http.request", "body": b"points=10", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(event: dict[str, Any]) -> None:
        said.append(event)

    scope = {"type": "http", "method": "POST", "path": "/h5/x", "query_string": b"", "http_version": "1.1"}
    scope |= {"client": ("203.0.113.7", 4711), "headers": [(b"content-length", b"11")]}
    entry = AsgiEntry(webhook(runtime), committer(runtime).answer_to_coroutine, beyond=page, threads=1)
    run(entry(scope, receive, send))

    assert said[0]["status"] == 400


def test_a_body_that_never_ends_holds_nobody_up(runtime, monkeypatch):
    monkeypatch.setattr(entries, "SECONDS_FOR_BODY", 0.05)
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(event: dict[str, Any]) -> None:
        said.append(event)

    scope = {"type": "http", "method": "POST", "path": "/wechat/plain", "query_string": b"", "headers": []}
    entry = AsgiEntry(
        webhook(runtime), committer(runtime).answer_to_coroutine, beyond=lambda *_: [], threads=1
    )
    run(entry(scope, receive, send))

    assert said[0]["status"] in {400, 403}
