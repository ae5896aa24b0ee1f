"""Every message and event of protocol §1, as captured XML: answered, or ignored on purpose."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import assemble
from bot.router import Dispatcher
from bot.runtime import Runtime, open_runtime
from bot.wechat import messages, xml
from bot.wechat.contents import Unknown
from bot.wechat.readers import READERS
from handlers import ROUTERS
from tests import make
from tests.support.phone import Phone

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.xml"))
ANSWERED = ("text", "image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage")
ANSWERED_EVENTS = ("subscribe", "click", "scancode", "pic_", "location_select")


@pytest.fixture
def runtime(empty_sqlite: str) -> Iterator[Runtime]:
    runtime = open_runtime(make.config(empty_sqlite))
    yield runtime
    runtime.db.close()


def is_answered(name: str) -> bool:
    if name.startswith("event_"):
        event = name.removeprefix("event_")
        return event.startswith(ANSWERED_EVENTS) and not event.startswith("subscribe_msg")
    return name.startswith(ANSWERED)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda path: path.stem)
def test_each_payload_is_answered_or_ignored_on_purpose(runtime, payload):
    phone = Phone(assemble(runtime), runtime.config.accounts[0])

    answer = phone.post(payload.read_bytes())

    assert answer.status == 200
    assert (answer.body != b"success") == is_answered(payload.stem)
    [message] = make.messages(runtime.db)
    is_known = message.kind in Dispatcher(ROUTERS).kinds
    assert is_known != payload.stem.endswith("unheard_of")


def test_the_payloads_cover_every_kind_we_read_and_every_kind_has_a_handler():
    kinds = {messages.parse(xml.read(payload.read_bytes())).kind for payload in PAYLOADS}

    assert set(READERS) <= kinds
    assert set(READERS) == Dispatcher(ROUTERS).kinds


def test_a_kind_nobody_reads_keeps_its_name():
    [payload] = [one for one in PAYLOADS if one.stem == "event_unheard_of"]

    assert messages.parse(xml.read(payload.read_bytes())).content == Unknown("brand_new_event")


def test_subscription_notices_are_read_in_both_shapes_seen_in_the_wild():
    shapes = [one for one in PAYLOADS if one.stem.startswith("event_subscribe_msg_popup_event")]

    for shape in shapes:
        content = messages.parse(xml.read(shape.read_bytes())).content
        assert len(content.entries) == 2
