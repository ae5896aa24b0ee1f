"""Coupons that members in sight have: the list, one with all that happened to it, and making one void."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.coupons import words
from admin.coupons.blueprint import pages
from admin.coupons.figures import day_in
from admin.earning.books import shop_names
from admin.formats import exact
from admin.forms import Form
from admin.office import changing, find, reading, record, vault, visitor
from admin.scanning import scan
from admin.sheets import handing, reasons
from bot.audit import Subject, facts
from bot.coupons import codes, ending, office, saying, templates
from bot.coupons import reading as reading_coupons
from bot.coupons.models import Coupon
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.levels import versions
from bot.members.models import Member
from bot.moments import HERE
from bot.sheets import Column
from bot.users.roles import Permission

MOST_EXPORTED = 10_000
FILTERS = ("q", "state", "template", "shop", "from", "to")
SHEET = (
    Column("member", "会员号", "Member"),
    Column("name", "券名", "Coupon", width=24),
    Column("worth", "优惠", "Worth", width=24),
    Column("state", "状态", "State"),
    Column("source", "来源", "From"),
    Column("issued", "发放时间", "Issued", width=20),
    Column("until", "有效期至", "Good until", width=20),
    Column("used", "使用时间", "Used", width=20),
)


@pages.get("/issued")
@allowed(Permission.COUPONS_SEE)
def issued() -> str:
    """List the coupons of the members in sight, the newest first."""
    with reading() as session:
        shops, kinds = shop_names(session), templates.names(session)
        found = scan(session, _wanted(session, request.args), by=Coupon.id)
        held = reading_coupons.of(session, found.rows)
        numbers = _numbers(session, found.rows)
    return render_template(
        "admin/coupons/issued.html",
        page=found,
        held={one.coupon.id: one for one in held},
        numbers=numbers,
        shops=shops,
        templates=kinds,
        words=words,
        saying=saying,
        filter_names=FILTERS,
    )


@pages.get("/issued/<int:key>")
@allowed(Permission.COUPONS_SEE)
def coupon(key: int) -> str:
    """Show a coupon and all that happened to it."""
    return _shown(key, Form())


@pages.post("/issued/<int:key>/void")
@allowed(Permission.COUPONS_GIVE)
def void(key: int) -> AnyResponse | tuple[str, int]:
    """Make a coupon void that is not used; the reason stands in the audit."""
    form = Form.sent()
    reason = form.text("reason", longest=200)
    if not form.is_right:
        return _shown(key, form), 422
    with changing() as session:
        row = find(session, Coupon, key)
        before = facts(row, "state")
        done = ending.void(session, row.id, by=visitor.name, reason=reason, now=utc_now())
        if done:
            session.refresh(row)
            record(session, "coupon.voided", row, before=before, after=facts(row, "state"), reason=reason)
    say(_("The coupon is void.") if done else _("It is used, held or over already."))
    return redirect(url_for("admin.coupons.coupon", key=key), 303)


@pages.post("/issued/export")
@allowed(Permission.COUPONS_EXPORT)
def export() -> AnyResponse:
    """Hand over the list under its filters as Excel, the newest ten thousand, with what it is for."""
    form = Form.sent()
    asked = {name: str(form.values[name]) for name in FILTERS if form.values.get(name)}
    if not (reason := reasons.of(form)):
        return redirect(url_for("admin.coupons.issued", **asked), 303)  # type: ignore[arg-type]
    with changing() as session:
        wanted = _wanted(session, asked).order_by(Coupon.id.desc()).limit(MOST_EXPORTED)
        rows = session.scalars(wanted).all()
        numbers = _numbers(session, rows)
        lines = [
            {
                "member": numbers.get(one.coupon.member_id, ""),
                "name": one.name,
                "worth": saying.worth(one.terms),
                "state": str(words.STATES[one.coupon.state][0]),
                "source": words.source(one.coupon.source),
                "issued": one.coupon.issued_at,
                "until": one.coupon.valid_until,
                "used": one.coupon.used_at,
            }
            for one in reading_coupons.of(session, rows)
        ]
        said = {name: codes.unproved(value) for name, value in asked.items()}
        after = {"rows": len(lines), "filter": said}
        record(session, "coupon.exported", Subject("coupon"), after=after, reason=reason)
    lines = [{name: _cell(value) for name, value in line.items()} for line in lines]
    return handing.excel(SHEET, lines, title=handing.dated(str(_("Coupons"))), explained=False)


def _shown(key: int, form: Form) -> str:
    with reading() as session:
        row = find(session, Coupon, key)
        whole = office.whole(session, row)
        shops = shop_names(session)
        return render_template(
            "admin/coupons/coupon.html",
            whole=whole,
            coupon=row,
            member=session.get(Member, row.member_id),
            shops=shops,
            rules=saying.rules(whole.held.terms, shops, versions.names(session)),
            may_void=row.state in ending.OPEN,
            form=form,
            words=words,
            saying=saying,
        )


def _wanted(session: ScopedSession, asked: Any) -> Select[Coupon]:
    wanted = select(Coupon)
    if asked.get("state") in words.STATES:
        wanted = wanted.where(Coupon.state == asked["state"])
    if (template_id := key_in(asked.get("template"))) is not None:
        wanted = wanted.where(Coupon.template_id == template_id)
    if (shop_id := key_in(asked.get("shop"))) is not None:
        wanted = wanted.where(Coupon.member_id.in_(select(Member.id).where(Member.home_shop_id == shop_id)))
    if (since := day_in(asked.get("from"))) is not None:
        wanted = wanted.where(Coupon.issued_at >= datetime.combine(since, time(), HERE))
    if (until := day_in(asked.get("to"))) is not None:
        wanted = wanted.where(Coupon.issued_at < datetime.combine(until + timedelta(days=1), time(), HERE))
    if text := str(asked.get("q") or "").strip()[:64]:
        keys = vault()
        known = codes.find(session, keys, text) if keys is not None else None
        if known is not None:
            return wanted.where(Coupon.id == known.id)
        wanted = wanted.where(Coupon.member_id.in_(select(Member.id).where(Member.number == text.upper())))
    return wanted


def _numbers(session: ScopedSession, rows: Any) -> dict[int, str]:
    found = select(Member.id, Member.number).where(Member.id.in_({row.member_id for row in rows}))
    return {row.id: row.number for row in session.execute(found)}


def _cell(value: Any) -> Any:
    return exact(value) if isinstance(value, datetime) else value or ""
