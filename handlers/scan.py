"""A fan scans a code again."""

from datetime import UTC, datetime

from bot.channels import touches, welcomes
from bot.fans.models import Standing
from bot.organisation.directory import SHOPS
from bot.router import Incoming, Router
from bot.wechat.contents import Scan
from bot.wechat.replies import Reply, Text
from handlers import answering, asking

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
    if channel is not None:
        incoming.work.deeds.scanned(fan, channel, at=at, now=incoming.now)
    incoming.work.touches.scanned(fan, channel, city=answering.city_of(incoming, channel))
    if channel is not None:
        touches.touch(fan, channel=channel, at=at)
    if fan.standing == Standing.UNKNOWN:
        fan.standing = Standing.FOLLOWING.value  # WeChat pushes SCAN for followers only
    if channel is None:
        return None
    incoming.answered_by = f"channel:{channel.id}"
    if asking.has_desk(incoming) and asking.settings(incoming).assign_on == "scan":
        asking.quietly(incoming, "scan")
    shop = incoming.work.memory.recall(SHOPS).get(channel.shop_id or 0)
    said = welcomes.choose(channel, welcomes.who_scans(fan), now=incoming.now)
    said = said or (AT_THE_SHOP if shop else None)
    return answering.welcome(incoming, said, shop) if said else None
