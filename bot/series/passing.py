"""What a batch of messages means to series: derived from the deeds it notes anyway, once they are written."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot.channels import events
from bot.channels.models import FOLLOWS, Deed, Who
from bot.db.bulk import Row
from bot.fans.models import Standing
from bot.fans.rows import FanRow
from bot.series import entering, stopping
from bot.series.book import Book, Cause
from bot.series.models import Stop, Trigger

NOT_COUNTED = (Who.STAFF.value, Who.TEST.value)


def passed(
    session: Session, book: Book, deeds: Iterable[Row], fans: Mapping[int, FanRow], *, now: datetime
) -> datetime | None:
    """End the runs of who left, and take in who followed or scanned; return when the first step is due.

    Call it once the batch's fans, deeds and tags are written.  Pushes come in
    any order: whether a fan has left, the fan's row knows.
    """
    left, causes = set(), []
    for row in deeds:
        deed = dict(zip(events.COLUMNS, row, strict=True))
        fan = fans.get(deed["fan_id"])
        if fan is None:
            continue
        if fan.standing == Standing.LEFT:
            left.add(fan.id)
        else:
            causes += _causes(deed, fan)
    stopping.of_fans(session, left, Stop.LEFT, now=now)
    return entering.enter(session, book, causes, now=now)


def _causes(deed: Mapping[str, object], fan: FanRow) -> list[Cause]:
    at = deed["at"]
    assert isinstance(at, datetime)
    is_test = deed["who"] in NOT_COUNTED
    found = []
    if deed["deed"] in FOLLOWS:
        found.append(
            Cause(fan.account_id, fan.id, Trigger.FOLLOW, at, shop_id=fan.last_shop_id, is_test=is_test)
        )
    channel_id, campaign_id = deed["channel_id"], deed["campaign_id"]
    if isinstance(channel_id, int) and deed["deed"] != Deed.LEAVE.value:
        found.append(
            Cause(
                fan.account_id,
                fan.id,
                Trigger.SCAN,
                at,
                shop_id=fan.last_shop_id,
                value=channel_id,
                campaign_id=campaign_id if isinstance(campaign_id, int) else None,
                is_test=is_test,
            )
        )
    return found
