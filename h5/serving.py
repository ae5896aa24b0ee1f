"""The counter pages' way to `bot.counter`: each function is one transaction of who stands at the counter.

Whom they serve is a text we signed: of this person, this shop and this member,
good for a quarter of an hour, and made of a code that the member's card showed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.counter import awarding, looking, spending, standing
from bot.counter.awarding import Awarded
from bot.counter.looking import Customer
from bot.counter.models import CounterAction, CounterSpend, SpendState
from bot.counter.standing import Place
from bot.db import utc_now
from bot.earning import explaining
from bot.members.limits import Limit, take, used
from bot.points import ledger
from bot.purchases import customers
from bot.purchases.models import Purchase
from bot.purchases.receipts import Receipt
from h5 import membership
from h5.visit import account, guest, keys, runtime

SERVED_FOR = 15 * 60
MISSES = Limit("counter:misses", 60, 3600)  # wrong codes of one person in an hour
MEMBER = re.compile(r"YZM[A-Z2-7]{10}[0-9A-Z]{6,8}-[A-Z2-7]{16}|\d{16}", re.ASCII)
RECENT = 5


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a receipt: what was written down, what it earns as things stand, and why."""

    action: CounterAction
    purchase: Purchase
    explanation: Sequence[str]


def place() -> Place:
    """Return where the visitor stands now; raise `NotAtWork` for a closed shop."""
    with runtime.db.reading() as session:
        return standing.at(session, guest.staff_id)


def is_members(code: str) -> bool:
    """Tell whether this looks like the code of a member's card, whether or not it is good."""
    return MEMBER.fullmatch(code) is not None


def greet(code: str) -> str | None:
    """Return the text by which the member is served, having noted the visit.

    None for a code that nobody's card shows now, and `""` after too many of these.
    Raise what `standing.customer` does.
    """
    vault, now = membership.vault(), utc_now()
    with runtime.db.transaction() as session:
        where = standing.at(session, guest.staff_id)
        who = str(where.staff_id)
        if used(session, vault, MISSES, who, now=now) >= MISSES.most:
            return ""  # a right one is not told from a wrong one any more
        member = customers.find(session, vault, customers.By.CODE, code, now=now)
        if member is None:
            return "" if take(session, vault, MISSES, who, now=now) is not None else None
        awarding.visit(session, vault, where, member.id, now=now)
    return keys.sign([where.staff_id, where.shop_id, member.id], _purpose())


def served(token: str) -> tuple[int, int] | None:
    """Return shop and member of the text; None if it is not the visitor's, or its time is over."""
    content = keys.read(token, _purpose(), seconds=SERVED_FOR)
    if not isinstance(content, list) or len(content) != 3 or content[0] != guest.staff_id:
        return None
    return int(content[1]), int(content[2])


def look(shop_id: int, member_id: int) -> Customer:
    """Return what the visitor sees of the member."""
    now = utc_now()
    with runtime.db.transaction() as session:
        where = standing.at(session, guest.staff_id, shop_id=shop_id)
        member = standing.customer(session, where, member_id)
        return looking.look(session, membership.vault(), where, member, now=now)


def award(shop_id: int, member_id: int, receipt: Receipt, *, once: str) -> Awarded:
    """Do as `awarding.award`, where the visitor stands."""
    with runtime.db.transaction() as session:
        where = standing.at(session, guest.staff_id, shop_id=shop_id)
        return awarding.award(
            session, membership.vault(), where, member_id, receipt, once=once, now=utc_now()
        )


def told(shop_id: int, member_id: int, action_id: int) -> Told | None:
    """Return what became of a receipt that the visitor wrote down for this member; None for another."""
    with runtime.db.reading() as session:
        action = session.get(CounterAction, action_id)
        if (
            action is None
            or action.purchase_id is None
            or (action.staff_id, action.shop_id, action.member_id) != (guest.staff_id, shop_id, member_id)
        ):
            return None
        purchase = session.get_one(Purchase, action.purchase_id)
        return Told(action, purchase, explaining.of_purchase(session, purchase))


def ask(shop_id: int, member_id: int, points: int, *, number: str, once: str) -> CounterSpend:
    """Do as `spending.ask`, where the visitor stands."""
    with runtime.db.transaction() as session:
        where = standing.at(session, guest.staff_id, shop_id=shop_id)
        return spending.ask(session, where, member_id, points, number=number, once=once, now=utc_now())


def asked(spend_id: int) -> tuple[CounterSpend, SpendState, int, int] | None:
    """Return a question of the visitor's: how it stands, for how many seconds yet, what the member has left.

    None for another's.
    """
    now = utc_now()
    with runtime.db.reading() as session:
        where = standing.at(session, guest.staff_id)
        row = spending.of_place(session, where, spend_id)
        if row is None:
            return None
        left = ledger.balance(session, row.member_id, now).available
        return row, spending.state_of(row, now=now), _seconds(row, now), left


def cancel(spend_id: int) -> None:
    """Take a question of the visitor's back."""
    with runtime.db.transaction() as session:
        where = standing.at(session, guest.staff_id)
        row = spending.of_place(session, where, spend_id)
        if row is not None:
            spending.cancel(session, row, now=utc_now())


def recent() -> Sequence[CounterAction]:
    """Return what the visitor did last."""
    wanted = select(CounterAction).where(CounterAction.staff_id == guest.staff_id)
    with runtime.db.reading() as session:
        return session.scalars(wanted.order_by(CounterAction.id.desc()).limit(RECENT)).all()


def _seconds(row: CounterSpend, now: datetime) -> int:
    return max(0, int((row.until - now).total_seconds()))


def _purpose() -> str:
    return f"counter.{account.name}"
