"""What was known of travellers when they earned goes when they are erased."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.earning.models import EarningOccasion
from bot.members.models import Member, MemberState


def forget_travellers(session: Session, *, since: datetime, most: int) -> int:
    """Empty the tags, birthdays and the like kept with what members earned who were erased after `since`.

    Return how many occasions were emptied, at most so many.  Amounts and days
    stay, as the ledger's do; nothing of an erased member is judged again.
    Again: nothing is left.
    """
    wanted = (
        select(EarningOccasion)
        .join(Member, Member.id == EarningOccasion.member_id)
        .where(Member.state == MemberState.ERASED.value, Member.erased_at >= since)
        .order_by(EarningOccasion.id)
    )
    after = 0
    while rows := session.scalars(wanted.where(EarningOccasion.id > after).limit(most)).all():
        told = [row for row in rows if row.facts["who"]]
        for row in told:
            row.facts = {**row.facts, "who": {}}
        session.flush()
        if told:
            return len(told)
        after = rows[-1].id
    return 0
