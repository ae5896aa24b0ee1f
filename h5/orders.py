"""A member's orders: what they took, the code that fetches it, and calling it off."""

import base64
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from bot.db import utc_now
from bot.keys import key_in
from bot.mall import addresses, codes, orders
from bot.mall.models import MallOrder, OrderState, Way
from bot.mall.refusals import OrderOver
from bot.members.models import Member
from bot.organisation.models import Shop
from bot.prints import pictures
from h5.access import members_only
from h5.days import HERE
from h5.mall import price
from h5.membership import vault
from h5.visit import guest, runtime

pages = Blueprint("orders", __name__)
AT_ONCE = 20
SAID = {
    "new": ("note", "兑换成功，积分已经为您预留。"),
    "coupon": ("note", "兑换成功，优惠券已经放进您的账户。"),
    "cancelled": ("note", "已取消，积分回到您的账户。"),
    "over": ("note note_warn", "这一单刚刚有了变化，请看下面的最新情况。"),
}


@pages.get("/orders")
@members_only
def old() -> Any:
    """Lead menus of earlier days to where orders are now."""
    return redirect(url_for("h5.orders.show"))


@pages.get("/me/orders")
@members_only
def show() -> str:
    """List their orders, the newest first."""
    assert guest.member_id is not None
    before = key_in(request.args.get("before"))
    with runtime.db.reading() as session:
        found = orders.of_member(session, guest.member_id, before=before, most=AT_ONCE)
    older = found[-1].id if len(found) == AT_ONCE else None
    return render_template("h5/orders.html", orders=found, older=older, state=state, price=price, at=at)


@pages.get("/me/orders/<order>")
@members_only
def one(order: str) -> str:
    """Show an order: its steps, and while it waits to be fetched the code, as a picture and as digits."""
    assert guest.member_id is not None
    with runtime.db.reading() as session:
        row = orders.own(session, guest.member_id, key_in(order) or 0)
        if row is None:
            raise NotFound
        shop = session.get(Shop, row.shop_id) if row.shop_id else None
        address = addresses.read(session, vault(), row)
        owner = session.get_one(Member, row.member_id)
    is_waiting = row.state == OrderState.HELD and row.way == Way.PICKUP and row.expires_at > utc_now()
    code = codes.code_of(vault(), row.nonce) if is_waiting else ""
    return render_template(
        "h5/order.html",
        order=row,
        number=owner.number,
        shop=shop,
        address=address,
        code=codes.spaced(code) if code else "",
        picture=_picture(code) if code else "",
        state=state,
        price=price,
        at=at,
        note=SAID.get(request.args.get("said", "")),
    )


@pages.post("/me/orders/<order>/cancel")
@members_only
def cancel(order: str) -> Any:
    """Call it off while it waits; sent twice, or when the counter was faster, the page says what is so."""
    assert guest.member_id is not None
    try:
        with runtime.db.transaction() as session:
            row = orders.own(session, guest.member_id, key_in(order) or 0)
            if row is None:
                raise NotFound
            orders.cancel(session, row, by=orders.By(orders.MEMBER), now=utc_now())
    except OrderOver:
        return redirect(url_for("h5.orders.one", order=order, said="over"), 303)
    return redirect(url_for("h5.orders.one", order=order, said="cancelled"), 303)


def state(order: MallOrder) -> str:
    """Return how the order stands, as its member reads it."""
    if order.state == OrderState.HELD:
        if order.way == Way.DELIVERY:
            return "待寄出"
        return "可领取" if order.ready_at else "待领取"
    if order.state == OrderState.DONE and order.way == Way.AT_ONCE:
        return "已到账"
    if order.state == OrderState.DONE:
        return "已领取" if order.way == Way.PICKUP else "已寄出"
    return {"cancelled": "已取消", "expired": "已过期", "refunded": "已退回"}.get(order.state, order.state)


def at(moment: datetime | None) -> str:
    """Return 11月3日 14:05."""
    return f"{moment.astimezone(HERE):%-m月%-d日 %H:%M}" if moment else ""


def _picture(code: str) -> str:
    return base64.b64encode(pictures.svg(code, whose="order")).decode()
