"""The webhook whole, from bytes on the wire to rows, and its parts: envelope, XML, message, answer."""

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from sqlalchemy import func, select

from bot import schema
from bot.app import assemble
from bot.db import Database
from bot.errors import BadPush
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.outbox.models import Promise
from bot.runtime import open_runtime
from bot.webhook import LINES
from bot.wechat import messages, xml
from bot.wechat.crypto import Cryptor
from bot.wechat.replies import SUCCESS, Text, render
from tests import make
from tests.fuzz.target import Target, holds
from tests.support.phone import Phone, Response, body

PLAIN = make.account("plain", mode="plain")
SAFE = make.account("safe", mode="safe")
COMMON = {"ToUserName": "gh_test", "FromUserName": "oAlice", "CreateTime": 1_795_000_000}
PUSHES = [
    body({**COMMON, **facts})
    for facts in (
        {"MsgType": "text", "Content": "价格", "MsgId": 24000000000000001},
        {"MsgType": "image", "PicUrl": "http://a/b", "MediaId": "m", "MsgId": 2},
        {
            "MsgType": "location",
            "Location_X": "31.2",
            "Location_Y": "121.4",
            "Scale": "15",
            "Label": "外滩",
            "MsgId": 3,
        },
        {"MsgType": "link", "Title": "t", "Description": "d", "Url": "http://a", "MsgId": 4},
        {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_c:1", "Ticket": "g"},
        {"MsgType": "event", "Event": "SCAN", "EventKey": "c:1", "Ticket": "g"},
        {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""},
        {"MsgType": "event", "Event": "CLICK", "EventKey": "desk"},
        {"MsgType": "event", "Event": "VIEW", "EventKey": "http://a", "MenuId": "7"},
        {
            "MsgType": "event",
            "Event": "pic_weixin",
            "EventKey": "k",
            "SendPicsInfo": {"Count": 1, "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}},
        },
        {
            "MsgType": "event",
            "Event": "location_select",
            "EventKey": "k",
            "SendLocationInfo": {
                "Location_X": "1",
                "Location_Y": "2",
                "Scale": "3",
                "Label": "l",
                "Poiname": "",
            },
        },
        {
            "MsgType": "event",
            "Event": "scancode_waitmsg",
            "EventKey": "k",
            "ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"},
        },
        {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": 5, "Status": "success"},
        {
            "MsgType": "event",
            "Event": "MASSSENDJOBFINISH",
            "MsgID": 6,
            "Status": "send success",
            "TotalCount": 9,
            "FilterCount": 8,
            "SentCount": 7,
            "ErrorCount": 1,
        },
        {"MsgType": "event", "Event": "kf_create_session", "KfAccount": "a@b"},
        {
            "MsgType": "event",
            "Event": "subscribe_msg_popup_event",
            "SubscribeMsgPopupEvent": {"List": {"TemplateId": "t"}},
        },
    )
]
SLOW = 2.0  # seconds; WeChat waits five
WORDS = [
    *b"<xml> </xml> <![CDATA[ ]]> <Content> <MsgId> <Event> <EventKey> <CreateTime> <List> <item> <!DOCTYPE".split(),
    b"<?xml version='1.0' encoding='utf-16'?>", b"&#0;", b"&#x1F600;", b"&amp;", b"qrscene_", b"18446744073709551616",
]  # fmt: skip


class Door:
    """A server on a database of its own, and what must hold of every request to it."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="yizhan-fuzz-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        config = make.config(f"sqlite:///{folder / 'fuzz.db'}", PLAIN, SAFE)
        with Database(config.database) as db:
            schema.migrate(db)
        self.runtime = open_runtime(config)
        atexit.register(self.runtime.close)
        make.rule(self.runtime.db, title="价格", words=["价格"], content="两人起订 ]]> <b>", notify_desk=True)
        app = assemble(self.runtime)
        self.plain, self.safe = Phone(app, PLAIN), Phone(app, SAFE)

    def attempt(self, data: bytes) -> None:
        """Send it as the first byte says: signed, sealed, as an envelope, or as query and body of whoever it is."""
        way, data = data[:1], data[1:]
        if way in b"ps":
            phone = self.plain if way == b"p" else self.safe
            first = self.checked(lambda: phone.post(data), most=1)
            again = self.checked(lambda: phone.post(data), most=0)
            holds(first.status == again.status, f"answered {first.status}, and the same again {again.status}")
            holds(first.text == again.text, "the same again heard other words")
        elif way == b"e":
            self.checked(lambda: self.safe.post(b"", **dict(parse_qsl(data.decode("latin-1")[:200]))), most=0)
        else:
            query, _, content = data.partition(b"\n")
            fields = dict(parse_qsl(query.decode("latin-1")))
            method = "GET" if way == b"g" else "POST"
            self.checked(lambda: self.safe.request(method, fields, content), most=0)

    def checked(self, send: Callable[[], Response], *, most: int) -> Response:
        """Return the answer; a refusal leaves no row, an accepted push at most so many messages."""
        before, began = self._rows(), time.perf_counter()
        answer = send()
        taken = time.perf_counter() - began
        after = self._rows()
        holds(answer.status in LINES and answer.status != 503, f"answered {answer.status}")
        holds(taken < SLOW, f"took {taken:.1f} s")
        if answer.status != 200:
            holds(after == before, f"answered {answer.status}, and left a row")
        holds(after[0] - before[0] <= most, "a message was written down twice")
        if answer.status == 200 and answer.body != SUCCESS and answer.reply:
            holds(ElementTree.fromstring(answer.reply).findtext("ToUserName") != "", "an answer to nobody")
        return answer

    def _rows(self) -> tuple[int, ...]:
        with self.runtime.db.reading() as session:
            counts = (
                select(func.count()).select_from(model).scalar_subquery() for model in (Message, Fan, Promise)
            )
            return tuple(session.execute(select(*counts)).one())


@cache
def _door() -> Door:
    return Door()


def _webhook(data: bytes) -> None:
    _door().attempt(data)


def _envelope(data: bytes) -> None:
    cryptor = Cryptor(SAFE.encoding_aes_key, SAFE.app_id)
    holds(cryptor.decrypt(cryptor.encrypt(data)) == data, "what was sealed comes out as something else")
    try:
        opened = cryptor.decrypt(data.decode("latin-1"))
    except BadPush as error:
        holds(error.status == 400, f"refused with {error.status}")
        return
    holds(len(opened) < len(data), "more came out than went in")


def _message(data: bytes) -> None:
    try:
        nodes = xml.read(data)
        message = messages.parse(nodes)
    except BadPush as error:
        holds(error.status == 400, f"refused with {error.status}")
        return
    holds(len(message.key(1)) == 16, "a key of another length")
    holds(message.key(1) == messages.parse(xml.read(data)).key(1), "the same push has two keys")
    holds(not message.openid or messages.OPENID.fullmatch(message.openid) is not None, "no OpenID")


def _answer(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    shown = render(Text(text), to="oAlice", sender="gh_test", at=1)
    root = ElementTree.fromstring(shown)
    holds(
        [one.tag for one in root] == [*"ToUserName FromUserName CreateTime MsgType Content".split()],
        "other nodes",
    )


TARGETS = [
    Target(
        "webhook",
        _webhook,
        [
            *(way + push for push in PUSHES for way in (b"p", b"s")),
            b"gsignature=a&timestamp=1795000000&nonce=1&echostr=5",
            b"rencrypt_type=aes&msg_signature=a&timestamp=1795000000&nonce=1\n<xml><Encrypt>a</Encrypt></xml>",
            b"emsg_signature=0",
        ],
        WORDS,
        thoughts=250,
    ),
    Target("envelope", _envelope, [Cryptor(SAFE.encoding_aes_key, SAFE.app_id).encrypt(PUSHES[0]).encode()]),
    Target("message", _message, PUSHES, WORDS, thoughts=2000),
    Target("answer", _answer, ["两人起订 ]]> <b>&amp;\n".encode()], WORDS, thoughts=500),
]
