"""Signature, AES, XML and replies, against the vectors of the protocol page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot.errors import BadPush
from bot.wechat import xml
from bot.wechat.crypto import Cryptor, same, signature
from bot.wechat.replies import (
    Article,
    Image,
    Music,
    News,
    Text,
    Transfer,
    Video,
    Voice,
    from_document,
    render,
    to_document,
)
from tests.make import AES_KEY

APP_ID = "wx0123456789abcdef"
ENCRYPTED = (
    "Q3stYC6hdFzMh9T8HCvyDI4OFzVNXy1hzMgwxpcjW4Z3o6yfCFU64yan0zEQFjd+qK8bYOd0iJWXlQwcebzMITILrDYKE7PmJHRPuV2UWpW2"
    "BD7Z3wRVTdWPICaF+0LeUYW7z20mWyj3vwB10Bau17NOCzaC/JNpTFcfwArYf5AnJ/7UMHcaPlhgq+31IsVjkgbvrabBxPPxEf2QI1GSCWGe"
    "XhmnrjAUpSSlzilQcko2C8FqcHSZekv8qGCzoyXXissm9V+Nvdb3B7VjlkgEGfZvXiPgVvmeqXJ148jnfFUvYu8ULx1L+bMsgBq7BIpsHpjB"
    "j//lQTOaJgEEorrikB5BPddg77tjjM9H1tRSW2U0hibViIj4kIsnaOs/4CXd8XsGFTsNVcQ4lcguu+uf6uQsNi4x5vOQAIJwMx3+54k="
)


def test_the_signature_is_wechats():
    assert signature("simtoken2026", "1760000001", "987654321") == "e20bfa0bea85673f1e86bc894fa52683a481cf0f"
    assert (
        signature("simtoken2026", "1760000001", "987654321", ENCRYPTED)
        == "efe6541198e46ecbecfca8f8261302b6bfb529af"
    )


def test_what_wechat_encrypts_is_read():
    message = Cryptor(AES_KEY, APP_ID).decrypt(ENCRYPTED)

    assert xml.read(message)["Content"] == "你好"


@given(st.binary(max_size=200))
def test_what_we_encrypt_is_read_by_us_and_by_others(message):
    ours = Cryptor(AES_KEY, APP_ID)
    encrypted = ours.encrypt(message)

    assert ours.decrypt(encrypted) == message

    theirs = WeChatCrypto("simtoken2026", AES_KEY, APP_ID)
    text = message.hex()
    signed = signature("simtoken2026", "1", "2", sealed := ours.encrypt(text.encode()))
    envelope = f"<xml><Encrypt>{sealed}</Encrypt></xml>"
    assert theirs.decrypt_message(envelope, signed, "1", "2") == text


@pytest.mark.parametrize(
    ("encrypted", "reason"),
    [
        ("", "cipher_length"),
        ("not base64!", "cipher_not_base64"),
        ("AAAA", "cipher_length"),
        ("A" * 64, "cipher_padding"),
        (Cryptor(AES_KEY, "wxsomebodyelse").encrypt(b"<xml/>"), "cipher_app_id"),
    ],
    ids=["empty", "text", "short", "padding", "another"],
)
def test_a_cipher_text_that_is_none_is_refused(encrypted, reason):
    with pytest.raises(BadPush) as refused:
        Cryptor(AES_KEY, APP_ID).decrypt(encrypted)

    assert refused.value.reason in {reason, "cipher_content_length"}


@given(st.text(), st.text())
def test_signatures_of_any_text_can_be_compared(left, right):
    assert same(left, right) == (left.encode("utf-8", "replace") == right.encode("utf-8", "replace"))


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html></html>",
        b"<xml>",
        BOMB,
        b"<!-- <![CDATA[ --><!DOCTYPE x [<!ENTITY a 'b'>]><xml><a>&a;</a></xml>",
        BOMB.decode().encode("utf-16"),
        b"<xml>" + b"<a>" * 3000 + b"</a>" * 3000 + b"</xml>",
        b"<xml>" + b"<a/>" * 3000 + b"</xml>",
        b"<?xml version='1.0' encoding='no-such'?><xml></xml>",
        b"<xml><a>\xff\xfe</a></xml>",
        b"<xml><a>&#0;</a></xml>",
    ],
)
def test_xml_that_wechat_never_sends_is_refused(body):
    with pytest.raises(BadPush):
        xml.read(body)


def test_words_about_document_types_are_words():
    assert xml.read(b"<xml><Content><![CDATA[<!DOCTYPE html>]]></Content></xml>") == {
        "Content": "<!DOCTYPE html>"
    }


def test_names_that_repeat_become_a_list():
    nodes = xml.read(b"<xml><List><Id>1</Id></List><List><Id>2</Id></List><One></One></xml>")

    assert nodes == {"List": [{"Id": "1"}, {"Id": "2"}], "One": ""}


REPLIES = [
    Text("您好，<a href='https://x'>点这里</a>"),
    Image("m1"),
    Voice("m2"),
    Video("m3", "标题", "说明"),
    Music("t1", "歌", "词", "http://a", "http://b"),
    News((Article("一", "说明", "http://p", "http://u"), Article("二"))),
    Transfer(),
    Transfer("wangshan@head"),
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
def test_every_reply_is_xml_that_reads_back_and_survives_its_table(reply):
    nodes = xml.read(render(reply, to="oAlice", sender="gh_1", at=1760000000))

    assert (nodes["ToUserName"], nodes["FromUserName"], nodes["CreateTime"]) == (
        "oAlice",
        "gh_1",
        "1760000000",
    )
    assert nodes["MsgType"] == reply.type
    assert from_document(to_document(reply)) == reply


def test_an_agent_can_be_named():
    nodes = xml.read(render(Transfer("wangshan@head"), to="o", sender="g", at=1))

    assert nodes["TransInfo"] == {"KfAccount": "wangshan@head"}


@given(st.text())
def test_no_words_break_out_of_a_reply(words):
    nodes = xml.read(render(Text(words), to="oAlice", sender="gh_1", at=1))

    assert nodes["MsgType"] == "text"
    assert set(nodes) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}


@pytest.mark.parametrize(
    "document", [{}, {"type": "hologram"}, {"type": "image"}, {"type": "text", "words": "x"}]
)
def test_a_document_that_is_no_reply_says_so(document):
    with pytest.raises(ValueError, match="reply"):
        from_document(document)


TEXTS = st.text(st.sampled_from("a0 \n\t\r<>&]![中\ufffe\x01😀"), max_size=12)
NAMES = st.sampled_from(["Content", "MsgId", "a_1", "中", "1a", "x:y"])
NODES = st.one_of(
    st.builds("<{0}><![CDATA[{1}]]></{0}>\n".format, NAMES, TEXTS),
    st.builds("<{0}>{1}</{0}>".format, NAMES, TEXTS),
    st.builds("<{0}><b>{1}</b></{0}> ".format, NAMES, TEXTS),
    TEXTS,
)


@given(st.lists(NODES, max_size=4))
def test_what_is_read_without_a_parser_is_what_the_parser_reads(nodes):
    """With a space in the root's tag the parser is asked."""
    document = "".join(nodes)
    plainly, parsed = f"<xml>{document}</xml>", f"<xml >{document}</xml>"

    assert outcome(plainly) == outcome(parsed)


def outcome(document):
    try:
        return xml.read(document.encode())
    except BadPush as error:
        return error.reason


def test_a_push_as_wechat_writes_it_needs_no_parser(monkeypatch):
    monkeypatch.setattr(xml, "fromstring", None)

    assert xml.read("<xml><A><![CDATA[您好]]></A>\n<B>12</B></xml>".encode()) == {"A": "您好", "B": "12"}
