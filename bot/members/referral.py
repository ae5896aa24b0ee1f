"""Who brought a new member: by telephone, or by the code of the staff they first came through.

Not oneself, not twice, and not after the fact: only the first binding of
someone who was never a member counts, and of a WeChat that was never counted,
so that being erased and binding again brings nobody anything.  What is earned is recorded; the points
are counted from it.
"""

import enum
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels.models import Channel
from bot.fans.models import Fan
from bot.members import identities
from bot.members.models import IdentityKind, Member, MemberState, Referral
from bot.organisation import phones
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault


class Outcome(enum.StrEnum):
    """What became of it. Pages say the same for `UNKNOWN` and `COUNTED`: whose number is a member's is no
    traveller's to learn.
    """

    NONE = "none"
    COUNTED = "counted"
    ONESELF = "oneself"
    UNKNOWN = "unknown"
    LATE = "late"


def count(
    session: Session,
    vault: Vault,
    *,
    member: Member,
    fan: Fan,
    phone: str,
    referrer_phone: str | None,
    is_new: bool,
    now: datetime,
) -> Outcome:
    """Record who brought the member, who proved `phone` a moment ago; a number typed goes before a code."""
    if referrer_phone is None:
        return _by_code(session, vault, member, fan, phone=phone, now=now) if is_new else Outcome.NONE
    if referrer_phone == phone:
        return Outcome.ONESELF
    known = identities.find(session, vault, IdentityKind.PHONE, referrer_phone)
    referrer = _verified(session, known.member_id) if known is not None else None
    if referrer is not None and referrer.id == member.id:
        return Outcome.ONESELF
    if not is_new:
        return Outcome.LATE
    colleague = phones.find(session, referrer_phone, vault)
    if referrer is None and colleague is None:
        return Outcome.UNKNOWN
    return _keep(
        session,
        Referral(
            member_id=member.id,
            fan_id=fan.id,
            referrer_member_id=referrer.id if referrer else None,
            referrer_staff_id=colleague.id if colleague else None,
            via="phone",
            counted_at=now,
        ),
        now=now,
    )


def brought(session: Session, member_id: int) -> Sequence[Referral]:
    """Return whom the member, or anyone merged into them, brought; the latest first."""
    wanted = select(Referral).where(Referral.referrer_member_id.in_(identities.family(session, member_id)))
    return session.scalars(wanted.order_by(Referral.id.desc()).limit(100)).all()


def _by_code(
    session: Session, vault: Vault, member: Member, fan: Fan, *, phone: str, now: datetime
) -> Outcome:
    channel = session.get(Channel, fan.first_channel_id) if fan.first_channel_id else None
    if channel is None or channel.staff_id is None:
        return Outcome.NONE
    oneself = phones.find(session, phone, vault)
    if oneself is not None and oneself.id == channel.staff_id:
        return Outcome.ONESELF
    row = Referral(
        member_id=member.id,
        fan_id=fan.id,
        referrer_staff_id=channel.staff_id,
        channel_id=channel.id,
        via="channel",
        counted_at=now,
    )
    return _keep(session, row, now=now)


def _verified(session: Session, member_id: int) -> Member | None:
    """Return the member now behind that id, read without a lock: nothing about them changes here."""
    member = session.get_one(Member, member_id)
    while member.merged_into_id is not None:
        member = session.get_one(Member, member.merged_into_id)
    return member if member.state == MemberState.ACTIVE and member.verified_at is not None else None


def _keep(session: Session, row: Referral, *, now: datetime) -> Outcome:
    row.earns = [{"whom": "referrer", "reason": "referral"}, {"whom": "member", "reason": "referred"}]
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return Outcome.LATE
    promise(session, Wish("members.tell_referrer", {"referral_id": row.id}, now), now=now)
    return Outcome.COUNTED
