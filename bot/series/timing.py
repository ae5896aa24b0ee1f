"""When a step is due: pure, in Shanghai's days, with the moment given."""

from datetime import datetime, time, timedelta

from bot.moments import HERE, missed
from bot.series.steps import Delay, Step

LATE = timedelta(hours=1)  # later than this a run was held up, and what follows moves with it


def due(step: Step, *, trigger: datetime, before: datetime, tempo: int = 1) -> datetime:
    """Return when the step is due: after the trigger or the step `before`, and within its hours.

    Never before the step before.  With a `tempo` above 1 delays are that many
    times as short, and days have no times.
    """
    base = trigger if step.delay.from_trigger else before
    if tempo > 1:
        return max(before, base + step.delay.span / tempo)
    found = max(before, after(base, step.delay))
    return within(found, step.hours)


def after(base: datetime, delay: Delay) -> datetime:
    """Return `base` and the delay. A time of today that is over already is tomorrow's."""
    if delay.at is None:
        return base + delay.span
    day = base.astimezone(HERE).date() + timedelta(days=delay.n)
    there = datetime.combine(day, time.fromisoformat(delay.at), HERE)
    if there < base:
        there += timedelta(days=1)
    return there.astimezone(base.tzinfo)


def within(at: datetime, hours: tuple[str, str] | None) -> datetime:
    """Return `at`, or the next moment at which the hours begin. They may go over midnight."""
    if hours is None or missed(at, from_time=hours[0], until_time=hours[1]) is None:
        return at
    there = at.astimezone(HERE)
    opens = datetime.combine(there.date(), time.fromisoformat(hours[0]), HERE)
    if opens <= there:
        opens += timedelta(days=1)
    return opens.astimezone(at.tzinfo)


def held_up(planned: datetime, now: datetime) -> timedelta:
    """Return by how much the run's clock moves when a step planned for then is said now.

    A few minutes are nothing; a server that was down for days would otherwise
    say all it missed at once.
    """
    return now - planned if now - planned > LATE else timedelta(0)
