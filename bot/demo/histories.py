"""What the demo's fans did before you came: when they followed, through which shop, and what they wrote."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.channels.models import Deed
from bot.demo import pushes, replies
from bot.demo.people import TravellerFacts
from bot.demo.pushes import Push
from bot.fans import rows as fan_rows
from bot.fans.models import Standing
from bot.fans.rows import FanRow
from bot.materials import documents
from bot.messages import rows as message_rows
from bot.organisation.directory import load
from bot.replies.speaking import with_shop
from bot.wechat.replies import from_document

SAID = (
    "营业时间",
    "地址",
    "价格怎么样，两个大人一个孩子",
    "你好",
    "电话",
    "会员",
    "下个月想去云南，有什么推荐",
)
ANSWERS = {
    word: rule.reply for rule in replies.RULES for word in rule.words if word not in {"hi", "hello"}
} | {"价格怎么样，两个大人一个孩子": next(rule.reply for rule in replies.RULES if rule.title == "价格")}
FIRST_MESSAGE_ID = 23_000_000_000_000_000


def put(
    session: Session,
    travellers: Sequence[TravellerFacts],
    *,
    openids: Mapping[str, str],
    accounts: Mapping[str, int],
    shops: Mapping[str, int],
    channels: Mapping[str, int],
    now: datetime,
) -> None:
    """Write the fans and their messages as the webhook would have."""
    session.flush()
    connection = session.connection()
    wanted = [(accounts[one.account], openids[one.id]) for one in travellers if one.known]
    fans = fan_rows.lock(connection, wanted, now=now)
    facts = load(session)
    messages: list[tuple[Any, ...]] = []
    events: list[Push] = []
    for number, one in enumerate(travellers):
        if not one.known:
            continue  # follows the account, and we have never heard of them
        fan = fans[accounts[one.account], openids[one.id]]
        shop_id = shops[one.shop] if one.shop else None
        came = now - timedelta(days=one.followed_days_ago, minutes=137 * number % 600)
        _came(fan, one, at=came, shop_id=shop_id, channel_id=channels.get(one.shop or ""))
        events += _pushes(fan)
        for place, days in enumerate(one.wrote_days_ago):
            at = max(came, now - timedelta(days=days, minutes=61 * (number + place) % 540))
            said = SAID[(number + place) % len(SAID)]
            document = ANSWERS.get(said)
            shop = facts.get(shop_id or 0)
            answer = with_shop(from_document(document), shop) if document else None
            reply = documents.to_document(answer) if answer else None
            messages.append(
                (
                    hashlib.blake2b(f"demo/{one.id}/{place}".encode(), digest_size=16).digest(),
                    fan.account_id,
                    fan.id,
                    "text",
                    {"Content": said, "MsgId": str(FIRST_MESSAGE_ID + 100 * number + place)},
                    at,
                    at,
                    "demo",
                    reply,
                )
            )
            fan.last_interaction_at = fan.last_message_at = at
            fan.message_count += 1
    fan_rows.save(connection, [fans[key] for key in wanted])
    message_rows.record(connection, messages)
    pushes.put(session, events)


def _pushes(fan: FanRow) -> list[Push]:
    """Return what WeChat told us when the fan came, and when they left."""
    found = []
    if fan.followed_at is not None:
        found.append(Push(fan.account_id, fan.id, Deed.FOLLOW, fan.followed_at, fan.first_scene))
    if fan.left_at is not None:
        found.append(Push(fan.account_id, fan.id, Deed.LEAVE, fan.left_at))
    return found


def _came(
    fan: FanRow, one: TravellerFacts, *, at: datetime, shop_id: int | None, channel_id: int | None
) -> None:
    """Set what following through a shop's code leaves; whoever came another way just wrote to us once."""
    fan.created_at = fan.last_interaction_at = at
    if shop_id is not None:
        fan.followed_at, fan.follow_count, fan.standing = at, 1, Standing.FOLLOWING.value
        fan.first_touch_at = fan.last_touch_at = at
        fan.first_shop_id = fan.last_shop_id = shop_id
        fan.first_channel_id = fan.last_channel_id = channel_id
        fan.first_scene = fan.last_scene = f"c:{channel_id}" if channel_id else None
    if one.left:
        fan.standing = Standing.LEFT.value
        fan.left_at = at + timedelta(days=one.followed_days_ago // 2)
