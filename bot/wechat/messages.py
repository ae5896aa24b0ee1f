"""What WeChat tells us, typed (protocol §§1.4-1.5).

`parse` turns the nodes of a push into a `Message`: who, when, which kind, and a
`content` of the kind's own class.  Kinds are `text`, `image`, … for messages
and `event.subscribe`, `event.click`, … for events, lower case whatever the
wire says.  A kind nobody has heard of becomes `Unknown` and loses nothing.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bot.errors import BadPush
from bot.wechat import readers
from bot.wechat.contents import Content, Unknown

NAME = re.compile(r"[A-Za-z0-9_]{1,40}")
OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LATEST = 4102444800  # the year 2100; a later moment is junk and would not fit every database
LARGEST = 2**63 - 1

# Events that tell the account about itself: their sender is a helper of the platform, not a traveller.
ABOUT_THE_ACCOUNT = frozenset(
    {
        "event.masssendjobfinish",
        "event.publishjobfinish",
        "event.card_pass_check",
        "event.card_not_pass_check",
        "event.card_sku_remind",
        "event.card_pay_order",
        "event.qualification_verify_success",
        "event.qualification_verify_fail",
        "event.naming_verify_success",
        "event.naming_verify_fail",
        "event.annual_renew",
        "event.verify_expired",
    }
)
# Events whose sender is a platform user; the traveller stands in <OpenID> (protocol §1.5).
ABOUT_ANOTHER = frozenset(
    {"event.user_info_modified", "event.user_authorization_revoke", "event.user_authorization_cancellation"}
)
COMMON = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId"})


@dataclass(frozen=True, slots=True)
class Message:
    """One push, decrypted and understood.

    `openid` is empty for events about the account itself.  `sent_at` is
    WeChat's CreateTime (UTC epoch seconds); `fields` are the nodes as they
    came, without those common to all.
    """

    kind: str
    openid: str
    to: str
    sender: str
    sent_at: int
    message_id: int | None
    content: Content
    fields: Mapping[str, Any]

    def key(self, account_id: int) -> bytes:
        """Return the 16 bytes that name this push for ever (design §3).

        The same bytes for every repeat of it, other bytes for any other push:
        MsgId alone repeats between senders, CreateTime alone between events.
        """
        if self.message_id is not None:
            parts = [str(self.message_id)]
        else:
            parts = [self.kind, _text(self.fields, "EventKey"), _text(self.fields, "MsgID"), self._inner()]
        text = "\x1f".join([str(account_id), self.sender, str(self.sent_at), *parts])
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _inner(self) -> str:
        """Return what tells apart two events that have no key: subscription notices, cards, agents."""
        inner = {
            name: value
            for name, value in self.fields.items()
            if isinstance(value, dict | list)
            or name in {"KfAccount", "ToKfAccount", "CardId", "UserCardCode"}
        }
        return orjson.dumps(inner, option=orjson.OPT_SORT_KEYS).decode() if inner else ""


def parse(nodes: Mapping[str, Any]) -> Message:
    """Return the message in the `nodes` of a push; raise `BadPush` (400) if it is none.

    Only what every push must have is insisted on.  A field of a known kind
    that is missing or odd becomes empty, because a traveller should not go
    unanswered for it.
    """
    message_type = _text(nodes, "MsgType")
    event = _text(nodes, "Event") if message_type == "event" else ""
    name = event or message_type
    sender = _text(nodes, "FromUserName")
    if not NAME.fullmatch(name) or (message_type == "event" and not event):
        raise BadPush(400, "message_type")
    if not OPENID.fullmatch(sender):
        raise BadPush(400, "sender")
    kind = f"event.{event.lower()}" if event else message_type.lower()
    sent_at = _number(nodes, "CreateTime", LATEST)
    if sent_at is None:
        raise BadPush(400, "create_time")
    fields = {key: value for key, value in nodes.items() if key not in COMMON}
    openid = sender
    if kind in ABOUT_THE_ACCOUNT:
        openid = ""
    elif kind in ABOUT_ANOTHER:
        openid = _text(nodes, "OpenID")
        if not OPENID.fullmatch(openid):
            openid = ""  # one report says it can be missing (protocol §1.5)
    read: Callable[[Mapping[str, Any]], Content] | None = readers.READERS.get(kind)
    return Message(
        kind=kind,
        openid=openid,
        to=_text(nodes, "ToUserName"),
        sender=sender,
        sent_at=sent_at,
        message_id=None if event else _number(nodes, "MsgId", LARGEST),
        content=read(fields) if read else Unknown(name),
        fields=fields,
    )


def _text(nodes: Mapping[str, Any], name: str) -> str:
    value = nodes.get(name, "")
    return value if isinstance(value, str) else ""


def _number(nodes: Mapping[str, Any], name: str, largest: int) -> int | None:
    text = _text(nodes, name)
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if number <= largest else None
