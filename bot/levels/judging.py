"""Where a member's level goes from here: a pure function of ladder, days and what was gathered on them.

A level rises as soon as it is reached, to the highest that is.  It never falls
because of what is spent or given back in the meantime, but only at the end of
its period, one step, after a notice and the days of grace.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.levels.ladder import BASE, Ladder
from bot.levels.models import Stage, Why

Score = Callable[[date, date], int]  # of the days from the first to the one before the second
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Held:
    """What a member has earned. The lowest level has no period: nothing can be lost."""

    level: str = BASE
    first: date | None = None
    end: date | None = None
    stage: Stage = Stage.RUNNING
    falls_on: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One change: from which level to which, why, and the score that decided."""

    why: Why
    before: str
    after: str
    score: int


@dataclass(frozen=True, slots=True)
class Warned:
    """That the member has to be told: the level ends with `last`, unless `missing` more comes by then."""

    level: str
    last: date
    missing: int
    period_end: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is held from now on, how it came to that, and whom to warn."""

    held: Held
    steps: tuple[Step, ...] = ()
    warned: Warned | None = None


def judge(
    ladder: Ladder, held: Held, *, today: date, joined: date, score: Score, cause: Why = Why.EARNED
) -> Verdict:
    """Return where the level stands today: what its period asks first, then what has been reached."""
    steps: list[Step] = []
    warned: Warned | None = None
    while held.end is not None:
        after, step, said = _look(ladder, held, today, joined, score)
        if after == held:
            break
        held, warned = after, said or warned
        if step is not None:
            steps.append(step)
            warned = None  # too late for words
    if ladder.above(held.level) is None:
        return Verdict(held, tuple(steps), warned)
    gathered = score(*ladder.counted(today, joined))
    reached = ladder.reached(gathered)
    if ladder.rank(reached.key) > ladder.rank(held.level):
        steps.append(Step(cause, held.level, reached.key, gathered))
        held, warned = Held(reached.key, *ladder.spell(today, joined)), None
    return Verdict(held, tuple(steps), warned)


def on(ladder: Ladder, key: str, *, today: date, joined: date) -> Held:
    """Return the level as if reached today."""
    return Held() if key == BASE else Held(key, *ladder.spell(today, joined))


def next_look(ladder: Ladder, held: Held, today: date) -> date | None:
    """Return the day on which the period asks for something; None if it never does."""
    if held.end is None:
        return None
    if held.stage is Stage.GRACE:
        return held.falls_on
    notice = held.end - timedelta(days=ladder.notice_days)
    return notice if held.stage is Stage.RUNNING and today < notice else held.end


def _look(
    ladder: Ladder, held: Held, today: date, joined: date, score: Score
) -> tuple[Held, Step | None, Warned | None]:
    """Return what the next moment of the period makes of it; the same where it has not come."""
    level = ladder.level(held.level)
    assert level is not None
    assert held.first is not None
    assert held.end is not None
    if held.stage is Stage.GRACE:
        return _in_grace(ladder, held, today, joined, score)
    is_over = today >= held.end
    if not is_over and (held.stage is Stage.WARNED or today < held.end - timedelta(days=ladder.notice_days)):
        return held, None, None
    gathered = score(held.first, held.end)
    missing = level.threshold - gathered
    if missing <= 0 and is_over:
        return (*_kept(ladder, held, joined, gathered), None)
    if missing <= 0:
        return held, None, None
    if not is_over:
        return replace(held, stage=Stage.WARNED), None, Warned(level.key, held.end - DAY, missing, held.end)
    falls_on = held.end + timedelta(days=ladder.grace_days)
    if held.stage is Stage.WARNED:
        return replace(held, stage=Stage.GRACE, falls_on=falls_on), None, None
    # Nobody falls unwarned: what was enough on the day of the notice was given back since, or we slept.
    falls_on = max(falls_on, today + timedelta(days=ladder.notice_days))
    said = Warned(level.key, falls_on - DAY, missing, held.end)
    return replace(held, stage=Stage.GRACE, falls_on=falls_on), None, said


def _in_grace(
    ladder: Ladder, held: Held, today: date, joined: date, score: Score
) -> tuple[Held, Step | None, Warned | None]:
    level = ladder.level(held.level)
    assert level is not None
    assert held.first is not None
    assert held.falls_on is not None
    gathered = score(held.first, min(held.falls_on, today + DAY))
    if gathered >= level.threshold:
        return (*_kept(ladder, held, joined, gathered), None)
    if today < held.falls_on:
        return held, None, None
    lower = ladder.below(held.level).key
    return on(ladder, lower, today=today, joined=joined), Step(Why.FELL, level.key, lower, gathered), None


def _kept(ladder: Ladder, held: Held, joined: date, gathered: int) -> tuple[Held, Step]:
    assert held.end is not None
    return (
        Held(held.level, *ladder.spell(held.end, joined)),
        Step(Why.KEPT, held.level, held.level, gathered),
    )
