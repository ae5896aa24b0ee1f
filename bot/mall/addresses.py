"""Where something is sent: sealed with the member's own key, so it is gone when they are erased."""

from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.mall.models import MallOrder
from bot.members import identities
from bot.members.models import Member
from bot.privacy import NotOurs, Vault, masked

PLACE = "mall_order:address"
LONGEST_NAME, LONGEST_PLACE = 20, 120


@dataclass(frozen=True, slots=True)
class Address:
    """To whom, under which number (E.164), and where."""

    name: str
    phone: str
    place: str

    @property
    def masked(self) -> str:
        """Return it as lists show it: 陈** 138****1111."""
        return f"{self.name[:1]}** {masked(self.phone)}"


def seal(vault: Vault, member: Member, address: Address) -> str:
    """Return the address so that only the member's key opens it; raise `NotOurs` for an erased member."""
    key = identities.key_of(vault, member)
    if key is None:
        raise NotOurs("an erased member has no key")
    return key.seal(orjson.dumps(asdict(address)).decode(), PLACE)


def read(session: Session, vault: Vault, order: MallOrder) -> Address | None:
    """Return where the order goes; None without an address, and once nobody can read it any more."""
    if order.address is None:
        return None
    try:
        key = identities.key_of(vault, session.get_one(Member, order.member_id))
        return Address(**orjson.loads(key.open(order.address, PLACE))) if key else None
    except NotOurs:
        return None


def last_of(session: Session, vault: Vault, member_id: int) -> Address | None:
    """Return where something was sent to the member last."""
    family = identities.family(session, member_id)
    wanted = select(MallOrder).where(MallOrder.member_id.in_(family), MallOrder.address.is_not(None))
    order = session.scalar(wanted.order_by(MallOrder.id.desc()).limit(1))
    return read(session, vault, order) if order is not None else None
