"""Two members who are found to be one have the better level of both; found to be two, each has their own."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.levels import judging, reviewing, wearing
from bot.levels.judging import Held
from bot.levels.models import LevelChange, MemberLevel, Stage, Why
from bot.levels.reviewing import Sheet
from bot.levels.standing import joined_on
from bot.members import identities


def join(session: Session, kept_id: int, merged_id: int, *, now: datetime) -> None:
    """Give who took the other in the better of both levels, and what both gathered. Twice: as it is.

    The row of who was merged stays as it was, for the day on which it is undone.  If that day has
    come already, nothing is done: jobs come in any order.
    """
    now_at = identities.root(session, merged_id).id
    sheet = reviewing.opened(session, kept_id, now=now)
    if sheet is None or sheet.member.id != now_at:
        return
    other = session.get(MemberLevel, merged_id)
    if other is not None:
        before = sheet.level
        _take_better(sheet, other)
        if sheet.level != before:
            sheet.note(Why.MERGED, before)
    reviewing.look(sheet, cause=Why.MERGED)
    sheet.steps = [
        (step, {**said, "about_id": merged_id} if step.why is Why.MERGED else said)
        for step, said in sheet.steps
    ]
    reviewing.write(sheet)
    wearing.wear(session, sheet.member.id, sheet.level, now=now)  # the fans who came along


def part(session: Session, kept_id: int, merged_id: int, *, now: datetime) -> None:
    """Take from who is one again what came by the other, unless something has happened since; look at both.

    Twice: as it is.  If both are one once more, nothing is taken.
    """
    now_at = identities.root(session, merged_id).id
    sheet = reviewing.opened(session, kept_id, now=now)
    if sheet is not None and sheet.member.id == now_at:
        return
    if sheet is not None:
        before_it = _level_before(session, sheet.member.id, merged_id)
        if before_it is not None:
            _go_back(sheet, before_it, merged_id)
        reviewing.look(sheet, cause=Why.PARTED)
        reviewing.write(sheet)
    level = reviewing.review(session, merged_id, now=now, cause=Why.PARTED)
    if level is not None:
        wearing.wear(session, merged_id, level, now=now)


def _take_better(sheet: Sheet, other: MemberLevel) -> None:
    ladder = sheet.ladder
    mine, theirs = ladder.rank(sheet.held.level), ladder.rank(other.earned)
    is_longer = other.period_end is not None and (sheet.held.end is None or sheet.held.end < other.period_end)
    if theirs > mine or (theirs == mine and is_longer):
        sheet.held = Held(
            other.earned, other.period_first, other.period_end, Stage(other.stage), other.falls_on
        )
    is_given = other.given_until is not None and other.given_until >= sheet.today
    if is_given and ladder.rank(other.given or "") > ladder.rank(sheet.given or ""):
        sheet.given, sheet.given_until = other.given, other.given_until


def _level_before(session: Session, member_id: int, merged_id: int) -> str | None:
    """Return the level before the merge; None if it changed nothing, or something else happened since."""
    wanted = select(LevelChange).where(LevelChange.member_id == member_id)
    found = None
    for change in session.scalars(wanted.order_by(LevelChange.turn.desc())):
        if change.why != Why.MERGED or change.about_id != merged_id:
            break
        found = change.before
    return found


def _go_back(sheet: Sheet, key: str, merged_id: int) -> None:
    ladder, before = sheet.ladder, sheet.level
    rank = ladder.rank(ladder.here(key, None))
    if sheet.given is not None and ladder.rank(sheet.given) > rank:
        sheet.given = sheet.given_until = None
    if ladder.rank(sheet.held.level) > rank:
        joined = joined_on(sheet.member)
        sheet.held = judging.on(ladder, ladder.here(key, None), today=sheet.today, joined=joined)
    if sheet.level != before:
        sheet.note(Why.PARTED, before, about_id=merged_id)
