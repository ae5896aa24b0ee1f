"""The last way to who must be reached: a short message, ordered where the notice is settled."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.errors import YizhanError
from bot.fans.models import Fan
from bot.members import identities
from bot.members.models import IdentityKind
from bot.privacy import Vault
from bot.reach import outcomes, words
from bot.reach.claiming import Item
from bot.reach.models import NoticeState, Reason, RouteName
from bot.reach.outcomes import Outcome
from bot.sms import ordering
from bot.sms.templates import Purpose

log = logging.getLogger(__name__)

GOOD_FOR: Final = timedelta(hours=12)
LONGEST: Final = 120  # characters: two messages as carriers count them


def order(session: Session, vault: Vault, item: Item, *, links: Sequence[str], now: datetime) -> Outcome:
    """Order the message to the member's number and return what became of the notice.

    Its key at our side is the notice: what was ordered here is sent once by the
    outbox, whatever happens to this process.
    """
    fan = session.get_one(Fan, item.fan_id)
    try:
        phone = _phone(session, vault, fan.member_id)
    except YizhanError:
        # A number that our keys do not open must not stop everybody else's notices.
        log.exception("number_not_opened", extra={"fan_id": fan.id})
        phone = None
    said = (item.content.answer or {}).get("content") or item.content.fields.get("sms", "")
    text = words.fill(said, {**item.content.fields, **item.said}, links)
    if phone is None or not text:
        return outcomes.ended(item, NoticeState.UNREACHED, Reason.NO_PHONE, route=RouteName.SMS)
    row = ordering.order(
        session,
        vault,
        purpose=Purpose.NOTICE,
        phone=phone,
        facts={"words": text[:LONGEST]},
        good_until=now + GOOD_FOR,
        fan_id=fan.id,
        shop_id=fan.last_shop_id,
        now=now,
    )
    return outcomes.sent(item, RouteName.SMS, platform_id=f"sms:{row.id}", accept="", now=now)


def _phone(session: Session, vault: Vault, member_id: int | None) -> str | None:
    if member_id is None:
        return None
    held = identities.held(session, [member_id], IdentityKind.PHONE)
    proved = [row for row in held if row.verified_at is not None]
    return identities.value_of(session, vault, proved[-1]) if proved else None
