"""What members are told of their own affairs: the occasion decides what and to whom, the planner how."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.fans.models import Fan, Standing, last_heard_from
from bot.members.models import MemberClaim, Referral
from bot.outbox.outcomes import Pointless
from bot.reach import contents, planning
from bot.reach.contents import Content

if TYPE_CHECKING:
    from bot.runtime import Runtime

COUNTED: Final = contents.text("您推荐的朋友已成为会员，谢谢您。奖励会记在您的名下。")
BROUGHT: Final = contents.text("您带来的旅客已成为会员，辛苦了。")
BY_CODE: Final = contents.text("您带来的旅客已成为会员，辛苦了。已记入您的海报成绩。")
CLAIMED: Final = contents.text(
    "有人在另一个微信上验证了您绑定的手机号。如果是您本人，请在“我的”页面确认；如果不是，请在那里告诉我们。"
)


def tell_referrer(runtime: "Runtime", referral_id: int) -> None:
    """Have a referrer told that it counts, by the WeChat they used last.

    Run twice: a referral is told once, by the key of its notice.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        row = session.get_one(Referral, referral_id)
        fans = following(session, row.referrer_member_id) or at_work(session, row.referrer_staff_id)
        if row.told_at is not None or not fans:
            return
        planning.notify(
            session,
            account_id=fans[0].account_id,
            fan_id=fans[0].id,
            intent="referral_counted",
            key=f"referral:{row.id}",
            content=_counted(row),
            now=now,
        )
        row.told_at = now


def _counted(row: Referral) -> Content:
    if row.referrer_member_id is not None:
        return COUNTED
    return BY_CODE if row.channel_id is not None else BROUGHT


def tell_of_claim(runtime: "Runtime", claim_id: int) -> None:
    """Have a member's WeChat told that another proved their number. Run twice: they read it once."""
    with runtime.db.transaction() as session:
        claim = session.get_one(MemberClaim, claim_id)
        fans = [fan for fan in following(session, claim.member_id) if fan.id != claim.fan_id]
        if not fans:
            raise Pointless("the member has no other WeChat that follows; the page tells them")
        planning.notify(
            session,
            account_id=fans[0].account_id,
            fan_id=fans[0].id,
            intent="number_claimed",
            key=f"claim:{claim.id}",
            content=CLAIMED,
            now=utc_now(),
        )


def tell_member(
    session: Session,
    member_id: int,
    *,
    intent: str,
    key: str,
    content: Content,
    facts: Mapping[str, str],
    now: datetime,
) -> None:
    """Have a member told by the WeChat they used last, once for a key; nobody is who follows with none."""
    fans = following(session, member_id)
    if fans:
        planning.notify(
            session,
            account_id=fans[0].account_id,
            fan_id=fans[0].id,
            intent=intent,
            key=key,
            content=content,
            facts=facts,
            now=now,
        )


def following(session: Session, member_id: int | None) -> Sequence[Fan]:
    """Return the member's fans who follow, whoever wrote last first."""
    return _here(session, Fan.member_id == member_id) if member_id is not None else []


def at_work(session: Session, staff_id: int | None) -> Sequence[Fan]:
    """Return the fans who follow and are signed in as that person of the staff, whoever wrote last first."""
    return _here(session, Fan.staff_id == staff_id) if staff_id is not None else []


def _here(session: Session, whose: ColumnElement[bool]) -> Sequence[Fan]:
    found = session.scalars(select(Fan).where(whose, Fan.standing != Standing.LEFT.value))
    return sorted(found, key=last_heard_from, reverse=True)
