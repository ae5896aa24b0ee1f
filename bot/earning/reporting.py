"""What another system says happened to a member, under its own number: a survey, or what a rule names."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.earning import buying
from bot.earning.models import EarningAward, EarningOccasion
from bot.earning.occasions import Happening
from bot.errors import YizhanError
from bot.members import identities
from bot.members.models import Member, MemberState
from bot.privacy import Vault


class ReportedOtherwise(YizhanError):
    """The reporter's move: something else happened under this number."""


class NobodyThere(YizhanError):
    """The reporter's move: the member was erased a moment ago."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What was written down, of whom, whether it is new, and what it gives as things stand."""

    occasion: EarningOccasion
    member: Member
    is_new: bool
    points: int


def report(
    session: Session, vault: Vault | None, member_id: int, happened: Happening, *, now: datetime
) -> Reported:
    """Note what happened and give what it earns; the same again is the first.

    Raise `ReportedOtherwise` for something else under the same key, whoever is
    faster, and `NobodyThere` for an erased member.
    """
    member = identities.root(session, member_id)
    if member.state != MemberState.ACTIVE:
        raise NobodyThere(f"member {member_id} is there no longer")
    wanted = select(EarningOccasion).where(EarningOccasion.key == happened.key)
    is_new = session.scalar(wanted) is None
    if is_new:
        buying.happen(session, vault, member.id, happened, now=now)
    occasion = session.scalars(wanted).one()
    said = (happened.trigger.value, happened.event, happened.at, happened.shop_id)
    kept = (occasion.trigger, occasion.facts["event"], occasion.occurred_at, occasion.shop_id)
    if said != kept or occasion.member_id not in identities.family(session, member.id):
        raise ReportedOtherwise(f"something else is known as {happened.key}")
    points = select(func.sum(EarningAward.points)).where(EarningAward.occasion_id == occasion.id)
    return Reported(occasion, member, is_new, int(session.scalar(points) or 0))
