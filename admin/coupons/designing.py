"""Templates: the list, one of them as a ticket with its versions, the form, and opening or pausing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.coupons import forms, words
from admin.coupons.blueprint import pages
from admin.earning import sentences
from admin.earning.books import names
from admin.earning.sentences import Names
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import changing, find, reading, record, runtime, visitor
from admin.paging import page
from admin.segments.circles import circles_in
from bot.audit import facts
from bot.coupons import saying, templates, terms
from bot.coupons.models import CouponHandout, CouponTemplate, CouponVersion, TemplateState
from bot.coupons.templates import ChangedMeanwhile, TooFew
from bot.coupons.terms import Circle, Terms
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.users.roles import Permission

AUDITED = ("name", "kind", "state", "version", "total", "per_member")
MOST_HANDOUTS = 50
FRESH = {"kind": "amount", "per_member": "1", "days": "30"}
Answer = AnyResponse | tuple[str, int] | str


@pages.get("/")
@allowed(Permission.COUPONS_SEE)
def listing() -> str:
    """List the templates, the newest first."""
    with reading() as session:
        found = page(session, select(CouponTemplate), by=CouponTemplate.id)
        said = _said(session, found.rows)
    return render_template("admin/coupons/list.html", page=found, said=said, words=words, saying=saying)


@pages.get("/<int:key>")
@allowed(Permission.COUPONS_SEE)
def show(key: int) -> str:
    """Show a template as travellers see it, what it asks, its versions and links."""
    return shown(key, Form())


@pages.route("/new", methods=["GET", "POST"])
@allowed(Permission.COUPONS_CHANGE)
@head_office_only
def new() -> Answer:
    """Show an empty form, or add a template as a draft."""
    form = Form.sent()
    if not form.values:
        return _form(Form(dict(FRESH)), None)
    sent = _read(form, None)
    if not form.is_right:
        return _form(form, None), 422
    with changing() as session:
        row = templates.add(
            session,
            sent.name,
            sent.terms,
            total=sent.total,
            per_member=sent.per_member,
            by=visitor.name,
            now=utc_now(),
        )
        record(session, "coupon_template.added", row, after={**facts(row, *AUDITED), **_terms(sent.terms)})
        key = row.id
    say(_("Saved as a draft. Open it once it may be given out."))
    return redirect(url_for("admin.coupons.show", key=key), 303)


@pages.route("/<int:key>/edit", methods=["GET", "POST"])
@allowed(Permission.COUPONS_CHANGE)
@head_office_only
def edit(key: int) -> Answer:
    """Show the form of a template, or let it say something else from now on.

    Whoever looked before somebody else saved gets 409, with all they typed and what was saved beside it.
    """
    form = Form.sent()
    with reading() as session:
        row = find(session, CouponTemplate, key)
        known = terms.read(templates.in_force(session, row).terms)
        levels = names(session).levels
    if not form.values:
        return _form(Form({**forms.filled(row, known, levels), "edits": row.edits}), row)
    sent = _read(form, known)
    seen = key_in(form.values.get("edits"))
    if form.is_right:
        try:
            with changing() as session:
                before = {**facts(find(session, CouponTemplate, key), *AUDITED), **_terms(known)}
                row = templates.change(
                    session,
                    key,
                    sent.name,
                    sent.terms,
                    total=sent.total,
                    per_member=sent.per_member,
                    seen=-1 if seen is None else seen,
                    by=visitor.name,
                    now=utc_now(),
                )
                after = {**facts(row, *AUDITED), **_terms(sent.terms)}
                record(session, "coupon_template.changed", row, before=before, after=after)
        except ChangedMeanwhile:
            form.wrong("name", _("Somebody else changed this coupon meanwhile. Look, and save again."))
            return _conflict(form, key), 409
        except TooFew as refused:
            form.wrong("total", _("%(n)s were given out already.", n=refused.issued))
    if not form.is_right:
        return _form(form, row), 422
    say(_("Saved. Coupons that were given out stay as they were."))
    return redirect(url_for("admin.coupons.show", key=key), 303)


@pages.post("/preview")
@allowed(Permission.COUPONS_CHANGE)
def preview() -> str:
    """Return the ticket the form describes, for the page that is being filled in."""
    form = Form.sent()
    with reading() as session:
        named, circles = names(session), _circles(session, None)
    sent = forms.read(form, shops=named.shops, levels=named.levels, circles=circles)
    return render_template("admin/coupons/ticket.html", **_ticket(sent.name or _("Name"), sent.terms, named))


@pages.post("/<int:key>/state")
@allowed(Permission.COUPONS_CHANGE)
@head_office_only
def put_state(key: int) -> AnyResponse:
    """Give it out from now on, or pause it. What members have stays good either way."""
    wanted = Form.sent().values.get("to")
    to = TemplateState.OPEN if wanted == "open" else TemplateState.PAUSED
    with changing() as session:
        row = find(session, CouponTemplate, key)
        before = facts(row, "state")
        row.state, row.changed_by, row.changed_at = to.value, visitor.name, utc_now()
        record(session, f"coupon_template.{to.value}", row, before=before, after=facts(row, "state"))
    say(_("It is given out from now on.") if to is TemplateState.OPEN else _("Paused. Nobody gets any more."))
    return redirect(url_for("admin.coupons.show", key=key), 303)


def shown(key: int, form: Form) -> str:
    """Return the page of a template, with the form of a link as it was sent."""
    with reading() as session:
        row = find(session, CouponTemplate, key)
        version = templates.in_force(session, row)
        named = names(session)
        versions = select(CouponVersion).where(CouponVersion.template_id == key)
        links = select(CouponHandout).where(CouponHandout.template_id == key)
        return render_template(
            "admin/coupons/show.html",
            template=row,
            versions=session.scalars(versions.order_by(CouponVersion.number.desc()).limit(20)).all(),
            links=session.scalars(links.order_by(CouponHandout.id.desc()).limit(MOST_HANDOUTS)).all(),
            address=_address(),
            form=form,
            now=utc_now(),
            words=words,
            **_ticket(version.name, terms.read(version.terms), named),
        )


def _address() -> str:
    looked_at = account()
    name = looked_at.name if looked_at else ""
    return f"{runtime.config.server.public_url}/h5/{name}/coupons/take/"


def _read(form: Form, known: Terms | None) -> forms.Sent:
    with reading() as session:
        named, circles = names(session), _circles(session, known)
    return forms.read(form, shops=named.shops, levels=named.levels, circles=circles)


def _circles(session: ScopedSession, known: Terms | None) -> dict[int, Circle]:
    sides = (known.gets, known.uses) if known else ()
    return circles_in(session, [one.circle for one in sides if one.circle])


def _conflict(form: Form, key: int) -> str:
    """Return the form as it was typed, beside what somebody else saved; sent again, it is saved over that."""
    with reading() as session:
        row = find(session, CouponTemplate, key)
        theirs = terms.read(templates.in_force(session, row).terms)
        ticket = _ticket(row.name, theirs, names(session))
    form.values["edits"] = row.edits
    return _form(form, row, theirs=ticket)


def _form(form: Form, row: CouponTemplate | None, *, theirs: dict[str, Any] | None = None) -> str:
    with reading() as session:
        known = terms.read(templates.in_force(session, row).terms) if row else None
        named, circles = names(session), _circles(session, known)
    # What stands there already may be wrong or half typed: a ticket is drawn of it all the same.
    sent = forms.read(Form(dict(form.values)), shops=named.shops, levels=named.levels, circles=circles)
    return render_template(
        "admin/coupons/form.html",
        form=form,
        template=row,
        theirs=theirs,
        shops=list(named.shops.items()),
        segments=[(one.id, one.name) for one in circles.values()],
        weekdays=sentences.weekday_options(),
        words=words,
        **_ticket(sent.name or _("Name"), sent.terms, named),
    )


def _ticket(name: str, said: Terms, named: Names) -> dict[str, Any]:
    sign, number = saying.face(said)
    return {
        "ticket": {
            "name": name,
            "kind": said.kind.value,
            "sign": sign,
            "number": number,
            "worth": saying.worth(said),
            "condition": saying.condition(said),
            "until": _good_for(said, utc_now()),
        },
        "rules": saying.rules(said, named.shops, named.levels),
    }


def _good_for(said: Terms, now: datetime) -> str:
    dates = said.dates
    if dates.days is not None and dates.ends is None:
        return f"领取后 {dates.days} 天内有效"
    span = dates.span(now)
    if span is None:
        return "已过有效期" if dates.ends else ""
    return f"{dates.ends.year}年{dates.ends.month}月{dates.ends.day}日到期" if dates.ends else ""


def _said(session: ScopedSession, rows: Sequence[CouponTemplate]) -> dict[int, Terms]:
    found = select(CouponVersion).where(CouponVersion.template_id.in_([row.id for row in rows]))
    current = {row.id: row.version for row in rows}
    return {
        one.template_id: terms.read(one.terms)
        for one in session.scalars(found)
        if current[one.template_id] == one.number
    }


def _terms(said: Terms) -> dict[str, Any]:
    return {"terms": terms.write(said)}
