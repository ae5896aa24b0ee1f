"""The mall on a phone: what there is, one thing by itself, and taking it, for which one has to be bound."""

import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from bot.db import utc_now
from bot.files import pictures, store
from bot.keys import key_in
from bot.levels import versions
from bot.mall import addresses, redeeming, shelf
from bot.mall.addresses import Address
from bot.mall.models import Kind, MallItem, MallOrder, MallPicture, OrderState, Way, Window
from bot.mall.redeeming import Wish
from bot.mall.refusals import NotToBeHad, SentBefore, WrongWay
from bot.mall.shelf import Offer, Why
from bot.members.models import Member
from bot.privacy import spoken
from h5.access import fans_only, members_only
from h5.days import HERE, said
from h5.forms import COUNTRIES, Form
from h5.membership import vault
from h5.visit import guest, runtime

pages = Blueprint("mall", __name__, url_prefix="/mall")
WINDOWS = {
    Window.EVER.value: "每人",
    Window.DAY.value: "每人每天",
    Window.WEEK.value: "每人每周",
    Window.MONTH.value: "每人每月",
    Window.YEAR.value: "每人每年",
}
SAID = {
    Why.COUPON.value: "没有兑成：这张券您已经有了，或现在不发放。积分没有动。",
    Why.SOLD_OUT.value: "没有兑成：刚刚被兑完了。积分没有动。",
}
OLD_FORM = "这一页放得久了，请看一眼再确认。"
MOVED = "价格刚刚有变化，请看一眼再确认。"
WAY_GONE = "这家门店或这种领取方式现在不能兑换，请重新选择。"


@pages.get("")
@fans_only
def show() -> str:
    """Show the shelf, by tabs, or only what can be had now; what cannot says why."""
    category_id, only_mine = key_in(request.args.get("tab")), request.args.get("mine") == "1"
    now = utc_now()
    with runtime.db.reading() as session:
        who = shelf.customer(session, guest.member_id, now=now)
        found = shelf.offers(session, who, now=now, category_id=category_id, only_mine=only_mine)
        return render_template(
            "h5/mall.html",
            who=who,
            offers=found,
            tabs=shelf.categories(session),
            tab=category_id,
            only_mine=only_mine,
            why=why,
            price=price,
        )


@pages.get("/items/<item>")
@fans_only
def one(item: str) -> str:
    """Show one thing: what it is, what one has, and what is missing."""
    now = utc_now()
    with runtime.db.reading() as session:
        seen = _offer(session, item)
        return render_template(
            "h5/mall_item.html",
            offer=seen,
            item=seen.item,
            who=shelf.customer(session, guest.member_id, now=now),
            pictures=shelf.pictures(session, seen.item.id),
            facts=_facts(session, seen.item),
            why=why,
            price=price,
            note=SAID.get(request.args.get("said", "")),
        )


@pages.get("/pictures/<picture>/<any(large, small):size>.jpg")
@fans_only
def picture(picture: str, size: str) -> Response:
    """Hand out a picture, for good: another one has another number."""
    with runtime.db.reading() as session:
        row = session.get(MallPicture, key_in(picture) or 0)
        item = session.get(MallItem, row.item_id) if row is not None else None
        if row is None or item is None or not item.on_shelf:
            raise NotFound
        content = store.content(session, row.large_id if size == "large" else row.small_id)
    g.h5_may_be_kept = True
    return Response(content, mimetype=pictures.MEDIA_TYPE)


@pages.get("/items/<item>/redeem")
@members_only
def ask(item: str) -> Any:
    """Ask where it is fetched or sent, and for a yes; who has not bound does so first and comes back."""
    return _sheet(item, Form(), {}, secrets.token_urlsafe(12))


@pages.post("/items/<item>/redeem")
@members_only
def redeem(item: str) -> Any:
    """Take it. Sent twice it is one order, and leads to it."""
    form, once = Form(), request.form.get("once", "")[:32]
    sent = request.form.get("way", "")
    way = Way(sent) if sent in set(Way) else Way.PICKUP
    typed = {name: request.form.get(name, "")[:200] for name in ("name", "phone", "place", "country")}
    address = _address(form) if way is Way.DELIVERY else None
    shop_id = key_in(request.form.get("shop"))
    if way is Way.PICKUP and shop_id is None:
        form.wrong("shop", "请选一家门店")
    if not form.is_right or not once:
        return _sheet(item, form, typed, once or secrets.token_urlsafe(12), way=way, status=422)
    assert guest.member_id is not None
    shown = (key_in(request.form.get("points")) or 0, key_in(request.form.get("cash")) or 0)
    wish = Wish(key_in(item) or 0, guest.member_id, once, way, shop_id, address, shown)
    try:
        with runtime.db.transaction() as session:
            order = redeeming.redeem(session, vault(), wish, now=utc_now())
    except NotToBeHad as refused:
        if refused.why == Why.CHANGED:
            return _sheet(item, form, typed, secrets.token_urlsafe(12), way=way, note=MOVED, status=409)
        return redirect(url_for("h5.mall.one", item=item, said=refused.why), 303)
    except SentBefore:
        return _sheet(item, form, typed, secrets.token_urlsafe(12), way=way, note=OLD_FORM, status=409)
    except WrongWay:
        return _sheet(item, form, typed, secrets.token_urlsafe(12), way=way, note=WAY_GONE, status=409)
    return redirect(url_for("h5.orders.one", order=order.id, said=_said(order)), 303)


def _said(order: MallOrder) -> str:
    """Return what is said above the order; a form sent once more may lead to one that is over by now."""
    if order.way == Way.AT_ONCE and order.state == OrderState.DONE:
        return "coupon"
    return "new" if order.state == OrderState.HELD else "over"


def price(points: int, cash: int) -> str:
    """Return 800 积分, or 800 积分 + ¥19.90."""
    more = f" + ¥{cash / 100:.2f}".removesuffix(".00") if cash else ""
    return f"{points:,} 积分{more}"


def why(offer: Offer) -> str:
    """Return why it cannot be had, in a few words; empty if it can."""
    item = offer.item
    match offer.why:
        case Why.NOT_YET:
            at = item.from_at.astimezone(HERE) if item.from_at else None
            return f"{at:%-m月%-d日 %H:%M} 开始" if at else ""
        case Why.POINTS:
            return f"还差 {offer.missing:,} 积分"
        case Why.LIMIT:
            return f"{WINDOWS.get(item.limit_window, '每人')}限兑 {item.limit_times} 件，已兑过"
        case Why.SOLD_OUT:
            return "已兑完"
        case Why.LEVEL:
            return "您的会员等级暂不可兑"
        case Why.OVER:
            return "兑换已结束"
        case Why.OFF | Why.COUPON:
            return "已下架"
    return ""


def _offer(session: Session, item: str) -> Offer:
    now = utc_now()
    who = shelf.customer(session, guest.member_id, now=now)
    found = shelf.offer(session, key_in(item) or 0, who, now=now)
    if found is None:
        raise NotFound
    return found


def _facts(session: Session, item: MallItem) -> list[tuple[str, str]]:
    """Return what else is to be known of the item, line by line."""
    rows: list[tuple[str, str]] = []
    if item.kind == Kind.COUPON:
        rows.append(("方式", "兑换后马上放进您的优惠券"))
    ways = [word for can, word in ((item.can_pick_up, "到店领取"), (item.can_deliver, "快递到家")) if can]
    if ways:
        rows.append(("方式", "、".join(ways)))
    if item.can_pick_up:
        shops = shelf.shops(session, item)
        names = "、".join(shop.name for shop in shops[:3])
        rows.append(("门店", f"{names} 等 {len(shops)} 家" if len(shops) > 3 else names or "暂无"))
    if item.stock is not None:
        rows.append(("剩余", f"{item.stock:,} 件"))
    if item.limit_times is not None:
        rows.append(("限兑", f"{WINDOWS.get(item.limit_window, '每人')} {item.limit_times} 件"))
    if item.levels:
        names_of = versions.names(session)
        rows.append(("等级", "、".join(names_of.get(key, key) for key in item.levels)))
    if item.until_at is not None:
        rows.append(("截止", said(item.until_at - timedelta(microseconds=1))))
    if ways:
        fetched = "领取" if item.can_pick_up else "寄出"
        rows.append(("期限", f"兑换后 {item.hold_days} 天内{fetched}，过期积分自动退回"))
    return rows


def _address(form: Form) -> Address | None:
    name = form.text("name", longest=addresses.LONGEST_NAME)
    place = form.text("place", longest=addresses.LONGEST_PLACE)
    phone = form.number("phone")
    if not name:
        form.wrong("name", "请填写收件人")
    if len(place) < 6:
        form.wrong("place", "请填写省市区和详细地址")
    return Address(name, phone, place) if form.is_right else None


def _sheet(
    item: str,
    form: Form,
    typed: dict[str, str],
    once: str,
    *,
    way: Way | None = None,
    note: str = "",
    status: int = 200,
) -> Any:
    """Show the confirming page; what cannot be had any more leads back to its own page, which says why."""
    assert guest.member_id is not None
    with runtime.db.reading() as session:
        seen = _offer(session, item)
        if seen.why is not None:
            return redirect(url_for("h5.mall.one", item=item, said=seen.why.value), 303)
        way = _way(seen.item, way or request.args.get("way"))
        shops = list(shelf.shops(session, seen.item)) if way is Way.PICKUP else []
        member = session.get_one(Member, guest.member_id)
        mine = {member.home_shop_id, guest.shop_id}
        shops.sort(key=lambda shop: shop.id not in mine)
        last = addresses.last_of(session, vault(), guest.member_id) if way is Way.DELIVERY else None
        known = {"name": last.name, "phone": spoken(last.phone), "place": last.place} if last else {}
        page = render_template(
            "h5/mall_redeem.html",
            offer=seen,
            item=seen.item,
            who=shelf.customer(session, guest.member_id, now=utc_now()),
            form=form,
            values={"country": "+86", "name": "", "phone": "", "place": "", **known, **typed},
            countries=COUNTRIES,
            once=once,
            way=way,
            shops=shops,
            chosen=key_in(request.form.get("shop")),
            price=price,
            note=note,
        )
        return page, status


def _way(item: MallItem, wanted: str | None) -> Way:
    if item.kind == Kind.COUPON:
        return Way.AT_ONCE
    if item.can_deliver and (wanted == Way.DELIVERY or not item.can_pick_up):
        return Way.DELIVERY
    return Way.PICKUP
