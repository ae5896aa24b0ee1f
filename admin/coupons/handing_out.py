"""Links and codes by which members take a coupon themselves: what broadcasts, menus and print carry."""

from datetime import datetime, time, timedelta

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.coupons.blueprint import pages
from admin.coupons.designing import shown
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import changing, find, record, visitor
from bot.audit import facts
from bot.coupons import handouts
from bot.coupons.models import CouponHandout, CouponTemplate
from bot.db import utc_now
from bot.moments import HERE
from bot.users.roles import Permission

AUDITED = ("template_id", "name", "most", "starts_at", "ends_at")


@pages.post("/<int:key>/links")
@allowed(Permission.COUPONS_CHANGE)
@head_office_only
def add_link(key: int) -> AnyResponse | tuple[str, int]:
    """Make a link by which each member takes one, until its last day."""
    form, now = Form.sent(), utc_now()
    name = form.text("link_name", longest=32)
    ends = form.day("link_ends")
    most = form.number("link_most", least=1, most=10_000_000) if form.values.get("link_most") else None
    until = datetime.combine(ends + timedelta(days=1), time(), HERE) if ends else now
    if until <= now:
        form.wrong("link_ends", _("A day that is not over."))
    if not form.is_right:
        return shown(key, form), 422
    with changing() as session:
        template = find(session, CouponTemplate, key)
        row = handouts.make(
            session, template.id, name=name, starts_at=now, ends_at=until, most=most, by=visitor.name, now=now
        )
        record(session, "coupon_handout.added", row, after=facts(row, *AUDITED))
    say(_("The link is made. It can be put into a broadcast, a menu, or printed as a code."))
    return redirect(url_for("admin.coupons.show", key=key) + "#links", 303)


@pages.post("/links/<int:key>/close")
@allowed(Permission.COUPONS_CHANGE)
@head_office_only
def close_link(key: int) -> AnyResponse:
    """End a link at once; what was taken by it stays good."""
    with changing() as session:
        row = find(session, CouponHandout, key)
        if handouts.close(row, now=utc_now()):
            record(session, "coupon_handout.closed", row, after={"name": row.name})
        template_id = row.template_id
    say(_("The link is closed."))
    return redirect(url_for("admin.coupons.show", key=template_id) + "#links", 303)
