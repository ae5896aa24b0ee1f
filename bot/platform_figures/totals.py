"""What WeChat counted in a period, beside what we counted, and what the difference is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.fan_sync.models import FanSyncFinding, FanSyncRun, Kind
from bot.fans.models import Fan
from bot.figures.models import DailyFigure
from bot.moments import HERE
from bot.platform_figures.models import PlatformDay, PlatformHour, PlatformMessages, PlatformSource

# A run that added more was an account's first: those fans came before there were pushes.
FIRST_RUN: Final = 50_000


@dataclass(frozen=True, slots=True)
class Question:
    """Which days of which account; both ends included."""

    account_id: int
    since: date
    until: date

    @property
    def days(self) -> list[date]:
        """Return the days, oldest first."""
        return [self.since + timedelta(number) for number in range((self.until - self.since).days + 1)]


@dataclass(frozen=True, slots=True)
class Day:
    """One day: WeChat's numbers (None: not told yet) beside ours (None: not added up)."""

    day: date
    theirs: PlatformDay | None
    follows: int | None
    leaves: int | None
    messages: int | None

    def told(self, name: str) -> int | None:
        """Return one of WeChat's numbers."""
        found: int | None = getattr(self.theirs, name) if self.theirs is not None else None
        return found

    @property
    def net(self) -> int | None:
        """Return by how many more there are than the day before, as WeChat counts."""
        came, went = self.told("came"), self.told("went")
        return came - went if came is not None and went is not None else None

    @property
    def mean(self) -> int | None:
        """Return the milliseconds an answer of our server took, as WeChat saw it."""
        calls, spent = self.told("calls"), self.told("milliseconds")
        return round(spent / calls) if calls and spent is not None else None


@dataclass(frozen=True, slots=True)
class Compared:
    """Follows (or leaves) of the days that both have counted: WeChat's, and what ours are made of.

    `pushed` came as pushes, `noticed` were found by fan sync without a push; what is left is `rest`.
    """

    theirs: int
    pushed: int
    noticed: int

    @property
    def rest(self) -> int:
        """Return what is not explained: pushes that were lost, and who came and went within the day."""
        return self.theirs - self.pushed - self.noticed


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything the page shows."""

    days: Sequence[Day]
    sources: Mapping[int, tuple[int, int]]
    kinds: Mapping[int, tuple[int, int]]
    hours: Mapping[int, int]
    follows: Compared
    leaves: Compared
    told_at: datetime | None

    def sum(self, name: str) -> int | None:
        """Return the sum of one of WeChat's numbers; None if no day of the period has it."""
        found = [one for day in self.days if (one := day.told(name)) is not None]
        return sum(found) if found else None

    @property
    def followers(self) -> tuple[date, int] | None:
        """Return how many follow in all, on the last day that WeChat has told of."""
        known = [(day.day, one) for day in self.days if (one := day.told("followers")) is not None]
        return known[-1] if known else None

    @property
    def untold(self) -> int:
        """Return how many days of the period WeChat has not told of."""
        return sum(day.told("came") is None for day in self.days)

    @property
    def unpushed(self) -> int:
        """Return how many days WeChat told of and we had added nothing up: nobody was connected yet."""
        return sum(day.told("came") is not None and day.follows is None for day in self.days)


def of(session: Session, question: Question) -> Totals:
    """Add up the period."""
    theirs = {
        row.day: row
        for row in session.scalars(
            select(PlatformDay).where(
                PlatformDay.account_id == question.account_id,
                PlatformDay.day.between(question.since, question.until),
            )
        )
    }
    ours = _ours(session, question)
    none = (None, None, None)
    days = [Day(day, theirs.get(day), *ours.get(day, none)) for day in question.days]
    both = [day for day in days if day.told("came") is not None and day.follows is not None]
    noticed = _noticed(session, question, [day.day for day in both])
    return Totals(
        days=days,
        sources=_by(session, question, PlatformSource, "source", ("came", "went")),
        kinds=_by(session, question, PlatformMessages, "kind", ("messages", "people")),
        hours=_hours(session, question),
        follows=Compared(
            sum(day.told("came") or 0 for day in both),
            sum(day.follows or 0 for day in both),
            noticed[Kind.ADDED] + noticed[Kind.RETURNED],
        ),
        leaves=Compared(
            sum(day.told("went") or 0 for day in both),
            sum(day.leaves or 0 for day in both),
            noticed[Kind.LEFT],
        ),
        told_at=max((row.users_at for row in theirs.values() if row.users_at is not None), default=None),
    )


def _ours(session: Session, question: Question) -> dict[date, tuple[int, int, int]]:
    summed = (func.sum(DailyFigure.follows), func.sum(DailyFigure.leaves), func.sum(DailyFigure.messages))
    rows = session.execute(
        select(DailyFigure.day, *summed)
        .where(
            DailyFigure.account_id == question.account_id,
            DailyFigure.day.between(question.since, question.until),
        )
        .group_by(DailyFigure.day)
    )
    return {day: (int(follows), int(leaves), int(messages)) for day, follows, leaves, messages in rows}


def _by(
    session: Session,
    question: Question,
    model: type[PlatformSource] | type[PlatformMessages],
    key: str,
    names: tuple[str, str],
) -> dict[int, tuple[int, int]]:
    """Return two sums by key, the largest first."""
    first, second = (func.sum(getattr(model, name)) for name in names)
    rows = session.execute(
        select(getattr(model, key), first, second)
        .where(model.account_id == question.account_id, model.day.between(question.since, question.until))
        .group_by(getattr(model, key))
        .order_by(first.desc(), getattr(model, key))
    )
    return {int(one): (int(more), int(less)) for one, more, less in rows}


def _hours(session: Session, question: Question) -> dict[int, int]:
    rows = session.execute(
        select(PlatformHour.hour, func.sum(PlatformHour.messages))
        .where(
            PlatformHour.account_id == question.account_id,
            PlatformHour.day.between(question.since, question.until),
        )
        .group_by(PlatformHour.hour)
    )
    return {int(hour): int(messages) for hour, messages in rows}


def _noticed(session: Session, question: Question, days: Sequence[date]) -> dict[Kind, int]:
    """Return how many fans runs found who came or left in these days, and no push had told of.

    Who came is counted on the day WeChat says; who left on the day it was noticed, for no one knows another.
    """
    found = dict.fromkeys(Kind, 0)
    if not days:
        return found
    start = datetime.combine(days[0], time(), HERE)
    end = datetime.combine(days[-1] + timedelta(1), time(), HERE)
    moments = {
        Kind.ADDED: Fan.followed_at,
        Kind.RETURNED: Fan.returned_at,
        Kind.LEFT: FanSyncFinding.noticed_at,
    }
    runs = select(FanSyncRun.id).where(
        FanSyncRun.account_id == question.account_id,
        FanSyncRun.started_at >= start,
        FanSyncRun.added <= FIRST_RUN,
    )
    ids = list(session.scalars(runs))
    for kind, moment in moments.items():
        if not ids:
            break
        counted = (
            select(func.count(FanSyncFinding.fan_id))
            .join(Fan, Fan.id == FanSyncFinding.fan_id)
            .where(
                FanSyncFinding.run_id.in_(ids),
                FanSyncFinding.kind == kind.value,
                moment >= start,
                moment < end,
            )
        )
        found[kind] = session.scalar(counted) or 0
    return found
