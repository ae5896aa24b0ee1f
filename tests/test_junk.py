"""Junk: ten thousand bodies and queries that WeChat would not send, signed so that the parser meets them.

None is answered with 500 and none leaves a row (SQLite alone: no junk gets as far as a database).
"""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.app import assemble
from bot.db import Database
from bot.runtime import Runtime, open_runtime
from tests import make
from tests.support.phone import Phone, body

PLAIN = make.account("plain", mode="plain")
SAFE = make.account("safe", mode="safe")

MANY = settings(
    max_examples=2500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WORDS = st.text(max_size=40) | st.sampled_from(
    ["event", "text", "subscribe", "SCAN", "", "9" * 30, "-1", "qrscene_"]
)
NAMES = st.sampled_from(
    "ToUserName FromUserName CreateTime MsgType Event EventKey MsgId MsgID Content Encrypt SendPicsInfo List".split()
)
TREES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
DOCUMENTS = st.dictionaries(NAMES, TREES, max_size=8)
# No sender at all: whatever is made of the rest, nothing may be stored.
NOBODY = DOCUMENTS.map(lambda fields: {**fields, "FromUserName": "not an openid!"})


def xml_of(fields: dict) -> bytes:
    try:
        return body(fields)
    except UnicodeEncodeError:
        return b"<xml>\xed\xa0\x80</xml>"


@pytest.fixture
def runtime(empty_sqlite: str, caplog: pytest.LogCaptureFixture) -> Iterator[Runtime]:
    """A server that is asserted, at the end, to have stored nothing."""
    caplog.set_level(logging.CRITICAL)
    runtime = open_runtime(make.config(empty_sqlite, PLAIN, SAFE))
    yield runtime
    assert _rows(runtime.db) == []
    runtime.db.close()


@pytest.fixture
def plain(runtime: Runtime) -> Phone:
    return Phone(assemble(runtime), PLAIN)


@pytest.fixture
def safe(runtime: Runtime) -> Phone:
    return Phone(assemble(runtime), SAFE)


def _rows(db: Database) -> list[object]:
    return [*make.messages(db), *make.fans(db), *make.promises(db)]


@MANY
@given(content=st.binary(max_size=300))
@example(content=b"<xml></xml>")
def test_any_bytes_are_refused_without_a_trace(plain, content):
    assert plain.post(content).status in {400, 403, 413}


@MANY
@given(fields=NOBODY)
def test_any_document_without_a_sender_is_refused_without_a_trace(plain, fields):
    assert plain.post(xml_of(fields)).status == 400


@MANY
@given(content=st.binary(max_size=300) | NOBODY.map(xml_of))
def test_anything_encrypted_is_refused_without_a_trace(safe, content):
    assert safe.post(content).status in {400, 403}


@MANY
@given(
    method=st.sampled_from(["GET", "POST"]),
    query=st.dictionaries(
        st.sampled_from("signature timestamp nonce echostr encrypt_type msg_signature openid".split())
        | st.text(max_size=5).filter(lambda name: not any(0xD800 <= ord(c) < 0xE000 for c in name)),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
        | st.sampled_from(["aes", "raw", "9" * 5000]),
        max_size=8,
    ),
    content=st.binary(max_size=100),
)
def test_any_query_is_refused_without_a_trace(safe, method, query, content):
    assert safe.request(method, query, content).status in {400, 403, 413}


@MANY
@given(fields=DOCUMENTS, sender=st.sampled_from(["oAlice", "oBob", "mphelper"]), kind=WORDS)
def test_any_document_that_has_a_sender_is_answered_or_refused(answering, fields, sender, kind):
    known = {"FromUserName": sender, "CreateTime": 1760000000, "MsgType": kind}

    assert answering.post(xml_of({**fields, **known})).status in {200, 400}


@pytest.fixture
def answering(empty_sqlite: str, caplog: pytest.LogCaptureFixture) -> Iterator[Phone]:
    caplog.set_level(logging.CRITICAL)
    runtime = open_runtime(make.config(empty_sqlite, PLAIN))
    yield Phone(assemble(runtime), PLAIN)
    runtime.db.close()
