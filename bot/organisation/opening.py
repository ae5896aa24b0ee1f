"""Opening a shop and closing it, and what it then says of its hours."""

from datetime import date

from bot.organisation import hours
from bot.organisation.hours import Schedule
from bot.organisation.models import Shop, ShopState


def schedule_of(shop: Shop) -> Schedule | None:
    """Return the shop's schedule, if it has one."""
    return hours.from_document(shop.schedule) if shop.schedule else None


def set_state(shop: Shop, state: ShopState, *, today: date) -> None:
    """Close the shop, which travellers then read, or open it again."""
    shop.state = state.value
    schedule = schedule_of(shop)
    if state is ShopState.CLOSED:
        shop.hours = hours.CLOSED
    elif schedule is not None:
        shop.hours = hours.say(schedule, today)
    elif shop.hours == hours.CLOSED:
        shop.hours = ""
