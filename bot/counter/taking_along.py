"""The chapter of counters in the file a member takes with them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.counter.models import ActionKind, CounterAction
from bot.members import identities
from bot.members.export import Chapter, said
from bot.organisation.models import Shop

MOST = 5000
KINDS = {
    ActionKind.VISIT: "到店",
    ActionKind.AWARD: "登记消费",
    ActionKind.SPEND: "积分抵扣",
    ActionKind.UNDO: "撤销",
}


def rows(session: Session, member_id: int) -> list[dict[str, Any]]:
    """Return what was done for the member at counters, the newest first."""
    family = identities.family(session, member_id)
    wanted = select(CounterAction, Shop.name).join(Shop, Shop.id == CounterAction.shop_id)
    wanted = wanted.where(CounterAction.member_id.in_(family)).order_by(CounterAction.id.desc()).limit(MOST)
    return [
        {
            "at": said(one.at),
            "shop": shop,
            "what": KINDS[ActionKind(one.kind)],
            "number": one.number,
            "points": one.points,
        }
        for one, shop in session.execute(wanted)
    ]


CHAPTER = Chapter(
    "counter",
    "您在柜台",
    {"at": "时间", "shop": "门店", "what": "事项", "number": "小票号", "points": "积分"},
    rows,
)
