"""At the counter: staff look at a coupon's code, see what it takes off and why not, and use it."""

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from bot import audit
from bot.audit import Actor
from bot.coupons import codes, reading, receipts, using
from bot.coupons.models import Coupon, CouponUse, UseState
from bot.coupons.receipts import Asked
from bot.coupons.refusals import KeyReused, NotOpen, NotUsable
from bot.coupons.scopes import Line, money
from bot.coupons.terms import MOST_FEN
from bot.db import utc_now
from bot.organisation.models import Staff
from h5 import limits, tickets
from h5.access import staff_only
from h5.days import HERE
from h5.forms import Form
from h5.membership import vault
from h5.visit import guest, runtime

pages = Blueprint("coupon_counter", __name__, url_prefix="/staff/coupons")
TRIES, TRY_SECONDS = 120, 600  # codes one person may look at
SOURCE = "counter"


@pages.get("/<code>")
@staff_only
def show(code: str) -> Any:
    """Show the coupon, and a form for what it is used on."""
    _count_look()
    return _page(code, Form())


@pages.post("/<code>")
@staff_only
def use(code: str) -> Any:
    """Say what it takes off; with the second button, use it. Sent twice, it is used once."""
    _count_look()
    form = Form()
    asked = _asked(form)
    is_sure = request.form.get("act") == "use"
    if asked is None or not is_sure:
        return _page(code, form, asked=asked)
    now = utc_now()
    try:
        with runtime.db.transaction() as session:
            coupon = codes.find(session, vault(), code)
            if coupon is None:
                return _unknown()
            row = using.use(session, coupon.id, asked, now=now)
            if row.made_at == now:
                told = {"discount": row.discount, "subtotal": row.subtotal, "receipt": row.receipt}
                audit.record(session, _actor(session), "coupon.used", coupon, now=now, after=told)
    except (NotUsable, NotOpen, KeyReused):
        # It says why, as things stand now; another try is another use.
        return _page(code, form, asked=asked, once=secrets.token_hex(8))
    return redirect(url_for("h5.coupon_counter.show", code=code), 303)


@pages.post("/<code>/undo")
@staff_only
def undo(code: str) -> Any:
    """Give the coupon back that this shop used today, when it was used by mistake. Sent twice, it is once."""
    _count_look()
    now = utc_now()
    with runtime.db.transaction() as session:
        coupon = codes.find(session, vault(), code)
        row = _used_here(session, coupon) if coupon is not None else None
        if (
            coupon is not None
            and row is not None
            and using.give_back(session, row.id, by=_by(session), reason="柜台撤销", now=now)
        ):
            audit.record(session, _actor(session), "coupon.returned", coupon, now=now)
    return redirect(url_for("h5.coupon_counter.show", code=code), 303)


def _page(code: str, form: Form, *, asked: Asked | None = None, once: str = "") -> Any:
    with runtime.db.reading() as session:
        coupon = codes.find(session, vault(), code)
        if coupon is None:
            return _unknown()
        held = reading.of(session, [coupon])[0]
        found = using.look(session, coupon, asked, now=utc_now())
        used = _used_here(session, coupon)
        payable = receipts.payable(session, used) if used is not None else 0
        lines = tickets.rules(session, held.terms)
        shop = _staff(session).shop_id
    opens = held.terms.scope.opens(shop)
    return render_template(
        "h5/coupon_counter.html",
        code=codes.CODE.fullmatch(codes.BLANKS.sub("", code).upper())[0],  # type: ignore[index]
        ticket=tickets.of(held),
        rules=lines,
        form=form,
        reasons=[one.words for one in found.reasons] or ([] if opens else ["本店不能使用这张券"]),
        is_checked=asked is not None,
        look=found,
        used=used,
        payable=payable,
        money=money,
        is_gift=held.terms.kind.value == "gift",
        values={name: request.form.get(name, "") for name in ("amount", "category", "receipt")},
        once=once or request.form.get("once") or secrets.token_hex(8),
        categories=sorted(held.terms.scope.include.categories),
    )


def _count_look() -> None:
    if limits.count(runtime.redis, f"coupon-counter:{guest.fan_id}", seconds=TRY_SECONDS) > TRIES:
        raise TooManyRequests


def _unknown() -> Any:
    return render_template("h5/coupon_unknown.html"), 404


def _asked(form: Form) -> Asked | None:
    """Return what was typed as a wish; None, and said in the form, if it is none."""
    typed = form.text("amount", longest=16).lstrip("¥￥").replace(",", "")
    try:
        value = Decimal(typed or 0)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value <= MOST_FEN // 100 or value * 100 != int(value * 100):
        form.wrong("amount", "金额按元填写，例如 128 或 128.50")
    category = form.text("category", longest=64)
    receipt = form.text("receipt", longest=40)
    once = form.text("once", longest=32)
    if not form.is_right or not once:
        return None
    with runtime.db.reading() as session:
        staff = _staff(session)
    return Asked(
        shop_id=staff.shop_id,
        receipt=receipt or f"C{once}",
        lines=(Line(int(value * 100), category=category),),
        source=SOURCE,
        key=f"{staff.id}:{once}",
        by=staff.name,
    )


def _used_here(session: Session, coupon: Coupon) -> CouponUse | None:
    """Return the use of today by this shop, which it may undo."""
    wanted = select(CouponUse).where(
        CouponUse.coupon_id == coupon.id,
        CouponUse.shop_id == _staff(session).shop_id,
        CouponUse.state == UseState.USED.value,
        CouponUse.source == SOURCE,
    )
    row = session.scalar(wanted.order_by(CouponUse.id.desc()).limit(1))
    if row is None or row.used_at is None:
        return None
    is_today = row.used_at.astimezone(HERE).date() == utc_now().astimezone(HERE).date()
    return row if is_today else None


def _staff(session: Session) -> Staff:
    assert guest.staff_id is not None
    return session.get_one(Staff, guest.staff_id)


def _by(session: Session) -> str:
    return _staff(session).name


def _actor(session: Session) -> Actor:
    return Actor(_by(session), None, request.remote_addr or "")
