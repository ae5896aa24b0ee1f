import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import SHARED, Base, Key, Name, Through
from bot.db.types import BIG, DOCUMENT
from bot.fans.models import Fan


class Trigger(enum.StrEnum):
    """What makes a fan enter a series."""

    FOLLOW = "follow"  # a return is one, too; the re-entry rule decides
    SCAN = "scan"  # a code of these channels or campaigns, by following or afterwards
    TAG = "tag"  # one of these tags went on
    SILENCE = "silence"  # nothing was heard of the fan for so many days
    BOUND = "bound"  # the fan became a member


class RunState(enum.StrEnum):
    """Where a fan is in a series."""

    RUNNING = "running"
    HELD = "held"  # the series is switched off; goes on where it was
    FINISHED = "finished"
    STOPPED = "stopped"


ALIVE = (RunState.RUNNING, RunState.HELD)


class Stop(enum.StrEnum):
    """Why a run ended before its last step: who left always, the next five if the series says so."""

    LEFT = "left"
    BOUND = "bound"
    TAGGED = "tagged"
    REPLIED = "replied"
    PERSON = "person"
    BOUGHT = "bought"
    DISPLACED = "displaced"  # by a series that comes first
    ENDED = "ended"  # by hand


CHOSEN = (Stop.BOUND, Stop.TAGGED, Stop.REPLIED, Stop.PERSON, Stop.BOUGHT)


class Deed(enum.StrEnum):
    """What a step came to when its time was there. What became of what was said, its notice knows."""

    SAID = "said"
    SKIPPED = "skipped"


class Skip(enum.StrEnum):
    """Why a step said nothing."""

    CONDITION = "condition"  # it is for others
    EMPTY = "empty"  # no line was left for a fan of no shop


class Series(Base):
    """Messages that follow one another after something happened to a fan.

    `channels`, `campaigns`, `tags` and `days` belong to the trigger.  `audience`
    is a document of `bot.segments`, `shops` whose fans it is for (None for
    everybody's); both are asked on entry.  `reentry_days` is how many days after
    the last entry a fan may enter again, None for never.  Of exclusive series a
    fan is in one at a time, the one with the highest `priority`.  `enabled_at`
    is when it was last switched on.  The steps are those of `current_id`.
    """

    __tablename__ = "series"
    __scope__ = SHARED

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[Name]
    note: Mapped[str] = mapped_column(String(400), default="")
    trigger: Mapped[str] = mapped_column(String(16))
    channels: Mapped[list[int]] = mapped_column(JSON, default=list)
    campaigns: Mapped[list[int]] = mapped_column(JSON, default=list)
    tags: Mapped[list[int]] = mapped_column(JSON, default=list)
    days: Mapped[int | None]
    silent_before: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    shops: Mapped[list[int] | None] = mapped_column(DOCUMENT)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    reentry_days: Mapped[int | None]
    exclusive: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=50)
    enabled: Mapped[bool] = mapped_column(default=False)
    enabled_at: Mapped[datetime | None]
    current_id: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(BIG)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own shape


class SeriesVersion(Base):
    """The steps and stop rules as they were saved once, and never change: a run follows those it began with.

    `steps` are documents of `bot.series.steps`; `stops` are those of `CHOSEN`
    that hold, `stop_tags` the tags for TAGGED.
    """

    __tablename__ = "series_version"
    __scope__ = SHARED
    __table_args__ = (UniqueConstraint("series_id", "number"), Base.__table_args__)

    id: Mapped[Key]
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    number: Mapped[int]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    stops: Mapped[list[str]] = mapped_column(JSON)
    stop_tags: Mapped[list[int]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None]


class SeriesRun(Base):
    """One fan's way through a series: the `entry`th time. `step` is the one that is due at `due_at`.

    Delays count from `base_at`, the moment of the trigger; a run that was held
    up (the server was down) moves it, so that what follows keeps its distances
    (`bot.series.timing`).  `exclusive_key` is the fan's id while an exclusive
    run is alive: its unique index allows a fan one.  In a try (`tempo` above 1)
    time runs that many times as fast, without windows.  `is_test` keeps a try,
    our own people and test codes out of the figures.
    """

    __tablename__ = "series_run"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (
        UniqueConstraint("series_id", "fan_id", "entry"),
        Index("ix_series_run_state_due_at", "state", "due_at"),
        Index("ix_series_run_fan_id_id", "fan_id", "id"),
        Index("ix_series_run_series_id_entered_at", "series_id", "entered_at"),
        Base.__table_args__,
    )

    id: Mapped[Key]
    account_id: Mapped[int]
    series_id: Mapped[int]
    version_id: Mapped[int]
    fan_id: Mapped[int]
    entry: Mapped[int]
    source: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    stopped_why: Mapped[str | None] = mapped_column(String(16))
    step: Mapped[int]
    due_at: Mapped[datetime]
    base_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    exclusive_key: Mapped[int | None] = mapped_column(unique=True)
    tempo: Mapped[int]
    is_test: Mapped[bool]


class SeriesDeed(Base):
    """What a step of a run came to: written once, when its time was there."""

    __tablename__ = "series_deed"
    __scope__ = Through("fan_id", Fan)
    __table_args__ = (Index("ix_series_deed_version_id_at", "version_id", "at"), Base.__table_args__)

    run_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    step: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    series_id: Mapped[int]
    version_id: Mapped[int]
    fan_id: Mapped[int]
    at: Mapped[datetime]
    deed: Mapped[str] = mapped_column(String(16))
    why: Mapped[str | None] = mapped_column(String(16))
    is_test: Mapped[bool]
