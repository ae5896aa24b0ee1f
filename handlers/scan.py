"""A fan scans a code again."""

from datetime import UTC, datetime

from bot.channels import touches
from bot.fans.models import Standing
from bot.organisation.directory import SHOPS
from bot.router import Incoming, Router
from bot.wechat.contents import Scan
from bot.wechat.replies import Reply, Text, from_document
from handlers import answering

router = Router("scan")

AT_THE_SHOP = Text("您好，这里是{门店}。有需要请直接留言。")


@router.event("scan")
def again(incoming: Incoming) -> Reply | None:
    """Move the last touch to this channel and say hello for its shop; a code of nobody's is passed over."""
    content = incoming.message.content
    assert isinstance(content, Scan)
    fan = incoming.fan
    channel = touches.find(incoming.work.session, account_id=incoming.account.id, scene=content.scene)
    at = datetime.fromtimestamp(incoming.message.sent_at, UTC)
    touches.touch(fan, scene=content.scene, channel=channel, at=at)
    if fan.standing == Standing.UNKNOWN:
        fan.standing = Standing.FOLLOWING.value  # WeChat pushes SCAN for followers only
    if channel is None:
        return None
    incoming.answered_by = f"channel:{channel.id}"
    shop = incoming.work.memory.recall(SHOPS).get(channel.shop_id or 0)
    if channel.welcome is not None:
        return answering.with_shop(from_document(channel.welcome), shop)
    return answering.with_shop(AT_THE_SHOP, shop) if shop else None
