"""Saving a series, switching it on and off, and trying it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.db.revisions import bump
from bot.db.scope import beyond_scope
from bot.fans.models import Fan
from bot.materials import documents, uses
from bot.materials.uses import User
from bot.reach import batches
from bot.series import steps, timing
from bot.series.book import REVISION
from bot.series.hearing import WATCHER
from bot.series.models import ALIVE, RunState, Series, SeriesRun, SeriesVersion, Stop, Trigger
from bot.series.stepping import batch_of
from bot.tags import news, system

USER = "series"
TEMPO = 1_440  # in a try a day takes a minute


def save(
    session: Session,
    series: Series,
    *,
    said: Sequence[dict[str, Any]],
    stops: Sequence[Stop],
    stop_tags: Sequence[int],
    by: int | None,
    now: datetime,
) -> SeriesVersion:
    """Keep the series with these steps and stop rules; return their version, a new one only if they changed.

    Who is under way follows the version they began with.  Raise `ValueError`
    for a step that is none, `bot.materials.uses.Gone` for an archived material.
    """
    steps.read_all(said)
    words = [one.value for one in stops]
    session.add(series)
    session.flush()
    current = session.get(SeriesVersion, series.current_id) if series.current_id else None
    same = current is not None and (current.steps, current.stops, current.stop_tags) == (
        list(said),
        words,
        list(stop_tags),
    )
    if current is None or not same:
        # Two who save at once wait here for each other; the second then finds a newer version of the row.
        session.execute(select(Series.id).where(Series.id == series.id).with_for_update())
        number = session.scalar(select(func.max(SeriesVersion.number)).filter_by(series_id=series.id)) or 0
        current = SeriesVersion(
            series_id=series.id,
            number=number + 1,
            steps=list(said),
            stops=words,
            stop_tags=list(stop_tags),
            made_at=now,
            made_by_id=by,
        )
        session.add(current)
        session.flush()
        series.current_id = current.id
    uses.put(
        session, User(USER, series.id, series.name, series.account_id), _materials(session, series, said)
    )
    _tell(session, now=now)
    return current


def switch(session: Session, series: Series, *, on: bool, now: datetime) -> int:
    """Have the series take fans in and go on, or wait where everybody is; return how many are under way.

    What was planned and is not said waits, too.  Switched on again, each goes
    on where they were; what was due meanwhile is said once, and the rest keeps
    its distances.  A second call changes nothing.
    """
    # Without a new version: nobody's open form is spoilt by it.
    began = {"enabled_at": now} if on and not series.enabled else {}
    session.flush()
    switching = update(Series).where(Series.id == series.id).values(enabled=on, **began)
    session.execute(switching.execution_options(synchronize_session="fetch"))
    before, after = (RunState.HELD, RunState.RUNNING) if on else (RunState.RUNNING, RunState.HELD)
    with beyond_scope(session):
        moving = (
            update(SeriesRun)
            .where(SeriesRun.series_id == series.id, SeriesRun.state == before.value, SeriesRun.tempo == 1)
            .values(state=after.value)
            .execution_options(synchronize_session=False)
        )
        moved: int = session.execute(moving).rowcount  # type: ignore[attr-defined]
    if on:
        batches.release(session, batch_of(series.id), now)
    else:
        batches.hold(session, batch_of(series.id))
    _tell(session, now=now)
    return moved


def remove(session: Session, series: Series, *, now: datetime) -> bool:
    """Delete a series that nobody ever entered; False, and nothing changes, for any other."""
    with beyond_scope(session):
        if session.scalar(select(SeriesRun.id).where(SeriesRun.series_id == series.id).limit(1)) is not None:
            return False
        uses.drop(session, USER, series.id)
        session.execute(
            delete(SeriesVersion)
            .where(SeriesVersion.series_id == series.id)
            .execution_options(synchronize_session=False)
        )
    session.delete(series)
    session.flush()
    _tell(session, now=now)
    return True


def attempt(session: Session, series: Series, fan: Fan, *, now: datetime) -> SeriesRun:
    """Have the fan go through the series as it is now, a day in a minute; return the run.

    Nobody's conditions, hours or stop rules are asked, whether it is on does
    not matter, and figures leave it out.  The planner's own rules hold.
    """
    version = session.get_one(SeriesVersion, series.current_id)
    first = steps.read(version.steps[0])
    with beyond_scope(session):
        # Of two clicks at once the second counts on from the first.
        session.execute(select(Fan.id).where(Fan.id == fan.id).with_for_update())
        last = select(func.max(SeriesRun.entry)).filter_by(series_id=series.id, fan_id=fan.id)
        run = SeriesRun(
            account_id=series.account_id,
            series_id=series.id,
            version_id=version.id,
            fan_id=fan.id,
            entry=(session.scalar(last) or 0) + 1,
            source="try",
            state=RunState.RUNNING.value,
            step=1,
            due_at=timing.due(first, trigger=now, before=now, tempo=TEMPO),
            base_at=now,
            entered_at=now,
            tempo=TEMPO,
            is_test=True,
        )
        session.add(run)
        session.flush()
    return run


def _materials(session: Session, series: Series, said: Sequence[dict[str, Any]]) -> set[int]:
    """Return the materials of the steps, and of older versions that somebody is still following."""
    under_way = select(SeriesRun.version_id).where(
        SeriesRun.series_id == series.id, SeriesRun.state.in_(ALIVE)
    )
    with beyond_scope(session):
        older = session.scalars(select(SeriesVersion.steps).where(SeriesVersion.id.in_(under_way)))
        return documents.named(list(said), list(older))


def _tell(session: Session, *, now: datetime) -> None:
    """Have every process know the series that are on, and hear of the tags that matter to them."""
    session.flush()
    bump(session, REVISION)
    with beyond_scope(session):
        ids = system.enrol(session, now=now)
        wanted: set[int] = set()
        rows = session.execute(
            select(Series.trigger, Series.tags, SeriesVersion.stops, SeriesVersion.stop_tags)
            .join(SeriesVersion, SeriesVersion.series_id == Series.id)
            .where(Series.enabled)
        )
        for trigger, tags, stops, stop_tags in rows:
            wanted |= set(tags) if trigger == Trigger.TAG else set()
            wanted |= set(stop_tags) if Stop.TAGGED in stops else set()
            wanted |= {ids[system.MEMBER]} if trigger == Trigger.BOUND or Stop.BOUND in stops else set()
    news.watch(session, why=WATCHER, tag_ids=wanted)
