"""The demo's mall: a dozen things for a journey, a merchant, and orders in every state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.coupons.models import CouponTemplate, TemplateState
from bot.demo import mall_pictures
from bot.mall import catalogue, orders, rebates, redeeming
from bot.mall.addresses import Address
from bot.mall.models import Kind, MallCategory, MallItem, MallMerchant, MallOrder, Way, Window
from bot.mall.orders import By
from bot.mall.redeeming import Wish
from bot.mall.refusals import MallRefused
from bot.members.models import Member, MemberState
from bot.points.refusals import PointsRefused
from bot.privacy import NoKeys, Vault, vault_of
from bot.reach import planning
from bot.reach.models import ReachNotice

CATEGORIES = ("旅途好物", "伴手礼", "服务礼遇")
MERCHANT = "西湖茶行"
DONE_BY = By("王珊")
ROUNDS = ("done", "held", "done", "cancelled", "refunded", "sent", "ready", "done")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something on the shelf, and how its picture is called."""

    name: str
    picture: str
    category: int
    points: int
    words: str
    cash: int = 0
    stock: int | None = None
    kind: Kind = Kind.GOODS
    times: int | None = None
    window: Window = Window.EVER
    ways: str = "shop"  # shop, post, both, or none for what is there at once
    begins_in: int | None = None
    is_merchants: bool = False


THINGS = (
    Thing(
        "驿站保温杯 500ml",
        "cup",
        0,
        60,
        "316 不锈钢内胆，杯身印着一条蜿蜒的山路。",
        stock=86,
        times=2,
        ways="both",
    ),
    Thing("晴雨两用伞", "umbrella", 0, 90, "折起来比手机长一点，背包侧袋正好放得下。", stock=40, ways="both"),
    Thing("明信片一套（8 张）", "cards", 1, 30, "八条线路，八种天气。门店可以盖当地邮戳。"),
    Thing(
        "景区接驳车票一张",
        "ticket",
        2,
        45,
        "门店所在城市的合作景区通用，领取当天有效。",
        kind=Kind.SERVICE,
        times=2,
        window=Window.MONTH,
    ),
    Thing("记忆棉颈枕", "pillow", 0, 120, "红眼航班的好朋友，枕套可拆洗。", stock=0, ways="both"),
    Thing(
        "龙井茶礼盒",
        "tea",
        1,
        160,
        "明前头采，两罐装。由西湖茶行直接寄出。",
        stock=25,
        ways="post",
        is_merchants=True,
    ),
    Thing(
        "机场贵宾厅一次",
        "lounge",
        2,
        150,
        "出发当天出示取货码，可带一位儿童。",
        cash=3900,
        kind=Kind.SERVICE,
        times=1,
        window=Window.MONTH,
    ),
    Thing(
        "真丝方巾",
        "scarf",
        1,
        260,
        "桑蚕丝，手工卷边，图案是徽州的早晨。",
        stock=12,
        ways="post",
        is_merchants=True,
    ),
    Thing("手提小灯笼", "lantern", 1, 75, "古镇夜游同款，装两节电池，能亮一个晚上。", stock=60),
    Thing("草编遮阳帽", "hat", 0, 110, "海岛线路的标配，帽檐宽 9 厘米。", stock=30, ways="both", begins_in=3),
    Thing(
        "旅拍一小时",
        "camera",
        2,
        680,
        "摄影师跟拍一小时，精修九张。提前三天和门店约时间。",
        cash=9900,
        kind=Kind.SERVICE,
        times=1,
        window=Window.YEAR,
    ),
    Thing("20 寸登机箱", "case", 0, 1880, "静音万向轮，前开盖，三年质保。", stock=8, times=1),
)


def put(session: Session, config: Config, *, shop_ids: Mapping[str, int], now: datetime) -> None:
    """Fill the shelf, and have members take things over the last weeks."""
    try:
        vault = vault_of(config.privacy)
    except NoKeys:
        return
    long_ago = now - timedelta(days=90)
    rows = [MallCategory(name=name, position=place * 10) for place, name in enumerate(CATEGORIES)]
    merchant = MallMerchant(
        name=MERCHANT, note="龙井、丝巾，48 小时内发货", is_active=True, created_at=long_ago
    )
    session.add_all([*rows, merchant])
    session.flush()
    items = []
    for place, thing in enumerate(THINGS):
        item = _item(
            thing,
            category_id=rows[thing.category].id,
            merchant_id=merchant.id,
            place=place,
            made=long_ago,
            now=now,
        )
        session.add(item)
        session.flush()
        catalogue.add_picture(session, item, mall_pictures.draw(thing.picture), now=long_ago)
        items.append(item)
    _put_coupon(session, rows[-1].id, long_ago)
    _orders(session, vault, items, shop_ids, now)
    _payouts(session, now)


def _put_coupon(session: Session, category_id: int, made: datetime) -> None:
    """Put the first coupon the group gives on the shelf, too."""
    is_open = CouponTemplate.state == TemplateState.OPEN.value
    template = session.scalar(select(CouponTemplate).where(is_open).order_by(CouponTemplate.id).limit(1))
    if template is None:
        return
    thing = Thing(template.name, "ticket", 2, 80, "兑换后马上放进您的优惠券。", kind=Kind.COUPON, ways="")
    place = len(THINGS)
    item = _item(thing, category_id=category_id, merchant_id=0, place=place, made=made, now=made)
    item.template_id = template.id
    session.add(item)
    session.flush()
    catalogue.add_picture(session, item, mall_pictures.draw(thing.picture), now=made)


def _item(
    thing: Thing, *, category_id: int, merchant_id: int, place: int, made: datetime, now: datetime
) -> MallItem:
    return MallItem(
        category_id=category_id,
        merchant_id=merchant_id if thing.is_merchants else None,
        name=thing.name,
        words=thing.words,
        kind=thing.kind.value,
        points=thing.points,
        cash=thing.cash,
        stock=thing.stock,
        limit_times=thing.times,
        limit_window=thing.window.value,
        from_at=now + timedelta(days=thing.begins_in) if thing.begins_in else None,
        can_pick_up=thing.ways in {"shop", "both"},
        can_deliver=thing.ways in {"post", "both"},
        hold_days=14,
        levels=[],
        on_shelf=True,
        position=(place + 1) * 10,
        created_at=made,
    )


def _orders(
    session: Session, vault: Vault, items: list[MallItem], shop_ids: Mapping[str, int], now: datetime
) -> None:
    wanted = select(Member).where(Member.state == MemberState.ACTIVE.value, Member.data_key.is_not(None))
    members = session.scalars(wanted.order_by(Member.id)).all()
    posted = [item for item in items if not item.can_pick_up]
    fetched = [item for item in items if item.can_pick_up and item.points <= 120 and item.from_at is None]
    usual = next(iter(shop_ids.values()))
    for number, member in enumerate(members[: 3 * len(ROUNDS)]):
        what = ROUNDS[number % len(ROUNDS)]
        at = now - timedelta(
            days=2 if what in {"held", "ready"} else 12, hours=3 * number, minutes=7 * number
        )
        is_sent = what == "sent"
        shelf = posted if is_sent else fetched
        wish = Wish(
            shelf[number % len(shelf)].id,
            member.id,
            f"demo-{number}",
            Way.DELIVERY if is_sent else Way.PICKUP,
            None if is_sent else member.home_shop_id or usual,
            Address("陈静", "+8613800001111", "上海市黄浦区人民大道 1 号") if is_sent else None,
        )
        try:
            with session.begin_nested():
                order = redeeming.redeem(session, vault, wish, now=at)
        except MallRefused:  # this one has too few points
            continue
        _end(session, order, what, at)
    # Nobody is told of what was days ago.
    told = select(ReachNotice.id).where(ReachNotice.intent.in_(("order_sent", "order_ready", "order_undone")))
    planning.take_back(session, session.scalars(told).all())


def _end(session: Session, order: MallOrder, what: str, at: datetime) -> None:
    later = at + timedelta(hours=20)
    if what == "cancelled":
        orders.cancel(session, order, by=By(orders.MEMBER), now=later)
    elif what == "ready":
        orders.make_ready(session, order, by=DONE_BY, now=later)
    elif what == "sent":
        orders.send(
            session, order, carrier="顺丰速运", tracking=f"SF1{order.id:011}", by=By("茶行"), now=later
        )
    elif what in {"done", "refunded"}:
        orders.hand_over(session, order, by=DONE_BY, now=later)
    if what == "refunded":
        after = at + timedelta(days=3)
        orders.refund(session, order, reason="杯盖有划痕", restock=False, by=DONE_BY, now=after)


def _payouts(session: Session, now: datetime) -> None:
    """Leave one payout for a second person to decide."""
    member = session.scalars(select(Member).where(Member.state == MemberState.ACTIVE.value).limit(1)).first()
    if member is None:
        return
    terms = rebates.Terms(points_per_yuan=100, least_points=100, is_monthly=True)
    rebates.put_terms(session, terms, by="林静", now=now - timedelta(days=30))
    at = now - timedelta(hours=4)
    try:
        with session.begin_nested():
            rebates.ask(
                session, member.id, 100, once="demo", reason="团长带队返现", by_id=0, by="林静", now=at
            )
    except (PointsRefused, MallRefused):
        return
