from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from bot.db import utc_now
from bot.db.revisions import bump
from bot.organisation import hours
from bot.organisation.models import Shop, ShopState

if TYPE_CHECKING:
    from bot.runtime import Runtime

HERE = ZoneInfo("Asia/Shanghai")


def say_hours(runtime: "Runtime") -> None:
    """Leave out of the shops' hours the holidays that are over. Run twice: nothing is left to change."""
    today = utc_now().astimezone(HERE).date()
    with runtime.db.transaction() as session:
        rows = select(Shop.id, Shop.hours, Shop.schedule).where(
            Shop.schedule.is_not(None), Shop.state == ShopState.OPEN
        )
        changed = 0
        for key, said, schedule in session.execute(rows).all():
            now = hours.say(hours.from_document(schedule), today) if schedule else said
            if now != said:
                # The version stays: nobody who has the form open needs to be told of this. Whoever saved
                # other hours since we read keeps them.
                session.execute(update(Shop).where(Shop.id == key, Shop.hours == said).values(hours=now))
                changed += 1
        if changed:
            bump(session, "shops")
