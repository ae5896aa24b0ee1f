"""Members with points, and what may be asked of the ledger in a test."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select, update

from bot.db import Database, utc_now
from bot.members import people
from bot.members.models import Member, MemberState
from bot.points import expiring, ledger, reconciling
from bot.points.models import PointAllocation, PointLot

KEYS = count(1)
DAY = timedelta(days=1)


@dataclass
class Till:
    """One database and one clock; each call is a transaction of its own, under a fresh key unless told."""

    db: Database
    now: datetime = field(default_factory=utc_now)

    def member(self, shop_id: int | None = None) -> int:
        with self.db.transaction() as session:
            row = Member(
                number=people.new_number(),
                state=MemberState.ACTIVE.value,
                home_shop_id=shop_id,
                source="test",
                created_at=self.now,
            )
            session.add(row)
            session.flush()
            return row.id

    def earn(self, member_id, points, *, days=None, **said):
        return self._do(ledger.earn, member_id, points, expires_at=self.at(days), **said)

    def adjust(self, member_id, points, *, days=None, **said):
        return self._do(ledger.adjust, member_id, points, expires_at=self.at(days), **said)

    def give(self, member_id, causes, *, key, days=None):
        """Give several earnings' worth at once, as rules do, under one key; return the entry."""
        gift = ledger.Gift(causes=causes, key=key, reason="测试", expires_at=self.at(days))
        with self.db.transaction() as session:
            (key,) = ledger.give(session, member_id, [gift], source="rules", now=self.now)
            return session.get_one(ledger.Entry, key)

    def spend(self, member_id, points, **said):
        return self._do(ledger.spend, member_id, points, **said)

    def refund(self, entry_id, points=None, **said):
        return self._do(ledger.refund, entry_id, points, **said)

    def claw_back(self, entry_id, points=None, **said):
        return self._do(ledger.claw_back, entry_id, points, **said)

    def hold(self, member_id, points, *, hours=1, **said):
        return self._do(ledger.hold, member_id, points, until=self.now + timedelta(hours=hours), **said)

    def confirm(self, hold_id, points=None):
        with self.db.transaction() as session:
            return ledger.confirm(session, hold_id, points=points, now=self.now)

    def release(self, hold_id):
        with self.db.transaction() as session:
            return ledger.release(session, hold_id, now=self.now)

    def expire(self) -> int:
        with self.db.transaction() as session:
            return expiring.expire(session, now=self.now, most=100)

    def merge(self, merged_id, into):
        """As `members.merging` does to the rows that the ledger goes by."""
        state = MemberState.MERGED if into else MemberState.ACTIVE
        with self.db.transaction() as session:
            change = update(Member).where(Member.id == merged_id)
            session.execute(change.values(merged_into_id=into, state=state.value))

    def balance(self, member_id) -> ledger.Balance:
        with self.db.reading() as session:
            return ledger.balance(session, member_id, self.now)

    def available(self, member_id) -> int:
        return self.balance(member_id).available

    def history(self, member_id):
        with self.db.reading() as session:
            return [(row.entry.kind, row.points) for row in ledger.history(session, member_id)]

    def lots(self, member_id):
        """Return what remains of each lot, and in how many days it ends, in the order they were made."""
        with self.db.reading() as session:
            ids = ledger_accounts(session, member_id)
            rows = session.scalars(select(PointLot).where(PointLot.account_id.in_(ids)).order_by(PointLot.id))
            return [
                (row.remaining, row.expires_at and round((row.expires_at - self.now) / DAY)) for row in rows
            ]

    def took(self, entry):
        with self.db.reading() as session:
            rows = select(PointAllocation.points).where(PointAllocation.entry_id == entry.id)
            return list(session.scalars(rows.order_by(PointAllocation.id)))

    def findings(self):
        with self.db.reading() as session:
            return reconciling.findings(session)

    def later(self, **time):
        self.now += timedelta(**time)

    def at(self, days):
        return None if days is None else self.now + timedelta(days=days)

    def _do(self, act, whom, points, **said):
        said = {"key": f"k{next(KEYS)}", "source": "test", "reason": "测试", **said}
        with self.db.transaction() as session:
            return act(session, whom, points, now=self.now, **said)


def ledger_accounts(session, member_id):
    from bot.points.reading import accounts_of

    return accounts_of(session, member_id)
