"""Days as travellers say them: Shanghai's."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.db import utc_now

HERE = ZoneInfo("Asia/Shanghai")


def today() -> date:
    """Return which day it is in Shanghai."""
    return utc_now().astimezone(HERE).date()


def said(at: datetime) -> str:
    """Return 2026年11月3日."""
    day = at.astimezone(HERE).date()
    return f"{day.year}年{day.month}月{day.day}日"
