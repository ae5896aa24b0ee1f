"""A shop's counter with somebody of the staff at it, another shop's beside it, and members with points."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.accounts.register import enrol
from bot.config import DatabaseConfig
from bot.counter import awarding, limits, spending, standing, undoing
from bot.counter.limits import Limits
from bot.counter.models import CounterAction
from bot.db import Database
from bot.earning.rules.book import Book, Rule, Trigger
from bot.fans.models import Fan
from bot.members import identities
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.points import ledger
from bot.points.reconciling import findings
from bot.purchases.models import Payment
from bot.purchases.receipts import Receipt
from bot.purchases.recording import By
from tests import make
from tests.earning.books import PURCHASE, fixed
from tests.earning.conftest import Counter as Shop

BOOK = Book((PURCHASE, Rule("visit", "到店礼", Trigger.VISIT, fixed(5))))
LIMITS = Limits(receipt_amount=500_00, day_amount=1000_00, spend_points=100, day_points=150)


class Counter(Shop):
    """Two shops; 王珊 and 李雷 work in the first, 韩梅 in the second. Each call is a transaction."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, BOOK)
        self.other_shop = make.shop(db, "泉城路店", "济南分公司")
        self.shan, self.lei = self.hire(self.shop, "王珊"), self.hire(self.shop, "李雷")
        self.mei = self.hire(self.other_shop, "韩梅")
        with db.transaction() as session:
            limits.put(session, None, LIMITS, by="林", now=self.now)

    def hire(self, shop: int, name: str) -> int:
        with self.db.transaction() as session:
            row = Staff(shop_id=shop, name=name, role="旅行顾问", active=True)
            session.add(row)
            session.flush()
            return row.id

    def dismiss(self, staff: int) -> None:
        with self.db.transaction() as session:
            phones.set_active(session.get_one(Staff, staff), active=False, vault=None)

    def is_also(self, staff: int, member: int) -> None:
        """Let the person of the staff be that member, by one WeChat."""
        with self.db.transaction() as session:
            account_id = enrol(session, [make.account()])["head"]
            facts = {"standing": "following", "follow_count": 1, "message_count": 0, "created_at": self.now}
            session.add(
                Fan(account_id=account_id, openid=f"o{member}", member_id=member, staff_id=staff, **facts)
            )

    def give(self, member: int, points: int) -> None:
        with self.db.transaction() as session:
            ledger.earn(
                session, member, points, key=f"gift:{member}", source="test", reason="礼", now=self.now,
                expires_at=self.now + timedelta(days=30),
            )  # fmt: skip

    def award(self, member: int, yuan: int, number: str, *, by: int | None = None, once: str = ""):
        receipt = Receipt(number, yuan * 100, Payment.CASH, self.now)
        with self.db.transaction() as session:
            place = standing.at(session, by or self.shan)
            return awarding.award(
                session,
                self.vault,
                place,
                member,
                receipt,
                once=once or f"{number}:{by}:{member}",
                now=self.now,
            )

    def visit(self, member: int, *, by: int | None = None):
        with self.db.transaction() as session:
            return awarding.visit(
                session, self.vault, standing.at(session, by or self.shan), member, now=self.now
            )

    def ask(self, member: int, points: int, *, by: int | None = None, once: str = "once"):
        with self.db.transaction() as session:
            place = standing.at(session, by or self.shan)
            return spending.ask(session, place, member, points, number="A9", once=once, now=self.now)

    def answer(self, spend: int, member: int, *, agreed: bool = True):
        with self.db.transaction() as session:
            mine = identities.family(session, member)
            return spending.answer(session, spend, by_members=mine, agreed=agreed, now=self.now)

    def undo(self, key: int):
        with self.db.transaction() as session:
            by = By("hand", "周敏", 1)
            action = session.get_one(CounterAction, key)
            return undoing.undo(session, self.vault, action, reason="扫错了人", by=by, now=self.now)

    def actions(self) -> list[CounterAction]:
        with self.db.reading() as session:
            return list(session.scalars(select(CounterAction).order_by(CounterAction.id)))

    def kinds(self) -> list[str]:
        return [one.kind for one in self.actions()]

    def findings(self) -> list[object]:
        with self.db.reading() as session:
            return list(findings(session))


@pytest.fixture
def counter(empty_sqlite: str) -> Iterator[Counter]:
    """A counter on SQLite whose points add up at the end."""
    with Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="off")) as db:
        made = Counter(db)
        yield made
        assert made.findings() == []


@pytest.fixture
def counter_anywhere(db: Database) -> Iterator[Counter]:
    """The same on each kind of database."""
    made = Counter(db)
    yield made
    assert made.findings() == []
