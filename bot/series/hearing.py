"""What tags that went on mean to series: who enters, who has bound, and whose run ends."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.fans.models import Fan, Standing
from bot.series import entering, stopping
from bot.series.book import Book, Cause
from bot.series.models import Trigger
from bot.tags import news, system
from bot.tags.models import Tag

AT_ONCE = 500
WATCHER = "series"


def hear(session: Session, book: Book, *, now: datetime) -> int:
    """Take the oldest news of tags and do what they mean, in one transaction; return how many there were."""
    heard = news.take(session, most=AT_ONCE)
    if not heard:
        return 0
    member = session.scalar(select(Tag.id).where(Tag.name == system.MEMBER))
    tagged = {(one.fan_id, one.tag_id) for one in heard}
    bound = {one.fan_id for one in heard if one.tag_id == member}
    stopping.heard(session, tagged, bound, now=now)
    asked = select(Fan.id, Fan.account_id, Fan.last_shop_id, Fan.staff_id).where(
        Fan.id.in_(sorted({one.fan_id for one in heard})), Fan.standing != Standing.LEFT.value
    )
    fans = {row.id: row for row in session.execute(asked)}
    causes = []
    for one in heard:
        fan = fans.get(one.fan_id)
        if fan is None:
            continue
        facts = {"shop_id": fan.last_shop_id, "is_test": fan.staff_id is not None}
        causes.append(Cause(fan.account_id, fan.id, Trigger.TAG, one.at, value=one.tag_id, **facts))
        if one.fan_id in bound and one.tag_id == member:
            causes.append(Cause(fan.account_id, fan.id, Trigger.BOUND, one.at, **facts))
    entering.enter(session, book, causes, now=now)
    return len(heard)
