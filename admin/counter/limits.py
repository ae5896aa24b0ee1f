"""What staff may do alone at the counter: everybody's limits, and those of shops that have their own."""

from dataclasses import asdict

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.counter.blueprint import pages
from admin.earning import rule_forms
from admin.earning.books import shop_names
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import changing, find, reading, record, visitor
from bot.audit import Subject
from bot.counter import limits, office
from bot.counter.limits import Limits
from bot.db import utc_now
from bot.organisation.models import Shop
from bot.users.roles import Permission

MOST = 10_000_000
Answer = AnyResponse | tuple[str, int]


@pages.get("/limits")
@allowed(Permission.COUNTER_SEE)
def show_limits() -> str:
    """Show what holds in each of the visitor's shops."""
    return _page(Form())


@pages.post("/limits")
@allowed(Permission.COUNTER_CHANGE)
@head_office_only
def set_everybodys() -> Answer:
    """Set what holds in shops that have no limits of their own."""
    form = Form.sent()
    wanted = _sent(form)
    if wanted is None:
        return _page(form), 422
    with changing() as session:
        before = asdict(office.everybodys(session))
        limits.put(session, None, wanted, by=visitor.name, now=utc_now())
        record(
            session, "counter.limits_changed", Subject("counter_limit"), before=before, after=asdict(wanted)
        )
    say(_("Saved."))
    return redirect(url_for("admin.counter.show_limits"), 303)


@pages.get("/limits/<int:key>")
@allowed(Permission.COUNTER_CHANGE)
def edit(key: int) -> str:
    """Show what holds in one shop, to be changed."""
    with reading() as session:
        shop = find(session, Shop, key)
        own = office.own(session, [key]).get(key)
        form = _filled(own or office.everybodys(session))
    return render_template("admin/counter/limit.html", shop=shop, own=own, form=form)


@pages.post("/limits/<int:key>")
@allowed(Permission.COUNTER_CHANGE)
def set_own(key: int) -> Answer:
    """Give a shop limits of its own, or take them away, so that everybody's hold there."""
    form = Form.sent()
    is_kept = form.values.get("own") != "no"
    wanted = _sent(form) if is_kept else None
    with changing() as session:
        shop = find(session, Shop, key)
        own = office.own(session, [key]).get(key)
        if is_kept and wanted is None:
            return render_template("admin/counter/limit.html", shop=shop, own=own, form=form), 422
        limits.put(session, key, wanted, by=visitor.name, now=utc_now())
        before = asdict(own) if own else None
        after = asdict(wanted) if wanted else None
        subject = Subject("counter_limit", str(key), shop.name)
        record(session, "counter.limits_changed", subject, before=before, after=after)
    say(_("Saved."))
    return redirect(url_for("admin.counter.show_limits"), 303)


def _sent(form: Form) -> Limits | None:
    amounts = [rule_forms.fen(form, name) for name in ("receipt_amount", "day_amount")]
    points = [form.number(name, least=0, most=MOST) for name in ("spend_points", "day_points")]
    if not form.is_right or None in {*amounts, *points}:
        return None
    return Limits(amounts[0] or 0, amounts[1] or 0, points[0] or 0, points[1] or 0)


def _filled(found: Limits) -> Form:
    return Form(
        {
            "receipt_amount": f"{found.receipt_amount / 100:.2f}",
            "day_amount": f"{found.day_amount / 100:.2f}",
            "spend_points": found.spend_points,
            "day_points": found.day_points,
        }
    )


def _page(form: Form) -> str:
    with reading() as session:
        shops = shop_names(session)
        everybodys = office.everybodys(session)
        own = office.own(session, shops)
    for name, value in _filled(everybodys).values.items():
        form.values.setdefault(name, value)
    rows = [(key, name, own.get(key)) for key, name in shops.items()]
    return render_template("admin/counter/limits.html", rows=rows, everybodys=everybodys, form=form)
