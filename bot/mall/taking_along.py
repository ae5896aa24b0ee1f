"""The chapters of orders and payouts in the file a member takes along, and what goes when they are erased."""

from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.mall import addresses, orders
from bot.mall.models import MallOrder
from bot.mall.rebate_models import MallRebate, RebateState
from bot.members import identities
from bot.members.export import Chapter, said
from bot.members.models import Member, MemberState
from bot.privacy import Vault, spoken

MOST = 2000
STATES = {
    "held": "待领取或待寄出",
    "done": "已完成",
    "cancelled": "已取消",
    "expired": "已过期",
    "refunded": "已退回",
}
COLUMNS = {
    "at": "时间",
    "item": "商品",
    "points": "积分",
    "state": "状态",
    "address": "收货信息",
    "sent": "快递",
    "reason": "说明",
}
PAYOUT_STATES = {
    RebateState.WAITING: "审核中",
    RebateState.PENDING: "等待打款",
    RebateState.EXPORTED: "打款中",
    RebateState.PAID: "已到账",
    RebateState.FAILED: "未成功，积分已退回",
    RebateState.REFUSED: "未通过，积分已退回",
}
QUIETLY = {"synchronize_session": False}


def chapter(vault: Vault) -> Chapter:
    """Return the chapter; addresses are opened with the member's own key."""

    def rows(session: Session, member_id: int) -> list[dict[str, Any]]:
        found = orders.of_member(session, member_id, before=None, most=MOST)
        return [
            {
                "at": said(one.made_at),
                "item": one.item_name,
                "points": one.points,
                "state": STATES.get(one.state, one.state),
                "address": _spoken(addresses.read(session, vault, one)),
                "sent": " ".join(filter(None, (one.carrier, one.tracking))),
                "reason": one.reason or "",
            }
            for one in found
        ]

    return Chapter("mall_orders", "您的兑换", COLUMNS, rows)


def payouts(session: Session, member_id: int) -> list[dict[str, Any]]:
    """Return the payouts of the member, and of whoever was merged into them, the newest first."""
    wanted = select(MallRebate).where(MallRebate.member_id.in_(identities.family(session, member_id)))
    return [
        {
            "at": said(one.asked_at),
            "points": one.points,
            "amount": f"{one.fen / 100:.2f}",
            "state": PAYOUT_STATES[RebateState(one.state)],
            "reason": one.reason,
            "why": one.why or "",
            "settled": said(one.settled_at) if one.settled_at else "",
        }
        for one in session.scalars(wanted.order_by(MallRebate.id.desc()).limit(MOST))
    ]


def forget_words(session: Session, *, most: int) -> int:
    """Empty what says something of members who were erased; return how many orders and payouts did.

    Addresses, which nobody can read since, with whom and under which number something was sent, and what
    people wrote; at most so many orders and so many payouts at once.  Goods, points and money stay under
    the member's number, as the ledger's do.  Again: nothing is left.
    """
    is_erased = Member.state == MemberState.ERASED.value
    told = (MallOrder.address, MallOrder.carrier, MallOrder.tracking, MallOrder.reason)
    # Found first and changed by their ids: MariaDB would go through, and lock, the whole table to change it.
    wanted = select(MallOrder.id).join(Member, Member.id == MallOrder.member_id).where(is_erased)
    found = session.scalars(wanted.where(or_(*(one.is_not(None) for one in told))).limit(most)).all()
    emptied = update(MallOrder).where(MallOrder.id.in_(found))
    session.execute(emptied.values({one.key: None for one in told}), execution_options=QUIETLY)
    asked = select(MallRebate.id).join(Member, Member.id == MallRebate.member_id).where(is_erased)
    has_words = or_(MallRebate.reason != "", MallRebate.why.is_not(None))
    paid = session.scalars(asked.where(has_words).limit(most)).all()
    silent = update(MallRebate).where(MallRebate.id.in_(paid)).values(reason="", why=None)
    session.execute(silent, execution_options=QUIETLY)
    return len(found) + len(paid)


def _spoken(address: addresses.Address | None) -> str:
    return f"{address.name} {spoken(address.phone)} {address.place}" if address else ""


CHAPTER = Chapter(
    "mall_payouts",
    "您的积分返现",
    {
        "at": "申请时间",
        "points": "积分",
        "amount": "金额（元）",
        "state": "状态",
        "reason": "说明",
        "why": "未通过原因",
        "settled": "处理时间",
    },
    payouts,
)
