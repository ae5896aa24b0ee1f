"""Whose purchase it is: a member by telephone, by the number of their card, or by the code it shows."""

import enum
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.members import cards, identities
from bot.members.models import IdentityKind, Member, MemberState
from bot.privacy import NotANumber, Vault, parse

DEEPEST = 20


class By(enum.StrEnum):
    """What a member is named by."""

    PHONE = "phone"
    CARD = "card"
    CODE = "code"


def find(session: Session, vault: Vault, by: By, value: str, *, now: datetime) -> Member | None:
    """Return the member as they are now, after merges; None for nobody, whoever asks and whatever the scope.

    Somebody known from an import only is a member here, too: their purchases
    are theirs once they come.
    """
    with beyond_scope(session):
        member = _named(session, vault, by, value, now)
        for _step in range(DEEPEST):
            if member is None or member.merged_into_id is None:
                break
            member = session.get(Member, member.merged_into_id)
    return member if member is not None and member.state == MemberState.ACTIVE else None


def _named(session: Session, vault: Vault, by: By, value: str, now: datetime) -> Member | None:
    if by is By.PHONE:
        try:
            number = parse(value)
        except NotANumber:
            return None
        known = identities.find(session, vault, IdentityKind.PHONE, number)
        return session.get(Member, known.member_id) if known is not None else None
    if by is By.CODE and (typed := cards.member_in(vault, value, now=now)) is not None:
        return session.get(Member, typed)
    number_of = cards.number_in(vault, value, now=now) if by is By.CODE else value.strip().upper()
    if not number_of or not cards.NUMBER.fullmatch(number_of):
        return None
    return session.scalar(select(Member).where(Member.number == number_of))
