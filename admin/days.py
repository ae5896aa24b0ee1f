"""Days as people here mean them."""

from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _

from admin.formats import HERE
from bot.db import utc_now


def day_of(text: str) -> date | None:
    """Return the day of a date field; None for none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_bounds(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """Return the moments from which and before which two date fields ask, the last day included."""
    first, last = day_of(since), day_of(until)
    try:
        start = datetime.combine(first, time(), HERE) if first else None
        end = datetime.combine(last + timedelta(1), time(), HERE) if last else None
    except OverflowError:
        return None, None
    # Far-off years do not survive the way to UTC in every database.
    return (start if start and 1970 < start.year < 3000 else None), (
        end if end and 1970 < end.year < 3000 else None
    )


def presets() -> list[tuple[str, str, str]]:
    """Return periods to choose with one click: words, first and last day."""
    today = utc_now().astimezone(HERE).date()
    month = today.replace(day=1)
    last_month = (month - timedelta(1)).replace(day=1)
    return [
        (str(words), since.isoformat(), until.isoformat())
        for words, since, until in (
            (_("Last 7 days"), today - timedelta(6), today),
            (_("Last 30 days"), today - timedelta(29), today),
            (_("This month"), month, today),
            (_("Last month"), last_month, month - timedelta(1)),
            (_("Last 90 days"), today - timedelta(89), today),
        )
    ]
