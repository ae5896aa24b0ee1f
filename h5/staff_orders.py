"""At the counter: somebody shows the code of what they ordered, and it is handed over, once."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, TooManyRequests

from bot import audit
from bot.audit import Actor
from bot.db import utc_now
from bot.keys import key_in
from bot.mall import codes, orders, telling
from bot.mall.models import MallOrder, OrderState, Way
from bot.mall.refusals import OrderOver, WrongWay
from bot.members import people
from bot.members.models import Member
from bot.organisation.models import Shop, Staff
from h5 import limits
from h5.access import staff_only
from h5.mall import price
from h5.membership import vault
from h5.orders import at, state
from h5.visit import guest, runtime

pages = Blueprint("staff_orders", __name__, url_prefix="/staff/orders")
LOOKS, LOOK_SECONDS = 60, 600  # codes one colleague may type: twelve digits are not guessed so
MOST = 30


@pages.get("")
@staff_only
def show() -> Any:
    """Ask for a code, and list what waits to be fetched in the visitor's shop."""
    if typed := request.args.get("code", "").strip():
        code = codes.cleaned(typed) or codes.cleaned(f"P{typed}")
        return redirect(url_for("h5.staff_orders.one", code=code or typed[:40]))
    with runtime.db.reading() as session:
        shop = _shop(session)
        wanted = select(MallOrder).where(
            MallOrder.shop_id == shop.id,
            MallOrder.state == OrderState.HELD.value,
            MallOrder.way == Way.PICKUP.value,
        )
        waiting = session.scalars(wanted.order_by(MallOrder.expires_at).limit(MOST)).all()
        heard = telling.heard_of_ready(session, [one for one in waiting if one.ready_at is not None])
    said = request.args.get("said", "")
    return render_template(
        "h5/staff_orders.html", shop=shop, waiting=waiting, heard=heard, at=at, price=price, said=said
    )


@pages.post("/ready/<order>")
@staff_only
def make_ready(order: str) -> Any:
    """Note that it lies in this shop, and say if the member can be told so; sent twice, they hear once."""
    now = utc_now()
    try:
        with runtime.db.transaction() as session:
            row = session.get(MallOrder, key_in(order) or 0)
            if row is None or not _is_here(session, row):
                raise NotFound
            staff = session.get_one(Staff, guest.staff_id)
            before = row.ready_at
            orders.make_ready(session, row, by=orders.By(staff.name, staff.id), now=now)
            heard = telling.heard_of_ready(session, [row])[row.id]
            if before is None:
                who = Actor(staff.name, None, request.remote_addr or "")
                audit.record(session, who, "mall_order.made_ready", row, now=now, after={"state": row.state})
    except (OrderOver, WrongWay):
        return redirect(url_for("h5.staff_orders.show", said="over"), 303)
    said = "unheard" if heard is telling.Heard.NEVER else "ready"
    return redirect(url_for("h5.staff_orders.show", said=said), 303)


@pages.get("/<code>")
@staff_only
def one(code: str) -> Any:
    """Show what is to be handed over to whoever shows this code, in this shop."""
    with runtime.db.reading() as session:
        return _page(session, code)


@pages.post("/<code>")
@staff_only
def hand_over(code: str) -> Any:
    """Hand it over: the points are spent. Sent twice, or called off meanwhile, the page says so."""
    now = utc_now()
    try:
        with runtime.db.transaction() as session:
            order = _find(session, code)
            if order is None or not _is_here(session, order):
                raise NotFound
            if order.cash and request.form.get("paid") != "yes":
                return redirect(url_for("h5.staff_orders.one", code=code, said="paid"), 303)
            staff = session.get_one(Staff, guest.staff_id)
            orders.hand_over(session, order, by=orders.By(staff.name, staff.id), now=now)
            who = Actor(staff.name, None, request.remote_addr or "")
            after = {"state": order.state, "points": order.points, "cash": order.cash}
            audit.record(session, who, "mall_order.handed_over", order, now=now, after=after)
    except (OrderOver, WrongWay):
        return redirect(url_for("h5.staff_orders.one", code=code, said="over"), 303)
    return redirect(url_for("h5.staff_orders.one", code=code, said="done"), 303)


def _page(session: Session, code: str) -> Any:
    order = _find(session, code)
    if order is None:
        return render_template("h5/staff_order.html", order=None, code=code), 404
    member = session.get_one(Member, order.member_id)
    return render_template(
        "h5/staff_order.html",
        order=order,
        code=code,
        is_here=_is_here(session, order),
        is_late=order.state == OrderState.HELD and order.expires_at <= utc_now(),
        shop=session.get(Shop, order.shop_id) if order.shop_id else None,
        name=people.masked_name(people.name_of(vault(), member)),
        phone=people.mask_of(session, vault(), member.id),
        said=request.args.get("said", ""),
        state=state,
        price=price,
        at=at,
    )


def _find(session: Session, code: str) -> MallOrder | None:
    """Return the order of the code; who tries too many that lead nowhere has to wait."""
    missed = f"codes:{guest.fan_id}"
    if limits.counted(runtime.redis, missed, seconds=LOOK_SECONDS) > LOOKS:
        raise TooManyRequests
    order = codes.find(session, vault(), code)
    if order is None:
        limits.count(runtime.redis, missed, seconds=LOOK_SECONDS)
    return order


def _shop(session: Session) -> Shop:
    return session.get_one(Shop, session.get_one(Staff, guest.staff_id).shop_id)


def _is_here(session: Session, order: MallOrder) -> bool:
    """Tell whether it is fetched in the shop the visitor works in."""
    return order.way == Way.PICKUP and order.shop_id == _shop(session).id
