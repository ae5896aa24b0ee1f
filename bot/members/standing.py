"""What becomes of a fan when they are a member, or one no longer: the row, the tags, the OpenID."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels import events
from bot.fans.models import Fan
from bot.members import identities
from bot.members.models import IdentityKind, Member
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault
from bot.privacy.data_keys import DataKey
from bot.tags import automatic, known, needs, news
from bot.tags.models import FanTag, RuleKind, Tag, TagKind, TagRule

FAN, MEMBER, STAFF = "粉丝", "会员", "员工"
SOURCE = "system"


def locked(session: Session, fan_id: int) -> Fan:
    """Return the fan, locked until the transaction ends, as the row stands now."""
    return session.get_one(Fan, fan_id, with_for_update=True, populate_existing=True)


def join(
    session: Session, vault: Vault, fan: Fan, member: Member, key: DataKey, *, account: str, now: datetime
) -> None:
    """Bind the locked fan to the member: OpenID and UnionID become theirs, tag 粉丝 becomes 会员."""
    fan.member_id = member.id
    known = ((IdentityKind.OPENID, fan.openid, account), (IdentityKind.UNIONID, fan.unionid, ""))
    for kind, value, issuer in known:
        if value and identities.find(session, vault, kind, value, issuer) is None:
            identities.add(
                session, vault, member, key, kind=kind, value=value, issuer=issuer, verified=True, now=now
            )
    if member.home_shop_id is None:
        member.home_shop_id = fan.first_shop_id or fan.last_shop_id
    exchange(session, fan.id, wears=MEMBER, instead_of=FAN, now=now)
    if session.scalar(select(TagRule.id).where(TagRule.kind == RuleKind.LEVEL.value).limit(1)) is not None:
        wish = Wish("levels.wear", {"member_id": member.id}, now, f"levels.wear:{member.id}")
        promise(session, wish, now=now)


def leave(session: Session, fan: Fan, *, now: datetime) -> None:
    """Make the locked fan a mere fan again: member, staff, their tags, and what they bought are gone.

    Mere fans may be sent offers until they object; who was let go has objected, which the planner is promised
    to note.
    """
    fan.member_id = fan.staff_id = None
    events.forget_buyer(session, fan.id)
    exchange(session, fan.id, wears=FAN, instead_of=MEMBER, now=now)
    exchange(session, fan.id, wears=None, instead_of=STAFF, now=now)
    by_level = (FanTag.fan_id == fan.id) & (FanTag.source == automatic.BY_LEVEL)
    session.execute(delete(FanTag).where(by_level).execution_options(synchronize_session=False))
    wish = Wish("reach.note_objection", {"fan_id": fan.id}, now, f"reach.note_objection:{fan.id}")
    promise(session, wish, now=now)


def exchange(
    session: Session, fan_id: int, *, wears: str | None, instead_of: str | None, now: datetime
) -> None:
    """Put the system tag `wears` on the fan and take `instead_of` off; what is so already stays.

    WeChat learns of it through the reconciliation of tags.
    """
    known.wish_for_fans(session, [fan_id])
    needs.tell(session, session.get_one(Fan, fan_id).account_id, now=now)
    if instead_of is not None:
        gone = select(Tag.id).where(Tag.name == instead_of).scalar_subquery()
        session.execute(delete(FanTag).where(FanTag.fan_id == fan_id, FanTag.tag_id == gone))
    if wears is None:
        return
    tag_id = tag(session, wears, now=now)
    if session.get(FanTag, (fan_id, tag_id)) is None:
        session.add(FanTag(fan_id=fan_id, tag_id=tag_id, tagged_at=now, source=SOURCE))
        news.put_by_hand(session, fan_id, tag_id, source=SOURCE, now=now)


def tag(session: Session, name: str, *, now: datetime) -> int:
    """Return the id of a system tag, made if it is not there."""
    found = session.scalar(select(Tag.id).where(Tag.name == name))
    if found is not None:
        return found
    row = Tag(name=name, kind=TagKind.SYSTEM.value, created_at=now)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # made by somebody else a moment ago
        return session.scalars(select(Tag.id).where(Tag.name == name)).one()
    return row.id
