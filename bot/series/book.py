"""The series that are on, as every process remembers them: what the webhook asks with every follow."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered
from bot.moments import missed
from bot.series import steps
from bot.series.models import Series, SeriesVersion, Trigger
from bot.series.steps import Step

REVISION = "series"


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that happened to a fan at `at`: what may make them enter.

    `value` is the channel or the tag.  Of a silence, `at` is when it began.
    """

    account_id: int
    fan_id: int
    trigger: Trigger
    at: datetime
    shop_id: int | None = None
    value: int | None = None
    campaign_id: int | None = None
    is_test: bool = False

    @property
    def source(self) -> str:
        """What a run says it came from."""
        return self.trigger.value if self.value is None else f"{self.trigger.value}:{self.value}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A series that is on: whom it takes in, and where it begins."""

    id: int
    account_id: int
    trigger: Trigger
    version_id: int
    first: Step
    channels: frozenset[int]
    campaigns: frozenset[int]
    tags: frozenset[int]
    days: int
    silent_since: datetime | None
    audience: Mapping[str, Any] | None
    shops: frozenset[int] | None
    valid_from: date | None
    valid_until: date | None
    reentry_days: int | None
    exclusive: bool
    priority: int

    def takes(self, cause: Cause, *, now: datetime) -> bool:
        """Tell whether the cause is one of this series', on a day on which it takes anybody in."""
        if cause.account_id != self.account_id:
            return False
        if self.trigger is Trigger.SCAN:
            fits = cause.value in self.channels or cause.campaign_id in self.campaigns
        elif self.trigger is Trigger.TAG:
            fits = cause.value in self.tags
        else:
            fits = True
        if not fits or (self.shops is not None and cause.shop_id not in self.shops):
            return False
        return missed(now, valid_from=self.valid_from, valid_until=self.valid_until) is None


@dataclass(frozen=True, slots=True)
class Book:
    """The series that are on, by what makes fans enter them."""

    entries: Mapping[Trigger, Sequence[Entry]] = field(default_factory=dict)

    def taking(self, cause: Cause, *, now: datetime) -> list[Entry]:
        """Return the series that the cause may lead into, the first in rank first."""
        return [one for one in self.entries.get(cause.trigger, ()) if one.takes(cause, now=now)]

    def has(self, *triggers: Trigger) -> bool:
        """Tell whether any series waits for one of these."""
        return any(self.entries.get(one) for one in triggers)


def load(session: Session) -> Book:
    """Read the series that are on and say something."""
    wanted = select(Series, SeriesVersion).join(SeriesVersion, SeriesVersion.id == Series.current_id)
    found: dict[Trigger, list[Entry]] = defaultdict(list)
    rows = session.execute(wanted.where(Series.enabled).order_by(Series.priority.desc(), Series.id)).all()
    for series, version in rows:
        if version.steps:
            found[Trigger(series.trigger)].append(entry_of(series, version))
    session.expunge_all()
    return Book(dict(found))


def entry_of(series: Series, version: SeriesVersion) -> Entry:
    """Return the series as the webhook asks it."""
    return Entry(
        id=series.id,
        account_id=series.account_id,
        trigger=Trigger(series.trigger),
        version_id=version.id,
        first=steps.read(version.steps[0]),
        channels=_ids(series.channels),
        campaigns=_ids(series.campaigns),
        tags=_ids(series.tags),
        days=series.days or 0,
        silent_since=None if series.silent_before else series.enabled_at,
        audience=series.audience,
        shops=None if series.shops is None else _ids(series.shops),
        valid_from=series.valid_from,
        valid_until=series.valid_until,
        reentry_days=series.reentry_days,
        exclusive=series.exclusive,
        priority=series.priority,
    )


def _ids(found: Iterable[int] | None) -> frozenset[int]:
    return frozenset(found or ())


SERIES: Remembered[Book] = Remembered(REVISION, load)
