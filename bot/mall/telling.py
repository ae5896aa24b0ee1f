"""What members are told of their orders by others' doing: sent, ready in the shop, called off, given back.

Who calls an order off by their own hand knows, and so does the clock's silence: what nobody fetched in
time was said when it was taken.
"""

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.fans.models import Fan
from bot.mall.models import MallOrder
from bot.members import identities
from bot.moments import HERE
from bot.organisation.models import Shop
from bot.reach import contents, occasions, planning
from bot.reach.contents import Content
from bot.reach.models import NoticeState, ReachNotice

SENT: Final = contents.text(
    "您兑换的「{item}」已由{carrier}寄出，单号 {tracking}。在“我的兑换”里可以随时查看。",
    fields={"item": "{item}", "carrier": "{carrier}", "tracking": "{tracking}"},
)
READY: Final = contents.text(
    "您兑换的「{item}」已经备好，请在{day}前到{shop}领取。到店打开“我的兑换”，出示取货码即可。",
    fields={"item": "{item}", "shop": "{shop}", "day": "{day}"},
)
CALLED_OFF: Final = contents.text(
    "很抱歉，您兑换的「{item}」被取消了，{points} 积分已回到您的账户，到期日不变。",
    fields={"item": "{item}", "points": "{points}"},
)
GIVEN_BACK: Final = contents.text(
    "您兑换的「{item}」已办理退回，{points} 积分已回到您的账户。",
    fields={"item": "{item}", "points": "{points}"},
)


TOLD: Final = (NoticeState.SENT, NoticeState.UNSURE)
UNHEARD: Final = (
    NoticeState.BOUNCED,
    NoticeState.SKIPPED,
    NoticeState.UNREACHED,
    NoticeState.CANCELLED,
)


class Heard(enum.StrEnum):
    """Whether a member has heard: `NEVER` where they follow with no WeChat, or no way led to them."""

    TOLD = "told"
    SOON = "soon"
    NEVER = "never"


def sent(session: Session, order: MallOrder, *, now: datetime) -> None:
    """Have the member told with whom and under which number it is on its way, once."""
    # In the facts, not in the text: they go when the traveller is forgotten.
    _tell(session, order, "order_sent", SENT, now, carrier=order.carrier or "", tracking=order.tracking or "")


def ready(session: Session, order: MallOrder, *, now: datetime) -> None:
    """Have the member told where and until when it can be fetched, once."""
    shop = session.get(Shop, order.shop_id) if order.shop_id else None
    until = order.expires_at.astimezone(HERE)
    day = f"{until.month}月{until.day}日 {until:%H:%M} "
    _tell(session, order, "order_ready", READY, now, shop=shop.name if shop else "门店", day=day)


def heard_of_ready(session: Session, orders: Sequence[MallOrder]) -> dict[int, Heard]:
    """Return of each order, by its id, whether its member has heard that it can be fetched."""
    if not orders:
        return {}
    with beyond_scope(session):
        members = {identities.as_now(session, order.member_id).id for order in orders}
        wanted = select(ReachNotice.key, ReachNotice.state).join(Fan, Fan.id == ReachNotice.fan_id)
        mine = (Fan.member_id.in_(members), ReachNotice.intent == "order_ready")
        keys = {f"order:{order.id}": order.id for order in orders}
        found = session.execute(wanted.where(*mine, ReachNotice.key.in_(keys))).all()
    states = {keys[row.key]: NoticeState(row.state) for row in found}
    return {order.id: _heard(states.get(order.id)) for order in orders}


def no_longer_ready(session: Session, order: MallOrder) -> None:
    """Do not say any more that it can be fetched, if that was not said yet."""
    with beyond_scope(session):
        fans = select(Fan.id).where(Fan.member_id == identities.as_now(session, order.member_id).id)
        wanted = select(ReachNotice.id).where(
            ReachNotice.fan_id.in_(fans),
            ReachNotice.intent == "order_ready",
            ReachNotice.key == f"order:{order.id}",
        )
        planning.take_back(session, session.scalars(wanted).all())


def called_off(session: Session, order: MallOrder, *, now: datetime) -> None:
    """Have the member told that somebody of ours called it off, once."""
    _tell(session, order, "order_undone", CALLED_OFF, now, points=f"{order.points:,}")


def given_back(session: Session, order: MallOrder, *, now: datetime) -> None:
    """Have the member told that what they had was given back, once."""
    _tell(session, order, "order_undone", GIVEN_BACK, now, points=f"{order.points:,}")


def _heard(state: NoticeState | None) -> Heard:
    if state is None or state in UNHEARD:
        return Heard.NEVER
    return Heard.TOLD if state in TOLD else Heard.SOON


def _tell(
    session: Session, order: MallOrder, intent: str, said: Content, now: datetime, **facts: str
) -> None:
    occasions.tell_member(
        session,
        identities.as_now(session, order.member_id).id,
        intent=intent,
        key=f"order:{order.id}",
        content=said,
        facts={"item": order.item_name, **facts},
        now=now,
    )
