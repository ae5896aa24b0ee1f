"""What a span of days was like at the desk: who answered, how soon, by day, shop and agent.

Read off the days as they were added up (`bot.desk.adding_up`), so that a page
costs a few rows a day however many travellers asked.  Percentiles come from
sketches and are right to within five per cent.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk import sketches
from bot.desk.figure_models import DeskFigure, DeskFigureDay
from bot.desk.sketches import Sketch

COUNTS = ("asked", "own", "fallback", "nobody", "open", "messages", "scored", "score_sum")


@dataclass(slots=True)
class Figures:
    """The figures of some requests; `waits` and `first` are sketches of seconds."""

    asked: int = 0
    own: int = 0
    fallback: int = 0
    nobody: int = 0
    open: int = 0
    messages: int = 0
    scored: int = 0
    score_sum: int = 0
    first: Sketch = field(default_factory=dict)
    waits: Sketch = field(default_factory=dict)

    def first_at(self, share: float) -> int | None:
        """Return within how many seconds that share had an agent's first word."""
        return sketches.at(self.first, share)

    def wait_at(self, share: float) -> int | None:
        """Return within how many seconds that share had an agent."""
        return sketches.at(self.waits, share)

    def share(self, number: int) -> int | None:
        """Return `number` in per cent of those that ended or are answered."""
        settled = self.own + self.fallback + self.nobody
        return round(100 * number / settled) if settled else None

    @property
    def score(self) -> float | None:
        """The mean of the scores."""
        return round(self.score_sum / self.scored, 1) if self.scored else None

    def add(self, counts: Sequence[int], waits: Sketch, first: Sketch) -> None:
        """Add other figures: their counts in the order of `COUNTS`, and their sketches."""
        for name, count in zip(COUNTS, counts, strict=True):
            setattr(self, name, getattr(self, name) + count)
        sketches.merge(self.waits, waits)
        sketches.merge(self.first, first)


@dataclass(frozen=True, slots=True)
class Book:
    """The figures together and by what they are told apart."""

    whole: Figures
    days: dict[date, Figures]
    shops: dict[int | None, Figures]
    agents: dict[int, Figures]


def of(session: Session, account_id: int, *, since: date, until: date, shop_id: int | None = None) -> Book:
    """Return the figures of those days, both included; in a scoped session of its shops only."""
    columns = DeskFigure.day, DeskFigure.shop_id, DeskFigure.agent_id, DeskFigure.waits, DeskFigure.firsts
    wanted = select(*columns, *(getattr(DeskFigure, name) for name in COUNTS)).where(
        DeskFigure.account_id == account_id, DeskFigure.day >= since, DeskFigure.day <= until
    )
    if shop_id is not None:
        wanted = wanted.where(DeskFigure.shop_id == shop_id)
    whole = Figures()
    days: dict[date, Figures] = defaultdict(Figures)
    shops: dict[int | None, Figures] = defaultdict(Figures)
    agents: dict[int, Figures] = defaultdict(Figures)
    for day, shop, agent, kept_waits, kept_firsts, *counts in session.execute(wanted):
        waits, first = sketches.read(kept_waits), sketches.read(kept_firsts)
        days[day].add(counts, waits, first)
        shops[shop].add(counts, waits, first)
        if agent is not None:
            agents[agent].add(counts, waits, first)
    for one in days.values():
        whole.add([getattr(one, name) for name in COUNTS], one.waits, one.first)
    return Book(whole, dict(days), dict(shops), dict(agents))


def counted_at(session: Session, account_id: int, *, until: date) -> datetime | None:
    """Return as of when the latest of the days is added up; None where none is."""
    latest = select(func.max(DeskFigureDay.counted_at)).where(
        DeskFigureDay.account_id == account_id, DeskFigureDay.day <= until
    )
    return session.scalar(latest)
