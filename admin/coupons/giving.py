"""Giving coupons by hand: to members that are named, or to those among the fans of a segment."""

import re
import secrets

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.coupons.blueprint import pages
from admin.forms import Form
from admin.languages import chosen
from admin.members.people import known_by
from admin.office import actor, changing, reading, record, refuse_hidden, vault
from bot.batches import work
from bot.coupons.models import CouponTemplate, TemplateState
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.members.models import Member, MemberState
from bot.segments import compiling
from bot.segments.models import Segment
from bot.users.roles import Permission

SEPARATORS = re.compile(r"[\s,，;；、]+")
MOST = 500  # named at once; more are a segment


@pages.route("/give", methods=["GET", "POST"])
@allowed(Permission.COUPONS_GIVE)
def give() -> AnyResponse | tuple[str, int] | str:
    """Show the form, or begin to give: a member each, with what became of each on the task's page.

    Sent twice there are two tasks, of which the second finds that each has theirs.
    """
    form = Form.sent()
    if not form.values:
        started = {"template": request.args.get("template", ""), "members": request.args.get("member", "")}
        return _form(Form({"whom": "members", "tell": "yes", "once": secrets.token_hex(8), **started}))
    reason = form.text("reason", longest=200)
    once = form.text("once", longest=32, required=False)
    with changing() as session:
        template = _template(session, form)
        members: list[int] = []
        segment = None
        if form.values.get("whom") == "segment":
            segment = _segment(session, form)
        else:
            members = _members(session, form)
        if form.is_right and template is not None:
            arguments = {
                "template_id": template.id,
                "members": members,
                "language": chosen(),
                "once": once,
                "tell": form.ticked("tell"),
            }
            total = len(members)
            if segment is not None:
                looked_at = account()
                account_id = looked_at.id if looked_at else 0
                arguments |= {"segment": segment.document, "account_id": account_id}
                fits = compiling.select(segment.document, account_id=account_id, now=utc_now())
                total = session.scalar(select(func.count()).select_from(fits.subquery())) or 0
            title = _("Coupons: %(name)s", name=template.name)
            batch = work.begin(
                session,
                kind="coupons.give",
                title=str(title),
                arguments=arguments,
                total=total,
                needs=Permission.COUPONS_GIVE,
                maker=actor(),
                now=utc_now(),
            )
            after = {"template": template.name, "members": total, "batch": batch.id}
            record(session, "coupon.given", template, after=after, reason=reason)
            key = batch.id
    if not form.is_right:
        return _form(form), 422
    return redirect(url_for("admin.batches.show", key=key), 303)


def _form(form: Form) -> str:
    with reading() as session:
        is_open = CouponTemplate.state == TemplateState.OPEN.value
        rows = session.scalars(select(CouponTemplate).where(is_open).order_by(CouponTemplate.id.desc())).all()
        segments = session.execute(select(Segment.id, Segment.name).order_by(Segment.name).limit(500)).all()
    options = [
        (
            row.id,
            row.name
            if row.total is None
            else _("%(name)s, %(n)s left", name=row.name, n=row.total - row.issued),
        )
        for row in rows
    ]
    return render_template(
        "admin/coupons/give.html", form=form, templates=options, segments=[tuple(row) for row in segments]
    )


def _template(session: ScopedSession, form: Form) -> CouponTemplate | None:
    key = key_in(form.values.get("template"))
    row = session.get(CouponTemplate, key) if key is not None else None
    if row is None or row.state != TemplateState.OPEN:
        form.wrong("template", _("Please choose one of these."))
        return None
    return row


def _segment(session: ScopedSession, form: Form) -> Segment | None:
    key = key_in(form.values.get("segment"))
    row = session.get(Segment, key) if key is not None else None
    if row is None:
        refuse_hidden(Segment, [key] if key is not None else [])
        form.wrong("segment", _("Please choose one of these."))
    return row


def _members(session: ScopedSession, form: Form) -> list[int]:
    """Return the members that are named by number or telephone; wrong if any is nobody in sight."""
    typed = [one for one in SEPARATORS.split(form.text("members", longest=20_000)) if one]
    if len(typed) > MOST:
        form.wrong("members", _("At most %(most)s at once; these are %(n)s.", most=MOST, n=len(typed)))
        return []
    found: dict[int, None] = {}
    unknown = []
    keys = vault()
    for one in typed:
        wanted = Member.number == one.upper()
        if keys is not None and one[-1:].isdigit():
            wanted = wanted | Member.id.in_(known_by(keys, one))
        active = select(Member.id).where(wanted, Member.state == MemberState.ACTIVE.value)
        key = session.scalar(active.limit(1))
        if key is None:
            unknown.append(one)
        else:
            found[key] = None
    if unknown:
        form.wrong("members", _("No member has: %(names)s", names="、".join(unknown[:5])))
    return list(found)
