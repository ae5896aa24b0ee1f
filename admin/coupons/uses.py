"""What was used at the counters of the visitor's shops, whoever's members: the rows behind the figures."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import render_template, request
from sqlalchemy import Select, select

from admin.access import allowed
from admin.coupons import words
from admin.coupons.blueprint import pages
from admin.coupons.figures import day_in
from admin.earning.books import shop_names
from admin.office import reading
from admin.scanning import scan
from bot.coupons import templates
from bot.coupons.models import Coupon, CouponUse
from bot.keys import key_in
from bot.moments import HERE
from bot.users.roles import Permission


@pages.get("/uses")
@allowed(Permission.COUPONS_SEE)
def uses() -> str:
    """List the uses in the visitor's shops, the newest first; another shop's member is not named."""
    with reading() as session:
        found = scan(session, _wanted(request.args), by=CouponUse.id)
        ids = {row.coupon_id for row in found.rows}
        seen = set(session.scalars(select(Coupon.id).where(Coupon.id.in_(ids))))
        return render_template(
            "admin/coupons/uses.html",
            page=found,
            seen=seen,
            shops=shop_names(session),
            templates=templates.names(session),
            words=words,
        )


def _wanted(asked: Any) -> Select[CouponUse]:
    wanted = select(CouponUse)
    if asked.get("state") in words.USE_STATES:
        wanted = wanted.where(CouponUse.state == asked["state"])
    if (template_id := key_in(asked.get("template"))) is not None:
        wanted = wanted.where(CouponUse.template_id == template_id)
    if (shop_id := key_in(asked.get("shop"))) is not None:
        wanted = wanted.where(CouponUse.shop_id == shop_id)
    if (since := day_in(asked.get("from"))) is not None:
        wanted = wanted.where(CouponUse.used_at >= datetime.combine(since, time(), HERE))
    if (until := day_in(asked.get("to"))) is not None:
        wanted = wanted.where(CouponUse.used_at < datetime.combine(until + timedelta(days=1), time(), HERE))
    return wanted
