"""Where a member stands, as pages and other nouns ask; nothing here is locked or changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.levels import scoring, versions
from bot.levels.judging import Score
from bot.levels.ladder import BASE, Ladder, Level
from bot.levels.models import LevelChange, LevelVersion, MemberLevel, Stage
from bot.members.models import Member, MemberState
from bot.moments import HERE

DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's level now.

    `score` is what was gathered in the days that count today, in points or fen
    as the ladder has it; `missing` is what `next_name` asks beyond it, 0 on the
    highest.  `last` is the last day on which the level holds, None for the
    lowest.  `keeps` is what is missing to keep it in this period.
    """

    level: Level
    rank: int
    score: int
    next_name: str | None
    next_at: int
    missing: int
    first: date | None
    last: date | None
    keeps: int
    stage: Stage
    since: datetime | None
    given_until: date | None
    ladder: Ladder

    @property
    def key(self) -> str:
        """The level's key, the same over all versions."""
        return self.level.key

    @property
    def name(self) -> str:
        """What the level is called."""
        return self.level.name


@dataclass(frozen=True, slots=True)
class _Held:
    """For how long a level holds; nothing of the lowest."""

    first: date | None = None
    last: date | None = None
    keeps: int = 0
    stage: Stage = Stage.RUNNING
    given_until: date | None = None


def of(session: Session, member_id: int, *, now: datetime) -> Standing | None:
    """Return where the member stands; None while there is no ladder, and for who is no active member.

    Whoever is asked for is who they are now, after whatever merges.
    """
    with beyond_scope(session):
        version = versions.in_force(session, now)
        member = _root(session, member_id)
        if version is None or member is None:
            return None
        row = session.get(MemberLevel, member.id)
        today = now.astimezone(HERE).date()
        return _standing(session, version.ladder, member, row, today)


def key_of(session: Session, member_id: int, *, now: datetime) -> str | None:
    """Return the key of the member's level, as `of`; None for who has none."""
    found = of(session, member_id, now=now)
    return found.key if found is not None else None


def at(session: Session, member_id: int, moment: datetime) -> str:
    """Return the key of the member's level at that moment; empty before the first ladder.

    What a till reports late is judged by the level of its time.
    """
    last = (
        select(LevelChange.after)
        .where(LevelChange.member_id == member_id, LevelChange.at <= moment)
        .order_by(LevelChange.turn.desc())
        .limit(1)
        .scalar_subquery()
    )
    began = select(func.min(LevelVersion.in_force_from)).scalar_subquery()
    with beyond_scope(session):
        after, first = session.execute(select(last, began)).one()
    if after is not None:
        return str(after)
    return BASE if first is not None and first <= moment else ""


def history(session: Session, member_id: int, *, most: int = 50) -> Sequence[LevelChange]:
    """Return how the member's level came to be, the newest first."""
    wanted = select(LevelChange).where(LevelChange.member_id == member_id)
    with beyond_scope(session):
        return session.scalars(wanted.order_by(LevelChange.turn.desc()).limit(most)).all()


def joined_on(member: Member) -> date:
    """Return the day from which membership years are counted."""
    return (member.verified_at or member.created_at).astimezone(HERE).date()


def _root(session: Session, member_id: int) -> Member | None:
    member = session.get(Member, member_id)
    for _step in range(DEEPEST):
        if member is None or member.merged_into_id is None:
            break
        member = session.get(Member, member.merged_into_id)
    return member if member is not None and member.state == MemberState.ACTIVE else None


def _standing(
    session: Session, ladder: Ladder, member: Member, row: MemberLevel | None, today: date
) -> Standing:
    was = versions.of(session, row.version_id) if row is not None and ladder.rank(row.level) < 0 else None
    level = ladder.level(ladder.here(row.level if row is not None else BASE, was))
    assert level is not None
    first, end = ladder.counted(today, joined_on(member))
    since = min(first, row.period_first) if row is not None and row.period_first else first
    families = scoring.families(session, [member.id])
    gathered = scoring.gather(session, ladder.measure, families, since=since)
    score = gathered.score(member.id, first, end)
    above = ladder.above(level.key)
    held = _Held()
    if row is not None and level.key != BASE:
        held = _held(row, level, lambda first, end: gathered.score(member.id, first, end))
    return Standing(
        level=level,
        rank=ladder.rank(level.key),
        score=score,
        next_name=above.name if above else None,
        next_at=above.threshold if above else 0,
        missing=max(above.threshold - score, 0) if above else 0,
        first=held.first,
        last=held.last,
        keeps=held.keeps,
        stage=held.stage,
        since=row.since if row is not None and level.key != BASE else None,
        given_until=held.given_until,
        ladder=ladder,
    )


def _held(row: MemberLevel, level: Level, score: Score) -> _Held:
    """Return until when the level holds: by its period, by what was given, or by the later of both."""
    found = _Held()
    if row.earned == level.key and row.period_first is not None and row.period_end is not None:
        until = row.falls_on or row.period_end
        found = _Held(
            first=row.period_first,
            last=until - timedelta(days=1),
            keeps=max(level.threshold - score(row.period_first, until), 0),
            stage=Stage(row.stage),
        )
    if row.given != level.key or row.given_until is None:
        return found
    if found.last is None or row.given_until > found.last:
        found = replace(found, last=row.given_until, keeps=0)
    return replace(found, given_until=row.given_until)
