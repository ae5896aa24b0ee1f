"""A level by hand, until a day: on top of what is earned, which goes on beneath it as if nothing were."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.errors import YizhanError
from bot.levels import reviewing
from bot.levels.models import Why

LAST = date(9990, 12, 31)  # "for ever" is typed as 9999-12-31, and the day after it has to be one, too


class NotGiven(YizhanError):
    """The giver's move: `why` is no_ladder, not_higher, in_the_past or nothing_given."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def give(
    session: Session, member_id: int, key: str, *, until: date, reason: str, by: str, now: datetime
) -> None:
    """Have the member on a level they have not earned, up to and including the day `until`.

    Another gift takes the place of the one before.  Raise `NotGiven` for a
    level that is not above the earned one, and for a day that is over.
    """
    session.flush()
    with beyond_scope(session):
        sheet = reviewing.opened(session, member_id, now=now)
        if sheet is None:
            raise NotGiven("no_ladder")
        reviewing.look(sheet)
        if sheet.ladder.rank(key) <= sheet.ladder.rank(sheet.held.level):
            raise NotGiven("not_higher")
        if until < sheet.today:
            raise NotGiven("in_the_past")
        before, sheet.given, sheet.given_until = sheet.level, key, min(until, LAST)
        sheet.note(Why.GIVEN, before, reason=reason[:200], by=by[:64])
        reviewing.write(sheet)


def take_back(session: Session, member_id: int, *, reason: str, by: str, now: datetime) -> None:
    """End what was given; the member is on what they have earned. Raise `NotGiven` if nothing was."""
    session.flush()
    with beyond_scope(session):
        sheet = reviewing.opened(session, member_id, now=now)
        if sheet is None or sheet.given is None:
            raise NotGiven("nothing_given")
        before, sheet.given, sheet.given_until = sheet.level, None, None
        sheet.note(Why.GIVEN_OVER, before, reason=reason[:200], by=by[:64])
        reviewing.look(sheet)
        reviewing.write(sheet)
