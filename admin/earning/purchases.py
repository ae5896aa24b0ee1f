"""Purchases: what tills, sheets and people reported, what it earned and why; approving, refunding."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.earning import rule_forms, sentences
from admin.earning.blueprint import purchases as pages
from admin.earning.books import shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, vault, visitor
from admin.scanning import scan
from bot.audit import facts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.earning import buying, explaining, versions
from bot.earning.buying import NotCounted
from bot.keys import key_in
from bot.members.models import Member
from bot.moments import HERE
from bot.purchases.models import Purchase, PurchaseRefund, PurchaseState
from bot.purchases.receipts import BadReceipt
from bot.purchases.recording import By, NumberReused
from bot.users.roles import Permission

AUDITED = ("shop_id", "number", "member_id", "amount", "refunded", "payment", "state")
Answer = AnyResponse | tuple[str, int]


@pages.get("/")
@allowed(Permission.PURCHASES_SEE)
def listing() -> str:
    """List the purchases of the visitor's shops, newest first."""
    with reading() as session:
        shops = shop_names(session)
        found = scan(session, _wanted(request.args), by=Purchase.id)
        numbers = _members(session, {row.member_id for row in found.rows})
        earns = versions.in_force(session, utc_now()) is not None
    return render_template(
        "admin/purchases/list.html",
        page=found,
        earns=earns,
        shops=shops,
        numbers=numbers,
        chips=_chips(shops),
        words=sentences,
    )


@pages.get("/<int:key>")
@allowed(Permission.PURCHASES_SEE)
def show(key: int) -> str:
    """Show a purchase, what it earned and why, and its refunds."""
    return _shown(key, Form({"occurred_at": f"{utc_now().astimezone(HERE):%Y-%m-%dT%H:%M}"}))


@pages.post("/<int:key>/decide")
@allowed(Permission.PURCHASES_APPROVE)
def decide(key: int) -> Answer:
    """Let a waiting purchase count, or refuse it. Nobody decides on what they entered themselves."""
    decision, now = Form.sent().values.get("decision"), utc_now()
    if decision not in {"approve", "refuse"}:  # refusing is for good: never because a word was lost
        raise BadRequest
    approve = decision == "approve"
    with changing() as session:
        purchase = find(session, Purchase, key)
        if purchase.recorded_by_id == visitor.user_id:
            say(_("You entered this yourself; somebody else has to decide."), "warning")
            return redirect(url_for("admin.purchases.show", key=key), 303)
        before = facts(purchase, *AUDITED)
        done = buying.decide(session, vault(), purchase, approve=approve, by=reporter(), now=now)
        if done:
            action = "purchase.approved" if approve else "purchase.refused"
            record(session, action, purchase, before=before, after=facts(purchase, *AUDITED))
    if not done:
        say(_("Somebody decided this before."), "warning")
    else:
        say(_("Approved; it counts now.") if approve else _("Refused; it earns nothing."))
    return redirect(url_for("admin.purchases.show", key=key), 303)


@pages.post("/<int:key>/refund")
@allowed(Permission.PURCHASES_ENTER)
def refund(key: int) -> Answer:
    """Enter a refund; what would not have been earned without it is taken back at once."""
    form, now = Form.sent(), utc_now()
    amount = rule_forms.fen(form, "amount")
    number = form.text("number", longest=64)
    reason = form.text("reason", longest=200)
    at = moment(form, "occurred_at")
    given = None
    with changing() as session:
        purchase = find(session, Purchase, key)
        if form.is_right and amount is not None and at is not None:
            before = facts(purchase, *AUDITED)
            try:
                given = buying.refund(
                    session,
                    purchase,
                    number=number,
                    amount=amount,
                    reason=reason,
                    occurred_at=at,
                    by=reporter(),
                    now=now,
                )
            except BadReceipt as error:
                cannot_be(form, error)
            except NumberReused:
                form.wrong("number", _("Another refund of this purchase has this number."))
            except NotCounted:
                form.wrong("amount", _("What does not count cannot be refunded."))
            else:
                if given.is_new:
                    after = facts(purchase, *AUDITED)
                    record(session, "purchase.refunded", purchase, before=before, after=after, reason=reason)
    if given is None:
        return _shown(key, form), 422
    say(_("Refunded; %(n)s points were taken back.", n=given.taken))
    return redirect(url_for("admin.purchases.show", key=key), 303)


def moment(form: Form, name: str) -> datetime | None:
    """Return a moment in Shanghai, as browsers send it; None, and wrong, for anything else."""
    try:
        found = datetime.fromisoformat(form.text(name, longest=20))
        return found.replace(tzinfo=HERE) if 2000 <= found.year <= 9000 else None
    except ValueError:
        form.wrong(name, _("A day and a time."))
        return None


def cannot_be(form: Form, error: BadReceipt) -> None:
    """Say in the form what of a receipt cannot be."""
    said = {
        "bad_number": _("A number of up to 64 characters."),
        "bad_amount": _("An amount from ¥0.01 on."),
        "in_the_future": _("This is later than now."),
        "more_than_is_left": _("More than is left of the purchase."),
        "items_exceed_amount": _("The items come to more than the amount."),
    }
    form.wrong(error.field, said.get(error.code, str(error)))


def _shown(key: int, form: Form) -> str:
    with reading() as session:
        purchase = find(session, Purchase, key)
        refunds = session.scalars(
            select(PurchaseRefund).where(PurchaseRefund.purchase_id == key).order_by(PurchaseRefund.id)
        ).all()
        said = explaining.of_purchase(session, purchase)
        points = buying.points_of(session, purchase)
        shops = shop_names(session)
        numbers = _members(session, {purchase.member_id})
    return render_template(
        "admin/purchases/show.html",
        purchase=purchase,
        refunds=refunds,
        said=said,
        points=points,
        shops=shops,
        number=numbers.get(purchase.member_id),
        form=form,
        words=sentences,
    )


def _members(session: ScopedSession, keys: set[int]) -> dict[int, str]:
    """Return the numbers of those members the visitor may open; the others are members of other shops."""
    rows = session.execute(select(Member.id, Member.number).where(Member.id.in_(keys)))
    return {row.id: row.number for row in rows}


def reporter() -> By:
    """Return the visitor, for what they enter."""
    return By("hand", visitor.name, visitor.user_id)


def exported(asked: Mapping[str, Any]) -> Select[Any]:
    """Return the purchases that the filters leave, the newest first."""
    return _wanted(asked).order_by(Purchase.id.desc())


def _wanted(asked: Mapping[str, Any]) -> Select[Any]:
    wanted = select(Purchase)
    if (shop := key_in(asked.get("shop"))) is not None:
        wanted = wanted.where(Purchase.shop_id == shop)
    if (state := str(asked.get("state", ""))) in set(PurchaseState):
        wanted = wanted.where(Purchase.state == state)
    if number := str(asked.get("number", "")).strip():
        wanted = wanted.where(Purchase.number == number)
    if (member := key_in(asked.get("member"))) is not None:
        wanted = wanted.where(Purchase.member_id == member)
    return wanted


def _chips(shops: Mapping[int, str]) -> list[tuple[str, str]]:
    chips = []
    shop = key_in(request.args.get("shop"))
    if shop is not None and shop in shops:
        chips.append(("shop", _("Shop: %(name)s", name=shops[shop])))
    if (state := request.args.get("state", "")) in set(PurchaseState):
        chips.append(("state", _("State: %(name)s", name=sentences.STATES[PurchaseState(state)][0])))
    if number := request.args.get("number", "").strip():
        chips.append(("number", _("Number: %(n)s", n=number)))
    return chips
