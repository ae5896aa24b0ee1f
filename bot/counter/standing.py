"""Who stands at which counter: asked of the staff's own row, in each transaction that does something."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.counter.refusals import NoSuchCustomer, NotAtWork, Oneself
from bot.fans.models import Fan
from bot.members import identities, staff
from bot.members.models import Member, MemberState
from bot.organisation.models import Shop, ShopState


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody of the staff at the counter of their shop."""

    staff_id: int
    shop_id: int
    name: str
    shop: str


def at(session: Session, staff_id: int | None, *, shop_id: int | None = None) -> Place:
    """Return where they stand now; with `shop_id` it must still be that shop. Raise `NotAtWork`."""
    who = staff.at_work(session, staff_id)
    shop = session.get(Shop, who.shop_id) if who is not None else None
    if who is None or shop is None or shop.state != ShopState.OPEN or shop_id not in {None, shop.id}:
        raise NotAtWork(f"staff {staff_id} stands at no counter of this shop")
    return Place(who.id, shop.id, who.name, shop.name)


def customer(session: Session, place: Place, member_id: int) -> Member:
    """Return who the member is now, locked; raise `Oneself`, or `NoSuchCustomer` for an erased one."""
    member = identities.root(session, member_id)
    if member.state != MemberState.ACTIVE:
        raise NoSuchCustomer(f"member {member_id} is there no longer")
    if is_oneself(session, place, member.id):
        raise Oneself(f"staff {place.staff_id} is this member")
    return member


def is_oneself(session: Session, place: Place, member_id: int) -> bool:
    """Tell whether one of the member's WeChats is signed in as this person of the staff."""
    mine = select(Fan.id).where(Fan.member_id == member_id, Fan.staff_id == place.staff_id)
    return session.scalar(mine.limit(1)) is not None
