"""Someone follows the account, or leaves."""

from datetime import UTC, datetime, timedelta

from bot.channels import touches, welcomes
from bot.desk import parting
from bot.desk.wishes import made
from bot.fans.models import Standing
from bot.fans.rows import FanRow
from bot.organisation.directory import SHOPS
from bot.router import Incoming, Router
from bot.wechat.contents import Subscribe
from bot.wechat.replies import Reply, Text
from handlers import answering, asking

router = Router("follow")

REMINDED = timedelta(seconds=3)
GREETING = Text("您好，欢迎关注。有任何问题，直接留言就好。")


@router.event("subscribe")
def welcome(incoming: Incoming) -> Reply | None:
    """Greet at once, in the name of the shop whose code was scanned.

    What the channel says to whoever this is comes first, then the rule for new followers.
    """
    content = incoming.message.content
    assert isinstance(content, Subscribe)
    fan = incoming.fan
    at = datetime.fromtimestamp(incoming.message.sent_at, UTC)
    channel = None
    if content.scene:
        channel = touches.find(incoming.work.session, account_id=incoming.account.id, scene=content.scene)
        if channel is not None:
            touches.touch(fan, channel=channel, at=at)
    who = welcomes.who_follows(fan)
    incoming.work.deeds.followed(fan, channel, at=at, now=incoming.now)
    incoming.work.touches.followed(fan, channel, city=answering.city_of(incoming, channel))
    _note_follow(fan, at)
    incoming.promise("fans.complete", {"fan_id": fan.id}, key=f"fans.complete:{fan.id}")
    if fan.member_id is None:
        # After the greeting, and within the minute in which WeChat lets us.
        key = f"members.remind:{fan.id}"
        incoming.promise("members.remind", {"fan_id": fan.id, "moment": "follow"}, key=key, after=REMINDED)
    else:
        incoming.promise("earning.followed", {"fan_id": fan.id}, key=f"earning.followed:{fan.id}")
    said = welcomes.choose(channel, who, now=incoming.now) if channel is not None else None
    if channel is not None and said is not None:
        shop = incoming.work.memory.recall(SHOPS).get(channel.shop_id or 0)
        incoming.answered_by = f"channel:{channel.id}"
        if asking.has_desk(incoming) and asking.settings(incoming).assign_on == "scan":
            asking.quietly(incoming, "scan")
        return answering.welcome(incoming, said, shop) or GREETING
    rule = answering.book(incoming).on_follow(answering.circumstances(incoming))
    return answering.by_rule(incoming, rule) if rule else GREETING


@router.event("unsubscribe")
def farewell(incoming: Incoming) -> None:
    """Remember that they left, and that what they gave is not ours for ever. Nothing can be said to them."""
    at = datetime.fromtimestamp(incoming.message.sent_at, UTC)
    fan = incoming.fan
    came = max(filter(None, (fan.followed_at, fan.returned_at)), default=at)
    if at >= came:  # an old leave may arrive after a new follow
        fan.standing = Standing.LEFT.value
        fan.left_at = at
        incoming.promise("retention.obey_leave", {"fan_id": fan.id}, key=f"retention.obey_leave:{fan.id}")
        request = parting.unfollowed(incoming.work.session, fan.id, at=at, now=incoming.now)
        if request is not None:
            incoming.work.wishes.append(made("desk.settle", {"request": request}, now=incoming.now))
    incoming.work.touches.went(fan)
    incoming.work.deeds.left(incoming.work.session, fan, at=at, now=incoming.now)


def _note_follow(fan: FanRow, at: datetime) -> None:
    """Keep the first follow for ever and the latest return; pushes may arrive in any order."""
    fan.follow_count += 1
    if fan.followed_at is None:
        fan.followed_at = at
    elif at < fan.followed_at:  # the first one comes last
        fan.returned_at = max(fan.followed_at, fan.returned_at or fan.followed_at)
        fan.followed_at = at
    elif fan.returned_at is None or at > fan.returned_at:
        fan.returned_at = at
    if fan.left_at is None or at >= fan.left_at:
        fan.standing = Standing.FOLLOWING.value
