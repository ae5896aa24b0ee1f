"""Entering a purchase by hand: what came on paper, or later than a till may report it."""

from datetime import datetime

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.earning import rule_forms, sentences
from admin.earning.blueprint import purchases as pages
from admin.earning.books import shop_names
from admin.earning.purchases import AUDITED, cannot_be, moment, reporter
from admin.forms import Form
from admin.office import changing, reading, record, runtime, vault
from bot.audit import facts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.earning import buying
from bot.earning.buying import Bought
from bot.members.models import Member
from bot.moments import HERE
from bot.organisation.models import Shop
from bot.privacy import Vault
from bot.purchases import customers
from bot.purchases.models import Payment, PurchaseState
from bot.purchases.receipts import BadReceipt, Line, Receipt
from bot.purchases.recording import NumberReused
from bot.users.roles import Permission

Answer = AnyResponse | tuple[str, int]


@pages.get("/new")
@allowed(Permission.PURCHASES_ENTER)
def new() -> str:
    """Show an empty form."""
    now = utc_now().astimezone(HERE)
    return _form(
        Form({"occurred_at": f"{now:%Y-%m-%dT%H:%M}", "payment": Payment.WECHAT.value, "by": "phone"})
    )


@pages.post("/new")
@allowed(Permission.PURCHASES_ENTER)
def add() -> Answer:
    """Enter a purchase. Above the limit of the settings it waits for a second person."""
    form, now = Form.sent(), utc_now()
    with reading() as session:
        shops = shop_names(session)
    shop = form.ids("shop", among=shops, of=Shop)
    if not shop:
        form.wrong("shop", _("Please choose one of these."))
    receipt = _receipt(form, now=now)
    by = form.choice("by", customers.By)
    named = form.text("member", longest=64)
    note = form.text("note", longest=200)
    keys = vault()
    if keys is None:
        form.wrong("member", _("The settings hold no [privacy] keys, so nobody can be found by number."))
    if not form.is_right or receipt is None or by is None or keys is None:
        return _form(form), 422
    with changing() as session:
        member = customers.find(session, keys, by, named, now=now)
        bought = _buy(session, keys, form, member, receipt, shop_id=shop[0], note=note, now=now)
        if bought is not None and bought.is_new:
            after = facts(bought.purchase, *AUDITED)
            record(session, "purchase.entered", bought.purchase, after=after, reason=note)
    if bought is None:
        return _form(form), 422
    if not bought.is_new:
        say(_("This receipt was entered before; nothing was changed."), "info")
    elif bought.purchase.state == PurchaseState.WAITING:
        say(_("Entered. It counts once a second person has approved it."), "info")
    else:
        say(_("Entered. It earns %(n)s points.", n=bought.points))
    return redirect(url_for("admin.purchases.show", key=bought.purchase.id), 303)


def _buy(
    session: ScopedSession,
    keys: Vault,
    form: Form,
    member: Member | None,
    receipt: Receipt,
    *,
    shop_id: int,
    note: str,
    now: datetime,
) -> Bought | None:
    """Write the purchase down; None, and said in the form, if it cannot be."""
    if member is None:
        form.wrong("member", _("No member has this."))
        return None
    waits = receipt.amount > runtime.config.purchases.approve_above_yuan * 100
    try:
        return buying.buy(
            session,
            keys,
            receipt,
            shop_id=shop_id,
            member_id=member.id,
            state=PurchaseState.WAITING if waits else PurchaseState.COUNTED,
            by=reporter(),
            now=now,
            note=note,
        )
    except NumberReused:
        form.wrong("number", _("Another receipt of this shop has this number."))
        return None


def _receipt(form: Form, *, now: datetime) -> Receipt | None:
    amount = rule_forms.fen(form, "amount")
    number = form.text("number", longest=64)
    payment = form.choice("payment", Payment)
    at = moment(form, "occurred_at")
    category = form.text("category", longest=64, required=False)
    if amount is None or payment is None or at is None or not form.is_right:
        return None
    lines = (Line("", "", category, 1, amount),) if category else ()
    receipt = Receipt(number, amount, payment, at, lines)
    try:
        receipt.check(now=now, oldest=None)
    except BadReceipt as error:
        cannot_be(form, error)
        return None
    return receipt


def _form(form: Form) -> str:
    with reading() as session:
        shops = shop_names(session)
    limit = runtime.config.purchases.approve_above_yuan * 100
    return render_template(
        "admin/purchases/form.html", form=form, shops=list(shops.items()), words=sentences, limit=limit
    )
