"""The chapter of coupons in the file a member takes with them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons import reading, saying
from bot.coupons.models import Coupon
from bot.members import identities
from bot.members.export import Chapter, said

MOST = 5000
STATES = {
    "issued": "可用",
    "returned": "可用",
    "offered": "转赠中",
    "held": "使用中",
    "used": "已用",
    "expired": "已过期",
    "void": "已作废",
}


def rows(session: Session, member_id: int) -> list[dict[str, Any]]:
    """Return the member's coupons, and those of whoever was merged into them, the newest first."""
    family = identities.family(session, member_id)
    wanted = select(Coupon).where(Coupon.member_id.in_(family)).order_by(Coupon.id.desc()).limit(MOST)
    return [
        {
            "name": one.name,
            "worth": saying.worth(one.terms),
            "state": STATES[one.coupon.state],
            "issued": said(one.coupon.issued_at),
            "until": said(one.coupon.valid_until),
            "used": said(one.coupon.used_at) if one.coupon.used_at else "",
        }
        for one in reading.of(session, session.scalars(wanted))
    ]


CHAPTER = Chapter(
    "coupons",
    "您的优惠券",
    {
        "name": "名称",
        "worth": "优惠",
        "state": "状态",
        "issued": "领取时间",
        "until": "有效期至",
        "used": "使用时间",
    },
    rows,
)
