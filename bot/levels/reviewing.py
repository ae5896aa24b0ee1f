"""Looking at a member again: after an earning, when their day has come, when something else changed.

The member's row is locked first, so that reviews of one member queue; the
row of the level is written only as it was read (`turn`), and a change has its
turn for ever.  So a level rises once, however many purchases come at a time.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.levels import judging, notices, scoring, versions, wearing
from bot.levels.judging import Held, Step, Warned
from bot.levels.ladder import BASE, Ladder
from bot.levels.models import LevelChange, MemberLevel, Stage, Why
from bot.levels.standing import joined_on
from bot.levels.versions import InForce
from bot.members import identities
from bot.members.models import Member, MemberState
from bot.moments import HERE


@dataclass(slots=True)
class Sheet:
    """A member's level while it is being looked at: what is written in the end is what stands here."""

    session: Session
    version: InForce
    member: Member
    row: MemberLevel | None
    held: Held
    given: str | None
    given_until: date | None
    now: datetime
    steps: list[tuple[Step, dict[str, Any]]]
    warned: Warned | None = None

    @property
    def ladder(self) -> Ladder:
        """The ladder in force."""
        return self.version.ladder

    @property
    def today(self) -> date:
        """The day here."""
        return self.now.astimezone(HERE).date()

    @property
    def level(self) -> str:
        """What counts: the higher of what is earned and what is given."""
        given = self.given if self.given is not None else BASE
        return given if self.ladder.rank(given) > self.ladder.rank(self.held.level) else self.held.level

    def note(self, why: Why, before: str, score: int = 0, **said: Any) -> None:
        """Note that `level` is now what it is, from `before`."""
        self.steps.append((Step(why, before, self.level, score), said))


def review(session: Session, member_id: int, *, now: datetime, cause: Why = Why.EARNED) -> str | None:
    """Bring the member's level up to date, and return its key; None without a ladder or an active member.

    Call it in the transaction that earned: who has reached a level is on it
    once that commits, and is told.  Again, it changes nothing.
    """
    session.flush()
    with beyond_scope(session):
        sheet = opened(session, member_id, now=now)
        if sheet is None:
            return None
        look(sheet, cause=cause)
        write(sheet)
        return sheet.level


def opened(session: Session, member_id: int, *, now: datetime) -> Sheet | None:
    """Return the member's sheet, their row locked; None without a ladder or an active member."""
    version = versions.in_force(session, now)
    if version is None:
        return None
    member = identities.root(session, member_id)
    if member.state != MemberState.ACTIVE:
        return None
    row = session.get(MemberLevel, member.id, with_for_update=True, populate_existing=True)
    if row is None:
        return Sheet(session, version, member, None, Held(), None, None, now, [])
    was = versions.of(session, row.version_id) if row.version_id != version.id else None
    held = Held(
        version.ladder.here(row.earned, was), row.period_first, row.period_end, Stage(row.stage), row.falls_on
    )
    given = version.ladder.here(row.given, was) if row.given is not None else None
    sheet = Sheet(
        session, version, member, row, held if held.level != BASE else Held(), given, row.given_until, now, []
    )
    if sheet.level != row.level:  # the level is gone from the ladder
        sheet.note(Why.LADDER, row.level)
    return sheet


def look(sheet: Sheet, *, cause: Why = Why.EARNED) -> None:
    """Work out what the day makes of the sheet: what was given ends, a period ends, a level is reached."""
    if sheet.given is not None and sheet.given_until is not None and sheet.today > sheet.given_until:
        before, sheet.given, sheet.given_until = sheet.level, None, None
        sheet.note(Why.GIVEN_OVER, before)
    joined = joined_on(sheet.member)
    since = sheet.ladder.counted(sheet.today, joined)[0]
    gathered = scoring.gather(
        sheet.session,
        sheet.ladder.measure,
        scoring.families(sheet.session, [sheet.member.id]),
        since=min(since, sheet.held.first or since),
    )
    verdict = judging.judge(
        sheet.ladder,
        sheet.held,
        today=sheet.today,
        joined=joined,
        score=lambda first, end: gathered.score(sheet.member.id, first, end),
        cause=cause,
    )
    for step in verdict.steps:
        before = sheet.level
        sheet.held = replace(sheet.held, level=step.after)
        sheet.note(step.why, before, step.score)
    sheet.held, sheet.warned = verdict.held, verdict.warned


def write(sheet: Sheet) -> None:
    """Write what has changed, tell the member, and see to the tags. Nothing changed: nothing is written."""
    values = _values(sheet)
    before = sheet.row.level if sheet.row is not None else BASE
    if sheet.row is None and not sheet.steps and sheet.level == BASE:
        return
    if (
        sheet.row is not None
        and not sheet.steps
        and all(getattr(sheet.row, n) == v for n, v in values.items())
    ):
        return
    turn = sheet.row.turn if sheet.row is not None else 0
    values["turn"] = turn + len(sheet.steps)
    if sheet.level != before:
        values["since"] = sheet.now
    if sheet.row is None:
        sheet.row = MemberLevel(member_id=sheet.member.id, **{"since": sheet.now, **values})
        sheet.session.add(sheet.row)
    else:
        as_read = (MemberLevel.member_id == sheet.member.id) & (MemberLevel.turn == turn)
        changed = update(MemberLevel).where(as_read).values(**values)
        done = sheet.session.execute(changed.execution_options(synchronize_session=False))
        if not done.rowcount:  # type: ignore[attr-defined]
            raise RuntimeError(f"the level of member {sheet.member.id} changed under our lock")
        sheet.session.refresh(sheet.row)
    for place, (step, said) in enumerate(sheet.steps, turn + 1):
        sheet.session.add(_change(sheet, place, step, said))
    sheet.session.flush()
    _tell(sheet, before)
    if sheet.level != before:
        wearing.wear(sheet.session, sheet.member.id, sheet.level, now=sheet.now)


def _values(sheet: Sheet) -> dict[str, Any]:
    held = sheet.held
    looks = [judging.next_look(sheet.ladder, held, sheet.today)]
    if sheet.given is not None and sheet.given_until is not None:
        looks.append(sheet.given_until + timedelta(days=1))
    due = [day for day in looks if day is not None]
    return {
        "level": sheet.level,
        "earned": held.level,
        "period_first": held.first,
        "period_end": held.end,
        "stage": held.stage.value,
        "falls_on": held.falls_on,
        "given": sheet.given,
        "given_until": sheet.given_until,
        "next_at": datetime.combine(min(due), time(), HERE) if due else None,
        "version_id": sheet.version.id,
    }


def _change(sheet: Sheet, turn: int, step: Step, said: dict[str, Any]) -> LevelChange:
    return LevelChange(
        member_id=sheet.member.id,
        turn=turn,
        before=step.before,
        after=step.after,
        why=step.why.value,
        score=step.score,
        version_id=sheet.version.id,
        at=sheet.now,
        **{"reason": "", "by": "", "about_id": None, **said},
    )


def _tell(sheet: Sheet, before: str) -> None:
    """Tell of a rise, unless two were only found to be one; warn unless what was given holds anyway."""
    ladder, turn = sheet.ladder, sheet.row.turn if sheet.row is not None else 0
    quiet = {Why.MERGED, Why.PARTED}
    rose = ladder.rank(sheet.level) > ladder.rank(before)
    if rose and not any(step.why in quiet for step, _said in sheet.steps):
        notices.tell_rise(sheet.session, sheet.member.id, ladder, sheet.level, turn=turn, now=sheet.now)
    if sheet.warned is not None and sheet.level == sheet.held.level:
        notices.warn(sheet.session, sheet.member.id, ladder, sheet.warned, now=sheet.now)
