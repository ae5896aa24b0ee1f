"""Someone follows the account, or leaves."""

from datetime import UTC, datetime

from bot.channels import touches
from bot.fans.models import Standing
from bot.fans.rows import FanRow
from bot.organisation.directory import SHOPS
from bot.router import Incoming, Router
from bot.wechat.contents import Subscribe
from bot.wechat.replies import Reply, Text, from_document
from handlers import answering

router = Router("follow")

GREETING = Text("您好，欢迎关注。有任何问题，直接留言就好。")


@router.event("subscribe")
def welcome(incoming: Incoming) -> Reply | None:
    """Greet at once, in the name of the shop whose code was scanned.

    The channel's own welcome comes first, then the rule for new followers.
    """
    content = incoming.message.content
    assert isinstance(content, Subscribe)
    fan = incoming.fan
    at = datetime.fromtimestamp(incoming.message.sent_at, UTC)
    channel = None
    if content.scene:
        channel = touches.find(incoming.work.session, account_id=incoming.account.id, scene=content.scene)
        touches.touch(fan, scene=content.scene, channel=channel, at=at)
    _note_follow(fan, at)
    incoming.promise("fans.complete", {"fan_id": fan.id}, key=f"fans.complete:{fan.id}")
    if channel is not None and channel.welcome is not None:
        shop = incoming.work.memory.recall(SHOPS).get(channel.shop_id or 0)
        incoming.answered_by = f"channel:{channel.id}"
        return answering.with_shop(from_document(channel.welcome), shop)
    rule = answering.book(incoming).on_follow(answering.circumstances(incoming))
    return answering.by_rule(incoming, rule) if rule else GREETING


@router.event("unsubscribe")
def farewell(incoming: Incoming) -> None:
    """Remember that they left. Nothing can be said to someone who has gone."""
    at = datetime.fromtimestamp(incoming.message.sent_at, UTC)
    fan = incoming.fan
    came = max(filter(None, (fan.followed_at, fan.returned_at)), default=at)
    if at >= came:  # an old leave may arrive after a new follow
        fan.standing = Standing.LEFT.value
        fan.left_at = at


def _note_follow(fan: FanRow, at: datetime) -> None:
    """Keep the first follow for ever and the latest return; pushes may arrive in any order."""
    fan.follow_count += 1
    if fan.followed_at is None:
        fan.followed_at = at
    elif fan.returned_at is None or at > fan.returned_at:
        fan.returned_at = at
    if fan.left_at is None or at >= fan.left_at:
        fan.standing = Standing.FOLLOWING.value
