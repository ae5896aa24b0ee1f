"""Someone of the staff asks for their poster in the chat, by the word or by a button of the menu."""

from bot.members.staff import at_work
from bot.posters import asking, orders
from bot.router import Incoming
from bot.wechat.replies import Reply, Text

BEING_DRAWN = Text("海报正在画，马上发给您。")


def by_staff(incoming: Incoming) -> Reply | None:
    """Have the poster drawn and sent; None for who does not work here now."""
    staff = at_work(incoming.work.session, incoming.fan.staff_id)
    if staff is None:
        return None
    incoming.answered_by = "poster"
    order = orders.ask(
        incoming.work.session,
        account_id=incoming.account.id,
        shop_id=staff.shop_id,
        staff_id=staff.id,
        fan_id=incoming.fan.id,
        now=incoming.now,
    )
    if order is not None:
        incoming.promise("posters.send", {"order_id": order.id})
    return BEING_DRAWN


def otherwise(incoming: Incoming) -> Reply:
    """Tell somebody who does not work here, where no rule of the office's does, what posters are."""
    incoming.answered_by = "poster"
    return Text(asking.NOT_FOR_YOU)
