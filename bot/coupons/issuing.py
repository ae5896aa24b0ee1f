"""Giving a member a coupon: once under a key, never more than there are, never more than one may have.

Every way goes through `issue`: by hand, by a rule, by a link, against points.
"""

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from bot.coupons import codes, terms, who
from bot.coupons.events import tell
from bot.coupons.models import Coupon, CouponState, CouponTemplate, CouponVersion, EventKind, TemplateState
from bot.coupons.refusals import KeyReused, NotIssued
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_if_free
from bot.members import identities
from bot.members.models import Member, MemberState

TRIES = 5  # a public number, or a place in the member's row, that another took a moment ago

WORDS = {
    "no_member": "您还不是会员，或账号已注销",
    "not_open": "这种券现在不发放",
    "gone": "这种券已经领完了",
    "enough": "您已经领过了",
    "not_for_member": "您暂不符合这张券的领取条件",
    "over": "这种券已过有效期",
}


def issue(
    session: Session,
    template_id: int,
    member_id: int,
    *,
    key: str,
    source: str,
    now: datetime,
    shop_id: int | None = None,
    by: str = "",
) -> Coupon:
    """Give the member a coupon of the template; the same source and key again return the first one.

    Raise `NotIssued` where there is none for them, `KeyReused` if the key gave
    another template or another member something.  The member's row is locked
    first, then the template's; a refusal has written nothing.
    """
    return give(session, template_id, member_id, key=key, source=source, now=now, shop_id=shop_id, by=by)[0]


def give(
    session: Session,
    template_id: int,
    member_id: int,
    *,
    key: str,
    source: str,
    now: datetime,
    shop_id: int | None = None,
    by: str = "",
) -> tuple[Coupon, bool]:
    """Do as `issue`, and tell whether the coupon is new."""
    with beyond_scope(session):
        member = identities.root(session, member_id)
        family = identities.family(session, member.id)
        before = _known(session, template_id, family, source=source, key=key)
        if before is not None:
            return before, False
        if member.state != MemberState.ACTIVE:
            raise NotIssued("no_member")
        template, version = _in_force(session, template_id)
        said = terms.read(version.terms)
        span = said.dates.span(now)
        if span is None:
            raise NotIssued("over")
        lacking = who.lacks(said.gets, who.of(session, family, said.gets, now=now))
        if lacking is not None:
            raise NotIssued("not_for_member", lacking)
        had = _had(session, template_id, family)
        if template.per_member is not None and had >= template.per_member:
            raise NotIssued("enough")
        with session.begin_nested():
            _take_one(session, template_id)
            coupon = _put(
                session,
                {
                    "template_id": template_id,
                    "version_id": version.id,
                    "member_id": member.id,
                    "issued_to_id": member.id,
                    "state": CouponState.ISSUED.value,
                    "source": source,
                    "key": key,
                    "shop_id": shop_id if shop_id is not None else member.home_shop_id,
                    "valid_from": span[0],
                    "valid_until": span[1],
                    "issued_at": now,
                },
                last=_last_seq(session, template_id, member.id),
            )
            tell(session, coupon.id, EventKind.ISSUED, by=by or source, shop_id=coupon.shop_id, now=now)
        return coupon, True


def known(session: Session, *, source: str, key: str) -> Coupon | None:
    """Return the coupon that was issued under this key."""
    wanted = select(Coupon).where(Coupon.source == source, Coupon.key == key)
    with beyond_scope(session):
        return session.scalar(wanted)


def may_get(session: Session, member: Member, template_id: int, *, now: datetime) -> NotIssued | None:
    """Return why the member would get none of these now; None if they would.

    A look before the wish, for pages: `issue` decides.
    """
    with beyond_scope(session):
        family = identities.family(session, member.id)
        try:
            template, version = _in_force(session, template_id)
        except NotIssued as refused:
            return refused
        said = terms.read(version.terms)
        if said.dates.span(now) is None:
            return NotIssued("over")
        lacking = who.lacks(said.gets, who.of(session, family, said.gets, now=now))
        if lacking is not None:
            return NotIssued("not_for_member", lacking)
        if template.per_member is not None and _had(session, template_id, family) >= template.per_member:
            return NotIssued("enough")
        is_gone = template.total is not None and template.issued >= template.total
        return NotIssued("gone") if is_gone else None


def _known(session: Session, template_id: int, family: list[int], *, source: str, key: str) -> Coupon | None:
    found = known(session, source=source, key=key)
    if found is not None and (found.template_id != template_id or found.issued_to_id not in family):
        raise KeyReused(f"{source} {key} gave something else")
    return found


def _in_force(session: Session, template_id: int) -> tuple[CouponTemplate, CouponVersion]:
    template = session.get(CouponTemplate, template_id, populate_existing=True)
    if template is None or template.state != TemplateState.OPEN:
        raise NotIssued("not_open")
    wanted = select(CouponVersion).where(
        CouponVersion.template_id == template_id, CouponVersion.number == template.version
    )
    return template, session.scalars(wanted).one()


def _had(session: Session, template_id: int, family: list[int]) -> int:
    wanted = select(func.count()).select_from(Coupon)
    wanted = wanted.where(Coupon.template_id == template_id, Coupon.issued_to_id.in_(family))
    return session.scalar(wanted) or 0


def _last_seq(session: Session, template_id: int, member_id: int) -> int:
    wanted = select(func.max(Coupon.seq))
    wanted = wanted.where(Coupon.template_id == template_id, Coupon.issued_to_id == member_id)
    return session.scalar(wanted) or 0


def _take_one(session: Session, template_id: int) -> None:
    """Count one more as issued, if the template is open and has one left: the database decides."""
    is_left = or_(CouponTemplate.total.is_(None), CouponTemplate.issued < CouponTemplate.total)
    is_open = CouponTemplate.state == TemplateState.OPEN.value
    change = update(CouponTemplate).where(CouponTemplate.id == template_id, is_open, is_left)
    done = session.execute(
        change.values(issued=CouponTemplate.issued + 1), execution_options={"synchronize_session": False}
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotIssued("gone")


def _put(session: Session, values: dict[str, object], *, last: int) -> Coupon:
    """Write the coupon under a fresh number; who holds the member's row is alone with its `seq`."""
    for _attempt in range(TRIES):
        row = {**values, "number": codes.new_number(), "seq": last + 1}
        key = insert_if_free(session.connection(), table_of(Coupon), row)
        if key is not None:
            return session.get_one(Coupon, key)
    raise RuntimeError("no number for a coupon is free")
