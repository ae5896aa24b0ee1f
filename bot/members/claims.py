"""A number that is the member's of another WeChat, who still follows: both have to be proved.

The telephone is proved by the code.  Then either the old WeChat confirms, and
the new fan joins the member; or the number was given to somebody else by the
carrier: they start afresh, and the old member loses the number and nothing else.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.audit import Actor, Subject
from bot.fans.models import Fan
from bot.members import identities, people, staff, standing
from bot.members.linking import account_of
from bot.members.models import ClaimState, IdentityKind, Member, MemberClaim, MemberIdentity
from bot.members.outcomes import Bound
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault

__all__ = ["MemberClaim", "begin", "confirm", "refuse", "take_over", "waiting_for"]
GOOD_FOR = timedelta(minutes=30)
TRAVELLER = Actor("traveller")


def begin(
    session: Session, *, fan: Fan, member: Member, identity: MemberIdentity, now: datetime
) -> MemberClaim:
    """Begin a claim, or return the one that is under way; the member's WeChat is told of a new one."""
    known = session.scalar(
        select(MemberClaim).where(
            MemberClaim.fan_id == fan.id,
            MemberClaim.identity_id == identity.id,
            MemberClaim.state == ClaimState.WAITING.value,
            MemberClaim.expires_at > now,
        )
    )
    if known is not None:
        return known
    row = MemberClaim(
        fan_id=fan.id,
        member_id=member.id,
        identity_id=identity.id,
        state=ClaimState.WAITING.value,
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    session.add(row)
    session.flush()
    promise(session, Wish("members.tell_of_claim", {"claim_id": row.id}, now), now=now)
    return row


def waiting_for(session: Session, fan_id: int, *, now: datetime) -> Sequence[MemberClaim]:
    """Return the claims that this fan, as the member, has to answer."""
    member_id = session.scalar(select(Fan.member_id).where(Fan.id == fan_id))
    if member_id is None:
        return []
    wanted = select(MemberClaim).where(
        MemberClaim.member_id == member_id,
        MemberClaim.fan_id != fan_id,
        MemberClaim.state == ClaimState.WAITING.value,
        MemberClaim.expires_at > now,
    )
    return session.scalars(wanted.order_by(MemberClaim.id)).all()


def confirm(session: Session, vault: Vault, *, claim_id: int, fan_id: int, now: datetime) -> bool:
    """Bind the claiming fan to the member, because a fan of the member says so; False if it is over."""
    claim = _open(session, claim_id, now=now)
    if claim is None or not _is_theirs(session, claim, fan_id):
        return False
    new = standing.locked(session, claim.fan_id)
    member = identities.root(session, claim.member_id)
    key = identities.key_of(vault, member)
    if key is None or new.member_id is not None:
        return False
    standing.join(session, vault, new, member, key, account=account_of(session, new.account_id), now=now)
    session.flush()
    staff.recognise(session, vault, fan_id=new.id, now=now)
    _end(session, claim, ClaimState.CONFIRMED, now=now)
    return True


def refuse(session: Session, *, claim_id: int, fan_id: int, now: datetime) -> bool:
    """End the claim because a fan of the member says it is not them; the number can be taken over still."""
    claim = _open(session, claim_id, now=now)
    if claim is None or not _is_theirs(session, claim, fan_id):
        return False
    _end(session, claim, ClaimState.REFUSED, now=now)
    return True


def take_over(
    session: Session,
    vault: Vault,
    *,
    claim_id: int,
    fan_id: int,
    policy_version: int,
    marketing: bool,
    name: str | None = None,
    birthday: date | None = None,
    now: datetime,
) -> Bound | None:
    """Give the number, and nothing else of the old member's, to the fan who proved it; None if it is over.

    A fan who is a member already (rebinding) gets it as their new number.
    """
    from bot.members import binding  # which begins claims

    claim = _open(session, claim_id, now=now)
    if claim is None or claim.fan_id != fan_id:
        return None
    fan = standing.locked(session, fan_id)
    old = session.get_one(MemberIdentity, claim.identity_id, with_for_update=True, populate_existing=True)
    phone = identities.value_of(session, vault, old)
    if old.lookup is None or phone is None:
        return None
    identities.release(old, "recycled", now=now)
    session.flush()
    if fan.member_id is not None:
        member = identities.root(session, fan.member_id)
        key = identities.key_of(vault, member)
    else:
        member, key = people.add(
            session, vault, source="binding", shop_id=fan.first_shop_id or fan.last_shop_id, now=now
        )
    if key is None:
        return None
    mine = identities.held(session, identities.family(session, member.id), IdentityKind.PHONE)
    added = identities.add(
        session, vault, member, key, kind=IdentityKind.PHONE, value=phone, verified=True, now=now
    )
    if added is None:
        raise RuntimeError("a number that was released under a lock is taken")
    for row in mine:
        identities.release(row, "rebound", now=now)
    told = binding.Told(policy_version, marketing, None, name, birthday)
    if fan.member_id is None:
        bound = binding.welcome(session, vault, fan, member, key=key, told=told, phone=phone, now=now)
    else:
        bound = Bound(
            member.id, is_new=False, staff_id=staff.recognise(session, vault, fan_id=fan.id, now=now)
        )
    for other in session.scalars(select(Fan.id).where(Fan.member_id == claim.member_id)):
        staff.recognise(session, vault, fan_id=other, now=now)  # the number was what made them staff
    _end(session, claim, ClaimState.TAKEN_OVER, now=now)
    return bound


def _open(session: Session, claim_id: int, *, now: datetime) -> MemberClaim | None:
    claim = session.get(MemberClaim, claim_id, with_for_update=True, populate_existing=True)
    if claim is None or claim.expires_at <= now:
        return None
    may_go_on = {ClaimState.WAITING.value, ClaimState.REFUSED.value}
    return claim if claim.state in may_go_on else None


def _is_theirs(session: Session, claim: MemberClaim, fan_id: int) -> bool:
    """Tell whether the fan is the member's, and the claim still waits for them."""
    if claim.state != ClaimState.WAITING or fan_id == claim.fan_id:
        return False
    member_id = session.scalar(select(Fan.member_id).where(Fan.id == fan_id))
    return member_id is not None and claim.member_id in identities.family(session, member_id)


def _end(session: Session, claim: MemberClaim, state: ClaimState, *, now: datetime) -> None:
    claim.state, claim.ended_at = state.value, now
    audit.record(
        session,
        TRAVELLER,
        f"member.claim_{state.value}",
        Subject("member", str(claim.member_id)),
        now=now,
        after={"claim": claim.id, "fan": claim.fan_id},
    )
