"""The weekly digests: what was told to whom, who cannot be reached, and which shops want none."""

from datetime import timedelta

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.channel_figures.blueprint import pages
from admin.office import changing, find, reading, record
from admin.paging import page
from admin.reach.words import of_notices
from bot.digest import weekly
from bot.digest.models import DigestState, ShopDigest, ShopDigestOff
from bot.organisation.models import Shop, ShopState, Staff
from bot.users.roles import Permission

STATES = {
    DigestState.PLANNED.value: (_l("Being sent"), "info"),
    DigestState.SENT.value: (_l("Sent"), "good"),
    DigestState.UNREACHED.value: (_l("Reached nobody"), "bad"),
}
REMEDIES = {
    weekly.NO_MANAGER: _l("No manager among the shop's staff. Give somebody the role 店长 under Staff."),
    weekly.NOT_BOUND: _l("The manager has not bound WeChat. They bind in the account's menu, under staff."),
}


@pages.get("/digests")
@allowed(Permission.CHANNELS_SEE)
def digest_list() -> str:
    """List the digests of the visitor's shops, the newest first, and the switch of each shop."""
    with reading() as session:
        found = page(session, select(ShopDigest), by=ShopDigest.id, size=20)
        shops = session.scalars(
            select(Shop).where(Shop.state == ShopState.OPEN.value).order_by(Shop.branch_id, Shop.id)
        ).all()
        off = set(session.scalars(select(ShopDigestOff.shop_id)))
        staff_ids = {one.staff_id for one in found.rows}
        names = {row.id: row.name for row in session.scalars(select(Staff).where(Staff.id.in_(staff_ids)))}
        told = of_notices(session, [one.notice_id for one in found.rows])
        return render_template(
            "admin/channel_figures/digests.html",
            page=found,
            shops=shops,
            shop_names={one.id: one.name for one in shops},
            staff_names=names,
            off=off,
            states=STATES,
            told=told,
            remedies=REMEDIES,
            week=timedelta(6),
        )


@pages.post("/digests/<int:shop_id>")
@allowed(Permission.CHANNELS_CHANGE)
def switch_digest(shop_id: int) -> AnyResponse:
    """Switch a shop's digest on or off."""
    with changing() as session:
        shop = find(session, Shop, shop_id)
        row = session.get(ShopDigestOff, shop_id)
        is_on = row is not None
        if row is not None:
            session.delete(row)
        else:
            session.add(ShopDigestOff(shop_id=shop_id))
        record(session, "shop.digest_on" if is_on else "shop.digest_off", shop)
    said = _("%(shop)s gets the digest again.") if is_on else _("%(shop)s gets no digest any more.")
    cookies.say(str(said) % {"shop": shop.name})
    return redirect(url_for("admin.channel_figures.digest_list"), 303)
