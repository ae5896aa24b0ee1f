"""A shop that gives coupons out, and members who use them; each call is a transaction of its own."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from bot.coupons import codes, gifts, issuing, reading, templates, using
from bot.coupons.models import Coupon, CouponTemplate, TemplateState
from bot.coupons.receipts import Asked
from bot.coupons.scopes import Line
from bot.coupons.terms import Dates, Kind, Terms
from bot.db import Database, utc_now
from bot.members import people
from bot.members.models import Member, MemberState
from bot.privacy import vault_of
from tests import make
from tests.support.members import PRIVACY

KEYS = count(1)
FIFTY = Terms(Kind.AMOUNT, amount=5000, least=30000, dates=Dates(days=30))


@dataclass
class Desk:
    db: Database
    now: datetime = field(default_factory=utc_now)
    shop: int = 0

    def __post_init__(self) -> None:
        self.vault = vault_of(PRIVACY)
        self.shop = self.shop or make.shop(self.db, "外滩店")

    def member(self, shop_id: int | None = None) -> int:
        with self.db.transaction() as session:
            row = Member(
                number=people.new_number(),
                state=MemberState.ACTIVE.value,
                home_shop_id=shop_id or self.shop,
                source="test",
                created_at=self.now,
            )
            session.add(row)
            session.flush()
            return row.id

    def template(self, terms: Terms = FIFTY, *, total=None, per_member=1, name="满减券", **changes) -> int:
        with self.db.transaction() as session:
            said = replace(terms, **changes)
            row = templates.add(
                session, name, said, total=total, per_member=per_member, by="林", now=self.now
            )
            row.state = TemplateState.OPEN.value
            return row.id

    def issue(self, template: int, member: int, *, key: str | None = None, source: str = "test") -> int:
        key = key or f"k{next(KEYS)}"
        with self.db.transaction() as session:
            return issuing.issue(session, template, member, key=key, source=source, now=self.now).id

    def have(self, member: int, terms: Terms = FIFTY, **changes) -> int:
        """Return a coupon of these terms that the member has."""
        return self.issue(self.template(terms, per_member=None, **changes), member)

    def asked(self, yuan: int = 400, *, key: str | None = None, receipt: str | None = None, **facts) -> Asked:
        number = next(KEYS)
        lines = facts.pop("lines", None) or (Line(yuan * 100),)
        return Asked(
            facts.pop("shop", self.shop), receipt or f"R{number}", lines, "test", key or f"u{number}", "前台"
        )

    def use(self, coupon: int, asked: Asked | None = None, *, hold: int | None = None):
        with self.db.transaction() as session:
            hold_for = timedelta(minutes=hold) if hold else None
            return using.use(session, coupon, asked or self.asked(), now=self.now, hold_for=hold_for)

    def give_back(self, use_id: int) -> bool:
        with self.db.transaction() as session:
            return using.give_back(session, use_id, by="前台", now=self.now)

    def offer(self, coupon: int) -> str:
        with self.db.transaction() as session:
            return gifts.offer(session, coupon, by="甲", now=self.now)[1]

    def take(self, word: str, member: int) -> int:
        with self.db.transaction() as session:
            return gifts.take(session, word, member, by="乙", now=self.now).id

    def coupon(self, key: int) -> Coupon:
        with self.db.reading() as session:
            return session.get_one(Coupon, key)

    def issued(self, template: int) -> int:
        with self.db.reading() as session:
            return session.get_one(CouponTemplate, template).issued

    def good(self, member: int) -> list[int]:
        with self.db.reading() as session:
            return [one.coupon.id for one in reading.good(session, member, now=self.now)]

    def code(self, key: int) -> str:
        return codes.code(self.vault, self.coupon(key))

    def later(self, **time) -> None:
        self.now += timedelta(**time)
