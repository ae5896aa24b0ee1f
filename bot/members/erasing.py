"""Erasing a member: their key is destroyed, and with it what it sealed, in every backup taken from then on.

Ledgers keep the member's number, which says nothing of anybody.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot import audit
from bot.audit import Actor, Subject
from bot.consents import consents
from bot.consents.models import Consent, ConsentKind
from bot.fans import withholding
from bot.fans.models import Fan
from bot.fans.rows import in_lock_order
from bot.files import store
from bot.members import identities, standing
from bot.members.binding import release_wechat
from bot.members.models import Member, MemberIdentity, MemberState, PrivacyRequest
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault

WITHDRAWN = "members.forget_withdrawn"


def erase(session: Session, *, fan_id: int, now: datetime, by: Actor | None = None) -> bool:
    """Erase the member of the fan; False for a fan who is none. Erasing again finds nothing to erase."""
    member_id = session.scalar(select(Fan.member_id).where(Fan.id == fan_id))
    return member_id is not None and erase_member(session, member_id, now=now, by=by)


def erase_member(session: Session, member_id: int, *, now: datetime, by: Actor | None = None) -> bool:
    """Erase the member and everyone merged into them; False if that was done before."""
    fans = [standing.locked(session, fan_id) for fan_id in _fans_of(session, member_id)]
    member = identities.root(session, member_id)
    if member.state == MemberState.ERASED:
        return False
    family = identities.family(session, member.id)
    for fan in fans:
        standing.leave(session, fan, now=now)
        withholding.withhold(session, fan, now=now)
        wish = Wish("retention.forget_talk", {"fan_id": fan.id}, now, f"retention.forget_talk:{fan.id}")
        promise(session, wish, now=now)
    session.execute(
        update(MemberIdentity)
        .where(MemberIdentity.member_id.in_(family))
        .values(lookup=None, value="", released_at=now, released_why="erased")
    )
    session.execute(
        update(Member)
        .where(Member.id.in_(family))
        .values(
            state=MemberState.ERASED.value,
            data_key=None,
            name=None,
            birthday=None,
            city=None,
            interests=None,
            erased_at=now,
        )
    )
    for kind in ConsentKind:
        for key in family:
            consents.withdraw(session, kind, member_id=key, now=now, how="erased")
    for request in session.scalars(select(PrivacyRequest).where(PrivacyRequest.member_id.in_(family))):
        if request.file_id is not None:
            store.remove(session, request.file_id)
            request.file_id = None
    session.flush()
    session.expire_all()  # the updates above went past what the session remembers
    subject = Subject("member", str(member.id), member.number)
    audit.record(session, by or Actor("traveller"), "member.erased", subject, now=now)
    return True


def withdraw_policy(session: Session, vault: Vault, *, fan_id: int, now: datetime) -> bool:
    """Withdraw what binding rests on: every fan of the member is a mere fan again, offers end.

    Number and history stay sealed until they are erased or their time is over, which is promised.
    """
    member_id = session.scalar(select(Fan.member_id).where(Fan.id == fan_id))
    if member_id is None:
        return False
    for key in _fans_of(session, member_id):
        fan = standing.locked(session, key)
        release_wechat(session, vault, fan, now=now)
        standing.leave(session, fan, now=now)
    for kind in ConsentKind:
        consents.withdraw(session, kind, member_id=member_id, now=now, how="member")
    promise(session, Wish(WITHDRAWN, {"member_id": member_id}, now, f"{WITHDRAWN}:{member_id}"), now=now)
    return True


def later(session: Session, member_id: int, *, days: int, now: datetime) -> bool:
    """Promise to come back when `days` are over since the member withdrew; False if they are.

    Nothing is left to do for who was erased meanwhile, or is a member of somebody's again.
    """
    member = identities.root(session, member_id)
    family = identities.family(session, member.id)
    agreed = select(Consent.id).where(
        Consent.member_id.in_(family),
        Consent.kind == ConsentKind.PRIVACY.value,
        Consent.withdrawn_at.is_(None),
    )
    bound = select(Fan.id).where(Fan.member_id.in_(family))
    ended = session.scalar(select(func.max(Consent.withdrawn_at)).where(Consent.member_id.in_(family)))
    is_back = session.scalar(agreed.limit(1)) or session.scalar(bound.limit(1))
    if member.state == MemberState.ERASED or is_back or ended is None:
        return True
    due_at = ended + timedelta(days=days)
    if now >= due_at:
        return False
    promise(session, Wish(WITHDRAWN, {"member_id": member_id}, due_at, f"{WITHDRAWN}:{member_id}"), now=now)
    return True


def _fans_of(session: Session, member_id: int) -> list[int]:
    ids = session.scalars(select(Fan.id).where(Fan.member_id == member_id)).all()
    return in_lock_order(session.connection(), ids)
