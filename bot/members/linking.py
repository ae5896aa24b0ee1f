"""The same traveller at a second account: WeChat's UnionID says so, and needs no second code."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.models import Account
from bot.fans.models import Fan
from bot.members import identities, staff, standing
from bot.members.models import IdentityKind, MemberState
from bot.privacy import Vault


def account_of(session: Session, account_id: int) -> str:
    """Return the name an account has in the settings, which issues its OpenIDs."""
    return session.get_one(Account, account_id).name


def by_unionid(session: Session, vault: Vault, *, fan_id: int, now: datetime) -> int | None:
    """Bind the fan to the member of the same UnionID; return the member's id, None if there is none.

    A fan who is bound already stays as they are. Only for a UnionID that WeChat told us.
    """
    fan = standing.locked(session, fan_id)
    if fan.member_id is not None:
        return fan.member_id
    member_id = _known_by(session, vault, fan.unionid) if fan.unionid else None
    if member_id is None:
        return None
    member = identities.root(session, member_id)
    key = identities.key_of(vault, member)
    if member.state != MemberState.ACTIVE or key is None:
        return None
    standing.join(session, vault, fan, member, key, account=account_of(session, fan.account_id), now=now)
    staff.recognise(session, vault, fan_id=fan.id, now=now)
    return member.id


def _known_by(session: Session, vault: Vault, unionid: str) -> int | None:
    """Return the member of that UnionID; of one bound before WeChat told it, only the fan's row knows."""
    known = identities.find(session, vault, IdentityKind.UNIONID, unionid)
    if known is not None:
        return known.member_id
    bound = select(Fan.member_id).where(Fan.unionid == unionid, Fan.member_id.is_not(None))
    return session.scalar(bound.order_by(Fan.id).limit(1))
