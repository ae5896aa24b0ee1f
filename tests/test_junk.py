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
    max_examples=400,  # each of which is at least five requests: thinking of one takes longer than answering ten
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
# Where accidents happen to a body.
PLACES = st.tuples(st.integers(0, 5000), st.integers(0, 5000))


def bodies_of(content: bytes, places: tuple[int, int]) -> Iterator[bytes]:
    """The body, and what four accidents make of it: cut short, a byte changed, a piece doubled, more behind it."""
    first, second = sorted(place % (len(content) + 1) for place in places)
    yield content
    yield content[:second]
    yield content[:first] + bytes([second % 256]) + content[first + 1 :]
    yield content[:second] + content[first:]
    yield content + content[first:]


def queries_of(query: dict[str, str]) -> Iterator[dict[str, str]]:
    """The query, another with the values in each other's places, and one that lacks a name."""
    names, values = list(query), list(query.values())
    yield query
    yield dict(zip(names, values[1:] + values[:1], strict=True))
    yield dict(zip(names[1:], values[1:], strict=True))


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
@given(content=st.binary(max_size=300), places=PLACES)
@example(content=b"<xml></xml>", places=(0, 0))
def test_any_bytes_are_refused_without_a_trace(plain, content, places):
    assert {plain.post(each).status for each in bodies_of(content, places)} <= {400, 403, 413}


@MANY
@given(fields=NOBODY, places=PLACES)
def test_any_document_without_a_sender_is_refused_without_a_trace(plain, fields, places):
    assert {plain.post(each).status for each in bodies_of(xml_of(fields), places)} == {400}


@MANY
@given(content=st.binary(max_size=300) | NOBODY.map(xml_of), places=PLACES)
def test_anything_encrypted_is_refused_without_a_trace(safe, content, places):
    assert {safe.post(each).status for each in bodies_of(content, places)} <= {400, 403}


@MANY
@given(
    query=st.dictionaries(
        st.sampled_from("signature timestamp nonce echostr encrypt_type msg_signature openid".split())
        | st.text(max_size=5).filter(lambda name: not any(0xD800 <= ord(c) < 0xE000 for c in name)),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
        | st.sampled_from(["aes", "raw", "9" * 5000]),
        max_size=8,
    ),
    content=st.binary(max_size=100),
)
def test_any_query_is_refused_without_a_trace(safe, query, content):
    told = {
        safe.request(method, each, content).status for each in queries_of(query) for method in ("GET", "POST")
    }
    assert told <= {400, 403, 413}


@MANY
@given(fields=DOCUMENTS, sender=st.sampled_from(["oAlice", "oBob", "mphelper"]), kind=WORDS, places=PLACES)
def test_any_document_that_has_a_sender_is_answered_or_refused(answering, fields, sender, kind, places):
    known = {"FromUserName": sender, "CreateTime": 1760000000, "MsgType": kind}
    content = xml_of({**fields, **known})

    assert {answering.post(each).status for each in bodies_of(content, places)} <= {200, 400}


@pytest.fixture
def answering(empty_sqlite: str, caplog: pytest.LogCaptureFixture) -> Iterator[Phone]:
    caplog.set_level(logging.CRITICAL)
    runtime = open_runtime(make.config(empty_sqlite, PLAIN))
    yield Phone(assemble(runtime), PLAIN)
    runtime.db.close()
