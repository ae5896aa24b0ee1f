"""The chapter of purchases in the file a member takes with them, and what goes when they are erased."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.members import identities
from bot.members.export import Chapter, said
from bot.members.models import Member, MemberState
from bot.organisation.models import Shop
from bot.purchases.models import Purchase, PurchaseRefund

MOST = 5000


def rows(session: Session, member_id: int) -> list[dict[str, Any]]:
    """Return the member's purchases, and those of whoever was merged into them, the newest first."""
    family = identities.family(session, member_id)
    wanted = select(Purchase, Shop.name).join(Shop, Shop.id == Purchase.shop_id)
    wanted = wanted.where(Purchase.member_id.in_(family)).order_by(Purchase.id.desc()).limit(MOST)
    return [
        {
            "at": said(one.occurred_at),
            "shop": shop,
            "number": one.number,
            "amount": f"{one.amount / 100:.2f}",
            "refunded": f"{one.refunded / 100:.2f}",
        }
        for one, shop in session.execute(wanted)
    ]


def forget_words(session: Session, *, most: int) -> int:
    """Empty what people wrote about purchases of members who were erased; return how many were emptied.

    At most so many notes and so many reasons at once.  The amounts stay under the member's number, as the
    ledger's do.  Again: nothing is left.
    """
    is_erased = Member.state == MemberState.ERASED.value
    # Found first and changed by their ids: MariaDB would go through, and lock, the whole table to change it.
    noted = select(Purchase.id).join(Member, Member.id == Purchase.member_id).where(is_erased)
    notes = session.scalars(noted.where(Purchase.note != "").limit(most)).all()
    given = select(PurchaseRefund.id).join(Purchase, Purchase.id == PurchaseRefund.purchase_id)
    given = given.join(Member, Member.id == Purchase.member_id).where(is_erased)
    reasons = session.scalars(given.where(PurchaseRefund.reason != "").limit(most)).all()
    quietly = {"synchronize_session": False}
    session.execute(update(Purchase).where(Purchase.id.in_(notes)).values(note=""), execution_options=quietly)
    emptied = update(PurchaseRefund).where(PurchaseRefund.id.in_(reasons)).values(reason="")
    session.execute(emptied, execution_options=quietly)
    return len(notes) + len(reasons)


CHAPTER = Chapter(
    "purchases",
    "您的消费",
    {"at": "时间", "shop": "门店", "number": "小票号", "amount": "金额（元）", "refunded": "已退款（元）"},
    rows,
)
