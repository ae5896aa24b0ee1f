"""A shop, members, a book in force, and purchases of theirs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.config import DatabaseConfig
from bot.db import Database
from bot.earning import buying, versions
from bot.earning.occasions import Happening
from bot.earning.rules import writing
from bot.earning.rules.book import Book, Trigger
from bot.members import people
from bot.points import ledger
from bot.privacy import vault_of
from bot.purchases.models import Payment, Purchase, PurchaseState
from bot.purchases.receipts import Line, Receipt
from bot.purchases.recording import By, find
from tests import make
from tests.earning.books import BRIEF
from tests.support.members import PRIVACY

TILL = By("till:1", "前台")
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


class Counter:
    """A shop's counter, and what members have by it."""

    def __init__(self, db: Database, book: Book = BRIEF) -> None:
        self.db = db
        self.vault = vault_of(PRIVACY)
        self.shop = make.shop(db, "外滩店")
        self.now = NOON
        self.publish(book, at=NOON - timedelta(days=400))

    def publish(self, book: Book, *, at: datetime) -> int:
        with self.db.transaction() as session:
            row = versions.put_version(
                session, writing.write(book), note="测试", in_force_from=at, by="林", now=at
            )
            return row.id

    def member(self, *, born: date | None = None, name: str = "王女士") -> int:
        with self.db.transaction() as session:
            row, key = people.add(session, self.vault, source="test", shop_id=self.shop, now=self.now)
            people.describe(row, key, name=name, birthday=born)
            row.verified_at = self.now
            return row.id

    def buy(
        self, member: int, yuan: int, number: str, *, at: datetime | None = None, **facts
    ) -> buying.Bought:
        lines = tuple(facts.pop("lines", ()))
        receipt = Receipt(number, yuan * 100, Payment(facts.pop("payment", "cash")), at or self.now, lines)
        with self.db.transaction() as session:
            return buying.buy(
                session,
                self.vault,
                receipt,
                shop_id=facts.pop("shop", self.shop),
                member_id=member,
                state=facts.pop("state", PurchaseState.COUNTED),
                by=TILL,
                now=self.now,
            )

    def refund(self, number: str, yuan: int, refund: str = "R1", *, lines: tuple[Line, ...] = ()):
        with self.db.transaction() as session:
            purchase = find(session, shop_id=self.shop, number=number)
            assert purchase is not None
            return buying.refund(
                session,
                purchase,
                number=refund,
                amount=yuan * 100,
                lines=lines,
                reason="不想要了",
                occurred_at=self.now,
                by=TILL,
                now=self.now,
            )

    def happen(self, member: int, trigger: Trigger, *, at: datetime | None = None, key: str | None = None):
        happened = Happening(key or f"{trigger.value}:{member}", trigger, at or self.now)
        with self.db.transaction() as session:
            return buying.happen(session, self.vault, member, happened, now=self.now)

    def balance(self, member: int) -> int:
        with self.db.reading() as session:
            found = ledger.balance(session, member, self.now)
            return found.available - found.debt

    def purchase(self, number: str) -> Purchase:
        with self.db.reading() as session:
            found = find(session, shop_id=self.shop, number=number)
            assert found is not None
            return found


@pytest.fixture
def sqlite(empty_sqlite: str) -> Iterator[Database]:
    with Database(DatabaseConfig(url=empty_sqlite)) as db:
        yield db


@pytest.fixture
def counter(sqlite: Database) -> Counter:
    return Counter(sqlite)
