"""Orders of the mall: the list with its sheet, one order, and what becomes of it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.formats import exact
from admin.forms import Form
from admin.mall import words
from admin.mall.blueprint import pages
from admin.office import changing, find, reading, record, vault, visitor
from admin.scanning import scan
from admin.sheets import handing, reasons
from bot.audit import Subject, facts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.mall import office
from bot.mall.models import MallMerchant, MallOrder, OrderState, Way
from bot.mall.orders import By
from bot.mall.refusals import CouponUsed, OrderOver, WrongWay
from bot.mall.telling import Heard
from bot.members.models import Member
from bot.organisation.models import Shop
from bot.points.refusals import NoSuchMember
from bot.privacy import spoken
from bot.sheets import Column
from bot.users.roles import Permission

Answer = AnyResponse | tuple[str, int]
MOST = 20_000
# The audit outlives its members, so that parcel numbers are not in it.
AUDITED = ("state", "points", "cash", "carrier", "ready_at")
FILTERS = ("state", "way", "shop", "merchant", "item", "q")
COLUMNS = (
    Column("id", "订单号", "Order"),
    Column("item", "商品", "Goods", width=28),
    Column("points", "积分", "Points", is_text=False, width=10),
    Column("cash", "现金（元）", "Cash (yuan)", width=12),
    Column("way", "方式", "Way"),
    Column("state", "状态", "State"),
    Column("shop", "门店", "Shop", width=24),
    Column("merchant", "商户", "Merchant", width=20),
    Column("member", "会员编号", "Member", width=16),
    Column("made", "兑换时间", "Ordered", width=20),
    Column("ended", "完成时间", "Ended", width=20),
    Column("by", "经手人", "By"),
    Column("tracking", "快递", "Sent with", width=28),
)


@pages.get("/orders")
@allowed(Permission.MALL_SEE)
def orders() -> str:
    """List the orders the visitor sees, the newest first, with how many stand where."""
    with reading() as session:
        found = scan(session, _wanted(request.args), by=MallOrder.id)
        return render_template(
            "admin/mall/orders.html",
            page=found,
            counts=office.counts(session),
            numbers=_numbers(session, {row.member_id for row in found.rows}),
            shops=_shops(session),
            merchants=_merchants(session),
            filter_names=FILTERS,
            words=words,
            form=Form(),
        )


@pages.post("/orders/export")
@allowed(Permission.MALL_EXPORT)
def export() -> Answer:
    """Hand the filtered orders over as a sheet, without addresses, and write down what it is for."""
    form = Form.sent()
    asked = {name: str(form.values[name])[:64] for name in FILTERS if form.values.get(name)}
    if not (reason := reasons.of(form)):
        return redirect(url_for("admin.mall.orders", **asked), 303)  # type: ignore[arg-type]
    with changing() as session:
        found = session.scalars(_wanted(asked).order_by(MallOrder.id.desc()).limit(MOST)).all()
        rows = _rows(session, found)
        after = {"rows": len(rows), **asked}
        record(session, "mall_order.exported", Subject("mall_order"), after=after, reason=reason)
    hand = handing.csv if form.values.get("as") == "csv" else handing.excel
    return hand(COLUMNS, rows, title=handing.dated(str(_("Orders of the mall"))))


@pages.get("/orders/<int:key>")
@allowed(Permission.MALL_SEE)
def order(key: int) -> str:
    """Show one order."""
    with reading() as session:
        return _page(session, find(session, MallOrder, key), Form())


@pages.post("/orders/<int:key>/hand-over")
@allowed(Permission.MALL_HAND_OVER)
def hand_over(key: int) -> Answer:
    """Note that it was handed over: the points are spent."""
    return _change(
        key, "mall_order.handed_over", Form(),
        lambda session, row: office.hand_over(session, row, by=By(visitor.name), now=utc_now()),
        said=_("Handed over; the points are spent."),
    )  # fmt: skip


@pages.post("/orders/<int:key>/send")
@allowed(Permission.MALL_HAND_OVER)
def send(key: int) -> Answer:
    """Note that it was sent: the points are spent."""
    form = Form.sent()
    carrier, tracking = form.text("carrier", longest=32), form.text("tracking", longest=40)
    return _change(
        key, "mall_order.sent", form,
        lambda session, row: office.send(
            session, row, carrier=carrier, tracking=tracking, by=By(visitor.name), now=utc_now()
        ),
        said=_("Sent; the points are spent."),
    )  # fmt: skip


@pages.post("/orders/<int:key>/ready")
@allowed(Permission.MALL_HAND_OVER)
def make_ready(key: int) -> Answer:
    """Note that it lies in the shop, and say whether the member can be told so."""

    def note(session: ScopedSession, row: MallOrder) -> str | None:
        office.make_ready(session, row, by=By(visitor.name), now=utc_now())
        if office.heard_of_ready(session, row) is Heard.NEVER:
            return str(_("Noted. WeChat does not lead to this member, so nobody told them: please call."))
        return None

    said = _("Noted; the member is told that it can be fetched.")
    return _change(key, "mall_order.made_ready", Form(), note, said=said)


@pages.post("/orders/<int:key>/cancel")
@allowed(Permission.MALL_HAND_OVER)
def cancel(key: int) -> Answer:
    """Call it off before it was handed over: points, stock and the member's turn go back."""
    form = Form.sent()
    reason = form.text("cancel_reason", longest=200)
    return _change(
        key, "mall_order.cancelled", form,
        lambda session, row: office.cancel(session, row, reason=reason, by=By(visitor.name), now=utc_now()),
        said=_("Cancelled; the points are back."), reason=reason,
    )  # fmt: skip


@pages.post("/orders/<int:key>/refund")
@allowed(Permission.MALL_REFUND)
def refund(key: int) -> Answer:
    """Give the points of something that was handed over back, for a reason."""
    form = Form.sent()
    reason, restock = form.text("refund_reason", longest=200), form.ticked("restock")
    return _change(
        key, "mall_order.refunded", form,
        lambda session, row: office.refund(
            session, row, reason=reason, restock=restock, by=By(visitor.name), now=utc_now()
        ),
        said=_("Refunded; the points are back in their lots."), reason=reason,
    )  # fmt: skip


@pages.post("/orders/<int:key>/address")
@allowed(Permission.MALL_UNMASK)
def show_address(key: int) -> str | tuple[str, int]:
    """Show where it goes, once, to someone who says what for; it stands in the audit."""
    form = Form.sent()
    reason = form.text("address_reason", longest=200)
    keys = vault()
    with changing() as session:
        row = find(session, MallOrder, key)
        if row.address is None or keys is None:
            raise NotFound
        if not form.is_right:
            return _page(session, row, form), 422
        found = office.address(session, keys, row)
        record(session, "mall_order.address_shown", row, reason=reason)
        shown = f"{found.name}，{spoken(found.phone)}，{found.place}" if found else ""
        return _page(session, row, Form(), address=shown or str(_("Nobody can read it any more.")))


def _change(
    key: int,
    action: str,
    form: Form,
    act: Callable[[ScopedSession, MallOrder], str | None],
    *,
    said: str,
    reason: str | None = None,
) -> Answer:
    """Do it to the order and write it down; when somebody was faster, say what is so now.

    What `act` returns is said instead of `said`.
    """
    kind = "success"
    with changing() as session:
        row = find(session, MallOrder, key)
        if not form.is_right:
            return _page(session, row, form), 422
        before = facts(row, *AUDITED)
        try:
            with session.begin_nested():
                said = act(session, row) or said
        except OrderOver as over:
            said, kind = (
                _("Nothing was changed: it is “%(state)s” now.", state=words.STATES[over.state][0]),
                "warning",
            )
        except WrongWay:
            said, kind = _("Nothing was changed: this order goes another way."), "warning"
        except CouponUsed:
            said, kind = _("Nothing was changed: the coupon was used or given on."), "warning"
        except NoSuchMember:
            said, kind = _("Nothing was changed: the member was erased."), "warning"
        else:
            record(session, action, row, before=before, after=facts(row, *AUDITED), reason=reason)
    say(said, kind)
    return redirect(url_for("admin.mall.order", key=key), 303)


def _page(session: ScopedSession, row: MallOrder, form: Form, *, address: str = "") -> str:
    keys = vault()
    found = office.address(session, keys, row) if keys is not None and row.address else None
    return render_template(
        "admin/mall/order.html",
        order=row,
        number=_numbers(session, {row.member_id}).get(row.member_id),
        shop=_shops(session).get(row.shop_id or 0),
        merchant=_merchants(session).get(row.merchant_id or 0),
        masked=found.masked if found else "",
        address=address,
        is_late=row.state == OrderState.HELD and row.expires_at <= utc_now(),
        heard=office.heard_of_ready(session, row) if row.ready_at is not None else "",
        form=form,
        words=words,
    )


def _wanted(asked: Mapping[str, Any]) -> Select[Any]:
    wanted = select(MallOrder)
    if (state := str(asked.get("state", ""))) in set(OrderState):
        wanted = wanted.where(MallOrder.state == state)
    if (way := str(asked.get("way", ""))) in set(Way):
        wanted = wanted.where(MallOrder.way == way)
    for name, column in (
        ("shop", MallOrder.shop_id),
        ("merchant", MallOrder.merchant_id),
        ("item", MallOrder.item_id),
        ("q", MallOrder.id),
    ):
        if (key := key_in(str(asked.get(name, "")).strip())) is not None:
            wanted = wanted.where(column == key)
    return wanted


def _rows(session: ScopedSession, found: Any) -> list[dict[str, Any]]:
    shops, merchants = _shops(session), _merchants(session)
    numbers = _numbers(session, {row.member_id for row in found})
    return [
        {
            "id": f"{row.id:08}",
            "item": row.item_name,
            "points": row.points,
            "cash": f"{row.cash / 100:.2f}" if row.cash else "",
            "way": str(words.WAYS[row.way]),
            "state": words.state(row.state, row.way),
            "shop": shops.get(row.shop_id or 0, ""),
            "merchant": merchants.get(row.merchant_id or 0, ""),
            "member": numbers.get(row.member_id, ""),
            "made": exact(row.made_at),
            "ended": exact(row.ended_at),
            "by": words.by(row.ended_by),
            "tracking": " ".join(filter(None, (row.carrier, row.tracking))),
        }
        for row in found
    ]


def _numbers(session: ScopedSession, keys: set[int]) -> dict[int, str]:
    """Return the numbers of those members the visitor may open; the others are members of other shops."""
    rows = session.execute(select(Member.id, Member.number).where(Member.id.in_(keys)))
    return {row.id: row.number for row in rows}


def _shops(session: ScopedSession) -> dict[int, str]:
    return {row.id: row.name for row in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))}


def _merchants(session: ScopedSession) -> dict[int, str]:
    rows = session.execute(select(MallMerchant.id, MallMerchant.name).order_by(MallMerchant.name))
    return {row.id: row.name for row in rows}
