"""A mall before a test: goods, members with points, and what may be done to their orders."""

from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import func, select

from bot.config import PrivacyConfig
from bot.mall import orders, redeeming
from bot.mall.addresses import Address
from bot.mall.models import Kind, MallCategory, MallItem, MallOrder, MallTake, Way, Window
from bot.mall.orders import By
from bot.mall.reconciling import CHECKS
from bot.mall.redeeming import Wish
from bot.members import people
from bot.points import reconciling
from bot.points.models import PointHold
from bot.privacy import Vault
from tests.points.world import Till
from tests.support.inn import KEY

ONCE = count(1)
HOME = Address("陈静", "+8613800001111", "上海市黄浦区人民大道 1 号 2 室")
STAFF = By("王珊", 7)


@dataclass
class Mall(Till):
    """A till whose members have keys, and a shelf."""

    vault: Vault = field(default_factory=lambda: Vault(PrivacyConfig(f"inn:{KEY}", KEY)))
    shop_id: int = 0

    def member(self, shop_id=None, points=0):
        with self.db.transaction() as session:
            row, _key = people.add(session, self.vault, source="test", shop_id=shop_id, now=self.now)
            key = row.id
        if points:
            self.earn(key, points, days=365)
        return key

    def item(self, name="保温杯", points=100, **said):
        said = {
            "words": "",
            "kind": Kind.GOODS.value,
            "template_id": None,
            "cash": 0,
            "stock": None,
            "limit_times": None,
            "limit_window": Window.EVER.value,
            "can_pick_up": True,
            "can_deliver": True,
            "hold_days": 14,
            "levels": [],
            "on_shelf": True,
            "position": 1,
            "created_at": self.now,
            **said,
        }
        with self.db.transaction() as session:
            category = session.scalar(select(MallCategory).limit(1))
            if category is None:
                category = MallCategory(name="旅行好物", position=1)
                session.add(category)
                session.flush()
            row = MallItem(category_id=category.id, name=name, points=points, **said)
            session.add(row)
            session.flush()
            return row.id

    def redeem(self, member_id, item_id, *, once=None, way=Way.PICKUP, address=None, price=None):
        shop_id = self.shop_id if way is Way.PICKUP else None
        wish = Wish(item_id, member_id, once or f"o{next(ONCE)}", way, shop_id, address, price)
        with self.db.transaction() as session:
            return redeeming.redeem(session, self.vault, wish, now=self.now)

    def do(self, act, order_id, **said):
        with self.db.transaction() as session:
            order = session.get_one(MallOrder, order_id)
            act(session, order, by=said.pop("by", STAFF), now=self.now, **said)
            return order.state

    def hand_over(self, order_id):
        return self.do(orders.hand_over, order_id)

    def cancel(self, order_id):
        return self.do(orders.cancel, order_id)

    def refund(self, order_id, *, restock=True):
        return self.do(orders.refund, order_id, reason="坏了", restock=restock)

    def order(self, order_id):
        with self.db.reading() as session:
            return session.get_one(MallOrder, order_id)

    def stock(self, item_id):
        with self.db.reading() as session:
            return session.get_one(MallItem, item_id).stock

    def taken(self, item_id):
        with self.db.reading() as session:
            return session.scalar(select(func.sum(MallTake.taken)).where(MallTake.item_id == item_id))

    def hold_of(self, order_id):
        with self.db.reading() as session:
            return session.get_one(PointHold, session.get_one(MallOrder, order_id).hold_id).state

    def count(self, model=MallOrder):
        with self.db.reading() as session:
            return session.scalar(select(func.count()).select_from(model))

    def findings(self):
        with self.db.reading() as session:
            return reconciling.findings(session, more=CHECKS)
