"""The spans that limits count in, by Shanghai's days."""

from datetime import datetime

from bot.mall.models import Window
from bot.moments import HERE


def span_of(window: str, at: datetime) -> str:
    """Return the name of the span `at` is in, the same for all of it: `2026-11`, `2026-W48`, `ever`."""
    day = at.astimezone(HERE).date()
    year, week, _weekday = day.isocalendar()
    return {
        Window.DAY: day.isoformat(),
        Window.WEEK: f"{year}-W{week:02}",
        Window.MONTH: f"{day:%Y-%m}",
        Window.YEAR: f"{day.year}",
    }.get(Window(window), "ever")
