"""Whom our own rules keep something from, asked for many at once: for messages that are no notices."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.reach import facts, judging
from bot.reach.facts import Counting
from bot.reach.intents import Category, Intent
from bot.reach.models import Reason
from bot.reach.settings import Settings


def barred(
    session: Session,
    fan_ids: Collection[int],
    intent: Intent,
    settings: Settings,
    *,
    now: datetime,
    besides: Counting | None = None,
) -> dict[int, Reason]:
    """Return who may not be told and why; who is missing may be, as far as our rules go."""
    if intent.category is not Category.MARKETING:
        return {}
    found = facts.load(session, fan_ids, [intent], now=now, besides=besides)
    reasons = {fan_id: judging.forbidden(one, intent, settings) for fan_id, one in found.items()}
    return {fan_id: reason for fan_id, reason in reasons.items() if reason is not None}
