"""A counter with levels: members who buy, days that go by, and what they are told."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from bot.db import Database
from bot.fans.models import Fan
from bot.levels import ladder, reviewing, standing, versions
from bot.levels.ladder import BASE, Colour, Ladder, Level, Measure, Period
from bot.levels.models import LevelChange, MemberLevel
from bot.members import merging
from bot.members.models import MemberMerge
from bot.moments import HERE
from bot.reach.models import ReachContent, ReachNotice
from bot.reach.words import fill
from tests.earning.books import BRIEF
from tests.earning.conftest import Counter

YUAN = 100
DAY = timedelta(days=1)


def rungs(measure: Measure = Measure.SPEND, period: Period = Period.ROLLING, **said) -> Ladder:
    """普卡, 银卡 from 1,000 yuan (or points) on, 金卡 from 3,000, 钻卡 from 10,000."""
    unit = YUAN if measure is Measure.SPEND else 1
    rows = (
        (BASE, "普卡", 0, Colour.PINE),
        ("silver", "银卡", 1_000, Colour.SILVER),
        ("gold", "金卡", 3_000, Colour.GOLD),
        ("diamond", "钻卡", 10_000, Colour.NIGHT),
    )
    levels = tuple(
        Level(key, name, many * unit, colour, (f"{name}权益",), "") for key, name, many, colour in rows
    )
    return Ladder(measure, period, said.pop("levels", levels), **said)


class Stairs(Counter):
    """The counter of the earning tests, with a ladder in force."""

    def __init__(self, db: Database, steps: Ladder | None = None, book=BRIEF, account_id: int = 1) -> None:
        super().__init__(db, book)
        self.account_id = account_id
        if steps is not None:
            self.put(steps)

    def put(self, steps: Ladder, *, at: datetime | None = None) -> int:
        with self.db.transaction() as session:
            row = versions.put_version(
                session,
                ladder.write(steps),
                note="测试",
                in_force_from=at or self.now - 400 * DAY,
                by="林",
            )
            return row.id

    def fan(self, member: int, openid: str = "") -> int:
        with self.db.transaction() as session:
            row = Fan(
                account_id=self.account_id,
                openid=openid or f"o-{member}",
                member_id=member,
                standing="following",
                created_at=self.now,
                follow_count=1,
                message_count=0,
            )
            session.add(row)
            session.flush()
            return row.id

    def on(self, day: str, hour: int = 12) -> "Stairs":
        """Go to that day; the same counter."""
        there = date.fromisoformat(day)
        self.now = datetime(there.year, there.month, there.day, hour, tzinfo=HERE)
        return self

    def look(self, member: int) -> str | None:
        """Look at the member as the clock would."""
        with self.db.transaction() as session:
            return reviewing.review(session, member, now=self.now)

    def level(self, member: int) -> str:
        with self.db.reading() as session:
            found = standing.of(session, member, now=self.now)
            assert found is not None
            return found.name

    def standing(self, member: int) -> standing.Standing:
        with self.db.reading() as session:
            found = standing.of(session, member, now=self.now)
            assert found is not None
            return found

    def row(self, member: int) -> MemberLevel | None:
        with self.db.reading() as session:
            return session.get(MemberLevel, member)

    def changes(self, member: int) -> list[tuple[str, str, str]]:
        """Return the history, the oldest first."""
        with self.db.reading() as session:
            wanted = select(LevelChange).where(LevelChange.member_id == member).order_by(LevelChange.turn)
            return [(row.why, row.before, row.after) for row in session.scalars(wanted)]

    def told(self) -> list[str]:
        """Return what members were planned to be told."""
        with self.db.reading() as session:
            rows = session.execute(
                select(ReachNotice, ReachContent)
                .join(ReachContent, ReachContent.id == ReachNotice.content_id)
                .order_by(ReachNotice.id)
            )
            return [fill(content.document["answer"]["content"], row.facts) for row, content in rows]

    def merge(self, kept: int, merged: int) -> MemberMerge:
        with self.db.transaction() as session:
            row = merging.merge(session, kept_id=kept, merged_id=merged, why="同一人", by="林", now=self.now)
            assert row is not None
            return row
