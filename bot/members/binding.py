"""From fan to member: a proved telephone, an agreement, and what was known of the number from elsewhere.

The fan's row is locked first, then the member's; whose a number is decides the
unique index of `member_identity`.  So of two fans who bind one number at the
same instant exactly one wins, and the other is asked for both proofs.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import events
from bot.consents import consents, policies
from bot.consents.models import ConsentKind
from bot.fans.models import Fan, Standing
from bot.members import claims, identities, linking, merging, people, referral, staff, standing
from bot.members.codes import Proved, Purpose
from bot.members.linking import account_of
from bot.members.models import IdentityKind, Member, MemberIdentity, MemberState
from bot.members.outcomes import AlreadyBound, Bound, NeedsBothProofs, NotBound, Outcome, PolicyChanged
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault, masked
from bot.privacy.data_keys import DataKey

__all__ = [
    "AlreadyBound",
    "Bound",
    "NeedsBothProofs",
    "NotBound",
    "PolicyChanged",
    "Told",
    "bind",
    "rebind",
    "unbind",
    "welcome",
]
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Told:
    """What the traveller told and agreed to on the page."""

    policy_version: int
    marketing: bool
    referrer_phone: str | None = None
    name: str | None = None
    birthday: date | None = None


def bind(
    session: Session,
    vault: Vault,
    *,
    proved: Proved,
    policy_version: int,
    marketing: bool,
    referrer_phone: str | None = None,
    name: str | None = None,
    birthday: date | None = None,
    now: datetime,
) -> Outcome:
    """Make the fan who proved the number a member, or say what stands in the way.

    Called again for the same number it changes nothing and says `Bound`, not new.
    """
    if proved.purpose != Purpose.BIND:
        raise ValueError("proved for something else")
    policy = policies.current(session)
    if policy.version != policy_version:
        return PolicyChanged(policy.version)
    told = Told(policy_version, marketing, referrer_phone, name, birthday)
    fan = standing.locked(session, proved.fan_id)
    if fan.member_id is None and fan.unionid:
        linking.by_unionid(session, vault, fan_id=fan.id, now=now)
    if fan.member_id is not None:
        return _again(session, vault, fan, proved.phone, now=now)
    holder = identities.find(session, vault, IdentityKind.PHONE, proved.phone)
    if holder is None:
        member, key = people.add(
            session, vault, source="binding", shop_id=fan.first_shop_id or fan.last_shop_id, now=now
        )
        made = identities.add(
            session, vault, member, key, kind=IdentityKind.PHONE, value=proved.phone, verified=True, now=now
        )
        if made is not None:
            return welcome(session, vault, fan, member, key=key, told=told, phone=proved.phone, now=now)
        session.delete(member)  # it became somebody's a moment ago; nothing refers to this one yet
        session.flush()
        holder = identities.find(session, vault, IdentityKind.PHONE, proved.phone)
        if holder is None:
            raise RuntimeError("a number that is taken is nobody's")
    return _join_holder(session, vault, fan, holder, told=told, phone=proved.phone, now=now)


def welcome(
    session: Session,
    vault: Vault,
    fan: Fan,
    member: Member,
    *,
    key: DataKey,
    told: Told,
    phone: str,
    now: datetime,
) -> Bound:
    """Bind the locked fan to the member and note all that comes with it."""
    is_new = member.verified_at is None
    member.verified_at = member.verified_at or now
    people.describe(member, key, name=told.name, birthday=told.birthday)
    consents.give(
        session,
        ConsentKind.PRIVACY,
        member_id=member.id,
        policy_version=told.policy_version,
        fan_id=fan.id,
        now=now,
    )
    if told.marketing:
        consents.give_marketing(session, member_id=member.id, fan_id=fan.id, now=now)
    standing.join(session, vault, fan, member, key, account=account_of(session, fan.account_id), now=now)
    session.flush()
    staff_id = staff.recognise(session, vault, fan_id=fan.id, now=now)
    events.bound(session, fan, now=now)
    counted = referral.count(
        session,
        vault,
        member=member,
        fan=fan,
        phone=phone,
        referrer_phone=told.referrer_phone,
        is_new=is_new,
        now=now,
    )
    if is_new:
        promise(session, Wish("earning.registered", {"member_id": member.id, "fan_id": fan.id}, now), now=now)
    return Bound(member.id, is_new, staff_id, (), counted)


def rebind(
    session: Session, vault: Vault, *, proved: Proved, now: datetime
) -> Bound | NeedsBothProofs | NotBound:
    """Give the fan's member the new number; the old one is free for others from then on.

    The signed-in WeChat proves the member, the code the number.  Somebody known
    by the number from an import only becomes one with the member, reversibly.
    """
    if proved.purpose != Purpose.REBIND:
        raise ValueError("proved for something else")
    fan = standing.locked(session, proved.fan_id)
    if fan.member_id is None:
        return NotBound()
    member = identities.root(session, fan.member_id)
    key = identities.key_of(vault, member)
    if key is None:
        return NotBound()
    family = identities.family(session, member.id)
    old = identities.held(session, family, IdentityKind.PHONE)
    holder = identities.find(session, vault, IdentityKind.PHONE, proved.phone)
    if holder is None:
        holder = identities.add(
            session, vault, member, key, kind=IdentityKind.PHONE, value=proved.phone, verified=True, now=now
        ) or identities.find(session, vault, IdentityKind.PHONE, proved.phone)
    assert holder is not None
    merged: tuple[int, ...] = ()
    if holder.member_id not in family:
        other = identities.root(session, holder.member_id)
        if other.verified_at is not None:
            claim = claims.begin(session, fan=fan, member=other, identity=holder, now=now)
            return NeedsBothProofs(claim.id, masked(proved.phone))
        merging.merge(session, kept_id=member.id, merged_id=other.id, why="rebind", by=SYSTEM, now=now)
        merged = (other.id,)
    holder.verified_at = now
    for row in old:
        if row.id != holder.id:
            identities.release(row, "rebound", now=now)
    session.flush()
    staff_id = staff.recognise(session, vault, fan_id=fan.id, now=now)
    staff.look_again(session, member_id=member.id, now=now)  # the member's other fans
    return Bound(member.id, is_new=False, staff_id=staff_id, merged=merged)


def unbind(session: Session, vault: Vault, *, fan_id: int, now: datetime) -> bool:
    """Make the fan a mere fan again; False if they were. The member keeps number, history and other fans."""
    fan = standing.locked(session, fan_id)
    if fan.member_id is None:
        return False
    release_wechat(session, vault, fan, now=now)
    standing.leave(session, fan, now=now)
    session.flush()
    return True


def _again(session: Session, vault: Vault, fan: Fan, phone: str, *, now: datetime) -> Bound | AlreadyBound:
    assert fan.member_id is not None
    holder = identities.find(session, vault, IdentityKind.PHONE, phone)
    family = identities.family(session, fan.member_id)
    if holder is not None and holder.member_id in family:
        holder.verified_at = now
        return Bound(
            fan.member_id, is_new=False, staff_id=staff.recognise(session, vault, fan_id=fan.id, now=now)
        )
    return AlreadyBound(people.mask_of(session, vault, fan.member_id))


def _join_holder(
    session: Session, vault: Vault, fan: Fan, holder: MemberIdentity, *, told: Told, phone: str, now: datetime
) -> Outcome:
    member = identities.root(session, holder.member_id)
    session.refresh(holder)  # while we waited for the lock it may have been given up
    key = identities.key_of(vault, member)
    if holder.lookup is None or key is None or member.state != MemberState.ACTIVE:
        # Nothing is decided yet, and the next try finds the number free.
        return AlreadyBound(masked(phone))
    if _has_another_wechat(session, fan, member):
        claim = claims.begin(session, fan=fan, member=member, identity=holder, now=now)
        return NeedsBothProofs(claim.id, masked(phone))
    holder.verified_at = now
    return welcome(session, vault, fan, member, key=key, told=told, phone=phone, now=now)


def _has_another_wechat(session: Session, fan: Fan, member: Member) -> bool:
    """Tell whether the member is somebody who may not be this fan.

    That is so while another fan of theirs follows the same account, or is known
    to be another WeChat.  Elsewhere, a proved number is enough.
    """
    rows = session.scalars(
        select(Fan).where(Fan.member_id == member.id, Fan.id != fan.id, Fan.standing != Standing.LEFT.value)
    )
    for other in rows:
        if other.unionid and fan.unionid:
            if other.unionid != fan.unionid:
                return True
        elif other.account_id == fan.account_id:
            return True
    return False


def release_wechat(session: Session, vault: Vault, fan: Fan, *, now: datetime) -> None:
    """Free the fan's OpenID, and the UnionID unless another fan of the member has the same."""
    account = account_of(session, fan.account_id)
    if row := identities.find(session, vault, IdentityKind.OPENID, fan.openid, account):
        identities.release(row, "unbound", now=now)
    if not fan.unionid:
        return
    others = select(Fan.id).where(
        Fan.unionid == fan.unionid, Fan.member_id == fan.member_id, Fan.id != fan.id
    )
    row = identities.find(session, vault, IdentityKind.UNIONID, fan.unionid)
    if row is not None and session.scalar(others.limit(1)) is None:
        identities.release(row, "unbound", now=now)
