"""What the counter sees of a member: as little as it takes to greet and serve them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.counter import limits as counter_limits
from bot.counter.limits import Limits
from bot.counter.standing import Place
from bot.levels import standing
from bot.members import identities, people
from bot.members.models import Member
from bot.moments import HERE
from bot.points import ledger
from bot.points.reading import Balance, Expiry
from bot.privacy import Vault
from bot.purchases.models import Purchase

PURCHASES = 3


@dataclass(frozen=True, slots=True)
class Customer:
    """A member at the counter, masked; `purchases` are of this shop alone. `limits` is what is left today.

    `level` is the level's name, empty while there are no levels.
    """

    member_id: int
    number: str
    name: str
    level: str
    balance: Balance
    expiry: Expiry | None
    purchases: Sequence[Purchase]
    limits: Limits


def look(session: Session, vault: Vault, place: Place, member: Member, *, now: datetime) -> Customer:
    """Return what the person at that counter sees of the member."""
    family = identities.family(session, member.id)
    bought = select(Purchase).where(Purchase.member_id.in_(family), Purchase.shop_id == place.shop_id)
    today = now.astimezone(HERE).date()
    allowed = counter_limits.of(session, place.shop_id)
    level = standing.of(session, member.id, now=now)
    return Customer(
        member_id=member.id,
        number=member.number,
        name=people.masked_name(people.name_of(vault, member)),
        level=level.name if level is not None else "",
        balance=ledger.balance(session, member.id, now),
        expiry=ledger.next_expiry(session, member.id, now),
        purchases=session.scalars(bought.order_by(Purchase.id.desc()).limit(PURCHASES)).all(),
        limits=counter_limits.left(session, place, today, allowed),
    )
