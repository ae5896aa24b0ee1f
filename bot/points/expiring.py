"""What has passed its end, and what erased members left, is taken off the books."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, literal_column, select, update
from sqlalchemy.orm import Session

from bot.members.models import Member, MemberState
from bot.points.books import Books, Part, lock
from bot.points.models import EntryKind, PointAccount, PointEntry, PointLot
from bot.points.office_models import PointAdjustment
from bot.points.writing import Asked

SOURCE = "expiry"
KEPT_FACTS = ("expired",)
EXPIRED, ERASED = "积分到期", "会员已注销"


def expire(session: Session, *, now: datetime, most: int) -> int:
    """Take at most so many lots that have ended, soonest first; return how many were seen.

    What is held of them stays until the hold ends.  Again: nothing is left to take.
    """
    # A bare zero, or the index of lots that are not used up is not recognised.
    is_open = PointLot.remaining > literal_column("0")
    ended = select(PointLot.id, PointLot.account_id).where(PointLot.expires_at <= now, is_open, _has_free())
    return _take(session, ended.order_by(PointLot.expires_at, PointLot.id).limit(most), EXPIRED, now)


def write_off(session: Session, *, now: datetime, most: int) -> int:
    """Take what members had when they were erased; as `expire`."""
    left = (
        select(PointLot.id, PointLot.account_id)
        .join(PointAccount, PointAccount.id == PointLot.account_id)
        .join(Member, Member.id == PointAccount.member_id)
        .where(Member.state == MemberState.ERASED.value, _has_free(), PointLot.remaining > 0)
    )
    return _take(session, left.order_by(PointLot.id).limit(most), ERASED, now)


def forget_words(session: Session, *, now: datetime, most: int) -> int:
    """Empty what people and rules wrote about members who were erased; return how many accounts were seen.

    Amounts, kinds and the reason the traveller read stay under the member's number, and so does
    what a claw-back has to know.  Again: nobody is left.
    """
    erased = (
        select(PointAccount)
        .join(Member, Member.id == PointAccount.member_id)
        .where(Member.state == MemberState.ERASED.value, PointAccount.erased_at.is_(None))
    )
    accounts = session.scalars(erased.order_by(PointAccount.id).limit(most)).all()
    for account in accounts:
        for entry in session.scalars(select(PointEntry).where(PointEntry.account_id == account.id)):
            entry.facts = {name: entry.facts[name] for name in KEPT_FACTS if name in entry.facts}
        said = update(PointAdjustment).where(PointAdjustment.member_id == account.member_id)
        session.execute(said.values(reason="", why=None).execution_options(synchronize_session=False))
        account.erased_at = now
    session.flush()
    return len(accounts)


def _has_free() -> ColumnElement[bool]:
    return PointLot.remaining > PointLot.held


def _take(session: Session, wanted: Select[int, int], reason: str, now: datetime) -> int:
    found = session.execute(wanted).all()
    if not found:
        return 0
    accounts = {account.id: account for account in lock(session, {row.account_id for row in found})}
    rows = session.execute(
        select(PointLot.id, PointLot.account_id, PointLot.remaining, PointLot.held, PointLot.shop_id)
        .where(PointLot.id.in_([row.id for row in found]), _has_free())
        .order_by(PointLot.id)
    ).all()
    for row in rows:
        free = row.remaining - row.held
        # What remains of an ended lot only ever shrinks, so each taking of it has a key of its own.
        asked = Asked(
            "expire", row.id, free, source=SOURCE, key=f"{row.id}:{row.remaining}", reason=reason,
            shop_id=row.shop_id, facts=None, details={},
        )  # fmt: skip
        account = accounts[row.account_id]
        entry: PointEntry = asked.write(session, account.id, -free, kind=EntryKind.EXPIRE, now=now)
        books = Books(session, now, own=account, family=[account])
        books.apply(entry, [Part(account.id, row.id, -free)])
    return len(found)
